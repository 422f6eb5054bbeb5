import { type MonitorDefinitionInput, rolePermissions, type UserRole } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MonitorSuite, openMonitorSuite, project, usageRows } from '../../../test/support/monitor-suite.js'
import { makeSnapshot } from '../../../test/support/test-snapshot.js'
import type { VerbContext } from '../../platform/index.js'
import { listFindings } from './findings/findings.js'
import { applyMonitors } from './monitors/apply-monitors.js'
import { deleteMonitor, putMonitor, switchMonitor } from './monitors/change-monitor.js'
import { getMonitor, listMonitors } from './monitors/get-monitor.js'
import {
  compareMonitorReports,
  getEvidentlyReport,
  getMonitorReportHtml,
  listMonitorReports,
} from './reports/get-report.js'
import { getMonitorColumn, getMonitorMetrics, getMonitorTrends } from './reports/trends.js'
import type { MonitorTools } from './runs/act.js'
import { runMonitor } from './runs/start-run.js'

let suite: MonitorSuite
let ctx: VerbContext
beforeAll(async () => {
  suite = await openMonitorSuite()
  ctx = suite.ctx
})
afterAll(() => suite?.close())

describe('a monitor of snapshots', () => {
  test('finds nothing where nothing moved, and the columns that moved where they did', async () => {
    const before = await suite.usage('usage', usageRows())
    await suite.make('calm', { reference: { kind: 'snapshot', snapshot: before } })
    const calm = await suite.run('calm')
    expect(calm).toMatchObject({ state: 'ok', tested: 2, drifted: 0, actions: [], origin: 'manual' })
    await suite.usage('usage', usageRows(20))
    const moved = await suite.run('calm')
    expect(moved).toMatchObject({ state: 'alarm', drifted: 1, worst_column: 'hours' })
    expect(moved.columns[0]).toMatchObject({ name: 'hours', drift: true, type: 'num', histogram: { kind: 'numbers' } })
    expect(moved.actions).toMatchObject([{ do: 'finding', outcome: 'done' }])
    const compared = await compareMonitorReports({ ctx, input: { report: moved.id, before: calm.id } })
    expect(compared.columns.map(({ name, change }) => `${name} ${change}`)).toEqual(['hours began', 'kind same'])
    const html = await getMonitorReportHtml({ ctx, input: { report: moved.id, language: 'fr' } })
    expect(html).toContain('<html lang="fr">')
    expect(await getEvidentlyReport({ ctx, input: { report: moved.id } })).toMatchObject({
      metrics: expect.arrayContaining([expect.objectContaining({ metric_name: expect.stringContaining('hours') })]),
    })
    const trends = await getMonitorTrends({ ctx, input: { monitor: 'calm' } })
    expect(trends.columns.map(({ name, points }) => [name, points.map(({ drift }) => drift)])).toEqual([
      ['hours', [false, true]],
      ['kind', [false, false]],
    ])
    expect(await getMonitorColumn({ ctx, input: { monitor: 'calm', column: 'hours' } })).toMatchObject({
      newest: { drift: true },
    })
    const monitor = await getMonitor({ ctx, input: { monitor: 'calm' } })
    expect(monitor).toMatchObject({ state: 'alarm', open_findings: 1, last_report: { id: moved.id } })
  })

  test('a report that is done again after a kill is one report, and its actions are done once', async () => {
    const before = await suite.usage('again', usageRows())
    await suite.usage('again', usageRows(20))
    await suite.make('again', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'again' },
      actions: [{ do: 'finding' }, { do: 'flow', flow: 'monthly' }],
    })
    const flows = suite.asked.length
    const started = await runMonitor({ ctx, input: { monitor: 'again', request: {} } })
    const input = await suite.inputOf(started.id)
    const abort = new AbortController()
    const dies: MonitorTools = {
      async startFlow() {
        abort.abort()
        throw new Error('killed')
      },
    }
    await expect(suite.perform(started.id, input, { tools: dies, signal: abort.signal })).rejects.toThrow()
    const first = await suite.perform(started.id, input)
    expect(await suite.perform(started.id, input)).toEqual(first)
    const { items } = await listMonitorReports({ ctx, input: { monitor: 'again' } })
    expect(items).toHaveLength(1)
    expect(suite.asked.length - flows).toBe(1)
    expect((await listFindings({ ctx, input: { monitor: 'again' } })).items).toMatchObject([{ reports: 1 }])
  })

  test('few rows, an empty table and rows without values are states of their own, never ok', async () => {
    const before = await suite.usage('odd', usageRows())
    const of = {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'odd' },
    } as const
    await suite.make('odd', of)
    await suite.usage('odd', usageRows(0, 20))
    expect(await suite.run('odd')).toMatchObject({ state: 'not_enough_data', tested: 0, rows_min: 100 })
    await suite.usage('odd', usageRows(0, 0))
    const empty = await suite.run('odd')
    expect(empty).toMatchObject({ state: 'not_enough_data', current: { rows: 0 }, actions: [] })
    expect(empty.columns.every(({ drift, state }) => drift === null && state === 'not_enough_data')).toBe(true)
    await suite.usage('odd', `select null::double as hours, 'a' as kind from range(2000)`)
    const nulls = await suite.run('odd')
    expect(nulls.state).not.toBe('ok')
    expect(nulls.columns.find(({ name }) => name === 'hours')).toMatchObject({ state: 'no_values', drift: null })
    await suite.usage(
      'odd',
      `select case when i % 2 = 0 then 'infinity'::double else i end as hours, 'a' as kind from range(2000) t(i)`,
    )
    const infinite = await suite.run('odd')
    expect(infinite.columns.find(({ name }) => name === 'hours')).toMatchObject({
      state: 'tested',
      missing: { reference: 0, current: 1000 },
    })
    await suite.usage('odd', `select 'x' || i as hours, 'a' as kind from range(2000) t(i)`)
    const changed = await suite.run('odd')
    expect(changed).toMatchObject({ state: 'alarm', broken: 1 })
    expect(changed.columns.find(({ name }) => name === 'hours')).toMatchObject({ state: 'type_changed', drift: null })
    await suite.usage('odd', `select 1.5 as hours, 'b' as kind from range(2000)`)
    expect((await suite.run('odd')).columns.find(({ name }) => name === 'hours')).toMatchObject({ drift: true })
  })

  test('twelve hundred columns are one report, and its trend is bounded', async () => {
    const wide = (shift: number) =>
      `select ${Array.from({ length: 1200 }, (_, k) => `${k === 0 ? `i + ${shift}` : 'i % 2'} as c${k}`).join(', ')} from range(200) t(i)`
    const named = Array.from({ length: 1200 }, (_, k) => ({ name: `c${k}`, type: 'integer' as const }))
    const wideSnapshot = (shift: number) =>
      makeSnapshot(suite, { project, dataset: 'wide', parts: [wide(shift)], columns: named })
    const before = await wideSnapshot(0)
    await wideSnapshot(500)
    await suite.make('wide', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'wide' },
    })
    const report = await suite.run('wide')
    expect(report).toMatchObject({ columns_total: 1200, drifted: 1, worst_column: 'c0' })
    const { rows: kept } = await sql<{ count: number }>`
      select count(*)::int as count from monitor_columns where report_id = ${report.id}`.execute(ctx.db)
    expect(kept[0]?.count).toBe(500)
  })

  test('a reference that was collected, and a data set without snapshots, fail with a report; the neighbour runs', async () => {
    await suite.make('orphan', { reference: { kind: 'snapshot', snapshot: 'snap_gone' } })
    await expect(suite.run('orphan')).rejects.toMatchObject({ code: 'monitor_reference_missing' })
    await suite.make('blind', { current: { kind: 'snapshot', dataset: 'nothing' } })
    await expect(suite.run('blind')).rejects.toMatchObject({ code: 'snapshot_ref_not_found' })
    const [failed] = (await listMonitorReports({ ctx, input: { monitor: 'orphan' } })).items
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'monitor_reference_missing' }, actions: [] })
    expect(failed?.sentence).toContain('snap_gone')
    expect(await getMonitorReportHtml({ ctx, input: { report: failed?.id ?? '' } })).toContain('snap_gone')
    expect((await suite.run('calm')).state).toBe('alarm')
  })

  test('quality is measured, and its bounds are held', async () => {
    const before = await suite.usage('quality', usageRows())
    await suite.usage(
      'quality',
      `select case when i % 4 = 0 then null else 500.0 end as hours, 'c' as kind from range(1000) t(i)`,
    )
    const quality = (metric: string, max: number) => ({ kind: 'quality' as const, metric, max })
    await suite.make('quality', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'quality' },
      checks: [
        { ...quality('missing_share', 0.1), column: 'hours', severity: 'warning' },
        quality('new_values_share', 0),
        quality('out_of_range_share', 0.5),
        quality('constant_columns', 0),
        quality('duplicate_rows_share', 1),
        { kind: 'quality', metric: 'rows', min: 10 },
        { ...quality('missing_share', 1), column: 'none' },
      ],
    })
    const { id, metrics } = await suite.run('quality')
    const told = metrics.map(({ metric, column, value, state }) => [metric, column, value, state])
    expect(told.slice(0, 7)).toEqual([
      ['missing_share', 'hours', 0.25, 'violated'],
      ['new_values_share', undefined, 1, 'violated'],
      ['out_of_range_share', undefined, 1, 'violated'],
      ['constant_columns', undefined, 2, 'violated'],
      ['duplicate_rows_share', undefined, 0.998, 'holds'],
      ['rows', undefined, 1000, 'holds'],
      ['missing_share', 'none', null, 'not_computed'],
    ])
    const html = await getMonitorReportHtml({ ctx, input: { report: id } })
    expect(html).toContain('new_values_share')
    expect(html).toContain('class="verdict drift"')
    expect(await getMonitorMetrics({ ctx, input: { monitor: 'quality' } })).toMatchObject({
      metrics: expect.arrayContaining([expect.objectContaining({ metric: 'rows', min: 10 })]),
    })
  })
})

