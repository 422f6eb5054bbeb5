import { FabriqueError } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import { relabel } from '../lineage/index.js'
import { type LifecycleStage, runNameTag, type Tag } from './model.js'
import { runRef } from './run-lineage.js'

/** The parameters and tags of one call; keys are unique. */
export interface Batch {
  readonly run_id: string
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
 * Writers never wait for each other in a circle: every one takes a run, if at all, before its parameters, those before its
 * tags, and these before its metrics; and rows of a table in the order of their keys.
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

/**
 * Writes parameters and tags in one statement. Parameters that differ throw `param_immutable`, so there must be a transaction
 * around it. Throws `run_not_found`, `run_not_active`.
 */
export async function writeBatch(ctx: VerbContext, batch: Batch): Promise<WrittenBatch> {
  const name = batch.tags.find(({ key }) => key === runNameTag)?.value
  const fragments = [
    sql`run as materialized (
      select id, experiment_id, lifecycle_stage from runs where id = ${batch.run_id}
      ${name === undefined ? sql`` : sql`for no key update`}
    )`,
    sql`target as (select id from run where lifecycle_stage = 'active')`,
    ...(batch.params.length > 0 ? [paramsFragment(batch.params)] : []),
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
  if (name !== undefined) await relabel(ctx, [{ ...runRef(batch.run_id), label: name }])
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
