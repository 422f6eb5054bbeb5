import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MonitorSuite, openMonitorSuite, project, usageRows } from '../../../../test/support/monitor-suite.js'
import { makeSnapshot } from '../../../../test/support/test-snapshot.js'
import { limit } from '../../../kernel/index.js'
import type { VerbContext } from '../../../platform/index.js'
import { championAlias, getAlias, moveAlias, registerVersion } from '../../registry/index.js'
import { acknowledgeFinding, blockingFinding, listFindings, resolveFinding } from '../findings/findings.js'
import { deleteMonitor } from '../monitors/change-monitor.js'
import { createMonitor } from '../monitors/create-monitor.js'
import { getMonitor } from '../monitors/get-monitor.js'
import { listMonitorReports } from '../reports/get-report.js'
import { getTimeline } from '../reports/timeline.js'
import { getMonitorTrends } from '../reports/trends.js'
import type { MonitorTools } from './act.js'
import { runMonitor } from './start-run.js'

let suite: MonitorSuite
let ctx: VerbContext
beforeAll(async () => {
  suite = await openMonitorSuite()
  ctx = suite.ctx
})
afterAll(() => suite?.close())

describe('what follows', () => {
  test('further alarms go on the finding, actions rest, and a report without alarm ends it', async () => {
    const before = await suite.usage('follow', usageRows())
    await suite.usage('follow', usageRows(20))
    await suite.make('follow', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'follow' },
      actions: [{ do: 'alert' }, { do: 'finding' }, { do: 'flow', flow: 'monthly' }, { do: 'flow', flow: 'gone' }],
      cool_down_minutes: 60,
    })
    const first = await suite.run('follow')
    expect(first.actions.map(({ do: what, outcome }) => `${what} ${outcome}`)).toEqual([
      'alert done',
      'finding done',
      'flow done',
      'flow refused',
    ])
    const second = await suite.run('follow')
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
    expect((await suite.run('follow')).actions.map(({ outcome }) => outcome)).toEqual([
      'done',
      'open_already',
      'done',
      'refused',
    ])
    await suite.usage('follow', usageRows(0, 2001))
    expect((await suite.run('follow')).state).toBe('ok')
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
    await suite.make('late', {
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
    expect(await suite.run('late')).toMatchObject({ state: 'alarm', segments_fallen: 1, segments_undecided: 0 })
    await scores(scored(3, true))
    for (const _ of [1, 2]) {
      const report = await suite.run('late')
      expect(report).toMatchObject({ state: 'ok', performance_falls: false, segments_fallen: 0, segments_undecided: 1 })
      expect(report).not.toHaveProperty('unsettled')
      expect(report.sentence).toContain('1 segment could not be judged; the open finding stays')
      expect(report.sentence).toContain('plan = a')
    }
    expect(await blockingFinding(ctx, 'late')).toBeDefined()
    await scores(scored(10, false, 1300))
    const calm = await suite.run('late')
    expect(calm.state).toBe('ok')
    expect(calm.sentence).not.toContain('finding')
    expect(await blockingFinding(ctx, 'late')).toBeUndefined()
    // What people have resolved is over: nothing is left to be decided.
    await scores(scored(3, false, 1400))
    await suite.run('late')
    const [open] = (await listFindings({ ctx, input: { monitor: 'late', state: 'unresolved' } })).items
    await resolveFinding({ ctx, input: { finding: open?.id ?? '' } })
    await scores(scored(3, true, 1400))
    expect((await suite.run('late')).sentence).not.toContain('finding')
  })

  test('reports on other sides push out none of the monitor’s own', async () => {
    const before = await suite.usage('pushed', usageRows())
    await suite.make('pushed', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'pushed' },
    })
    const first = await suite.run('pushed')
    const most = limit('monitoring.reports_kept') + 5
    await sql`
      insert into monitor_reports
      select (jsonb_populate_record(r, jsonb_build_object('id', r.id || '_' || n, 'job_id', r.job_id || '_' || n, 'ad_hoc', true,
        'at', r.at + n * interval '1 millisecond'))).*
      from monitor_reports r, generate_series(1, ${most}) n where r.id = ${first.id}
    `.execute(ctx.db)
    const second = await suite.run('pushed')
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
    const before = await suite.usage('block', usageRows())
    await suite.usage('block', usageRows(20))
    await suite.make('block', {
      model: 'blocked',
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'block' },
      actions: [{ do: 'block_promotion' }, { do: 'roll_back' }],
      cool_down_minutes: 0,
    })
    expect(await blockingFinding(ctx, 'blocked')).toBeUndefined()
    expect((await suite.run('block')).actions).toMatchObject([
      { do: 'block_promotion', outcome: 'done' },
      { do: 'roll_back', outcome: 'done', from_version: '2', to_version: '1' },
    ])
    expect((await getAlias({ ctx, input: { model: 'blocked', alias: championAlias } }))?.version).toBe(1)
    const found = await blockingFinding(ctx, 'blocked')
    expect(found).toMatchObject({ monitor: 'block' })
    expect((await suite.run('block')).actions).toMatchObject([
      { outcome: 'open_already' },
      { outcome: 'nothing_to_do' },
    ])
    await resolveFinding({ ctx, input: { finding: found?.id ?? '' } })
    expect(await blockingFinding(ctx, 'blocked')).toBeUndefined()
    const { items } = await getTimeline({ ctx, input: { model: 'blocked', tools: { flowRuns: async () => [] } } })
    expect(items.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['alias_moved', 'version_registered']))
  })
})

describe('actions that are refused or asked aside', () => {
  test('what a refused flow wrote is taken back, and the report stands', async () => {
    const before = await suite.usage('halfway', usageRows())
    await suite.usage('halfway', usageRows(20))
    await suite.make('halfway', {
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
    await suite.perform(started.id, await suite.inputOf(started.id), { tools: halfway })
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
    const before = await suite.usage(of, usageRows())
    await suite.usage(of, usageRows(20))
    await suite.make(of, {
      model: of,
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: of },
      actions: [...actions],
      cool_down_minutes: 0,
    })
    const outcomes = async () =>
      Object.fromEntries((await suite.run(of)).actions.map(({ do: what, outcome }) => [what, outcome]))
    expect(Object.values(await outcomes())).toEqual(actions.map(() => 'done'))
    expect(await outcomes()).toMatchObject({ roll_back: 'nothing_to_do' })
    expect((await getAlias({ ctx, input: { model: of, alias: championAlias } }))?.version).toBe(2)
    expect((await listFindings({ ctx, input: { monitor: of } })).items).toMatchObject([{ reports: 2 }])
  })

  test('of a run on other sides nothing follows, and the report says so', async () => {
    const before = await suite.usage('aside', usageRows())
    const moved = await suite.usage('aside', usageRows(20))
    await suite.usage('aside', usageRows(0, 2001))
    await suite.make('aside', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'aside' },
      actions: [{ do: 'finding' }, { do: 'alert' }],
    })
    const calm = await suite.run('aside')
    const request = { current: { kind: 'snapshot', dataset: 'aside', ref: moved } } as const
    const started = await runMonitor({ ctx, input: { monitor: 'aside', request } })
    await suite.perform(started.id, await suite.inputOf(started.id))
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
    const plain = await suite.run('aside')
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
