import type { FlowWait } from '@fabrique/contract'
import { sql } from 'kysely'
import type { Db } from '../../../platform/index.js'

/** A run that a worker could have taken by now. */
export interface DueRun {
  readonly id: string
  readonly project: string
  readonly flow: string
  readonly version: string | null
  readonly state_name: string
  readonly started_at: Date | null
  readonly due_ms: number
}

export interface ExplainedWait {
  readonly name: string
  readonly wait: FlowWait | undefined
}

interface FlowFacts {
  readonly project: string
  readonly flow: string
  /** Versions that living workers have. */
  readonly versions: readonly string[]
  readonly is_full: boolean
  readonly full_limit: string | null
}

/** A run that is due for so long and not begun is late, as Prefect says it. */
const lateAfterMs = 15_000

const keyOf = ({ project, flow }: { readonly project: string; readonly flow: string }) => `${project}/${flow}`

/** Why runs that are due have not begun: nobody has their flow or version, or there is no room for them. */
export async function explainWaits(db: Db, runs: readonly DueRun[]): Promise<ReadonlyMap<string, ExplainedWait>> {
  if (runs.length === 0) return new Map()
  const flows = new Map(runs.map((run) => [keyOf(run), run]))
  const facts = new Map((await readFacts(db, [...flows.values()])).map((one) => [keyOf(one), one]))
  return new Map(runs.map((run) => [run.id, explain(run, facts.get(keyOf(run)))]))
}

function explain(run: DueRun, facts: FlowFacts | undefined): ExplainedWait {
  const isPlain = run.state_name === 'Scheduled'
  const wait = waitOf(run, facts)
  if (!isPlain) return { name: run.state_name, wait }
  if (wait?.kind === 'limit') return { name: 'AwaitingConcurrencySlot', wait }
  return { name: run.due_ms > lateAfterMs ? 'Late' : run.state_name, wait }
}

function waitOf(run: DueRun, facts: FlowFacts | undefined): FlowWait | undefined {
  const versions = facts?.versions ?? []
  if (versions.length === 0) return { kind: 'worker', what: run.flow }
  if (run.version !== null && !versions.includes(run.version)) return { kind: 'version', what: run.version }
  // A run that has begun has its place among those of its flow.
  if (run.started_at === null && facts?.is_full === true) return { kind: 'limit', what: run.flow }
  if (facts?.full_limit != null) return { kind: 'limit', what: facts.full_limit }
  return undefined
}

async function readFacts(
  db: Db,
  flows: readonly { readonly project: string; readonly flow: string }[],
): Promise<readonly FlowFacts[]> {
  const projects = flows.map(({ project }) => project)
  const names = flows.map(({ flow }) => flow)
  const { rows } = await sql<FlowFacts>`
    with known as (
      select of->>'project' as project, of->>'flow' as flow, array_agg(distinct of->>'version') as versions
      from flow_workers, jsonb_array_elements(flows) as of
      where ended_at is null and lease_until > clock_timestamp()
      group by 1, 2
    )
    select wanted.project, wanted.flow, coalesce(known.versions, '{}') as versions,
      coalesce((flows.definition->>'concurrency')::integer <= (
        select count(*) from flow_runs run
        where run.project = wanted.project and run.flow = wanted.flow and run.started_at is not null and run.ended_at is null
      ), false) as is_full,
      (
        select min(bound.name) from flow_limits bound
        where definition::jsonb->'limits' ? bound.name
          and bound.slots <= (select count(*) from flow_limit_slots slot where slot.limit_name = bound.name)
      ) as full_limit
    from unnest(${projects}::text[], ${names}::text[]) as wanted (project, flow)
    left join known using (project, flow)
    left join flows on flows.project = wanted.project and flows.name = wanted.flow
  `.execute(db)
  return rows
}
