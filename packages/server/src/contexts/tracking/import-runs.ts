import { type ImportedRun, ImportedPoint as Point, ImportedRun as Schema } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { changeVerb, taskVerb, type VerbContext } from '../../platform/index.js'
import { markDeleted } from '../lineage/index.js'
import { checkedExperimentId, checkedParam, checkedTag, checkMetric, checkRunId } from './checks.js'
import { runNameTag } from './model.js'
import { linkInputs, runRef } from './run-lineage.js'
import { runsImported } from './runs-imported.js'
import { writeMetrics } from './write-metrics.js'

export interface BroughtRun {
  readonly run_id: string
  readonly experiment_id: string
  readonly artifact_uri: string
  /** An earlier import brought all of it. */
  readonly is_complete: boolean
  readonly is_deleted: boolean
  readonly is_new: boolean
}

/**
 * Brings runs of another server under their own ids, with parameters, tags and data sets. A run that is here already stays as
 * it is. Points follow by `importPoints`, files by the artifact routes; `completeRuns` ends it.
 */
export const importRuns = changeVerb({
  name: 'tracking.import_runs',
  permission: 'runs.write',
  input: z.object({ items: z.array(Schema) }),
  async run({ ctx, input, record, unchanged }): Promise<readonly BroughtRun[]> {
    const rows = input.items.map(toRow).sort((left, right) => (left.id < right.id ? -1 : 1))
    const made = new Set(await insertRuns(ctx, JSON.stringify(rows)))
    for (const { run_id, datasets } of input.items) {
      if (made.has(run_id)) await linkInputs(ctx, run_id, datasets.map(toInput))
    }
    if (made.size === 0) unchanged()
    else await record(runsImported({ runs: made.size }))
    const found = await broughtRuns(
      ctx,
      rows.map(({ id }) => id),
    )
    return found.map((run) => ({ ...run, is_new: made.has(run.run_id) }))
  },
})

function toInput({ tags, ...dataset }: ImportedRun['datasets'][number]) {
  return { dataset, tags: Object.entries(tags).map(([key, value]) => ({ key, value })) }
}

function toRow(run: ImportedRun) {
  checkRunId(run.run_id)
  const tags = { ...run.tags, [runNameTag]: run.name }
  return {
    id: run.run_id,
    experiment_id: checkedExperimentId(run.experiment_id),
    name: run.name,
    status: run.status,
    user_id: run.user_id,
    start_ms: run.start_time,
    end_ms: run.end_time ?? null,
    artifact_uri: run.artifact_uri ?? null,
    params: Object.entries(run.params).map(([key, value]) => checkedParam({ key, value })),
    tags: Object.entries(tags).map(([key, value]) => checkedTag({ key, value })),
    datasets: run.datasets,
    models: run.models,
  }
}

/** Inserts the runs that are not there, with all that belongs to them; gives their ids. */
async function insertRuns(ctx: VerbContext, rows: string): Promise<readonly string[]> {
  const { rows: made } = await sql<{ id: string }>`
    with given as (
      select * from json_to_recordset(${rows}::json) as g (id text, experiment_id bigint, name text, status text, user_id text,
        start_ms bigint, end_ms bigint, artifact_uri text, params json, tags json, datasets json, models json)
    ), made as (
      insert into runs (id, experiment_id, name, status, user_id, start_ms, end_ms, artifact_uri)
      select g.id, e.id, g.name, g.status, g.user_id, g.start_ms, g.end_ms,
        coalesce(g.artifact_uri, e.artifact_location || '/' || g.id || '/artifacts')
      from given g join experiments e on e.id = g.experiment_id
      on conflict (id) do nothing
      returning id, experiment_id
    ), new_params as (
      insert into params (run_id, key, value)
      select m.id, p.key, p.value from made m join given g using (id), json_to_recordset(g.params) as p (key text, value text)
    ), new_tags as (
      insert into run_tags (run_id, key, value)
      select m.id, t.key, t.value from made m join given g using (id), json_to_recordset(g.tags) as t (key text, value text)
    ), inputs as (
      select m.id as run_id, m.experiment_id, d.*
      from made m join given g using (id), json_to_recordset(g.datasets)
        as d (name text, digest text, source_type text, source text, schema text, profile text, tags jsonb)
    ), known as (
      insert into tracked_datasets (experiment_id, name, digest, source_type, source, schema, profile)
      select distinct on (experiment_id, name, digest) experiment_id, name, digest, source_type, source, schema, profile
      from inputs order by experiment_id, name, digest
      on conflict (experiment_id, name, digest) do update set name = excluded.name
      returning id, experiment_id, name, digest
    ), new_inputs as (
      insert into run_inputs (run_id, dataset_id, tags)
      select i.run_id, k.id, coalesce(i.tags, '{}') from inputs i join known k using (experiment_id, name, digest)
      on conflict do nothing
    ), new_models as (
      insert into run_models (run_id, model_id, role, step)
      select m.id, o.model_id, o.role, coalesce(o.step, 0)
      from made m join given g using (id), json_to_recordset(g.models) as o (model_id text, role text, step bigint)
      where exists (select from logged_models l where l.id = o.model_id)
      on conflict do nothing
    )
    select id from made
  `.execute(ctx.db)
  return made.map(({ id }) => id)
}

