import type { FlowWorkerInfo } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { readVerb } from '../../../platform/index.js'

interface WorkerRow {
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly started_at: Date
  readonly seen_at: Date
  readonly state: FlowWorkerInfo['state']
  readonly flows: FlowWorkerInfo['flows']
  readonly runs: readonly string[]
  readonly runs_max: number
}

/** Workers that take runs, and those that ended during the last day; the living first, then the newest. */
export const listFlowWorkers = readVerb({
  name: 'flows.list_flow_workers',
  permission: 'flows.read',
  input: z.object({}),
  async run({ ctx }): Promise<{ items: FlowWorkerInfo[] }> {
    // A lease that ran out is a lost worker, also before another worker has said so.
    const { rows } = await sql<WorkerRow>`
      select id, host, pid, started_at, flows, runs_max,
        case when ended_at is null and lease_until > clock_timestamp() then 'alive'
          when ended_at is null or is_lost then 'lost' else 'stopped' end as state,
        least(lease_until - ${limit('flows.lease_ms')} * interval '1 ms', coalesce(ended_at, clock_timestamp())) as seen_at,
        array(select run.id from flow_runs run where run.worker_id = worker.id order by run.started_at, run.id limit 100) as runs
      from flow_workers worker
      where ended_at is null or ended_at > clock_timestamp() - interval '1 day'
      order by ended_at is null and lease_until > clock_timestamp() desc, started_at desc, id
      limit ${limit('flows.workers_shown_max')}
    `.execute(ctx.db)
    return {
      items: rows.map(({ started_at, seen_at, runs, ...row }) => ({
        ...row,
        started_at: started_at.toISOString(),
        seen_at: seen_at.toISOString(),
        runs: [...runs],
      })),
    }
  },
})
