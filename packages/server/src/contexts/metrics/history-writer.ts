import type { Registry } from 'prom-client'
import { limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import { isByAddress, levels, type Sample, samplesOf, seriesKey } from './model.js'
import { type Frame, gapSecondsMax, RollUp } from './roll-up.js'
import {
  claimWriter,
  isRefused,
  type StoredSeries,
  selectFrames,
  selectLastAt,
  selectOwnSeries,
  writeFrames,
} from './store.js'

export interface HistoryWriterOptions {
  readonly ctx: VerbContext
  readonly registry: Pick<Registry, 'getMetricsAsJSON'>
  /** The same when this process starts again, and that of no other. */
  readonly name: string
}

/** Writes what this process tells of itself, time after time. */
export interface HistoryWriter {
  /** Writes the moment; throws where the database is away. */
  look(): Promise<void>
  close(): Promise<void>
}

const [fineStep, ...coarseSteps] = levels
/** Frames of steps that are over wait so many for a database that is away: those of as long as frames of 5 s are kept. */
const waitingMax = 130
/** How often all series are told of again. */
const toldEveryMs = 3_600_000

type Placed = Omit<StoredSeries, 'writerId'>

export function openHistoryWriter({ ctx, registry, name }: HistoryWriterOptions): HistoryWriter {
  /** By index, which is the place less one. */
  const series: (Placed | undefined)[] = []
  const places = new Map<string, number>()
  const rollUps = coarseSteps.map((step) => new RollUp(step, (index) => series[index]))
  let writer: number | undefined
  let before: Frame | undefined
  let waiting: Frame[] = []
  let untold = new Set<number>()
  let leftOut = 0
  let byAddress = 0
  let isOver = false
  let toldAt = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | undefined
  const process = ctx.ids.hex32()

  /** Goes on where the process of this name ended: its places, and the steps that are not over. */
  const resume = async (now: Date) => {
    const id = await claimWriter(ctx.db, { name, process, now })
    for (const one of await selectOwnSeries(ctx.db, id)) {
      while (series.length < one.place) series.push(undefined)
      series[one.place - 1] = one
      if (isByAddress(one.name) && !places.has(seriesKey(one))) byAddress += 1
      places.set(seriesKey(one), one.place - 1)
    }
    const longest = coarseSteps.at(-1) ?? fineStep
    const lastAt = await selectLastAt(ctx.db, id, longest)
    const oldest = now.getTime() - limit('metrics.history_fine_ms')
    // A minute before the first step that has no frame of its own yet: its counters grow from there.
    const from = new Date(
      Math.max(oldest, lastAt === undefined ? oldest : lastAt.getTime() + (longest - gapSecondsMax) * 1000),
    )
    for (const frame of await selectFrames(ctx.db, { writer: id, level: fineStep, from, to: now })) follow(frame)
    writer = id
    return id
  }

  /** What is over with a frame waits to be written. */
  const follow = (frame: Frame) => {
    waiting.push(...rollUps.flatMap((rollUp) => rollUp.add(frame, before) ?? []))
    waiting = waiting.slice(-waitingMax)
    before = frame
  }

  const placeOf = (sample: Sample): number | undefined => {
    const key = seriesKey(sample)
    const known = places.get(key)
    if (known !== undefined) return known
    if (isByAddress(sample.name) && byAddress >= limit('metrics.history_series_max') / 2) return undefined
    const gap = series.length < limit('metrics.history_series_max') ? series.length : series.indexOf(undefined)
    if (gap < 0) return undefined
    series[gap] = { place: gap + 1, name: sample.name, labels: sample.labels, kind: sample.kind }
    places.set(key, gap)
    if (isByAddress(sample.name)) byAddress += 1
    untold.add(gap)
    return gap
  }

  const look = async () => {
    const now = ctx.clock.now()
    const id = writer ?? (await resume(now))
    const at = new Date(Math.floor(now.getTime() / 1000 / fineStep) * fineStep * 1000)
    if (before !== undefined && at <= before.at) return
    const samples = samplesOf(await registry.getMetricsAsJSON())
    const value: (number | null)[] = series.map(() => null)
    leftOut = 0
    for (const sample of samples) {
      const place = placeOf(sample)
      if (place === undefined) leftOut += 1
      else value[place] = sample.value
    }
    if (now.getTime() - toldAt >= toldEveryMs) {
      toldAt = now.getTime()
      for (const [index, one] of value.entries()) if (one !== null && one !== undefined) untold.add(index)
    }
    const frame: Frame = { at, step_s: fineStep, seen_s: fineStep, value: Array.from(value, (one) => one ?? null) }
    follow(frame)
    const told = [...untold].flatMap((index) => series[index] ?? [])
    const frames = [frame, ...waiting]
    const isMine = await writeFrames(ctx.db, { writer: id, process, frames, series: told, leftOut, now }).catch(
      (error: unknown) => {
        // Kept, it would be refused with each look from now on.
        if (isRefused(error)) drop(error, frames.length)
        throw error
      },
    )
    if (!isMine) {
      isOver = true
      ctx.log.warn({ name }, 'Another process writes the history of metrics under this name; this one stops')
    }
    waiting = []
    untold = new Set()
  }

  const drop = (error: unknown, frames: number) => {
    ctx.log.warn({ err: error, name, frames }, 'The history of metrics leaves out what the database cannot hold')
    waiting = []
    untold = new Set()
  }

  const lookOnce = () => {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }
  let wasAway = false
  const everyMs = limit('metrics.history_every_ms')
  let timer: NodeJS.Timeout | undefined
  /** In the middle of each step, so that none of them is missed or looked at twice. */
  const lookLater = () => {
    if (isOver) return
    const late = ctx.clock.now().getTime() % everyMs
    const waitMs = (late < everyMs / 2 ? everyMs / 2 : (3 * everyMs) / 2) - late
    timer = setTimeout(() => {
      lookOnce()
        .then(
          () => {
            wasAway = false
          },
          (error: unknown) => {
            if (!wasAway) ctx.log.debug({ err: error }, 'The history of metrics waits for the database')
            wasAway = true
          },
        )
        .finally(lookLater)
    }, waitMs).unref()
  }
  lookLater()
  return {
    look: lookOnce,
    async close() {
      isOver = true
      clearTimeout(timer)
      await looking?.catch(() => {})
    },
  }
}
