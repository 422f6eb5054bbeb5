import {
  FabriqueError,
  type Json,
  type MonitorDefinitionInput,
  type MonitorReportDetail,
  rolePermissions,
  type UserRole,
} from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { realClock } from '../../../test/support/test-clock.js'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { makeSnapshot } from '../../../test/support/test-snapshot.js'
import { limit, pollUntil } from '../../kernel/index.js'
import { changeVerb, openEventStream, type VerbContext } from '../../platform/index.js'
import { compactJob, openPredictionLog, recordFeedback } from '../predictions/index.js'
import { championAlias, getAlias, moveAlias, registerVersion } from '../registry/index.js'
import { keepTrainingProfile } from './drift/keep-training-profile.js'
import { acknowledgeFinding, blockingFinding, listFindings, resolveFinding } from './findings/findings.js'
import { applyMonitors } from './monitors/apply-monitors.js'
import { deleteMonitor, putMonitor, switchMonitor } from './monitors/change-monitor.js'
import { createMonitor } from './monitors/create-monitor.js'
import { getMonitor, listMonitors } from './monitors/get-monitor.js'
import {
  compareMonitorReports,
  getEvidentlyReport,
  getMonitorReport,
  getMonitorReportHtml,
  listMonitorReports,
} from './reports/get-report.js'
import { getTimeline } from './reports/timeline.js'
import { getMonitorColumn, getMonitorMetrics, getMonitorTrends } from './reports/trends.js'
import type { AskedFlow, MonitorTools } from './runs/act.js'
import { followSnapshots, startDueRuns, startMonitorScheduler } from './runs/follow-monitors.js'
import { monitorJob } from './runs/run-job.js'
import { runMonitor } from './runs/start-run.js'

let suite: TestContext
let ctx: VerbContext
const project = 'churn'

beforeAll(async () => {
  suite = await openTestContext()
  ctx = suite.ctx
  await sql`insert into projects (name, folder, definition, digest, applied_at)
    values (${project}, '', ${JSON.stringify({ name: project, datasets: [], models: [] })}, 'd', ${ctx.clock.now()})`.execute(
    ctx.db,
  )
})
afterAll(() => suite?.close())

/** Flows that were asked for, as an app would start them. */
const asked: AskedFlow[] = []
const tools: MonitorTools = {
  async startFlow(_, flow) {
    if (flow.flow === 'gone') throw new FabriqueError('flow_not_found', { project: flow.project, flow: flow.flow })
    asked.push(flow)
    return `flow_${asked.length}`
  },
}

const columns = [
  { name: 'hours', type: 'number' },
  { name: 'kind', type: 'category' },
] as const
const rows = (shift = 0, count = 2000) =>
  `select ((i * 7919) % 1000) / 10.0 + ${shift} as hours, case when i % 3 = 0 then 'a' else 'b' end as kind from range(${count}) t(i)`
const usage = (dataset: string, select: string) =>
  makeSnapshot(suite, { project, dataset, parts: [select], columns: [...columns] })

async function make(name: string, change: Partial<MonitorDefinitionInput>) {
  const request = {
    name,
    project,
    reference: { kind: 'snapshot', snapshot: 'snap_none' },
    current: { kind: 'snapshot', dataset: 'usage' },
    ...change,
  } as const
  return createMonitor({ ctx, input: { request } })
}

/** Asks for a run and does what a worker would. */
async function run(monitor: string): Promise<MonitorReportDetail> {
  const started = await runMonitor({ ctx, input: { monitor, request: {} } })
  await perform(started.id, await inputOf(started.id))
  await sql`update jobs set state = 'succeeded' where id = ${started.id}`.execute(ctx.db)
  const { items } = await listMonitorReports({ ctx, input: { monitor, limit: 1 } })
  return getMonitorReport({ ctx, input: { report: items[0]?.id ?? '' } })
}

async function inputOf(job: string) {
  const { rows: found } = await sql<{ input: Json }>`select input from jobs where id = ${job}`.execute(ctx.db)
  return found[0]?.input
}

interface Performing {
  readonly tools?: MonitorTools
  readonly signal?: AbortSignal
}

async function perform(id: string, input: Json | undefined, { tools: given = tools, signal }: Performing = {}) {
  // Reports of one monitor at different moments, as they are in life.
  suite.clock.advance(1000)
  const own = signal === undefined ? ctx : { ...ctx, signal }
  return monitorJob(given)({ ctx: own, id, project, input: input ?? null, report: () => {} })
}

