import { join } from 'node:path'
import type { ModelSignature, Snapshot } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { limit } from '../../../kernel/index.js'
import type { VerbContext } from '../../../platform/index.js'
import { getSnapshot, listSnapshots, previewSnapshot, useSnapshot } from '../../datasets/index.js'
import { getLineage } from '../../lineage/index.js'
import { dayOf, dropDays } from '../days.js'
import type { Answered } from '../model.js'
import { openPredictionLog } from '../prediction-log.js'
import { recordFeedback } from '../record-feedback.js'
import { tidyUpPredictions } from '../tidy-up.js'
import { type CompactTools, compactJob } from './compact-job.js'
import { compactPredictions, dataSetOf, listPredictionData } from './compact-predictions.js'
import { forgetOldDays } from './store.js'
import { type LogWindow, writeLogWindow } from './write-window.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

const dayMs = 86_400_000

const signature: ModelSignature = {
  task: 'classification',
  features: [
    { name: 'hours', type: 'number' },
    { name: 'count', type: 'integer' },
    { name: 'kind', type: 'category' },
    { name: 'since', type: 'timestamp' },
    { name: 'reward', type: 'boolean' },
  ],
  target: { name: 'churned', classes: ['no', 'yes'] },
  example: {},
}

const tools = (signatures: Readonly<Record<string, ModelSignature>> = {}, partRows?: number): CompactTools => ({
  signatureOf: async (_ctx, _model, version) => signatures[version],
  versionThing: async (_ctx, model, version) => ({
    kind: 'model_version',
    id: `${model}/${version}`,
    label: `${model} ${version}`,
  }),
  ...(partRows === undefined ? {} : { partRows }),
})

interface Ran {
  readonly signal?: AbortSignal
  readonly tools?: CompactTools
  readonly open?: boolean
  readonly onReport?: () => void
}

/** Does what a worker would for a model. */
async function compact(model: string, { tools: given = tools(), open = false, signal, onReport }: Ran = {}) {
  const ctx: VerbContext = { ...suite.ctx, ...(signal === undefined ? {} : { signal }) }
  const input = { model, project: 'predictions', dataset: dataSetOf(model), open }
  const result = await compactJob(given)({
    ctx,
    id: suite.ctx.ids.prefixed('job'),
    project: 'predictions',
    input,
    report: () => onReport?.(),
  })
  return result as { readonly days: number; readonly rows: number; readonly snapshot_id?: string }
}

async function snapshotOf(result: { readonly snapshot_id?: string }): Promise<Snapshot> {
  return getSnapshot({ ctx: suite.ctx, input: { snapshot: result.snapshot_id ?? '' } })
}

async function rowsOf(snapshot: Snapshot, select = '*'): Promise<readonly object[]> {
  return useSnapshot(suite.ctx, snapshot, async (connection, table) =>
    (
      await connection.runAndReadAll(`select ${select} from ${table} order by prediction_id, prediction_row`)
    ).getRowObjectsJson(),
  )
}

const answered = (change: Partial<Answered>): Answered => ({
  model: 'churn',
  version: '1',
  rows: [{ hours: 1.5, count: 3, kind: 'a', since: '2026-01-02T03:04:05+02:00', reward: true }],
  names: signature.features.map(({ name }) => name),
  predictions: [{ prediction: 'yes', probabilities: { no: 0.25, yes: 0.75 } }],
  requestId: 'req_1',
  actor: 'local',
  durationMs: 1.25,
  bytes: 30,
  ...change,
})

/** Writes answers to the log, now. Returns their ids. */
async function log(answers: readonly Partial<Answered>[]): Promise<readonly string[]> {
  const opened = openPredictionLog({ ctx: suite.ctx, process: 'p1', share: 1, definitionOf: () => undefined })
  const ids = answers.map((change) => {
    // Of more in a second only a part is kept.
    suite.clock.advance(1000)
    return opened.keep(answered(change)) ?? ''
  })
  await opened.close()
  return ids
}

/** The first moment of the next day. */
function toNextDay(): void {
  suite.clock.advance(dayMs - (suite.ctx.clock.now().getTime() % dayMs))
}

