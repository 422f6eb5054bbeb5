import type { Json } from '@fabrique/contract'
import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import { fromJsonb, type VerbContext } from '../../platform/index.js'
import { percentileOf } from './latency-buckets.js'

export interface VariantsAsked {
  readonly model: string
  /** As they stand in the log. */
  readonly variants: readonly string[]
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
}

/** What is known of some variants of a model, in their order. */
export async function readVariantAnswers(ctx: VerbContext, asked: VariantsAsked): Promise<readonly VariantAnswers[]> {
  const [counts, rewards, outputs] = await Promise.all([
    readCounts(ctx, asked),
    readRewards(ctx, asked),
    Promise.all(asked.variants.map((variant) => readOutputs(ctx, asked, variant))),
  ])
  return asked.variants.map((variant, place) => {
    const count = counts.get(variant)
    const reward = rewards.get(variant)
    const durations = count?.durations ?? new Map<number, number>()
    return {
      answered: count?.answered ?? 0,
      refused: count?.refused ?? 0,
      failed: count?.failed ?? 0,
      p50: percentileOf(durations, 0.5),
      p95: percentileOf(durations, 0.95),
      p99: percentileOf(durations, 0.99),
      rewards: reward?.count ?? 0,
      rewardMean: reward?.mean,
      rewardVariance: reward?.variance ?? 0,
      outputs: outputs[place] ?? [],
    }
  })
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
      where model = ${model} and at >= ${from} and variant = any(${variants})
    ), buckets as (
      select variant, bucket, sum(count::int)::int as count
      from found, jsonb_each_text(durations) as each (bucket, count) group by variant, bucket
    )
    select variant, sum(answered)::int as answered, sum(refused)::int as refused, sum(failed)::int as failed,
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
  const { rows } = await sql<{ variant: string; count: number; mean: number; variance: number }>`
    select p.variant, count(*)::int as count, avg(f.reward) as mean, var_pop(f.reward) as variance
    from prediction_feedback f
    join predictions p on p.at = f.predicted_at and p.id = f.prediction_id and p.row_number = f.row_number
    where f.predicted_at >= ${since} and p.at >= ${since} and f.reward is not null
      and p.model = ${model} and p.variant = any(${variants})
    group by p.variant`.execute(ctx.db)
  return new Map(rows.map(({ variant, ...reward }) => [variant, reward]))
}

async function readOutputs(ctx: VerbContext, { model, since }: VariantsAsked, variant: string): Promise<Json[]> {
  const { rows } = await sql<{ output: unknown }>`
    select output -> 'prediction' as output from predictions
    where model = ${model} and variant = ${variant} and at >= ${since}
    order by at desc limit ${limit('predictions.outputs_compared_max')}`.execute(ctx.db)
  return rows.map(({ output }) => fromJsonb<Json>(output))
}