describe('a monitor of snapshots', () => {
  test('finds nothing where nothing moved, and the columns that moved where they did', async () => {
    const before = await usage('usage', rows())
    await make('calm', { reference: { kind: 'snapshot', snapshot: before } })
    const calm = await run('calm')
    expect(calm).toMatchObject({ state: 'ok', tested: 2, drifted: 0, actions: [], origin: 'manual' })
    await usage('usage', rows(20))
    const moved = await run('calm')
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
    const before = await usage('again', rows())
    await usage('again', rows(20))
    await make('again', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'again' },
      actions: [{ do: 'finding' }, { do: 'flow', flow: 'monthly' }],
    })
    const flows = asked.length
    const started = await runMonitor({ ctx, input: { monitor: 'again', request: {} } })
    const input = await inputOf(started.id)
    const abort = new AbortController()
    const dies: MonitorTools = {
      async startFlow() {
        abort.abort()
        throw new Error('killed')
      },
    }
    await expect(perform(started.id, input, { tools: dies, signal: abort.signal })).rejects.toThrow()
    const first = await perform(started.id, input)
    expect(await perform(started.id, input)).toEqual(first)
    const { items } = await listMonitorReports({ ctx, input: { monitor: 'again' } })
    expect(items).toHaveLength(1)
    expect(asked.length - flows).toBe(1)
    expect((await listFindings({ ctx, input: { monitor: 'again' } })).items).toMatchObject([{ reports: 1 }])
  })

  test('few rows, an empty table and rows without values are states of their own, never ok', async () => {
    const before = await usage('odd', rows())
    const of = {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'odd' },
    } as const
    await make('odd', of)
    await usage('odd', rows(0, 20))
    expect(await run('odd')).toMatchObject({ state: 'not_enough_data', tested: 0, rows_min: 100 })
    await usage('odd', rows(0, 0))
    const empty = await run('odd')
    expect(empty).toMatchObject({ state: 'not_enough_data', current: { rows: 0 }, actions: [] })
    expect(empty.columns.every(({ drift, state }) => drift === null && state === 'not_enough_data')).toBe(true)
    await usage('odd', `select null::double as hours, 'a' as kind from range(2000)`)
    const nulls = await run('odd')
    expect(nulls.state).not.toBe('ok')
    expect(nulls.columns.find(({ name }) => name === 'hours')).toMatchObject({ state: 'no_values', drift: null })
    await usage(
      'odd',
      `select case when i % 2 = 0 then 'infinity'::double else i end as hours, 'a' as kind from range(2000) t(i)`,
    )
    const infinite = await run('odd')
    expect(infinite.columns.find(({ name }) => name === 'hours')).toMatchObject({
      state: 'tested',
      missing: { reference: 0, current: 1000 },
    })
    await usage('odd', `select 'x' || i as hours, 'a' as kind from range(2000) t(i)`)
    const changed = await run('odd')
    expect(changed).toMatchObject({ state: 'alarm', broken: 1 })
    expect(changed.columns.find(({ name }) => name === 'hours')).toMatchObject({ state: 'type_changed', drift: null })
    await usage('odd', `select 1.5 as hours, 'b' as kind from range(2000)`)
    expect((await run('odd')).columns.find(({ name }) => name === 'hours')).toMatchObject({ drift: true })
  })

  test('twelve hundred columns are one report, and its trend is bounded', async () => {
    const wide = (shift: number) =>
      `select ${Array.from({ length: 1200 }, (_, k) => `${k === 0 ? `i + ${shift}` : 'i % 2'} as c${k}`).join(', ')} from range(200) t(i)`
    const named = Array.from({ length: 1200 }, (_, k) => ({ name: `c${k}`, type: 'integer' as const }))
    const wideSnapshot = (shift: number) =>
      makeSnapshot(suite, { project, dataset: 'wide', parts: [wide(shift)], columns: named })
    const before = await wideSnapshot(0)
    await wideSnapshot(500)
    await make('wide', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'wide' },
    })
    const report = await run('wide')
    expect(report).toMatchObject({ columns_total: 1200, drifted: 1, worst_column: 'c0' })
    const { rows: kept } = await sql<{ count: number }>`
      select count(*)::int as count from monitor_columns where report_id = ${report.id}`.execute(ctx.db)
    expect(kept[0]?.count).toBe(500)
  })

  test('a reference that was collected, and a data set without snapshots, fail with a report; the neighbour runs', async () => {
    await make('orphan', { reference: { kind: 'snapshot', snapshot: 'snap_gone' } })
    await expect(run('orphan')).rejects.toMatchObject({ code: 'monitor_reference_missing' })
    await make('blind', { current: { kind: 'snapshot', dataset: 'nothing' } })
    await expect(run('blind')).rejects.toMatchObject({ code: 'snapshot_ref_not_found' })
    const [failed] = (await listMonitorReports({ ctx, input: { monitor: 'orphan' } })).items
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'monitor_reference_missing' }, actions: [] })
    expect(failed?.sentence).toContain('snap_gone')
    expect(await getMonitorReportHtml({ ctx, input: { report: failed?.id ?? '' } })).toContain('snap_gone')
    expect((await run('calm')).state).toBe('alarm')
  })

  test('quality is measured, and its bounds are held', async () => {
    const before = await usage('quality', rows())
    await usage(
      'quality',
      `select case when i % 4 = 0 then null else 500.0 end as hours, 'c' as kind from range(1000) t(i)`,
    )
    const quality = (metric: string, max: number) => ({ kind: 'quality' as const, metric, max })
    await make('quality', {
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
    const { id, metrics } = await run('quality')
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

describe('what follows', () => {
  test('further alarms go on the finding, actions rest, and a report without alarm ends it', async () => {
    const before = await usage('follow', rows())
    await usage('follow', rows(20))
    await make('follow', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'follow' },
      actions: [{ do: 'alert' }, { do: 'finding' }, { do: 'flow', flow: 'monthly' }, { do: 'flow', flow: 'gone' }],
      cool_down_minutes: 60,
    })
    const first = await run('follow')
    expect(first.actions.map(({ do: what, outcome }) => `${what} ${outcome}`)).toEqual([
      'alert done',
      'finding done',
      'flow done',
      'flow refused',
    ])
    const second = await run('follow')
    expect(second.actions.map(({ do: what, outcome }) => `${what} ${outcome}`)).toEqual([
      'alert cool_down',
      'finding open_already',
      'flow cool_down',
      'flow refused',
    ])
    const [open] = (await listFindings({ ctx, input: { monitor: 'follow', state: 'unresolved' } })).items
    expect(open).toMatchObject({ reports: 2, severity: 'alarm', report_id: first.id, last_report_id: second.id })
    const finding = open?.id ?? ''
    expect(await acknowledgeFinding({ ctx, input: { finding, note: 'looked at' } })).toMatchObject({
      state: 'acknowledged',
      acknowledged_by: 'local',
      note: 'looked at',
    })
    suite.clock.advance(2 * 3_600_000)
    expect((await run('follow')).actions.map(({ outcome }) => outcome)).toEqual([
      'done',
      'open_already',
      'done',
      'refused',
    ])
    await usage('follow', rows(0, 2001))
    expect((await run('follow')).state).toBe('ok')
    const [over] = (await listFindings({ ctx, input: { monitor: 'follow' } })).items
    expect(over).toMatchObject({ state: 'resolved', resolved_by: 'system:monitor' })
    await expect(resolveFinding({ ctx, input: { finding } })).rejects.toMatchObject({ code: 'finding_resolved' })
    const { items } = await getTimeline({ ctx, input: { monitor: 'follow', tools: { flowRuns: async () => [] } } })
    const kinds = new Set(items.map(({ kind }) => kind))
    for (const kind of [
      'report',
      'finding_opened',
      'finding_acknowledged',
      'finding_resolved',
      'action',
      'snapshot',
      'monitor_changed',
    ]) {
      expect(kinds).toContain(kind)
    }
    expect(items.map(({ at }) => at)).toEqual(
      items
        .map(({ at }) => at)
        .toSorted()
        .reverse(),
    )
  })

  test('truth that is late is no good news of a segment that fell: its finding stays, and blocks', async () => {
    // As many answers and truths of each class, however many of them go together: neither column drifts.
    const scored = (every: number, isLate = false, count = 1200) => `
      select plan, answer, case when plan = 'a' and ${isLate} then null when wrong = (answer = 'no') then 'yes' else 'no' end as y from (
        select case when i % 2 = 0 then 'a' else 'b' end as plan, case when (i // 2) % 2 = 0 then 'no' else 'yes' end as answer,
          (i // 4) % (case when i % 2 = 0 then ${every} else 10 end) = 0 as wrong from range(${count}) t(i))`
    const named = ['plan', 'y', 'answer'].map((name) => ({ name, type: 'category' as const }))
    const scores = (select: string) =>
      makeSnapshot(suite, { project, dataset: 'late', parts: [select], columns: named })
    const before = await scores(scored(10))
    await make('late', {
      model: 'late',
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'late' },
      target: 'y',
      prediction: 'answer',
      columns: ['plan'],
      segments: ['plan'],
      actions: [{ do: 'block_promotion' }],
    })
    await scores(scored(3))
    expect(await run('late')).toMatchObject({ state: 'alarm', segments_fallen: 1, segments_undecided: 0 })
    await scores(scored(3, true))
    for (const _ of [1, 2]) {
      const report = await run('late')
      expect(report).toMatchObject({ state: 'ok', performance_falls: false, segments_fallen: 0, segments_undecided: 1 })
      expect(report).not.toHaveProperty('unsettled')
      expect(report.sentence).toContain('1 segment could not be judged; the open finding stays')
      expect(report.sentence).toContain('plan = a')
    }
    expect(await blockingFinding(ctx, 'late')).toBeDefined()
    await scores(scored(10, false, 1300))
    const calm = await run('late')
    expect(calm.state).toBe('ok')
    expect(calm.sentence).not.toContain('finding')
    expect(await blockingFinding(ctx, 'late')).toBeUndefined()
    // What people have resolved is over: nothing is left to be decided.
    await scores(scored(3, false, 1400))
    await run('late')
    const [open] = (await listFindings({ ctx, input: { monitor: 'late', state: 'unresolved' } })).items
    await resolveFinding({ ctx, input: { finding: open?.id ?? '' } })
    await scores(scored(3, true, 1400))
    expect((await run('late')).sentence).not.toContain('finding')
  })

  test('reports on other sides push out none of the monitor’s own', async () => {
    const before = await usage('pushed', rows())
    await make('pushed', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'pushed' },
    })
    const first = await run('pushed')
    const most = limit('monitoring.reports_kept') + 5
    await sql`
      insert into monitor_reports
      select (jsonb_populate_record(r, jsonb_build_object('id', r.id || '_' || n, 'job_id', r.job_id || '_' || n, 'ad_hoc', true,
        'at', r.at + n * interval '1 millisecond'))).*
      from monitor_reports r, generate_series(1, ${most}) n where r.id = ${first.id}
    `.execute(ctx.db)
    const second = await run('pushed')
    const { rows: own } = await sql<{ id: string }>`
      select id from monitor_reports where monitor = 'pushed' and not ad_hoc order by at
    `.execute(ctx.db)
    expect(own.map(({ id }) => id)).toEqual([first.id, second.id])
  })

  test('a promotion is blocked until its finding is resolved; a roll-back is done once for it', async () => {
    const signature = { task: 'regression' as const, features: [], target: { name: 'y', classes: [] }, example: {} }
    for (const version of ['1', '2', '3']) {
      await registerVersion({
        ctx,
        input: {
          model: 'blocked',
          run_id: `${version}`.repeat(32),
          source: 's',
          artifact_path: `m/${version}`,
          signature,
        },
      })
      if (version !== '3')
        await moveAlias({ ctx, input: { model: 'blocked', alias: championAlias, version, reason: '' } })
    }
    const before = await usage('block', rows())
    await usage('block', rows(20))
    await make('block', {
      model: 'blocked',
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'block' },
      actions: [{ do: 'block_promotion' }, { do: 'roll_back' }],
      cool_down_minutes: 0,
    })
    expect(await blockingFinding(ctx, 'blocked')).toBeUndefined()
    expect((await run('block')).actions).toMatchObject([
      { do: 'block_promotion', outcome: 'done' },
      { do: 'roll_back', outcome: 'done', from_version: '2', to_version: '1' },
    ])
    expect((await getAlias({ ctx, input: { model: 'blocked', alias: championAlias } }))?.version).toBe(1)
    const found = await blockingFinding(ctx, 'blocked')
    expect(found).toMatchObject({ monitor: 'block' })
    expect((await run('block')).actions).toMatchObject([{ outcome: 'open_already' }, { outcome: 'nothing_to_do' }])
    await resolveFinding({ ctx, input: { finding: found?.id ?? '' } })
    expect(await blockingFinding(ctx, 'blocked')).toBeUndefined()
    const { items } = await getTimeline({ ctx, input: { model: 'blocked', tools: { flowRuns: async () => [] } } })
    expect(items.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['alias_moved', 'version_registered']))
  })
})