describe('the files of a day', () => {
  test('have typed columns, what was looked up with its age, and what became known', async () => {
    const model = 'typed'
    toNextDay()
    const used = { view: 'v', status: 'PRESENT', event_time: null } as const
    const [first = '', second = ''] = await log([
      { model, alias: 'champion', assignedBy: 'u1' },
      {
        model,
        variant: 'roll_1:candidate',
        rows: [{ user_id: 'u2', kind: 'b' }],
        used: [[{ ...used, name: 'hours', value: 7, age_seconds: 60 }]],
      },
    ])
    await recordFeedback({ ctx: suite.ctx, input: { items: [{ prediction_id: first, truth: 'no', reward: 0.5 }] } })
    const at = suite.ctx.clock.now()
    toNextDay()
    const result = await compact(model, { tools: tools({ '1': signature }) })
    expect(result).toMatchObject({ days: 1, rows: 2 })
    const snapshot = await snapshotOf(result)
    expect(snapshot).toMatchObject({ project: 'predictions', dataset: 'predictions_typed', row_count: 2 })
    expect(snapshot.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'predicted_at timestamp',
      'prediction_id text',
      'prediction_row integer',
      'request_id text',
      'model_version category',
      'model_alias category',
      'variant category',
      'entity_key text',
      'hours number',
      'count integer',
      'kind category',
      'since timestamp',
      'input_reward boolean',
      'user_id text',
      'hours_age_seconds number',
      'prediction category',
      'probability_no number',
      'probability_yes number',
      'truth category',
      'reward number',
      'feedback_at timestamp',
      'status category',
      'duration_ms number',
      'weight number',
    ])
    const rows = await rowsOf(snapshot)
    expect(rows).toMatchObject([
      {
        prediction_id: first,
        model_alias: 'champion',
        entity_key: 'u1',
        hours: 1.5,
        count: '3',
        kind: 'a',
        since: '2026-01-02 01:04:05',
        input_reward: true,
        prediction: 'yes',
        probability_no: 0.25,
        truth: 'no',
        reward: 0.5,
        feedback_at: at
          .toISOString()
          .replace('T', ' ')
          .replace(/\.?0*Z$/, ''),
        status: 'answered',
        duration_ms: 1.25,
        weight: 1,
      },
      {
        prediction_id: second,
        variant: 'roll_1:candidate',
        hours: 7,
        hours_age_seconds: 60,
        user_id: 'u2',
        count: null,
        truth: null,
      },
    ])
    const lineage = await getLineage({ ctx: suite.ctx, input: { kind: 'snapshot', id: snapshot.id } })
    expect(JSON.stringify(lineage)).toContain('typed/1')
  })

  test('have what is seen in the values of models without a signature', async () => {
    const model = 'Odd Name!'
    toNextDay()
    await log([
      { model, rows: [{ a: 1, 'b/c~"': 'x', list: [1, 2] }], predictions: [{ prediction: 2 }] },
      { model, rows: [{ a: 1.5, 'b/c~"': null, list: [3] }], predictions: [{ prediction: 3.5 }] },
    ])
    toNextDay()
    const result = await compact(model)
    const snapshot = await snapshotOf(result)
    expect(snapshot.dataset).toMatch(/^predictions_odd-name-_[0-9a-f]{8}$/)
    expect(await rowsOf(snapshot, 'a, "b/c~""", list, prediction, truth')).toEqual([
      { a: 1, 'b/c~"': 'x', list: '[1,2]', prediction: 2, truth: null },
      { a: 1.5, 'b/c~"': null, list: '[3]', prediction: 3.5, truth: null },
    ])
  })

  test('keep each row where a value is not of its type, or hidden', async () => {
    const model = 'wrong-values'
    toNextDay()
    await log([{ model, rows: [{ hours: '[redacted]', count: 1.5, kind: '[redacted]', since: 1_767_225_600_000 }] }])
    toNextDay()
    const snapshot = await snapshotOf(await compact(model, { tools: tools({ '1': signature }) }))
    expect(await rowsOf(snapshot, 'hours, count, kind, since')).toEqual([
      { hours: null, count: null, kind: null, since: '2026-01-01 00:00:00' },
    ])
  })

  test('take wider types where a version takes others, in all days', async () => {
    const model = 'widening'
    toNextDay()
    await log([{ model, rows: [{ hours: 1 }] }])
    toNextDay()
    const number: ModelSignature = { ...signature, features: [{ name: 'hours', type: 'number' }] }
    const text: ModelSignature = {
      ...signature,
      features: [
        { name: 'hours', type: 'text' },
        { name: 'more', type: 'boolean' },
      ],
    }
    const given = tools({ '1': number, '2': text })
    await compact(model, { tools: given })
    await log([{ model, version: '2', rows: [{ hours: 'many', more: true }] }])
    toNextDay()
    const snapshot = await snapshotOf(await compact(model, { tools: given }))
    expect(snapshot.columns.find(({ name }) => name === 'hours')).toMatchObject({ type: 'text' })
    expect(await rowsOf(snapshot, 'model_version, hours, more')).toEqual([
      { model_version: '1', hours: '1.0', more: null },
      { model_version: '2', hours: 'many', more: true },
    ])
  })
})

