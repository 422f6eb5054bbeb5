import {
  FabriqueError,
  type Json,
  type Monitor,
  type MonitorDefinitionInput,
  type MonitorReportDetail,
} from '@fabrique/contract'
import { sql } from 'kysely'
import { createMonitor } from '../../src/contexts/monitoring/monitors/create-monitor.js'
import { getMonitorReport, listMonitorReports } from '../../src/contexts/monitoring/reports/get-report.js'
import type { AskedFlow, MonitorTools } from '../../src/contexts/monitoring/runs/act.js'
import { monitorJob } from '../../src/contexts/monitoring/runs/run-job.js'
import { runMonitor } from '../../src/contexts/monitoring/runs/start-run.js'
import { openTestContext, type TestContext } from './test-context.js'
import { makeSnapshot } from './test-snapshot.js'

interface Performing {
  readonly tools?: MonitorTools
  readonly signal?: AbortSignal
}

/** A test context with a project whose monitors are run. */
export interface MonitorSuite extends TestContext {
  /** Flows that were asked for, as an app would start them. */
  readonly asked: readonly AskedFlow[]
  /** A snapshot with the columns of `usageRows`. */
  usage(dataset: string, select: string): Promise<string>
  /** A monitor of the data set `usage`, unless told otherwise. */
  make(name: string, change: Partial<MonitorDefinitionInput>): Promise<Monitor>
  /** Asks for a run and does what a worker would. */
  run(monitor: string): Promise<MonitorReportDetail>
  inputOf(job: string): Promise<Json | undefined>
  /** What a worker does with a job; each time at another moment. */
  perform(id: string, input: Json | undefined, given?: Performing): Promise<Json | undefined>
}

export const project = 'churn'

const columns = [
  { name: 'hours', type: 'number' },
  { name: 'kind', type: 'category' },
] as const

/** Rows of evenly spread hours, moved by a shift, and of two kinds. */
export const usageRows = (shift = 0, count = 2000) =>
  `select ((i * 7919) % 1000) / 10.0 + ${shift} as hours, case when i % 3 = 0 then 'a' else 'b' end as kind from range(${count}) t(i)`

/** For `beforeAll`; call `close` in `afterAll`. */
export async function openMonitorSuite(): Promise<MonitorSuite> {
  const suite = await openTestContext()
  const { ctx } = suite
  await sql`insert into projects (name, folder, definition, digest, applied_at)
    values (${project}, '', ${JSON.stringify({ name: project, datasets: [], models: [] })}, 'd', ${ctx.clock.now()})`.execute(
    ctx.db,
  )
  const asked: AskedFlow[] = []
  const tools: MonitorTools = {
    async startFlow(_, flow) {
      if (flow.flow === 'gone') throw new FabriqueError('flow_not_found', { project: flow.project, flow: flow.flow })
      asked.push(flow)
      return `flow_${asked.length}`
    },
  }
  const inputOf = async (job: string) => {
    const { rows } = await sql<{ input: Json }>`select input from jobs where id = ${job}`.execute(ctx.db)
    return rows[0]?.input
  }
  const perform: MonitorSuite['perform'] = async (id, input, { tools: given = tools, signal } = {}) => {
    // Reports of one monitor at different moments, as they are in life.
    suite.clock.advance(1000)
    const own = signal === undefined ? ctx : { ...ctx, signal }
    return monitorJob(given)({ ctx: own, id, project, input: input ?? null, report: () => {} })
  }
  return {
    ...suite,
    asked,
    usage: (dataset, select) => makeSnapshot(suite, { project, dataset, parts: [select], columns: [...columns] }),
    make: (name, change) => {
      const request = {
        name,
        project,
        reference: { kind: 'snapshot', snapshot: 'snap_none' },
        current: { kind: 'snapshot', dataset: 'usage' },
        ...change,
      } as const
      return createMonitor({ ctx, input: { request } })
    },
    async run(monitor) {
      const started = await runMonitor({ ctx, input: { monitor, request: {} } })
      await perform(started.id, await inputOf(started.id))
      await sql`update jobs set state = 'succeeded' where id = ${started.id}`.execute(ctx.db)
      const { items } = await listMonitorReports({ ctx, input: { monitor, limit: 1 } })
      return getMonitorReport({ ctx, input: { report: items[0]?.id ?? '' } })
    },
    inputOf,
    perform,
  }
}
