import type { MonitorReportDetail } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MonitorSuite, openMonitorSuite, project } from '../../../test/support/monitor-suite.js'
import { makeSnapshot } from '../../../test/support/test-snapshot.js'
import type { VerbContext } from '../../platform/index.js'
import { openPredictionLog } from '../predictions/index.js'
import { registerVersion } from '../registry/index.js'
import { keepTrainingProfile } from './drift/keep-training-profile.js'
import { putMonitor } from './monitors/change-monitor.js'
import { getEvidentlyReport, getMonitorReportHtml, listMonitorReports } from './reports/get-report.js'
import { getMonitorTrends } from './reports/trends.js'

let suite: MonitorSuite
let ctx: VerbContext
beforeAll(async () => {
  suite = await openMonitorSuite()
  ctx = suite.ctx
})
afterAll(() => suite?.close())

/** Numbers that follow from a row and a place, spread over -1 to 1. */
const spread = (row: number, place: number) => Math.sin(row * 12.9898 + place * 78.233)
const sqlVector = (from: number, shift: number) =>
  [0, 1, 2]
    .map((place) => `sin((i + ${from}) * 12.9898 + ${place} * 78.233) + ${place === 0 ? shift : 0} as v${place}`)
    .join(', ')

/** The same rows with the vector as columns, and as a text as an ingest keeps a list. */
const rowsOf = (from: number, shift = 0, count = 300) =>
  `select ${sqlVector(from, shift)}, to_json([v0, v1, v2])::varchar as list, i % 2 = 0 as flag from range(${count}) t(i)`

const columns = [
  { name: 'v0', type: 'number' },
  { name: 'v1', type: 'number' },
  { name: 'v2', type: 'number' },
  { name: 'list', type: 'text' },
  { name: 'flag', type: 'boolean' },
] as const

const snapshot = (dataset: string, select: string) =>
  makeSnapshot(suite, { project, dataset, parts: [select], columns: [...columns] })

const namesOf = ({ columns: compared }: MonitorReportDetail) => compared.map(({ name }) => name).sort()
const embeddingOf = ({ columns: compared }: MonitorReportDetail, name: string) =>
  compared.find((column) => column.name === name)