describe('compaction', () => {
  test('has each row once, in several files, whatever page it was read with', async () => {
    const model = 'large'
    toNextDay()
    const predictions = Array.from({ length: 700 }, () => ({ prediction: 1 }))
    const rows = Array.from({ length: 700 }, (_, index) => ({ n: index }))
    const ids = await log(Array.from({ length: 3 }, () => ({ model, rows, predictions })))
    toNextDay()
    const snapshot = await snapshotOf(await compact(model, { tools: tools({}, 1000) }))
    expect(snapshot.parts.map(({ row_count }) => row_count)).toEqual([1000, 1000, 100])
    const found = await rowsOf(snapshot, 'prediction_id, prediction_row')
    expect(found).toEqual(
      ids.flatMap((prediction_id) => rows.map(({ n }) => ({ prediction_id, prediction_row: String(n) }))),
    )
  })

  test('does not touch what has not changed, and gives the same snapshot', async () => {
    const model = 'still'
    toNextDay()
    await log([{ model }])
    toNextDay()
    const first = await compact(model)
    const second = await compact(model)
    expect(second).toMatchObject({ days: 0, rows: 0, snapshot_id: first.snapshot_id })
  })

  test('writes a day again when feedback comes late, and leaves the snapshot before as it was', async () => {
    const model = 'late'
    toNextDay()
    const [early = ''] = await log([{ model }])
    toNextDay()
    await log([{ model }])
    toNextDay()
    const before = await snapshotOf(await compact(model))
    await recordFeedback({ ctx: suite.ctx, input: { items: [{ prediction_id: early, truth: 'no' }] } })
    expect((await listPredictionData({ ctx: suite.ctx, input: { model } })).items).toMatchObject([{ waiting_days: 1 }])
    const result = await compact(model)
    expect(result).toMatchObject({ days: 1, rows: 1 })
    const after = await snapshotOf(result)
    expect(after.id).not.toBe(before.id)
    expect(after.parts[1]).toEqual(before.parts[1])
    expect(await rowsOf(before, 'truth')).toEqual([{ truth: null }, { truth: null }])
    expect(await rowsOf(after, 'truth')).toEqual([{ truth: 'no' }, { truth: null }])
  })

  test('goes on after a worker that stopped, with no day twice and none lost', async () => {
    const model = 'stopped'
    for (let day = 0; day < 3; day += 1) {
      toNextDay()
      await log([{ model, rows: [{ n: day }] }])
    }
    toNextDay()
    const stopping = new AbortController()
    let reports = 0
    const onReport = () => {
      reports += 1
      if (reports === 2) stopping.abort(new Error('stopped'))
    }
    await expect(compact(model, { signal: stopping.signal, onReport })).rejects.toThrow('stopped')
    expect((await listPredictionData({ ctx: suite.ctx, input: { model } })).items).toMatchObject([
      { days: 1, waiting_days: 2 },
    ])
    const result = await compact(model)
    expect(result).toMatchObject({ days: 2, rows: 2 })
    expect(await rowsOf(await snapshotOf(result), 'n')).toEqual([{ n: '0' }, { n: '1' }, { n: '2' }])
  })

  test('has the day that is not over only where that is asked, and the rest of it later', async () => {
    const model = 'today'
    toNextDay()
    await log([{ model }])
    expect(await compact(model)).toMatchObject({ days: 0 })
    expect(await compact(model, { open: true })).toMatchObject({ days: 1, rows: 1 })
    await log([{ model }])
    toNextDay()
    expect((await snapshotOf(await compact(model))).row_count).toBe(2)
  })

  test('lets no day go that is not in files', async () => {
    const model = 'retained'
    toNextDay()
    const [id = ''] = await log([{ model }])
    suite.clock.advance(40 * dayMs)
    const tidy = () => tidyUpPredictions(suite.ctx, { keptDays: 30, compacted: true })
    const isThere = async () => {
      const { rows } = await sql`select 1 from predictions where id = ${id}`.execute(suite.ctx.db)
      return rows.length === 1
    }
    await tidy()
    expect(await isThere()).toBe(true)
    for (const { model: due } of (await listPredictionData({ ctx: suite.ctx, input: {} })).items) await compact(due)
    await tidy()
    expect(await isThere()).toBe(false)
    const result = await compact(model)
    expect((await snapshotOf(result)).row_count).toBe(1)
  })

  test('writes a day once that is beyond those of the data set, and lets it go', async () => {
    const model = 'old-days'
    const ids: string[] = []
    for (let day = 0; day < 3; day += 1) {
      toNextDay()
      ids.push(...(await log([{ model }])))
    }
    const first = suite.ctx.clock.now().getTime() - 2 * dayMs
    toNextDay()
    await compact(model)
    await forgetOldDays(suite.ctx, model, 1)
    const asked = async () => (await compactPredictions({ ctx: suite.ctx, input: { model } })).items.length
    expect(await asked()).toBe(0)
    await recordFeedback({ ctx: suite.ctx, input: { items: [{ prediction_id: ids[0] ?? '', truth: 'no' }] } })
    expect(await asked()).toBe(0)
    const told = async () => (await listPredictionData({ ctx: suite.ctx, input: { model } })).items
    expect(await told()).toMatchObject([{ days: 1, rows: 1, waiting_days: 0 }])
    expect(await compact(model)).toMatchObject({ days: 0 })
    const day = dayOf(new Date(first))
    const { days } = await dropDays(suite.ctx, new Date(Date.parse(day) + dayMs), true)
    expect(days).toContain(day)
    expect(await told()).toMatchObject([{ days: 1, rows: 1, waiting_days: 0 }])
  })

  test('keeps a bounded number of snapshots', async () => {
    const model = 'many'
    toNextDay()
    const [id = ''] = await log([{ model }])
    toNextDay()
    for (let round = 0; round < limit('predictions.snapshots_kept') + 3; round += 1) {
      suite.clock.advance(1000)
      await recordFeedback({ ctx: suite.ctx, input: { items: [{ prediction_id: id, reward: round / 100 }] } })
      await compact(model)
    }
    const named = { project: 'predictions', dataset: dataSetOf(model), limit: 1000 }
    const { items } = await listSnapshots({ ctx: suite.ctx, input: named })
    expect(items).toHaveLength(limit('predictions.snapshots_kept'))
  })
})

