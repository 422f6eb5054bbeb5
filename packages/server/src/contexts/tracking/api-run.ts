import type { FieldChoice } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import type { z } from 'zod'
import type { VerbContext } from '../../platform/index.js'
import { loggedModelsOfRuns } from './logged-models/run-models.js'
import { datasetContextTag } from './model.js'
import { type RunHead, runHead, runsOfIds } from './run-store.js'
import { listText, objectText, valueText } from './run-texts.js'

/** The model versions that runs made, by run; given by the app, since the registry is a higher context. */
export type ModelVersionsOf = (
  ctx: VerbContext,
  runIds: readonly string[],
) => Promise<ReadonlyMap<string, readonly { readonly name: string; readonly version: string }[]>>

type Fields = z.output<typeof FieldChoice>

/** Which parameters, metrics and tags are wanted; all of them where absent. */
export interface RunFields {
  readonly params?: Fields
  readonly metrics?: Fields
  readonly tags?: Fields
}

interface ApiRow extends RunHead {
  readonly metrics: string | null
  readonly params: string | null
  readonly tags: string | null
  readonly datasets: readonly LoggedDataset[] | null
}

interface LoggedDataset {
  readonly name: string
  readonly digest: string
  readonly source_type: string
  readonly source: string
  readonly context: string | null
}

const metric = sql`to_json(key)::text || ':{"value":' || ${valueText} || ',"step":' || last_step || ',"timestamp_ms":' || last_ms
  || ',"count":' || point_count || case when min_value is null then '' else ',"min":' || min_value || ',"max":' || max_value
  || ',"mean":' || mean_of(sum_value, point_count - nan_count) end || '}'`

const metricsText = (from: RawBuilder<unknown>) => sql`'{' || ${listText(metric, from)} || '}'`

/** The chosen rows of a table as the text of one object. */
function fieldsText(
  textOf: (from: RawBuilder<unknown>) => RawBuilder<unknown>,
  table: string,
  fields: Fields = 'all',
): RawBuilder<unknown> {
  if (fields === 'none') return sql`null::text`
  const chosen = fields === 'all' ? sql`` : sql` and key = any(${fields}::text[])`
  return textOf(sql`${sql.table(table)} where run_id = r.id${chosen}`)
}

/**
 * Runs as our own API shows them, as JSON texts in the order of the ids; runs that do not exist are left out.
 * The database writes the lists, as in `run-texts.ts`.
 */
export async function apiRunTexts(
  ctx: VerbContext,
  modelVersionsOf: ModelVersionsOf,
  { ids, fields = {} }: { readonly ids: readonly string[]; readonly fields?: RunFields },
): Promise<readonly string[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<ApiRow>`
    select ${runHead},
      ${fieldsText(metricsText, 'metric_series', fields.metrics)} as metrics,
      ${fieldsText(objectText, 'params', fields.params)} as params,
      ${fieldsText(objectText, 'run_tags', fields.tags)} as tags,
      (select json_agg(json_build_object('name', d.name, 'digest', d.digest, 'source_type', d.source_type,
         'source', case when d.source_type = 'fabrique_snapshot' then d.source else '' end,
         'context', i.tags ->> ${datasetContextTag}::text) order by d.id)
       from run_inputs i join tracked_datasets d on d.id = i.dataset_id where i.run_id = r.id) as datasets
    from ${runsOfIds(ids)}
    order by asked.position
  `.execute(ctx.db)
  const versions = await modelVersionsOf(ctx, ids)
  const models = await loggedModelsOfRuns(ctx, ids)
  return rows.map((row) => {
    const rest = JSON.stringify({
      ...apiRunHead(row),
      datasets: (row.datasets ?? []).map(toApiDataset),
      model_versions: (versions.get(row.id) ?? []).map(({ name, version }) => ({ name, version })),
      logged_models: models.get(row.id),
    })
    return `${rest.slice(0, -1)},"params":${row.params ?? '{}'},"metrics":${row.metrics ?? '{}'},"tags":${row.tags ?? '{}'}}`
  })
}

/** What our own API says of a run itself. */
export function apiRunHead(row: RunHead) {
  const { start_ms: started, end_ms: ended } = row
  return {
    id: row.id,
    name: row.name,
    experiment_id: row.experiment_id,
    experiment: row.experiment,
    status: row.status,
    started_at: momentOf(started),
    ...(ended === null ? {} : { ended_at: momentOf(ended), duration_ms: Math.max(0, ended - started) }),
    user: row.user_id,
    is_deleted: row.lifecycle_stage === 'deleted',
    artifact_uri: row.artifact_uri,
  }
}

/** Times come from clients: one that no date can show is cut to the nearest that can. */
export function momentOf(ms: number): string {
  const dateMax = 253_402_300_799_999
  return new Date(Math.max(0, Math.min(dateMax, ms))).toISOString()
}

function toApiDataset(dataset: LoggedDataset) {
  const snapshot = snapshotOf(dataset)
  return {
    name: dataset.name,
    digest: dataset.digest,
    ...(dataset.context === null ? {} : { context: dataset.context }),
    ...(snapshot === undefined ? {} : { snapshot_id: snapshot }),
  }
}

/** The snapshot that a data set of ours is, from its source. */
function snapshotOf({ source_type, source }: LoggedDataset): string | undefined {
  if (source_type !== 'fabrique_snapshot') return undefined
  try {
    const parsed: unknown = JSON.parse(source)
    const id = typeof parsed === 'object' && parsed !== null && 'snapshot_id' in parsed ? parsed.snapshot_id : undefined
    return typeof id === 'string' ? id : undefined
  } catch {
    // A client may log anything under this type: then it is not a snapshot of ours.
    return undefined
  }
}