describe('a monitor with embeddings', () => {
  test('compares vectors of snapshots as one row, on its pages and over time, and alarms where they moved', async () => {
    const before = await snapshot('vectors', rowsOf(0))
    await snapshot('vectors', rowsOf(5000))
    await suite.make('vectors', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'vectors' },
      embeddings: { wide: 'v*', kept: 'list' },
      methods: { kept: 'distance' },
    })
    const calm = await suite.run('vectors')
    expect(calm).toMatchObject({ state: 'ok', tested: 3, broken: 0 })
    expect(namesOf(calm)).toEqual(['flag', 'kept', 'wide'])
    expect(embeddingOf(calm, 'wide')).toMatchObject({
      type: 'embedding',
      role: 'feature',
      method: 'mmd',
      drift: false,
      dimension: 3,
      rows_looked_at: { reference: 300, current: 300 },
    })
    await snapshot('vectors', rowsOf(9000, 0.8))
    const moved = await suite.run('vectors')
    expect(moved).toMatchObject({ state: 'alarm', drifted: 2, actions: [{ do: 'finding', outcome: 'done' }] })
    expect(embeddingOf(moved, 'kept')).toMatchObject({ method: 'distance', drift: true })
    expect(embeddingOf(moved, 'wide')?.sentence).toContain('vectors of 3 numbers gives')
    const html = await getMonitorReportHtml({ ctx, input: { report: moved.id, language: 'fr' } })
    expect(html).toContain('écart maximal de moyennes (MMD)')
    expect(html).toContain('vecteurs actuels de 3 nombres')
    const evidently = await getEvidentlyReport({ ctx, input: { report: moved.id } })
    expect(JSON.stringify(evidently)).toContain('wide')
    const trends = await getMonitorTrends({ ctx, input: { monitor: 'vectors' } })
    expect(trends.columns.find(({ name }) => name === 'wide')?.points.map(({ drift }) => drift)).toEqual([false, true])
  })

  test('a broken embedding is a warning, and keeps no other column back', async () => {
    const before = await snapshot('broken', rowsOf(0))
    await snapshot(
      'broken',
      `select * replace (case when flag then '[1, 2]' else list end as list) from (${rowsOf(1)})`,
    )
    await suite.make('broken', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'broken' },
      columns: ['v1', 'flag'],
      embeddings: { wide: ['v0', 'v9'], kept: 'list', none: 'w*', shared: 'v*' },
    })
    const report = await suite.run('broken')
    expect(report).toMatchObject({ state: 'warning', broken: 4, tested: 2 })
    expect(report.columns.map(({ name, state, drift }) => [name, state, drift]).sort()).toEqual([
      ['flag', 'tested', false],
      ['kept', 'not_testable', null],
      ['none', 'missing_column', null],
      ['shared', 'not_testable', null],
      ['v1', 'tested', false],
      ['wide', 'not_testable', null],
    ])
    expect(embeddingOf(report, 'shared')?.sentence).toContain('v0')
  })

  test('few rows on a side decide nothing of a vector either', async () => {
    const before = await snapshot('few', rowsOf(0))
    await snapshot('few', rowsOf(0, 0, 30))
    await suite.make('few', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'few' },
      embeddings: { wide: 'v*' },
    })
    const report = await suite.run('few')
    expect(report).toMatchObject({ state: 'not_enough_data' })
    expect(embeddingOf(report, 'wide')).toMatchObject({ type: 'embedding', state: 'not_enough_data', current_rows: 30 })
  })

  test('a definition that cannot be is refused by its field; a name that is a column’s fails the run', async () => {
    const refused = (change: Parameters<typeof suite.make>[1]) => expect(suite.make('wrong', change)).rejects
    await refused({ embeddings: { a: ['v0', 'v1'], b: ['v1', 'v2'] } }).toMatchObject({ code: 'invalid_request' })
    await refused({ embeddings: { a: 'list', b: 'list' } }).toMatchObject({ code: 'invalid_request' })
    await refused({ columns: ['flag'], embeddings: { flag: 'v*' } }).toMatchObject({ code: 'invalid_request' })
    await refused({ embeddings: { a: 'v*' }, methods: { a: 'ks' } }).toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('model, distance, mmd, ratio'),
    })
    await refused({ methods: { v0: 'mmd' } }).toMatchObject({ code: 'invalid_request' })
    const before = await snapshot('named', rowsOf(0))
    await suite.make('named', {
      reference: { kind: 'snapshot', snapshot: before },
      current: { kind: 'snapshot', dataset: 'named' },
      embeddings: { flag: 'v*' },
    })
    await expect(suite.run('named')).rejects.toMatchObject({ code: 'invalid_request' })
    const [failed] = (await listMonitorReports({ ctx, input: { monitor: 'named' } })).items
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'invalid_request' } })
    expect(failed?.sentence).toContain('"flag"')
  })
})

