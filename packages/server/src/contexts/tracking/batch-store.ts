import { FabriqueError } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import { type LifecycleStage, runNameTag, type Tag } from './model.js'
import type { MetricPoint } from './schema.js'

/** What one statement writes; keys of parameters and tags are unique. */
export interface Batch {
  readonly run_id: string
  readonly metrics: readonly MetricPoint[]
  readonly params: readonly Tag[]
  readonly tags: readonly Tag[]
}

export interface WrittenBatch {
  readonly experiment_id: string
  readonly new_params: number
  readonly changed_tags: number
}

interface WrittenRow {
  readonly experiment_id: string
  readonly stage: LifecycleStage
  readonly params: readonly (Tag & { readonly is_new: boolean })[] | null
  readonly changed_tags: number
}

type Fragment = RawBuilder<unknown>

/*
 * Rows are written in the order of their keys, so that two batches never wait for each other in a circle.
 */

/** The stored value of each parameter comes back: another than the given one is a conflict. */
function paramsFragment(params: readonly Tag[]): Fragment {
  return sql`written_params as (
    insert into params (run_id, key, value)
    select target.id, p.key, p.value
    from target, unnest(${params.map(({ key }) => key)}::text[], ${params.map(({ value }) => value)}::text[]) as p (key, value)
    order by p.key
    on conflict (run_id, key) do update set value = params.value
    returning key, value, xmax = 0 as is_new
  )`
}

function tagsFragment(tags: readonly Tag[]): Fragment {
  return sql`written_tags as (
    insert into run_tags (run_id, key, value)
    select target.id, t.key, t.value
    from target, unnest(${tags.map(({ key }) => key)}::text[], ${tags.map(({ value }) => value)}::text[]) as t (key, value)
    order by t.key
    on conflict (run_id, key) do update set value = excluded.value where run_tags.value <> excluded.value
    returning key
  )`
}

function renameFragment(name: string): Fragment {
  return sql`renamed as (
    update runs set name = ${name} from target where runs.id = target.id and runs.name <> ${name}
  )`
}

/** NaN is stored as 0 with a mark, and the infinities as the largest doubles, as MLflow stores them. */
function storedValue(value: number): number {
  if (Number.isNaN(value)) return 0
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))
}

/** Points that are there already are dropped; the newest of each key is the largest by step, time and value. */
function metricsFragments(metrics: readonly MetricPoint[]): readonly Fragment[] {
  const points = sql`points as materialized (
    select target.id as run_id, p.* from target, unnest(
      ${metrics.map(({ key }) => key)}::text[], ${metrics.map(({ step }) => step)}::bigint[],
      ${metrics.map(({ timestamp }) => timestamp)}::bigint[], ${metrics.map(({ value }) => storedValue(value))}::float8[],
      ${metrics.map(({ value }) => Number.isNaN(value))}::boolean[]
    ) as p (key, step, timestamp_ms, value, is_nan)
  )`
  const history = sql`history as (
    insert into metrics (run_id, key, step, timestamp_ms, value, is_nan)
    select run_id, key, step, timestamp_ms, value, is_nan from points order by key, step, timestamp_ms, value
    on conflict do nothing
  )`
  const latest = sql`latest as (
    insert into latest_metrics as l (run_id, key, step, timestamp_ms, value, is_nan)
    select distinct on (key) run_id, key, step, timestamp_ms, value, is_nan
    from points order by key, step desc, timestamp_ms desc, value desc
    on conflict (run_id, key) do update
    set step = excluded.step, timestamp_ms = excluded.timestamp_ms, value = excluded.value, is_nan = excluded.is_nan
    where (excluded.step, excluded.timestamp_ms, excluded.value) > (l.step, l.timestamp_ms, l.value)
  )`
  return [points, history, latest]
}

/**
 * Writes a batch in one statement and one round trip. Parameters that differ throw `param_immutable`, so a batch with
 * parameters needs a transaction around it; metrics alone do not. Throws `run_not_found`, `run_not_active`.
 */
export async function writeBatch(ctx: VerbContext, batch: Batch): Promise<WrittenBatch> {
  const name = batch.tags.find(({ key }) => key === runNameTag)?.value
  const fragments = [
    sql`run as (select id, experiment_id, lifecycle_stage from runs where id = ${batch.run_id})`,
    sql`target as (select id from run where lifecycle_stage = 'active')`,
    ...(batch.params.length > 0 ? [paramsFragment(batch.params)] : []),
    ...(batch.metrics.length > 0 ? metricsFragments(batch.metrics) : []),
    ...(batch.tags.length > 0 ? [tagsFragment(batch.tags)] : []),
    ...(name === undefined ? [] : [renameFragment(name)]),
  ]
  const params =
    batch.params.length > 0
      ? sql`(select json_agg(json_build_object('key', key, 'value', value, 'is_new', is_new)) from written_params)`
      : sql`null::json`
  const tags = batch.tags.length > 0 ? sql`(select count(*) from written_tags)` : sql`0`
  const { rows } = await sql<WrittenRow>`
    with ${sql.join(fragments)}
    select experiment_id::text as experiment_id, lifecycle_stage as stage, ${params} as params, ${tags}::int as changed_tags from run
  `.execute(ctx.db)
  const row = rows[0]
  if (row === undefined) throw new FabriqueError('run_not_found', { run: batch.run_id })
  if (row.stage !== 'active') throw new FabriqueError('run_not_active', { run: batch.run_id })
  const written = row.params ?? []
  checkUnchanged(batch, written)
  return {
    experiment_id: row.experiment_id,
    new_params: written.filter(({ is_new }) => is_new).length,
    changed_tags: row.changed_tags,
  }
}

function checkUnchanged(batch: Batch, stored: readonly Tag[]): void {
  const given = new Map(batch.params.map(({ key, value }) => [key, value]))
  for (const { key, value } of stored) {
    const attempted = given.get(key)
    if (attempted === undefined || attempted === value) continue
    throw new FabriqueError('param_immutable', { key, run: batch.run_id, old_value: value, new_value: attempted })
  }
}
