import { type AnswerFigures, AnswerFiguresQuery, FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import { checkModelGrant, readVerb } from '../../platform/index.js'
import { percentileOf } from './latency-buckets.js'

interface Row {
  readonly at: Date
  readonly model: string
  readonly version: string
  readonly variant: string
  readonly answered: number
  readonly refused: number
  readonly failed: number
  readonly durations: Readonly<Record<string, number>> | null
}

const hourMs = 3_600_000

/**
 * Rate, errors and durations of each version, in spans of time from the oldest to the newest; of the models that the actor may use. Throws
 * `model_not_granted`.
 */
export const answerFigures = readVerb({
  name: 'predictions.answer_figures',
  permission: 'predictions.read',
  input: AnswerFiguresQuery,
  async run({ ctx, input }): Promise<AnswerFigures[]> {
    if (input.model !== undefined) checkModelGrant(ctx.actor, input.model)
    const granted = ctx.actor.models === undefined ? null : [...ctx.actor.models]
    const until = input.until === undefined ? ctx.clock.now() : new Date(input.until)
    const since = input.since === undefined ? new Date(until.getTime() - hourMs) : new Date(input.since)
    const steps = (until.getTime() - since.getTime()) / 1000 / input.step_seconds
    if (steps > limit('predictions.figures_steps_max')) {
      const reason = `gives ${Math.ceil(steps)} steps, of which ${limit('predictions.figures_steps_max')} are answered at most`
      throw new FabriqueError('invalid_request', { field: 'step_seconds', reason }, { field: 'step_seconds' })
    }
    const { rows } = await sql<Row>`
      with minutes as (
        select date_bin(make_interval(secs => ${input.step_seconds}), at, '2000-01-01T00:00:00Z') as at,
          model, version, variant, answered, refused, failed, durations
        from answer_minutes
        where at >= ${since} and at < ${until} and (${input.model ?? null}::text is null or model = ${input.model ?? null})
          and (${granted}::text[] is null or model = any(${granted}::text[]))
      ), counts as (
        select at, model, version, variant, sum(answered)::float8 as answered, sum(refused)::float8 as refused, sum(failed)::float8 as failed
        from minutes group by at, model, version, variant
      ), buckets as (
        select at, model, version, variant, bucket, sum(count::int)::float8 as count
        from minutes, jsonb_each_text(durations) as each (bucket, count) group by at, model, version, variant, bucket
      ), spreads as (
        select at, model, version, variant, jsonb_object_agg(bucket, count) as durations
        from buckets group by at, model, version, variant
      )
      select * from counts left join spreads using (at, model, version, variant) order by at, model, version, variant
    `.execute(ctx.db)
    return rows.map(toFigures)
  },
})

function toFigures({ at, model, version, variant, answered, refused, failed, durations }: Row): AnswerFigures {
  const counts = new Map(Object.entries(durations ?? {}).map(([bucket, count]) => [Number(bucket), count]))
  const shares = { p50_ms: 0.5, p95_ms: 0.95, p99_ms: 0.99 }
  const percentiles = Object.entries(shares).flatMap(([name, share]) => {
    const value = percentileOf(counts, share)
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    from: at.toISOString(),
    model,
    version,
    ...(variant === '' ? {} : { variant }),
    answered,
    refused,
    failed,
    ...Object.fromEntries(percentiles),
  }
}