describe('vectors of predictions', () => {
  const model = 'embedded'

  async function predict(from: number, shift: number, of = model) {
    const log = openPredictionLog({ ctx, process: 'test', share: 1, definitionOf: () => undefined })
    for (let index = 0; index < 300; index += 1) {
      const vector = [0, 1, 2].map((place) => spread(from + index, place) + (place === 0 ? shift : 0))
      const [v0 = 0, v1 = 0, v2 = 0] = vector
      log.keep({
        model: of,
        version: '1',
        rows: [{ v0, v1, v2, list: vector }],
        names: ['v0', 'v1', 'v2', 'list'],
        predictions: [{ prediction: 'a', probabilities: { a: 1 } }],
        requestId: `req_${from}_${index}`,
        actor: 'local',
        durationMs: 1,
        bytes: 100,
      })
    }
    await log.close()
  }

  test('are inputs side by side, and lists as the log keeps them', async () => {
    await predict(0, 0)
    suite.clock.advance(86_400_000)
    await predict(5000, 0.8)
    suite.clock.advance(1000)
    await suite.make('logged', {
      model,
      reference: { kind: 'window', days: 1 },
      current: { kind: 'predictions', days: 0.5 },
      embeddings: { wide: 'v*', kept: 'list' },
    })
    const report = await suite.run('logged')
    expect(report.state).toBe('alarm')
    for (const name of ['wide', 'kept'])
      expect(embeddingOf(report, name)).toMatchObject({ state: 'tested', drift: true, dimension: 3, current_rows: 300 })
    expect(embeddingOf(report, 'kept')?.score).toBeCloseTo(embeddingOf(report, 'wide')?.score ?? Number.NaN, 10)
  })

  test('are compared with the rows of a training, and not with its profile alone', async () => {
    const snapshot_id = await snapshot('trained', rowsOf(0))
    const artifact_path = `models/${model}/1/model`
    const signature = {
      task: 'classification' as const,
      features: ['v0', 'v1', 'v2'].map((name) => ({ name, type: 'number' as const })),
      target: { name: 'flag', classes: ['false', 'true'] },
      example: { v0: 1, v1: 1, v2: 1 },
    }
    const input = { model, run_id: model.padEnd(32, '0'), source: 's', artifact_path, signature, snapshot_id }
    await registerVersion({ ctx, input })
    await keepTrainingProfile(ctx, { artifact_path, signature, snapshot_id })
    await suite.make('trained', {
      model,
      reference: { kind: 'training' },
      current: { kind: 'predictions', days: 0.5 },
      columns: ['v1'],
      embeddings: { wide: 'v*' },
    })
    const report = await suite.run('trained')
    expect(report.reference).toMatchObject({ what: 'profile' })
    expect(embeddingOf(report, 'wide')).toMatchObject({ state: 'tested', drift: true, reference_rows: 300 })
    await putMonitor({
      ctx,
      input: {
        monitor: 'trained',
        definition: {
          name: 'trained',
          model,
          reference: { kind: 'training' },
          current: { kind: 'predictions', days: 0.5 },
          embeddings: { wide: 'v*' },
        },
      },
    })
    await sql`delete from snapshots where id = ${snapshot_id}`.execute(ctx.db)
    const left = await suite.run('trained')
    expect(embeddingOf(left, 'wide')).toMatchObject({ state: 'not_testable', drift: null, broken: true })
    expect(embeddingOf(left, 'wide')?.sentence).toContain('a profile of each column is left')
  })

  test('are compared with the rows of a training also where the model takes no vector', async () => {
    const other = 'embedded-beside'
    await predict(9000, 0, other)
    suite.clock.advance(1000)
    const snapshot_id = await snapshot('beside', rowsOf(0))
    const signature = {
      task: 'classification' as const,
      features: [{ name: 'v0', type: 'number' as const }],
      target: { name: 'flag', classes: ['false', 'true'] },
      example: { v0: 1 },
    }
    const input = {
      model: other,
      run_id: 'b'.repeat(32),
      source: 's',
      artifact_path: 'models/beside/1/model',
      signature,
      snapshot_id,
    }
    await registerVersion({ ctx, input })
    await suite.make('beside', {
      model: other,
      reference: { kind: 'training' },
      current: { kind: 'predictions', days: 0.5 },
      columns: ['v0'],
      embeddings: { wide: 'v*' },
    })
    const report = await suite.run('beside')
    expect(report.reference).toMatchObject({ what: 'training', snapshot_id })
    expect(embeddingOf(report, 'wide')).toMatchObject({ state: 'tested', reference_rows: 300 })
    await keepTrainingProfile(ctx, { artifact_path: input.artifact_path, signature, snapshot_id })
    const profiled = await suite.run('beside')
    expect(profiled.reference).toMatchObject({ what: 'profile' })
    expect(profiled.columns.map(({ name, state }) => [name, state]).sort()).toEqual([
      ['v0', 'tested'],
      ['wide', 'tested'],
    ])
    expect(embeddingOf(profiled, 'wide')?.score).toBe(embeddingOf(report, 'wide')?.score)
  })
})