describe('who may', () => {
  test('ask for it: those who change data, of models that they may use; once for each model', async () => {
    const model = 'asked'
    toNextDay()
    await log([{ model }])
    toNextDay()
    const ask = (actor: Partial<VerbContext['actor']>) =>
      compactPredictions({ ctx: { ...suite.ctx, actor: { ...suite.ctx.actor, ...actor } }, input: { model } })
    await expect(ask({ permissions: new Set(['predictions.read']) })).rejects.toMatchObject({
      code: 'permission_denied',
    })
    await expect(ask({ models: new Set(['other']) })).rejects.toMatchObject({ code: 'model_not_granted' })
    const [first, second] = [await ask({}), await ask({})]
    expect(first.items).toMatchObject([{ kind: 'predictions.compact', subject: 'predictions/asked' }])
    expect(second.items.map(({ id }) => id)).toEqual(first.items.map(({ id }) => id))
  })

  test('by itself it writes a day again at most once a day', async () => {
    const model = 'resting'
    toNextDay()
    const [id = ''] = await log([{ model }])
    toNextDay()
    const restMs = limit('predictions.compact_rest_ms')
    const asked = async () => {
      const { items } = await compactPredictions({ ctx: suite.ctx, input: { model, rest_ms: restMs } })
      return items.length
    }
    expect(await asked()).toBe(1)
    await compact(model)
    await recordFeedback({ ctx: suite.ctx, input: { items: [{ prediction_id: id, truth: 'no' }] } })
    suite.clock.advance(restMs - 1)
    expect(await asked()).toBe(0)
    suite.clock.advance(1)
    expect(await asked()).toBe(1)
  })

  test('read it: those who may use the model', async () => {
    const model = 'granted'
    toNextDay()
    await log([{ model }])
    toNextDay()
    const { snapshot_id: snapshot = '' } = await compact(model)
    const actor = { ...suite.ctx.actor, models: new Set(['other']) }
    const ctx = { ...suite.ctx, actor }
    const refused = { code: 'model_not_granted' }
    await expect(previewSnapshot({ ctx, input: { snapshot, limit: 1 } })).rejects.toMatchObject(refused)
    await expect(listPredictionData({ ctx, input: { model } })).rejects.toMatchObject(refused)
    const { items } = await listPredictionData({ ctx, input: {} })
    expect(items).toEqual([])
    const allowed = { ...ctx, actor: { ...actor, models: new Set([model]) } }
    expect((await previewSnapshot({ ctx: allowed, input: { snapshot, limit: 1 } })).rows).toHaveLength(1)
  })
})