describe('actions that are refused or asked aside', () => {
  test('what a refused flow wrote is taken back, and the report stands', async () => {
    const before = await usage('halfway', rows())
    await usage('halfway', rows(20))
    await make('halfway', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'halfway' },
      actions: [{ do: 'flow', flow: 'monthly' }, { do: 'flow', flow: 'broken' }, { do: 'finding' }],
    })
    const started = await runMonitor({ ctx, input: { monitor: 'halfway', request: {} } })
    const halfway: MonitorTools = {
      async startFlow({ db }, { flow, project: of }) {
        await sql`update projects set folder = 'half done' where name = ${of}`.execute(db)
        if (flow === 'broken') await sql`select 1 / 0`.execute(db).catch(() => {})
        throw new FabriqueError('flow_not_found', { project: of, flow })
      },
    }
    await perform(started.id, await inputOf(started.id), { tools: halfway })
    const [report] = (await listMonitorReports({ ctx, input: { monitor: 'halfway' } })).items
    expect(report?.actions.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'done'])
    const { rows: found } = await sql<{ folder: string }>`select folder from projects where name = ${project}`.execute(
      ctx.db,
    )
    expect(found).toEqual([{ folder: '' }])
  })

  test.each([
    ['alone', [{ do: 'roll_back' }]],
    ['before the finding', [{ do: 'roll_back' }, { do: 'finding' }]],
    ['after the finding', [{ do: 'finding' }, { do: 'roll_back' }]],
  ] as const)('a roll-back %s is done once', async (_, actions) => {
    const of = `back-${actions.map(({ do: what }) => what.replace('_', '-')).join('-')}`
    const signature = { task: 'regression' as const, features: [], target: { name: 'y', classes: [] }, example: {} }
    for (const version of ['1', '2', '3']) {
      const run_id = of.replaceAll('-', '').padEnd(31, '0').slice(0, 31) + version
      await registerVersion({
        ctx,
        input: { model: of, run_id, source: 's', artifact_path: `m/${version}`, signature },
      })
      await moveAlias({ ctx, input: { model: of, alias: championAlias, version, reason: '' } })
    }
    const before = await usage(of, rows())
    await usage(of, rows(20))
    await make(of, {
      model: of,
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: of },
      actions: [...actions],
      cool_down_minutes: 0,
    })
    const outcomes = async () =>
      Object.fromEntries((await run(of)).actions.map(({ do: what, outcome }) => [what, outcome]))
    expect(Object.values(await outcomes())).toEqual(actions.map(() => 'done'))
    expect(await outcomes()).toMatchObject({ roll_back: 'nothing_to_do' })
    expect((await getAlias({ ctx, input: { model: of, alias: championAlias } }))?.version).toBe(2)
    expect((await listFindings({ ctx, input: { monitor: of } })).items).toMatchObject([{ reports: 2 }])
  })

  test('of a run on other sides nothing follows, and the report says so', async () => {
    const before = await usage('aside', rows())
    const moved = await usage('aside', rows(20))
    await usage('aside', rows(0, 2001))
    await make('aside', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'aside' },
      actions: [{ do: 'finding' }, { do: 'alert' }],
    })
    const calm = await run('aside')
    const request = { current: { kind: 'snapshot', dataset: 'aside', ref: moved } } as const
    const started = await runMonitor({ ctx, input: { monitor: 'aside', request } })
    await perform(started.id, await inputOf(started.id))
    await sql`update jobs set state = 'succeeded' where id = ${started.id}`.execute(ctx.db)
    const [report] = (await listMonitorReports({ ctx, input: { monitor: 'aside' } })).items
    expect(report).toMatchObject({ state: 'alarm', actions: [], ad_hoc: true })
    expect(report?.sentence).toContain('nothing follows from it')
    // What the monitor itself came to last is what it was, though this report is newer.
    const monitor = await getMonitor({ ctx, input: { monitor: 'aside' } })
    expect(monitor).toMatchObject({ state: 'ok', last_report: { id: calm.id, ad_hoc: false }, state_since: calm.at })
    const trends = await getMonitorTrends({ ctx, input: { monitor: 'aside' } })
    expect(trends.columns.flatMap(({ points }) => points.map(({ report_id }) => report_id))).toEqual([calm.id, calm.id])
    expect((await listFindings({ ctx, input: { monitor: 'aside' } })).items).toEqual([])
    const plain = await run('aside')
    expect(plain.sentence).not.toContain('nothing follows')
    await deleteMonitor({ ctx, input: { monitor: 'aside' } })
    const { rows: things } = await sql<{ erased: boolean }>`
      select erased_at is not null as erased from lineage_nodes where kind = 'drift_report' and id = ${plain.id}`.execute(
      ctx.db,
    )
    expect(things).toEqual([{ erased: true }])
  })

  test('what an action names has to be granted as well', async () => {
    const limited: VerbContext = { ...ctx, actor: { ...ctx.actor, id: 'user:anna', models: new Set(['mine']) } }
    const request = {
      name: 'theirs',
      project,
      model: 'mine',
      reference: { kind: 'snapshot', snapshot: 'snap_none' },
      current: { kind: 'snapshot', dataset: 'usage' },
      actions: [{ do: 'flow', flow: 'loop', params: { model: 'other' } }],
    } as const
    await expect(
      createMonitor({ ctx: limited, input: { request: { ...request, actions: [...request.actions] } } }),
    ).rejects.toMatchObject({ code: 'model_not_granted' })
  })
})