async function broughtRuns(ctx: VerbContext, ids: readonly string[]): Promise<readonly Omit<BroughtRun, 'is_new'>[]> {
  const { rows } = await sql<Omit<BroughtRun, 'is_new'>>`
    select r.id as run_id, r.experiment_id::text as experiment_id, r.artifact_uri, i.run_id is not null as is_complete,
      r.lifecycle_stage = 'deleted' as is_deleted
    from runs r left join imported_runs i on i.run_id = r.id where r.id = any(${[...ids]}::text[])
  `.execute(ctx.db)
  return rows
}

/** Brings points of a metric of a run; those that are there already are dropped. */
export const importPoints = taskVerb({
  name: 'tracking.import_points',
  permission: 'runs.write',
  input: z.object({ run_id: z.string(), points: z.array(Point) }),
  async run({ ctx, input }): Promise<void> {
    const metrics = input.points.map(([key, value, timestamp, step]) => ({
      key,
      value: value === 'NaN' ? Number.NaN : value,
      timestamp,
      step,
    }))
    for (const [index, metric] of metrics.entries()) checkMetric(metric, index)
    if (metrics.length > 0) await writeMetrics(ctx, { run_id: input.run_id, metrics })
  },
})

/** Notes that all of some runs is here, and deletes those that were deleted where they came from. */
export const completeRuns = changeVerb({
  name: 'tracking.complete_runs',
  permission: 'runs.write',
  input: z.object({
    source: z.string(),
    runs: z.array(z.object({ run_id: z.string(), deleted_time: z.number().optional() })),
  }),
  async run({ ctx, input, record, unchanged }): Promise<number> {
    const runs = [...input.runs].sort((left, right) => (left.run_id < right.run_id ? -1 : 1))
    const { rows } = await sql<{ run_id: string }>`
      with given as (
        select * from unnest(${runs.map(({ run_id }) => run_id)}::text[],
          ${runs.map(({ deleted_time }) => deleted_time ?? null)}::bigint[]) as g (run_id, deleted_ms)
      ), noted as (
        insert into imported_runs (run_id, source, completed_at)
        select g.run_id, ${input.source}, ${ctx.clock.now()} from given g join runs r on r.id = g.run_id
        on conflict (run_id) do nothing
        returning run_id
      ), gone as (
        update runs set lifecycle_stage = 'deleted', deleted_ms = g.deleted_ms
        from given g join noted n using (run_id) where runs.id = g.run_id and g.deleted_ms is not null
      )
      select run_id from noted
    `.execute(ctx.db)
    const noted = new Set(rows.map(({ run_id }) => run_id))
    const gone = runs.filter(({ run_id, deleted_time }) => deleted_time !== undefined && noted.has(run_id))
    await markDeleted(
      ctx,
      gone.map(({ run_id }) => runRef(run_id)),
    )
    if (rows.length === 0) unchanged()
    else await record(runsImported({ runs: rows.length }))
    return rows.length
  },
})
