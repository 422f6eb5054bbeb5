import { FabriqueError } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import type { DatasetSchema, EvaluationDataset } from './model.js'

/** Data sets from a condition, order and page on `evaluation_datasets d`. */
export async function selectDatasets(
  ctx: VerbContext,
  rest: RawBuilder<unknown>,
): Promise<readonly EvaluationDataset[]> {
  const { rows } = await sql<EvaluationDataset & { readonly experiment_ids: readonly string[] | null }>`
    select d.id, d.name, d.digest, d.schema, d.tags, d.record_count, d.created_ms, d.updated_ms, d.created_by, d.updated_by,
      (select json_agg(e.experiment_id::text order by e.experiment_id) from evaluation_dataset_experiments e
       where e.dataset_id = d.id) as experiment_ids
    from evaluation_datasets d ${rest}
  `.execute(ctx.db)
  return rows.map((row) => ({ ...row, experiment_ids: row.experiment_ids ?? [] }))
}

/** The data set of an id. Throws `evaluation_dataset_not_found`. */
export async function selectDataset(ctx: VerbContext, id: string): Promise<EvaluationDataset> {
  const [found] = await selectDatasets(ctx, sql`where d.id = ${id}`)
  if (found === undefined) throw new FabriqueError('evaluation_dataset_not_found', { dataset: id })
  return found
}

export interface LockedDataset {
  readonly name: string
  readonly schema: DatasetSchema | null
  readonly tags: Readonly<Record<string, string>>
  readonly record_count: number
}

/** Locks a data set for a change. Throws `evaluation_dataset_not_found`. */
export async function lockDataset(ctx: VerbContext, id: string): Promise<LockedDataset> {
  const { rows } = await sql<LockedDataset>`
    select name, schema, tags, record_count from evaluation_datasets where id = ${id} for no key update
  `.execute(ctx.db)
  if (rows[0] === undefined) throw new FabriqueError('evaluation_dataset_not_found', { dataset: id })
  return rows[0]
}

/** Ids of experiments that exist. Throws `experiment_not_found` for the first that does not. */
export async function checkExperiments(ctx: VerbContext, ids: readonly string[]): Promise<void> {
  const known = ids.filter((id) => /^\d{1,18}$/.test(id))
  const { rows } = await sql<{ id: string }>`
    select id::text as id from experiments where id = any(${known}::bigint[])
  `.execute(ctx.db)
  const found = new Set(rows.map(({ id }) => id))
  const missing = ids.find((id) => !found.has(id))
  if (missing !== undefined) throw new FabriqueError('experiment_not_found', { experiment: missing })
}

/** Adds experiments to a data set; returns how many were not there. */
export async function insertExperiments(ctx: VerbContext, datasetId: string, ids: readonly string[]): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into evaluation_dataset_experiments (dataset_id, experiment_id)
    select ${datasetId}, id from unnest(${[...new Set(ids)]}::bigint[]) as t (id) order by id
    on conflict do nothing
  `.execute(ctx.db)
  return Number(numAffectedRows ?? 0)
}

/** What is told of a change of a data set. */
export function datasetChanged(datasetId: string, change: string) {
  return {
    subject: `evaluation-datasets/${datasetId}`,
    event: 'evaluation_dataset.changed',
    payload: { dataset_id: datasetId, change },
  } as const
}
