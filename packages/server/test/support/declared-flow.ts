import { FlowDefinition } from '@fabrique/contract'
import type { z } from 'zod'
import { query } from '../../src/contexts/flows/engine/statements.js'
import { applyFlows } from '../../src/contexts/flows/schedules/apply-flows.js'
import type { VerbContext } from '../../src/platform/index.js'

/** What a test says of a flow. */
export type Declared = Partial<z.input<typeof FlowDefinition>>

/** A flow that takes a text, as the project of a test declares it. */
export const flowOf = (name: string, declared: Declared = {}): z.output<typeof FlowDefinition> =>
  FlowDefinition.parse({
    name,
    version: '1',
    params_schema: { type: 'object', properties: { month: { type: 'string' } }, additionalProperties: false },
    ...declared,
  })

/** Makes this the only flow of a project. */
export async function declareFlow(
  ctx: VerbContext,
  project: string,
  name: string,
  declared: Declared = {},
): Promise<void> {
  await applyFlows({ ctx, input: { project, flows: [flowOf(name, declared)] } })
}

export interface RunOfFlow {
  readonly id: string
  readonly state_type: string
  readonly params: unknown
  readonly origin: string
  readonly origin_of: string | null
  readonly event: unknown
  readonly depth: number
  readonly priority: number
  readonly scheduled_for: Date
  readonly ready_at: Date | null
  readonly tags: readonly string[]
  readonly cancel_requested: boolean
}

const runs = 'select * from flow_runs where project = $1 order by scheduled_for, id'

/** The runs of a project, by the moment at which they were due. */
export const runsOfProject = ({ db }: VerbContext, project: string) => query<RunOfFlow>(db, runs, [project])

/** Ends a run as if a worker had run it. */
export const setRunState = ({ db }: VerbContext, id: string, state: 'RUNNING' | 'COMPLETED' | 'FAILED') =>
  query(
    db,
    `update flow_runs set state_type = $2, started_at = clock_timestamp(), ready_at = null,
       worker_id = case when $2 = 'RUNNING' then 'wrk_test' end, ended_at = case when $2 <> 'RUNNING' then clock_timestamp() end
     where id = $1`,
    [id, state],
  )
