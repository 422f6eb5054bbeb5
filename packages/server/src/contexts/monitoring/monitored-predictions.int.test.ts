import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type MonitorSuite, openMonitorSuite, project } from '../../../test/support/monitor-suite.js'
import { makeSnapshot } from '../../../test/support/test-snapshot.js'
import type { VerbContext } from '../../platform/index.js'
import { compactJob, openPredictionLog, recordFeedback } from '../predictions/index.js'
import { registerVersion } from '../registry/index.js'
import { keepTrainingProfile } from './drift/keep-training-profile.js'
import { listFindings } from './findings/findings.js'
import { putMonitor } from './monitors/change-monitor.js'
import { getMonitor } from './monitors/get-monitor.js'
import { getMonitorReport, getMonitorReportHtml, listMonitorReports } from './reports/get-report.js'
import { getTimeline } from './reports/timeline.js'

let suite: MonitorSuite
let ctx: VerbContext
beforeAll(async () => {
  suite = await openMonitorSuite()
  ctx = suite.ctx
})
afterAll(() => suite?.close())

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
    await suite.make('served', {
      model,
      reference: { kind: 'window', days: 1 },
      current: { kind: 'predictions', days: 0.5 },
      checks: [{ kind: 'estimated_performance', metric: 'accuracy', max: 0.5 }],
    })
    const report = await suite.run('served')
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
    const labelled = await suite.run('served')
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
    await suite.make('houses', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'houses' },
      target: 'y',
      prediction: 'answer',
    })
    const { metrics, columns: compared } = await suite.run('houses')
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
    await suite.make(of, {
      model: of,
      reference: { kind: 'training' },
      current: { kind: 'predictions', days: 1 },
      multivariate: { methods: ['domain_classifier'] },
    })
    const targetOf = async () => {
      const { reference, columns: compared, multivariate, multivariate_drift } = await suite.run(of)
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
    await suite.make('parted', {
      model: 'parted',
      reference: { kind: 'window', days: 1 },
      current: { kind: 'predictions', days: 0.5 },
      segments: ['reward', { column: 'hours', edges: [3] }, 'model_version'],
    })
    const report = await suite.run('parted')
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
    const filed = await suite.run('parted')
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
    await expect(suite.make('unscored', { current, segments: ['kind'] })).rejects.toMatchObject({
      code: 'invalid_request',
    })
    const twice = { current, target: 'y', prediction: 'p', segments: ['kind', { column: 'kind', bins: 2 }] }
    await expect(suite.make('twice', twice)).rejects.toMatchObject({ code: 'invalid_request' })
    const edges = { ...twice, segments: [{ column: 'kind', edges: [2, 1] }] }
    await expect(suite.make('falling', edges)).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test('a model without versions has no training set to compare with', async () => {
    await suite.make('untrained', {
      model: 'nowhere',
      reference: { kind: 'training' },
      current: { kind: 'predictions' },
    })
    await expect(suite.run('untrained')).rejects.toMatchObject({ code: 'monitor_reference_missing' })
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
