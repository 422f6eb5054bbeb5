import type { Json } from '@fabrique/contract'
import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import { fromJsonb, type VerbContext } from '../../platform/index.js'
import { percentileOf } from './latency-buckets.js'

export interface VariantsAsked {
  readonly model: string
  /** The names that each variant has in the log. */
  readonly variants: readonly (readonly string[])[]
  readonly since: Date
}

/** What the log and the figures say of one variant. */
export interface VariantAnswers {
  readonly answered: number
  readonly refused: number
  readonly failed: number
  /** In milliseconds; undefined before the first answer. */
  readonly p50: number | undefined
  readonly p95: number | undefined
  readonly p99: number | undefined
  /** Rows of the log with a reward. */
  readonly rewards: number
  readonly rewardMean: number | undefined
  readonly rewardVariance: number
  /** What was predicted, newest first, at most `predictions.outputs_compared_max`. */
  readonly outputs: readonly Json[]
  /** What each of these was about; undefined where the request came without a key. */
  readonly keys: readonly (string | undefined)[]
}

/** What is known of some variants of a model, in their order. */
export async function readVariantAnswers(ctx: VerbContext, asked: VariantsAsked): Promise<readonly VariantAnswers[]> {
  const [counts, rewards] = await Promise.all([readCounts(ctx, asked), readRewards(ctx, asked)])
  const outputs = await Promise.all(asked.variants.map((names) => readOutputs(ctx, asked, names)))
  return asked.variants.map((names, place) => {
    const count = sumCounts(names.flatMap((name) => counts.get(name) ?? []))
    const reward = rewards.get(place)
    const rows = outputs[place] ?? []
    return {
      answered: count.answered,
      refused: count.refused,
      failed: count.failed,
      p50: percentileOf(count.durations, 0.5),
      p95: percentileOf(count.durations, 0.95),
      p99: percentileOf(count.durations, 0.99),
      rewards: reward?.count ?? 0,
      rewardMean: reward?.mean,
      rewardVariance: reward?.variance ?? 0,
      outputs: rows.map(({ output }) => output),
      keys: rows.map(({ key }) => key ?? undefined),
    }
  })
}

function sumCounts(all: readonly Counts[]): Counts {
  const durations = new Map<number, number>()
  const sum = { answered: 0, refused: 0, failed: 0, durations }
  for (const one of all) {
    sum.answered += one.answered
    sum.refused += one.refused
    sum.failed += one.failed
    for (const [bucket, count] of one.durations) durations.set(bucket, (durations.get(bucket) ?? 0) + count)
  }
  return sum
}

interface Counts {
  answered: number
  refused: number
  failed: number
  readonly durations: Map<number, number>
}

const minuteMs = 60_000

async function readCounts(ctx: VerbContext, { model, variants, since }: VariantsAsked): Promise<Map<string, Counts>> {
  // A minute began before what began in it.
  const from = new Date(since.getTime() - minuteMs)
  const { rows } = await sql<{
    variant: string
    answered: number
    refused: number
    failed: number
    durations: unknown
  }>`
    with found as (
      select variant, answered, refused, failed, durations from answer_minutes
      where model = ${model} and at >= ${from} and variant = any(${variants.flat()})
    ), buckets as (
      select variant, bucket, sum(count::int)::float8 as count
      from found, jsonb_each_text(durations) as each (bucket, count) group by variant, bucket
    )
    select variant, sum(answered)::float8 as answered, sum(refused)::float8 as refused, sum(failed)::float8 as failed,
      (select jsonb_object_agg(bucket, count) from buckets where buckets.variant = found.variant) as durations
    from found group by variant`.execute(ctx.db)
  return new Map(
    rows.map(({ variant, durations, ...counted }) => {
      const entries = Object.entries(fromJsonb<Record<string, number> | null>(durations) ?? {})
      return [variant, { ...counted, durations: new Map(entries.map(([bucket, count]) => [Number(bucket), count])) }]
    }),
  )
}

async function readRewards(ctx: VerbContext, { model, variants, since }: VariantsAsked) {
  const names = variants.flat()
  const places = variants.flatMap((own, place) => own.map(() => place))
  const { rows } = await sql<{ place: number; count: number; mean: number; variance: number }>`
    select asked.place, count(*)::float8 as count, avg(f.reward) as mean, var_pop(f.reward) as variance
    from prediction_feedback f
    join predictions p on p.at = f.predicted_at and p.id = f.prediction_id and p.row_number = f.row_number
    join unnest(${names}::text[], ${places}::int[]) as asked (variant, place) on asked.variant = p.variant
    where f.predicted_at >= ${since} and p.at >= ${since} and f.reward is not null and p.model = ${model}
    group by asked.place`.execute(ctx.db)
  return new Map(rows.map(({ place, ...reward }) => [place, reward]))
}

async function readOutputs(ctx: VerbContext, { model, since }: VariantsAsked, names: readonly string[]) {
  const { rows } = await sql<{ output: unknown; key: string | null }>`
    select output -> 'prediction' as output, key from predictions
    where model = ${model} and variant = any(${names}) and at >= ${since} and output -> 'prediction' is not null
    order by at desc limit ${limit('predictions.outputs_compared_max')}`.execute(ctx.db)
  return rows.map(({ output, key }) => ({ output: fromJsonb<Json>(output), key }))
}