test('a window has the rows of the log, and of days that it has dropped those of their files; of many, always the same ones', async () => {
  const model = 'window'
  toNextDay()
  const from = suite.ctx.clock.now()
  await log(Array.from({ length: 40 }, (_, index) => ({ model, version: index % 2 === 0 ? '1' : '2' })))
  toNextDay()
  await compact(model, { tools: tools({ '1': signature, '2': signature }) })
  await dropDays(suite.ctx, suite.ctx.clock.now(), true)
  await log([{ model }, { model }])
  const until = new Date(suite.ctx.clock.now().getTime() + 1000)
  const path = join(suite.folder, 'window.parquet')
  const write = (change: Partial<LogWindow> = {}) =>
    writeLogWindow(suite.ctx, {
      model,
      from,
      until,
      rowsMax: 1000,
      path,
      signatureOf: async () => signature,
      ...change,
    })
  const idsOf = () =>
    suite.ctx.data.use(async (connection) => {
      const read = await connection.runAndReadAll(`select prediction_id from read_parquet('${path}') order by 1`)
      return read.getColumns()[0]
    })
  expect(await write()).toMatchObject({ rows: 42 })
  expect(await write({ from: suite.ctx.clock.now() })).toMatchObject({ rows: 1 })
  const { rows, columns, ...whole } = await write({ version: '2' })
  expect([rows, whole]).toEqual([20, {}])
  expect(columns.filter(({ group }) => group === 'input').map(({ name }) => name)).toContain('hours')
  // The span begins in the middle of the day, and no row of it is in the log: counts and types are those of its rows in files.
  const late = new Date(from.getTime() + 20_500)
  const filed = await write({ from: late, until: new Date(from.getTime() + dayMs), rowsMax: 20 })
  expect([filed.rows, filed.sampledOf]).toEqual([20, undefined])
  expect(filed.columns.find(({ name }) => name === 'hours')).toMatchObject({ type: 'number' })
  expect(filed.columns.find(({ name }) => name === 'input_reward')).toMatchObject({ asked: 'reward', type: 'boolean' })
  const some = await write({ rowsMax: 10 })
  expect(some.sampledOf).toBe(42)
  expect(some.rows).toBeLessThan(25)
  const first = await idsOf()
  await write({ rowsMax: 10 })
  expect(await idsOf()).toEqual(first)
  expect(await write({ model: 'nobody' })).toMatchObject({ rows: 0 })
})
