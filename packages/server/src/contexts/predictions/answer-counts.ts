import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import { type AnswerTotal, AnswerTotals } from './answer-totals.js'
import { bucketOf } from './latency-buckets.js'
import type { Answerer, Outcome } from './model.js'

/** Counts of this process, by minute and version. */
export interface AnswerCounts {
  add(answerer: Answerer, durationMs: number, outcome: Outcome): void
  /** By version, since the start of this process. */
  totals(): readonly AnswerTotal[]
  flush(): Promise<void>
  close(): Promise<void>
}

interface Minute extends Answerer {
  readonly at: number
  answered: number
  refused: number
  failed: number
  readonly durations: Map<number, number>
  isChanged: boolean
}

const minuteMs = 60_000

export function openAnswerCounts(ctx: VerbContext, process: string): AnswerCounts {
  const minutes = new Map<string, Minute>()
  /** Of the minutes that are gone. */
  const past = new AnswerTotals()
  let flushing: Promise<void> | undefined

  const writeChanged = async () => {
    const changed = [...minutes.values()].filter((one) => one.isChanged)
    for (const one of changed) one.isChanged = false
    try {
      await write(ctx, process, changed)
    } catch (error) {
      for (const one of changed) one.isChanged = true
      ctx.log.debug({ err: error }, 'The figures of answers wait for the database')
      // Not for ever: what is an hour old is given up.
    }
    const now = ctx.clock.now().getTime()
    for (const [name, one] of minutes) {
      const age = now - one.at
      if (age <= 2 * minuteMs || (one.isChanged && age <= 60 * minuteMs)) continue
      past.add(one)
      minutes.delete(name)
    }
  }
  const flush = async () => {
    await flushing
    flushing ??= writeChanged().finally(() => {
      flushing = undefined
    })
    await flushing
  }
  const timer = setInterval(() => void flush(), limit('predictions.figures_every_ms')).unref()
  /** The minute that was counted in last: most answers are of the version of the one before. */
  let newest: Minute | undefined

  const minuteOf = (at: number, { model, version, variant }: Answerer): Minute => {
    const isSame =
      newest?.at === at && newest.model === model && newest.version === version && newest.variant === variant
    if (newest !== undefined && isSame) return newest
    const name = JSON.stringify([at, model, version, variant ?? ''])
    newest = minutes.get(name)
    if (newest === undefined) {
      const none = { answered: 0, refused: 0, failed: 0 }
      newest = { at, model, version, variant, ...none, durations: new Map(), isChanged: true }
      minutes.set(name, newest)
    }
    return newest
  }

  return {
    add(answerer, durationMs, outcome) {
      const at = Math.floor(ctx.clock.now().getTime() / minuteMs) * minuteMs
      const minute = minuteOf(at, answerer)
      minute[outcome] += 1
      minute.isChanged = true
      if (outcome !== 'answered') return
      const bucket = bucketOf(durationMs)
      minute.durations.set(bucket, (minute.durations.get(bucket) ?? 0) + 1)
    },
    totals: () => past.with(minutes.values()),
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}

async function write(ctx: VerbContext, process: string, changed: readonly Minute[]): Promise<void> {
  if (changed.length === 0) return
  const column = <Value>(read: (one: Minute) => Value) => sql.val(changed.map(read))
  await sql`
    insert into answer_minutes (at, model, version, variant, process, answered, refused, failed, durations)
    select at, model, version, variant, ${process}, answered, refused, failed, durations::jsonb
    from unnest(
      ${column(({ at }) => new Date(at))}::timestamptz[], ${column(({ model }) => model)}::text[],
      ${column(({ version }) => version)}::text[], ${column(({ variant }) => variant ?? '')}::text[],
      ${column(({ answered }) => answered)}::int[], ${column(({ refused }) => refused)}::int[],
      ${column(({ failed }) => failed)}::int[],
      ${column(({ durations }) => JSON.stringify(Object.fromEntries(durations)))}::text[]
    ) as rows (at, model, version, variant, answered, refused, failed, durations)
    on conflict (at, model, version, variant, process) do update
    set answered = excluded.answered, refused = excluded.refused, failed = excluded.failed, durations = excluded.durations
  `.execute(ctx.db)
}