describe('moments and snapshots', () => {
  const openJobs = async (monitor: string) => {
    const { rows: found } = await sql<{ id: string; input: { origin: string } }>`
      select id, input from jobs where subject = ${`monitors/${monitor}`} and state = 'queued'`.execute(ctx.db)
    return found
  }

  test('a moment is one run, however many look; the next one is set', async () => {
    const { next_at } = await make('hourly', { schedule: { cron: '0 * * * *', timezone: 'Europe/Paris' } })
    expect(next_at).toMatch(/:00:00\.000Z$/)
    await startDueRuns(ctx, ctx.clock.now())
    expect(await openJobs('hourly')).toHaveLength(0)
    const later = new Date(Date.parse(next_at ?? '') + 5000)
    await Promise.all([startDueRuns(ctx, later), startDueRuns(ctx, later), startDueRuns(ctx, later)])
    expect(await openJobs('hourly')).toMatchObject([{ input: { origin: 'schedule', requested_by: 'system:monitor' } }])
    const after = await getMonitor({ ctx, input: { monitor: 'hourly' } })
    expect(Date.parse(after.next_at ?? '')).toBeGreaterThan(later.getTime())
    expect(await switchMonitor({ ctx, input: { monitor: 'hourly', enabled: false } })).not.toHaveProperty('next_at')
  })

  test('each new snapshot is looked at once', async () => {
    await make('newest', { current: { kind: 'snapshot', dataset: 'fresh' }, after_snapshot: true })
    await followSnapshots(ctx)
    expect(await openJobs('newest')).toHaveLength(0)
    await usage('fresh', rows())
    await followSnapshots(ctx)
    await followSnapshots(ctx)
    const [job] = await openJobs('newest')
    expect(job).toMatchObject({ input: { origin: 'snapshot' } })
    await sql`update jobs set state = 'succeeded' where id = ${job?.id ?? ''}`.execute(ctx.db)
    await followSnapshots(ctx)
    expect(await openJobs('newest')).toHaveLength(0)
  })

  test('an open run is the answer to all who ask for the same, and a snapshot of that time is looked at after it', async () => {
    await make('shared', { current: { kind: 'snapshot', dataset: 'shared' }, after_snapshot: true })
    const first = await runMonitor({ ctx, input: { monitor: 'shared', request: {} } })
    const other: VerbContext = { ...ctx, actor: { ...ctx.actor, id: 'user:bob' } }
    const same = await runMonitor({ ctx: other, input: { monitor: 'shared', request: {}, origin: 'flow' } })
    expect(same.id).toBe(first.id)
    const request = { reference: { kind: 'snapshot', snapshot: 'snap_else' } } as const
    await expect(runMonitor({ ctx, input: { monitor: 'shared', request } })).rejects.toMatchObject({
      code: 'job_open_already',
    })
    await usage('shared', rows())
    expect(await followSnapshots(ctx)).toBe(true)
    expect(await openJobs('shared')).toMatchObject([{ id: first.id }])
    await sql`update jobs set state = 'succeeded' where id = ${first.id}`.execute(ctx.db)
    expect(await followSnapshots(ctx)).toBe(false)
    expect(await openJobs('shared')).toMatchObject([{ input: { origin: 'snapshot' } }])
  })

  const openedJobs = (monitor: string) =>
    pollUntil(
      () => openJobs(monitor),
      (jobs) => jobs.length > 0,
      { clock: realClock, waitMs: 60_000 },
    )

  test('a worker starts what is due, and what a new snapshot asks for, by itself', async () => {
    const { log, db } = ctx
    const events = openEventStream({ db, url: suite.database.url, applicationName: 'fabrique test', log })
    // The clock of the database is past all moments of the one that stands still here.
    const scheduler = startMonitorScheduler(ctx, events)
    try {
      await make('woken', { schedule: { cron: '* * * * *' }, current: { kind: 'snapshot', dataset: 'late' } })
      expect(await openedJobs('woken')).toHaveLength(1)
      await make('follower', { current: { kind: 'snapshot', dataset: 'late' }, after_snapshot: true })
      const snapshot = await usage('late', rows())
      await appendEvent({ ctx, input: snapshot })
      expect(await openedJobs('follower')).toHaveLength(1)
    } finally {
      await scheduler.close()
      await events.close()
    }
    for (const monitor of ['woken', 'follower']) {
      await switchMonitor({ ctx, input: { monitor, enabled: false } })
    }
  })

  /** What an ingest tells of its snapshot. */
  const appendEvent = changeVerb({
    name: 'monitoring.tell_snapshot',
    permission: 'datasets.write',
    input: z.string(),
    async run({ input: snapshot_id, record }) {
      await record({
        subject: `snapshots/${snapshot_id}`,
        event: 'snapshot.created',
        payload: { project, dataset: 'late', snapshot_id },
      })
    },
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
    await expect(make('calm', {})).rejects.toMatchObject({ code: 'monitor_exists' })
    await expect(applyMonitors({ ctx, input: { project, monitors: [declared('calm')] } })).rejects.toMatchObject({
      code: 'monitor_exists',
    })
    await expect(make('bad', { current: { kind: 'predictions' } })).rejects.toMatchObject({
      code: 'invalid_request',
      field: expect.stringContaining('current'),
    })
    await expect(make('bad', { schedule: { cron: '61 * * * *' } })).rejects.toMatchObject({ field: 'schedule.cron' })
    await expect(make('bad', { methods: { hours: 'wonder' } })).rejects.toMatchObject({ field: 'methods.hours' })
    await expect(make('bad', { checks: [{ kind: 'quality', metric: 'beauty', max: 1 }] })).rejects.toMatchObject({
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

describe('a monitor of predictions', () => {
  const model = 'served'

  test('compares a window with the one before, joins what is told later, and estimates before that', async () => {
    await predict({ count: 400, shift: 0, truth: true })
    suite.clock.advance(86_400_000)
    await predict({ count: 400, shift: 60, truth: false })
    // A clock that is ahead: what is dated later comes with the next run.
    const ahead = { ...ctx, clock: { ...ctx.clock, now: () => new Date(ctx.clock.now().getTime() + 3_600_000) } }
    await predict({ count: 5, shift: 0, truth: false }, ahead)
    suite.clock.advance(1000)
    await make('served', {
      model,
      reference: { kind: 'window', days: 1 },
      current: { kind: 'predictions', days: 0.5 },
      checks: [{ kind: 'estimated_performance', metric: 'accuracy', max: 0.5 }],
    })
    const report = await run('served')
    expect(report).toMatchObject({
      state: 'alarm',
      reference: { what: 'predictions', rows: 400, model },
      current: { what: 'predictions', rows: 400 },
    })
    expect(report.columns[0]).toMatchObject({ name: 'prediction', role: 'prediction' })
    expect(report.columns.find(({ name }) => name === 'hours')).toMatchObject({ drift: true, role: 'feature' })
    expect(report.metrics[0]).toMatchObject({ kind: 'estimated_performance', metric: 'accuracy', state: 'violated' })
    expect(report.metrics.some(({ kind }) => kind === 'performance')).toBe(false)
    await tellTruth(400)
    const labelled = await run('served')
    const accuracy = labelled.metrics.find(({ kind, metric }) => kind === 'performance' && metric === 'accuracy')
    expect(accuracy).toMatchObject({ rows: 400, value: 1 })
    expect(labelled.columns.map(({ role }) => role).slice(0, 2)).toEqual(['prediction', 'target'])
  })

  test('numbers are measured as well, and their losses estimated from rows whose truth is known', async () => {
    const scored = (dataset: string, low: number, truth: string) =>
      makeSnapshot(suite, {
        project,
        dataset,
        // The error grows with the size: rows of great size are off by more.
        parts: [
          `select size, 2 * size as answer, ${truth} as y from (select ${low} + (i * 37) % 100 as size, i from range(600) t(i))`,
        ],
        columns: [
          { name: 'size', type: 'number' },
          { name: 'answer', type: 'number' },
          { name: 'y', type: 'number' },
        ],
      })
    const before = await scored('houses', 0, '2 * size + size / 10.0 * (case when i % 2 = 0 then 1 else -1 end)')
    await scored('houses', 60, 'case when i < 40 then 2 * size + 1.0 end')
    await make('houses', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'houses' },
      target: 'y',
      prediction: 'answer',
    })
    const { metrics, columns: compared } = await run('houses')
    // Of 40 truths no drift of the target is told.
    expect(compared.map(({ role, name }) => [role, name])).toEqual([
      ['prediction', 'answer'],
      ['feature', 'size'],
    ])
    expect(metrics.find(({ kind, metric }) => kind === 'performance' && metric === 'mae')).toMatchObject({
      rows: 40,
      value: 1,
    })
    const estimate = metrics.find(({ kind, metric }) => kind === 'estimated_performance' && metric === 'mae')
    // Of sizes from 60 on; the reference as a whole is off by 5.
    expect(estimate?.value).toBeGreaterThan(7)
  })

  test.each([
    { kind: 'boolean', sql: '(i % 4 = 0)', classes: ['false', 'true'], truthOf: (answer: string) => answer === 'true' },
    { kind: 'integer', sql: '(i % 4 = 0)::bigint', classes: ['0', '1'], truthOf: Number },
  ] as const)('truth of classes that are $kind compares with what was trained on', async (given) => {
    const { kind, classes, truthOf } = given
    const of = `flagged-${kind}`
    const snapshot_id = await makeSnapshot(suite, {
      project,
      dataset: of,
      parts: [`select ((i * 7919) % 1000) / 10.0 as hours, ${given.sql} as flag from range(2000) t(i)`],
      columns: [
        { name: 'hours', type: 'number' },
        { name: 'flag', type: kind },
      ],
    })
    const signature = {
      task: 'classification' as const,
      features: [{ name: 'hours', type: 'number' as const }],
      target: { name: 'flag', classes: [...classes] },
      example: { hours: 1 },
    }
    const artifact_path = `models/${of}/1/model`
    await registerVersion({
      ctx,
      input: { model: of, run_id: of.padEnd(32, '0'), source: 's', artifact_path, signature, snapshot_id },
    })
    const log = openPredictionLog({ ctx, process: 'test', share: 1, definitionOf: () => undefined })
    const items = Array.from({ length: 400 }, (_, index) => {
      const prediction = classes[index % 4 === 0 ? 1 : 0]
      const prediction_id = log.keep({
        model: of,
        version: '1',
        rows: [{ hours: ((index * 7919) % 1000) / 10 }],
        names: ['hours'],
        predictions: [{ prediction, probabilities: { [prediction]: 1 } }],
        requestId: `req_${of}_${index}`,
        actor: 'local',
        durationMs: 1,
        bytes: 100,
      })
      return { prediction_id: prediction_id ?? '', truth: truthOf(prediction) }
    })
    await log.close()
    await recordFeedback({ ctx, input: { items } })
    suite.clock.advance(1000)
    await make(of, {
      model: of,
      reference: { kind: 'training' },
      current: { kind: 'predictions', days: 1 },
      multivariate: { methods: ['domain_classifier'] },
    })
    const targetOf = async () => {
      const { reference, columns: compared, multivariate, multivariate_drift } = await run(of)
      const target = compared.find(({ role }) => role === 'target')
      // A profile has no rows: those of the snapshot are read beside it.
      expect(multivariate).toMatchObject([{ state: 'tested', drift: false, columns: 1, reference_rows: 2000 }])
      expect(multivariate_drift).toBe(false)
      return [reference?.what, target?.name, target?.state, target?.drift]
    }
    expect(await targetOf()).toEqual(['training', 'flag', 'tested', false])
    await keepTrainingProfile(ctx, { artifact_path, signature, snapshot_id })
    expect(await targetOf()).toEqual(['profile', 'flag', 'tested', false])
  })

  test('performance is told by the values of an input: the part that got worse, its finding and its page', async () => {
    const plans = ['basic', 'pro', 'team'] as const
    const answer = async (count: number, wrongOf: (plan: (typeof plans)[number]) => number) => {
      const log = openPredictionLog({ ctx, process: 'test', share: 1, definitionOf: () => undefined })
      const items = Array.from({ length: count }, (_, index) => {
        const plan = plans[index % 3] ?? 'basic'
        const prediction = index % 2 === 0 ? 'no' : 'yes'
        const isWrong = Math.floor(index / 3) % 100 < wrongOf(plan)
        const prediction_id = log.keep({
          model: 'parted',
          version: '1',
          // `reward` is a column of the log already.
          rows: [{ reward: plan, hours: index % 7 }],
          names: ['reward', 'hours'],
          predictions: [
            {
              prediction,
              probabilities: { no: prediction === 'no' ? 0.9 : 0.1, yes: prediction === 'no' ? 0.1 : 0.9 },
            },
          ],
          requestId: `req_parted_${index}`,
          actor: 'local',
          durationMs: 1,
          bytes: 100,
        })
        return { prediction_id: prediction_id ?? '', truth: isWrong === (prediction === 'no') ? 'yes' : 'no' }
      })
      await log.close()
      await recordFeedback({ ctx, input: { items } })
    }
    for (const _ of [1, 2, 3]) await answer(900, () => 10)
    suite.clock.advance(86_400_000)
    await answer(900, (plan) => (plan === 'pro' ? 25 : 5))
    suite.clock.advance(1000)
    await make('parted', {
      model: 'parted',
      reference: { kind: 'window', days: 1 },
      current: { kind: 'predictions', days: 0.5 },
      segments: ['reward', { column: 'hours', edges: [3] }, 'model_version'],
    })
    const report = await run('parted')
    expect(report).toMatchObject({ state: 'alarm', segments_fallen: 1, performance_falls: false })
    expect(report.sentence).toContain(
      'the model does worse for reward = pro (accuracy 0.9 → 0.75), though not as a whole',
    )
    expect(report.segments).toMatchObject({
      metric: 'accuracy',
      fallen: 1,
      columns: [{ segments: 3 }, { segments: 2 }, { segments: 1 }],
    })
    expect(report.segments?.segments[0]).toMatchObject({
      title: 'reward = pro',
      now: 0.75,
      before: 0.9,
      falls: true,
      rows: 300,
    })
    const [listed] = (await listMonitorReports({ ctx, input: { monitor: 'parted' } })).items
    expect(listed).toMatchObject({ segments_fallen: 1 })
    expect(listed).not.toHaveProperty('segments')
    const [finding] = (await listFindings({ ctx, input: { monitor: 'parted' } })).items
    expect(finding?.sentence).toContain('reward = pro')
    const html = await getMonitorReportHtml({ ctx, input: { report: report.id, language: 'fr' } })
    expect(html).toContain('Performance par segment')
    expect(html).toContain('hours ≥ 3')
    // The same from the files of the log, where the input stands under another name than the model has for it.
    const compacted = await compactJob({ signatureOf: async () => undefined, versionThing: async () => undefined })({
      ctx,
      id: ctx.ids.prefixed('job'),
      project: 'predictions',
      input: { model: 'parted', project: 'predictions', dataset: 'parted', open: false },
      report: () => {},
    })
    const { snapshot_id: snapshot } = z.object({ snapshot_id: z.string() }).parse(compacted)
    await putMonitor({
      ctx,
      input: {
        monitor: 'parted',
        definition: {
          name: 'parted',
          model: 'parted',
          reference: { kind: 'snapshot', snapshot },
          current: { kind: 'predictions', days: 0.5 },
          segments: ['reward'],
        },
      },
    })
    const filed = await run('parted')
    expect(filed.columns.map(({ name, state }) => `${name} ${state}`).sort()).toEqual([
      'hours tested',
      'prediction tested',
      'reward tested',
      'truth tested',
    ])
    expect(filed.segments?.segments[0]).toMatchObject({ title: 'reward = pro', now: 0.75, before: 0.9, falls: true })
  })

  test('segments of a snapshot need both of its columns, and each stands once', async () => {
    const current = { kind: 'snapshot', dataset: 'usage' } as const
    await expect(make('unscored', { current, segments: ['kind'] })).rejects.toMatchObject({
      code: 'invalid_request',
    })
    const twice = { current, target: 'y', prediction: 'p', segments: ['kind', { column: 'kind', bins: 2 }] }
    await expect(make('twice', twice)).rejects.toMatchObject({ code: 'invalid_request' })
    const edges = { ...twice, segments: [{ column: 'kind', edges: [2, 1] }] }
    await expect(make('falling', edges)).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test('a model without versions has no training set to compare with', async () => {
    await make('untrained', { model: 'nowhere', reference: { kind: 'training' }, current: { kind: 'predictions' } })
    await expect(run('untrained')).rejects.toMatchObject({ code: 'monitor_reference_missing' })
  })

  test('who is limited to other models sees none of it', async () => {
    const limited: VerbContext = { ...ctx, actor: { ...ctx.actor, id: 'user:anna', models: new Set(['other']) } }
    await expect(getMonitor({ ctx: limited, input: { monitor: 'served' } })).rejects.toMatchObject({
      code: 'monitor_not_found',
    })
    const { items } = await listMonitorReports({ ctx: limited, input: {} })
    expect(items.filter(({ model: of }) => of !== undefined)).toEqual([])
    const [theirs] = (await listMonitorReports({ ctx, input: { monitor: 'served' } })).items
    await expect(getMonitorReport({ ctx: limited, input: { report: theirs?.id ?? '' } })).rejects.toMatchObject({
      code: 'drift_report_not_found',
    })
    await expect(
      getTimeline({ ctx: limited, input: { model, tools: { flowRuns: async () => [] } } }),
    ).rejects.toMatchObject({ code: 'model_not_granted' })
  })

  const ids: string[] = []
  const truths: string[] = []

  async function predict(
    { count, shift, truth }: { readonly count: number; readonly shift: number; readonly truth: boolean },
    of: VerbContext = ctx,
  ) {
    const log = openPredictionLog({ ctx: of, process: 'test', share: 1, definitionOf: () => undefined })
    for (let index = 0; index < count; index += 1) {
      const share = ((index * 37) % 100) / 100
      const answer = share > 0.5 ? 'yes' : 'no'
      const id = log.keep({
        model,
        version: '1',
        rows: [{ hours: ((index * 7919) % 100) + shift }],
        names: ['hours'],
        predictions: [{ prediction: answer, probabilities: { no: 1 - share, yes: share } }],
        requestId: `req_${index}`,
        actor: 'local',
        durationMs: 1,
        bytes: 100,
      })
      if (id !== undefined) {
        ids.push(id)
        truths.push(answer)
      }
    }
    await log.close()
    if (truth) await tellTruth(count)
  }

  /** Truth of the newest so many of those that were not told before; each twice, which is the same as once. */
  async function tellTruth(count: number) {
    const items = ids.splice(0, count).map((prediction_id, index) => ({ prediction_id, truth: truths[index] ?? '' }))
    truths.splice(0, count)
    const unknown = { prediction_id: 'pred_unknown', truth: 'no' }
    for (const sent of [items, [...items, unknown]]) {
      await recordFeedback({ ctx, input: { items: sent, on_unknown: 'skip' } })
    }
  }
})
