import { FabriqueError } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import pg from 'pg'
import type { VerbContext } from '../../platform/index.js'
import { markDeleted, markRestored } from '../lineage/index.js'
import { checkedExperimentId } from './checks.js'
import type { Experiment, LifecycleStage, Tag } from './model.js'
import { runRef } from './run-lineage.js'

const uniqueViolation = '23505'

interface ExperimentRow {
  readonly experiment_id: string
  readonly name: string
  readonly artifact_location: string
  readonly lifecycle_stage: LifecycleStage
  readonly creation_time: number
  readonly last_update_time: number
  readonly tags: readonly Tag[] | null
}

/** Experiments as the protocol shows them, from a condition, order and page on `experiments e`. */
export async function selectExperiments(ctx: VerbContext, rest: RawBuilder<unknown>): Promise<readonly Experiment[]> {
  const { rows } = await sql<ExperimentRow>`
    select e.id::text as experiment_id, e.name, e.artifact_location, e.lifecycle_stage,
      e.created_ms as creation_time, e.updated_ms as last_update_time,
      (select json_agg(json_build_object('key', t.key, 'value', t.value) order by t.key)
       from experiment_tags t where t.experiment_id = e.id) as tags
    from experiments e ${rest}
  `.execute(ctx.db)
  return rows.map((row) => ({ ...row, tags: row.tags ?? [] }))
}

/** The experiment of an id, whatever its stage; throws `experiment_not_found`. */
export async function selectExperiment(ctx: VerbContext, id: string): Promise<Experiment> {
  const [found] = await selectExperiments(ctx, sql`where e.id = ${checkedExperimentId(id)}::bigint`)
  if (found === undefined) throw new FabriqueError('experiment_not_found', { experiment: id })
  return found
}

export async function selectExperimentByName(ctx: VerbContext, name: string): Promise<Experiment | undefined> {
  const [found] = await selectExperiments(ctx, sql`where e.name = ${name}`)
  return found
}

/** Locks an experiment for a change. Throws `experiment_not_found`, and `experiment_not_active` for a deleted one. */
export async function lockActiveExperiment(ctx: VerbContext, id: string): Promise<void> {
  const stage = await lockExperiment(ctx, id)
  if (stage !== 'active') throw new FabriqueError('experiment_not_active', { experiment: id })
}

export async function lockExperiment(ctx: VerbContext, id: string): Promise<LifecycleStage> {
  const { rows } = await sql<{ stage: LifecycleStage }>`
    select lifecycle_stage as stage from experiments where id = ${checkedExperimentId(id)}::bigint for no key update
  `.execute(ctx.db)
  const stage = rows[0]?.stage
  if (stage === undefined) throw new FabriqueError('experiment_not_found', { experiment: id })
  return stage
}

/** Makes an experiment unless the name is taken, also by a deleted one; returns its id. */
export async function insertExperiment(
  ctx: VerbContext,
  values: { readonly name: string; readonly artifactLocation: string | undefined; readonly tags: readonly Tag[] },
): Promise<string | undefined> {
  const now = ctx.clock.now().getTime()
  const { rows } = await sql<{ id: string }>`
    with made as (
      insert into experiments (id, name, artifact_location, created_ms, updated_ms)
      select next.id, ${values.name}, coalesce(${values.artifactLocation ?? null}, 'mlflow-artifacts:/' || next.id), ${now}, ${now}
      from (select nextval(pg_get_serial_sequence('experiments', 'id')) as id) next
      on conflict (name) do nothing
      returning id
    ), tagged as (
      insert into experiment_tags (experiment_id, key, value)
      select made.id, t.key, t.value
      from made, unnest(${values.tags.map(({ key }) => key)}::text[], ${values.tags.map(({ value }) => value)}::text[]) as t (key, value)
    )
    select id::text as id from made
  `.execute(ctx.db)
  return rows[0]?.id
}

/** Renames an experiment. Throws `experiment_exists` when another has the name. */
export async function renameExperiment(ctx: VerbContext, id: string, name: string): Promise<void> {
  try {
    await sql`
      update experiments set name = ${name}, updated_ms = ${ctx.clock.now().getTime()} where id = ${id}::bigint
    `.execute(ctx.db)
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === uniqueViolation) {
      throw new FabriqueError('experiment_exists', { name }, { cause: error })
    }
    throw error
  }
}

/** Moves an experiment and all its runs to a stage. */
export async function setStage(ctx: VerbContext, id: string, stage: LifecycleStage): Promise<void> {
  const now = ctx.clock.now().getTime()
  const { rows } = await sql<{ id: string }>`
    with changed as (
      update experiments set lifecycle_stage = ${stage}, updated_ms = ${now} where id = ${id}::bigint
    )
    update runs set lifecycle_stage = ${stage}, deleted_ms = ${stage === 'deleted' ? now : null}
    where experiment_id = ${id}::bigint and lifecycle_stage <> ${stage} returning id
  `.execute(ctx.db)
  const runs = rows.map((row) => runRef(row.id))
  await (stage === 'deleted' ? markDeleted(ctx, runs) : markRestored(ctx, runs))
}

/** Sets a tag; false when it had the value already. */
export async function upsertExperimentTag(ctx: VerbContext, id: string, { key, value }: Tag): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into experiment_tags (experiment_id, key, value) values (${id}::bigint, ${key}, ${value})
    on conflict (experiment_id, key) do update set value = excluded.value where experiment_tags.value <> excluded.value
  `.execute(ctx.db)
  return Number(numAffectedRows ?? 0) > 0
}

export async function removeExperimentTag(ctx: VerbContext, id: string, key: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    delete from experiment_tags where experiment_id = ${id}::bigint and key = ${key}
  `.execute(ctx.db)
  return Number(numAffectedRows ?? 0) > 0
}
