import { FabriqueError, type MetricKind, type MetricReading } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import { type Level, levels } from './model.js'
import { type Question, readingOf } from './question.js'
import { gapSecondsMax } from './roll-up.js'
import { groupLines, type Line, quantileLines, type ReadFrame, readSteps } from './steps.js'
import { type StoredSeries, selectPlaces, selectSeries } from './store.js'

export interface Found {
  readonly kind: MetricKind
  readonly read: MetricReading
  readonly lines: readonly Line[]
}

type Series = StoredSeries & { readonly writer: string }

/** What the history that this server keeps says. Throws `metric_not_recorded`, `metrics_too_wide`, `invalid_request`. */
export async function readHistory(ctx: VerbContext, question: Question): Promise<Found> {
  const { name } = question
  const known = await selectSeries(ctx.db, {
    names: [name, `${name}_bucket`, `${name}_count`],
    models: ctx.actor.models,
  })
  const isHistogram = known.some((one) => one.name === `${name}_bucket`)
  const ofName = known.filter((one) => one.name === name)
  const kind = ofName[0]?.kind ?? (isHistogram ? 'histogram' : undefined)
  if (kind === undefined) throw new FabriqueError('metric_not_recorded', { name })
  const read = readingOf(kind, question)
  const part = kind !== 'histogram' ? name : read === 'quantile' ? `${name}_bucket` : `${name}_count`
  const series = known.filter((one) => one.name === part && matches(one, question))
  const lines = await linesOf(ctx, series, { ...question, read: read === 'quantile' ? 'rate' : read })
  return {
    kind,
    read,
    lines: read === 'quantile' ? quantileLines(lines, question.quantile, question) : groupLines(lines, question),
  }
}

const labelsOf = ({ labels, writer }: Series) => ({ ...labels, instance: writer })

function matches(series: Series, { labels }: Question): boolean {
  const own: Readonly<Record<string, string>> = labelsOf(series)
  return Object.entries(labels).every(([name, value]) => (own[name] ?? '') === value)
}

async function linesOf(
  ctx: VerbContext,
  series: readonly Series[],
  { name, level, steps, read }: Question & { readonly read: MetricReading },
): Promise<readonly Line[]> {
  const frames = Math.ceil((steps.count * steps.seconds) / level)
  const [values, max] = [frames * series.length, limit('metrics.history_values_read_max')]
  if (values > max) throw new FabriqueError('metrics_too_wide', { name, values, limit: max })
  const lines: Line[] = []
  for (const writer of new Set(series.map(({ writerId }) => writerId))) {
    const own = series.filter(({ writerId }) => writerId === writer)
    const found = await framesOf(ctx, {
      writer,
      level,
      places: own.map(({ place }) => place),
      // Of counters the one before is needed as well.
      from: steps.from - (level === levels[0] ? gapSecondsMax : 0),
      to: steps.from + steps.count * steps.seconds,
    })
    const told = readSteps(found, { series: own, steps, read })
    lines.push(...own.map((one, index) => ({ labels: labelsOf(one), values: told[index] ?? [] })))
  }
  // What was never seen in this time is no line.
  return lines.filter((line) => line.values.some((value) => value !== null))
}

interface Asked {
  readonly writer: number
  readonly level: Level
  readonly places: readonly number[]
  readonly from: number
  readonly to: number
}

/** Frames of a level, and of finer ones for the time of which there is no frame of this level yet. */
async function framesOf(ctx: VerbContext, asked: Asked): Promise<readonly ReadFrame[]> {
  const { writer, level, places, from, to } = asked
  const range = { writer, level, from: new Date(from * 1000), to: new Date(to * 1000) }
  const frames = await selectPlaces(ctx.db, range, places)
  const finer = levels[levels.indexOf(level) - 1]
  if (finer === undefined) return frames
  const last = frames.at(-1)
  const rest = last === undefined ? from : last.at.getTime() / 1000 + level
  const earliest = ctx.clock.now().getTime() / 1000 - 2 * level
  const start = Math.max(rest, earliest)
  if (start >= to) return frames
  const lead = finer === levels[0] ? gapSecondsMax : 0
  const more = await framesOf(ctx, { ...asked, level: finer, from: start - lead })
  // What is read only to know what came before counts for nothing itself.
  return [
    ...frames,
    ...more.flatMap((frame) => {
      if (frame.at.getTime() / 1000 >= start) return [frame]
      return frame.step_s === levels[0] ? [{ ...frame, isLead: true as const }] : []
    }),
  ]
}
