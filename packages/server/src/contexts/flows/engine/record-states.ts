import type { Db } from '../../../platform/index.js'
import { query } from './statements.js'

// A run of the loop of a model is told as such too: the two are one change.
const record = `
  with told as (
    select run.id, run.project, run.flow, run.state_type, run.state_name, run.ended_at, loop.model, loop.stage
    from flow_runs run left join loop_runs loop on loop.flow_run_id = run.id where run.id = any($1::text[])
  ), written as (
    insert into events (kind, subject, payload, actor, at)
    select 'flow_run.changed', 'flow-runs/' || id, jsonb_build_object('flow_run_id', id, 'project', project, 'flow', flow,
      'state', state_type, 'state_name', state_name), 'system:worker', clock_timestamp() from told
    union all
    select 'loop.changed', 'flow-runs/' || id, jsonb_build_object('flow_run_id', id, 'project', project, 'model', model,
      'state', case when state_type = 'COMPLETED' then 'succeeded' when ended_at is not null then 'failed' else 'running' end,
      'stage', stage), 'system:worker', clock_timestamp() from told where model is not null
    returning id
  )
  select pg_notify('fabrique_events', 'flow_run.changed') from (select count(*) from written) as counted`

/** Writes the events of runs whose state has changed, in the transaction that changed them. */
export async function recordStates(tx: Db, runs: readonly string[]): Promise<void> {
  if (runs.length > 0) await query(tx, record, [runs])
}
