import { FabriqueError, type TrashKind } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'

/** Something deleted that can still be brought back. */
export interface DeletedThing {
  readonly kind: TrashKind
  readonly id: string
  readonly name: string
  readonly experiment_id: string
  readonly experiment: string
  readonly deleted_ms: number
  /** For an experiment: the runs that are deleted with it. */
  readonly run_count: number | null
  /** Address of its files. */
  readonly artifact_uri: string
}

export interface DeletedSelection {
  readonly kind?: TrashKind | undefined
  /** Only those deleted before. */
  readonly beforeMs?: number
  readonly offset?: number
  readonly limit: number
}

/*
 * Runs and models of a deleted experiment are not listed by themselves: they come back and go with it.
 */
const sources: Readonly<Record<TrashKind, RawBuilder<unknown>>> = {
  experiment: sql`
    select 'experiment' as kind, e.id::text as id, e.name, e.id::text as experiment_id, e.name as experiment,
      e.updated_ms as deleted_ms, e.artifact_location as artifact_uri,
      (select count(*)::int from runs r where r.experiment_id = e.id) as run_count
    from experiments e where e.lifecycle_stage = 'deleted'`,
  run: sql`
    select 'run' as kind, r.id, r.name, e.id::text as experiment_id, e.name as experiment,
      coalesce(r.deleted_ms, r.start_ms) as deleted_ms, r.artifact_uri, null::int as run_count
    from runs r join experiments e on e.id = r.experiment_id
    where r.lifecycle_stage = 'deleted' and e.lifecycle_stage = 'active'`,
  logged_model: sql`
    select 'logged_model' as kind, m.id, m.name, e.id::text as experiment_id, e.name as experiment,
      coalesce(m.deleted_ms, m.updated_ms) as deleted_ms, m.artifact_uri, null::int as run_count
    from logged_models m join experiments e on e.id = m.experiment_id
    where m.lifecycle_stage = 'deleted' and e.lifecycle_stage = 'active'`,
}

/** What is deleted and can be brought back, the last deleted first. The caller has made sure who asks. */
export async function deletedThings(
  ctx: VerbContext,
  { kind, beforeMs, offset = 0, limit }: DeletedSelection,
): Promise<readonly DeletedThing[]> {
  const kinds = kind === undefined ? (['experiment', 'run', 'logged_model'] as const) : [kind]
  const all = sql.join(
    kinds.map((one) => sql`(${sources[one]})`),
    sql` union all `,
  )
  const { rows } = await sql<DeletedThing>`
    select * from (${all}) d
    where ${beforeMs ?? null}::bigint is null or deleted_ms < ${beforeMs ?? null}::bigint
    order by deleted_ms desc, kind, id limit ${limit} offset ${offset}
  `.execute(ctx.db)
  return rows
}

/** The runs and logged models of a deleted experiment, all of them: what a purge takes along. Throws `experiment_not_deleted`. */
export async function idsOfExperiment(
  ctx: VerbContext,
  experimentId: string,
  count: number,
): Promise<{ readonly runs: readonly string[]; readonly models: readonly string[] }> {
  const { rows: alive } = await sql`
    select 1 from experiments where id = ${experimentId}::bigint and lifecycle_stage <> 'deleted'
  `.execute(ctx.db)
  if (alive.length > 0) throw new FabriqueError('experiment_not_deleted', { experiment: experimentId })
  const { rows: runs } = await sql<{ id: string }>`
    select id from runs where experiment_id = ${experimentId}::bigint and lifecycle_stage = 'deleted' limit ${count}
  `.execute(ctx.db)
  const { rows: models } = await sql<{ id: string }>`
    select id from logged_models where experiment_id = ${experimentId}::bigint limit ${count}
  `.execute(ctx.db)
  return { runs: runs.map(({ id }) => id), models: models.map(({ id }) => id) }
}

/** The addresses of the files of deleted runs and logged models, and of the models of deleted experiments; others are left out. */
export async function artifactUrisOf(
  ctx: VerbContext,
  { runs, models }: { readonly runs: readonly string[]; readonly models: readonly string[] },
): Promise<readonly { readonly id: string; readonly artifact_uri: string }[]> {
  const { rows } = await sql<{ id: string; artifact_uri: string }>`
    select id, artifact_uri from runs where id = any(${[...runs]}::text[]) and lifecycle_stage = 'deleted'
    union all select m.id, m.artifact_uri from logged_models m join experiments e on e.id = m.experiment_id
    where m.id = any(${[...models]}::text[]) and 'deleted' in (m.lifecycle_stage, e.lifecycle_stage)
  `.execute(ctx.db)
  return rows
}