describe('declarations', () => {
  const declared = (name: string, change: Partial<MonitorDefinitionInput> = {}): MonitorDefinitionInput => ({
    name,
    reference: { kind: 'snapshot', snapshot: 'churn/usage@first' },
    current: { kind: 'snapshot', dataset: 'usage' },
    ...change,
  })

  test('belong to the project: the same again changes nothing, and what goes runs no more', async () => {
    const monitors = [declared('declared')]
    const before = await getChanges()
    await applyMonitors({ ctx, input: { project, monitors } })
    await applyMonitors({ ctx, input: { project, monitors } })
    expect((await getChanges()) - before).toBe(1)
    expect(await getMonitor({ ctx, input: { monitor: 'declared' } })).toMatchObject({
      source: 'project',
      enabled: true,
    })
    const definition = declared('declared', { rows_min: 500 })
    await expect(putMonitor({ ctx, input: { monitor: 'declared', definition } })).rejects.toMatchObject({
      code: 'monitor_declared',
    })
    await expect(deleteMonitor({ ctx, input: { monitor: 'declared' } })).rejects.toMatchObject({
      code: 'monitor_declared',
    })
    await switchMonitor({ ctx, input: { monitor: 'declared', enabled: false } })
    await applyMonitors({ ctx, input: { project, monitors } })
    expect((await getMonitor({ ctx, input: { monitor: 'declared' } })).enabled).toBe(false)
    await applyMonitors({ ctx, input: { project, monitors: [] } })
    const { items } = await listMonitors({ ctx, input: { project, limit: 1000 } })
    expect(items.map(({ name }) => name)).not.toContain('declared')
    await deleteMonitor({ ctx, input: { monitor: 'declared' } })
  })

  test('a name is one on a server, and what does not go together is refused by field', async () => {
    await expect(suite.make('calm', {})).rejects.toMatchObject({ code: 'monitor_exists' })
    await expect(applyMonitors({ ctx, input: { project, monitors: [declared('calm')] } })).rejects.toMatchObject({
      code: 'monitor_exists',
    })
    await expect(suite.make('bad', { current: { kind: 'predictions' } })).rejects.toMatchObject({
      code: 'invalid_request',
      field: expect.stringContaining('current'),
    })
    await expect(suite.make('bad', { schedule: { cron: '61 * * * *' } })).rejects.toMatchObject({
      field: 'schedule.cron',
    })
    await expect(suite.make('bad', { methods: { hours: 'wonder' } })).rejects.toMatchObject({ field: 'methods.hours' })
    await expect(suite.make('bad', { checks: [{ kind: 'quality', metric: 'beauty', max: 1 }] })).rejects.toMatchObject({
      field: expect.stringContaining('metric'),
    })
  })

  test('viewers read, editors change, operators run', async () => {
    const as = (role: UserRole): VerbContext => ({
      ...ctx,
      actor: { kind: 'user', id: `user:${role}`, permissions: new Set(rolePermissions[role]) },
    })
    const denied = { code: 'permission_denied' }
    const off = (role: UserRole) => switchMonitor({ ctx: as(role), input: { monitor: 'calm', enabled: false } })
    const start = (role: UserRole) => runMonitor({ ctx: as(role), input: { monitor: 'calm', request: {} } })
    expect(await getMonitor({ ctx: as('viewer'), input: { monitor: 'calm' } })).toMatchObject({ name: 'calm' })
    await expect(off('viewer')).rejects.toMatchObject(denied)
    expect(await off('editor')).toMatchObject({ enabled: false })
    await expect(start('editor')).rejects.toMatchObject(denied)
    expect(await start('operator')).toMatchObject({ state: 'queued', requested_by: 'user:operator' })
  })

  async function getChanges(): Promise<number> {
    const { rows: found } = await sql<{ count: number }>`
      select count(*)::int as count from events where kind = 'monitor.changed'`.execute(ctx.db)
    return found[0]?.count ?? 0
  }
})
