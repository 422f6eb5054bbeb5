import { FlowRunQuery } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { pageOfRuns } from './list-runs.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
  // A history in which what is asked for is rare: of 100 flows one is of another project, 1 of 1,000 runs failed, was asked for by a
  // person or has a tag.
  await sql`
    insert into flow_runs (id, project, flow, state_type, state_name, origin, tags, scheduled_for, requested_at, started_at, ended_at,
      requested_by)
    select 'flow_' || n, case when n % 100 = 0 then 'rare' else 'demo' end, 'flow' || n % 100,
      case when n % 1000 = 7 then 'FAILED' else 'COMPLETED' end, case when n % 1000 = 7 then 'Failed' else 'Completed' end,
      case when n % 1000 = 8 then 'manual' else 'schedule' end, case when n % 1000 = 9 then array['rare'] else '{}' end,
      moment, moment, moment, moment, 'local'
    from generate_series(1, 100000) n, lateral (select '2026-01-01Z'::timestamptz + n * interval '1 minute' as moment) at
  `.execute(suite.ctx.db)
  await sql`
    insert into flow_steps (run_id, name, kind, position, state_type, state_name, ended_at)
    select 'flow_' || n, 'step' || s, 'run', s, 'COMPLETED', 'Completed', now()
    from generate_series(99001, 100000) n, generate_series(1, 5) s
  `.execute(suite.ctx.db)
  await sql`
    insert into flow_steps (run_id, name, kind, map, position, state_type, state_name, ended_at)
    select 'flow_99999', 'map[' || s || ']', 'run', 'map', s, 'COMPLETED', 'Completed', now() from generate_series(1, 20000) s
  `.execute(suite.ctx.db)
  await sql`analyze flow_runs, flow_steps`.execute(suite.ctx.db)
})
afterAll(() => suite?.close())

const Plan: z.ZodType<PlanNode> = z.lazy(() =>
  z.object({
    'Node Type': z.string(),
    'Relation Name': z.string().optional(),
    'Actual Rows': z.number(),
    'Actual Loops': z.number(),
    'Rows Removed by Filter': z.number().default(0),
    Plans: z.array(Plan).default([]),
  }),
)
interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string | undefined
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter': number
  readonly Plans: readonly PlanNode[]
}

/** Rows of tables that a statement looked at. */
async function rowsRead(statement: RawBuilder<unknown>): Promise<number> {
  const { rows } = await sql<{ 'QUERY PLAN': unknown }>`explain (analyze, format json) ${statement}`.execute(
    suite.ctx.db,
  )
  const [{ Plan: root }] = z.tuple([z.object({ Plan })]).parse(rows[0]?.['QUERY PLAN'])
  const count = (node: PlanNode): number => {
    const own = (node['Actual Rows'] + node['Rows Removed by Filter']) * node['Actual Loops']
    const isOfTable = node['Relation Name'] !== undefined || node['Node Type'] === 'Bitmap Index Scan'
    return node.Plans.reduce((sum, part) => sum + count(part), isOfTable ? own : 0)
  }
  return count(root)
}

const parsed = (query: object) => ({ ...FlowRunQuery.parse(query), language: 'en' as const })

test.each([
  [{}],
  [{ project: 'demo' }],
  [{ project: 'rare' }],
  [{ project: 'nowhere' }],
  [{ project: 'demo', flow: 'flow7' }],
  [{ state: 'FAILED' }],
  [{ state: 'RUNNING' }],
  [{ state: ['COMPLETED', 'FAILED', 'RUNNING'] }],
  [{ project: 'demo', flow: 'flow7', state: 'FAILED' }],
  [{ origin: 'manual' }],
  [{ model: 'churn' }],
  [{ tag: 'rare' }],
  [{ tag: 'unknown' }],
  [{ from: '2026-01-10T00:00:00Z', to: '2026-02-01T00:00:00Z' }],
  [{ page_token: 'flow_50000' }],
  [{ page_token: 'flow_50000', state: ['COMPLETED', 'FAILED'] }],
])('a page of runs by %j reads a few hundred rows of 100,000', async (query) => {
  expect(await rowsRead(pageOfRuns(parsed(query)))).toBeLessThan(1_500)
})

test('runs of a flow in a state that none of them has are not looked for among other runs', async () => {
  expect(await rowsRead(pageOfRuns(parsed({ project: 'demo', flow: 'flow8', state: 'FAILED' })))).toBe(0)
})
