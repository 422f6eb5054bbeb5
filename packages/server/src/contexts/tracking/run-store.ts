import { FabriqueError, type RunStatus } from '@fabrique/contract'
import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
// Not through its index, which reaches back to this file.
import { type RunModelColumns, runModelColumns } from './logged-models/run-models.js'
import type { LifecycleStage, Metric, Run, RunInfo, Tag, TrackedDataset, WireDouble } from './model.js'

/** What stands in `runs` and `experiments` of a run. */
export interface RunHead {
  readonly id: string
  readonly experiment_id: string
  readonly experiment: string
  readonly name: string
  readonly status: RunStatus
  readonly user_id: string
  readonly start_ms: number
  readonly end_ms: number | null
  readonly artifact_uri: string
  readonly lifecycle_stage: LifecycleStage
}

interface RunRow extends RunHead, RunModelColumns {
  readonly metrics: readonly [key: string, value: WireDouble, timestamp: number, step: number][] | null
  readonly params: readonly Tag[] | null
  readonly tags: readonly Tag[] | null
  readonly datasets:
    | readonly { readonly tags: Readonly<Record<string, string>>; readonly dataset: TrackedDataset }[]
    | null
}

/** The newest value of a series in its wire form. */
export const wireValue = sql`case when last_is_nan then to_json('NaN'::text) else to_json(last_value) end`

/** The columns of `RunHead`, of `runs r` and `experiments e`. */
export const runHead = sql`r.id, r.experiment_id::text as experiment_id, e.name as experiment, r.name, r.status, r.user_id,
  r.start_ms, r.end_ms, r.artifact_uri, r.lifecycle_stage`

/**
 * Runs by their ids in the order of the ids, as `runs r` with its `experiments e`. The limit has each looked up by its key: for a
 * hundred of them the planner would rather read a table of ten thousand from end to end, which takes longer.
 */
export const runsOfIds = (ids: readonly string[]) => sql`
  unnest(${[...ids]}::text[]) with ordinality asked (id, position)
  cross join lateral (select * from runs where runs.id = asked.id limit 1) r join experiments e on e.id = r.experiment_id`

/**
 * Runs with all that belongs to them, in one round trip and in the order of their ids; those that do not exist are left out.
 * The parts are read by primary key.
 */
export async function selectRuns(ctx: VerbContext, ids: readonly string[]): Promise<readonly Run[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<RunRow>`
    select ${runHead},
      (select json_agg(json_build_array(key, ${wireValue}, last_ms, last_step) order by key)
       from metric_series where run_id = r.id) as metrics,
      (select json_agg(json_build_object('key', key, 'value', value) order by key) from params where run_id = r.id) as params,
      (select json_agg(json_build_object('key', key, 'value', value) order by key) from run_tags where run_id = r.id) as tags,
      (select json_agg(json_build_object('tags', i.tags, 'dataset', json_strip_nulls(json_build_object('name', d.name,
         'digest', d.digest, 'source_type', d.source_type, 'source', d.source, 'schema', d.schema, 'profile', d.profile))) order by d.id)
       from run_inputs i join tracked_datasets d on d.id = i.dataset_id where i.run_id = r.id) as datasets,
      ${runModelColumns(sql.ref('r.id'))}
    from ${runsOfIds(ids)}
    order by asked.position
  `.execute(ctx.db)
  return rows.map(toRun)
}

/** What the protocol says of a run itself. */
export function toRunInfo(row: RunHead): RunInfo {
  return {
    run_id: row.id,
    run_uuid: row.id,
    run_name: row.name,
    experiment_id: row.experiment_id,
    user_id: row.user_id,
    status: row.status,
    start_time: row.start_ms,
    ...(row.end_ms === null ? {} : { end_time: row.end_ms }),
    artifact_uri: row.artifact_uri,
    lifecycle_stage: row.lifecycle_stage,
  }
}

function toRun(row: RunRow): Run {
  return {
    info: toRunInfo(row),
    data: { metrics: (row.metrics ?? []).map(toMetric), params: row.params ?? [], tags: row.tags ?? [] },
    inputs: {
      dataset_inputs: (row.datasets ?? []).map(({ tags, dataset }) => ({
        tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
        dataset,
      })),
      model_inputs: row.model_inputs ?? [],
    },
    outputs: { model_outputs: row.model_outputs ?? [] },
    experiment: row.experiment,
  }
}

function toMetric([key, value, timestamp, step]: readonly [string, WireDouble, number, number]): Metric {
  return { key, value, timestamp, step }
}

/** The run of an id, whatever its stage; throws `run_not_found`. */
export async function selectRun(ctx: VerbContext, id: string): Promise<Run> {
  const [found] = await selectRuns(ctx, [id])
  if (found === undefined) throw new FabriqueError('run_not_found', { run: id })
  return found
}

export interface RunState {
  readonly experiment_id: string
  readonly name: string
  readonly status: RunStatus
  readonly end_ms: number | null
  readonly lifecycle_stage: LifecycleStage
}

/** Locks a run for a change. Throws `run_not_found`. */
export async function lockRun(ctx: VerbContext, id: string): Promise<RunState> {
  const { rows } = await sql<RunState>`
    select experiment_id::text as experiment_id, name, status, end_ms, lifecycle_stage from runs where id = ${id} for no key update
  `.execute(ctx.db)
  if (rows[0] === undefined) throw new FabriqueError('run_not_found', { run: id })
  return rows[0]
}

/** Locks a run that may be written to. Throws `run_not_found`, `run_not_active`. */
export async function lockActiveRun(ctx: VerbContext, id: string): Promise<RunState> {
  const run = await lockRun(ctx, id)
  if (run.lifecycle_stage !== 'active') throw new FabriqueError('run_not_active', { run: id })
  return run
}

/** What is told of a change of a run. */
export function runChanged(runId: string, experimentId: string, change: string) {
  return {
    subject: `runs/${runId}`,
    event: 'run.changed',
    payload: { run_id: runId, experiment_id: experimentId, change },
  } as const
}

/** Throws `run_not_found` unless the run is there. */
export async function checkRunExists(ctx: VerbContext, id: string): Promise<void> {
  const { rows } = await sql`select from runs where id = ${id}`.execute(ctx.db)
  if (rows.length === 0) throw new FabriqueError('run_not_found', { run: id })
}
