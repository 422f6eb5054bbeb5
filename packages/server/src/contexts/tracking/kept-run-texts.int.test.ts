import { EventEmitter, once } from 'node:events'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import {
  completeRuns,
  createLoggedModel,
  createRun,
  deleteExperiment,
  deleteRun,
  deleteTag,
  editRun,
  ensureExperiment,
  eraseLoggedModels,
  importPoints,
  logBatch,
  logInputs,
  logMetric,
  logModel,
  logOutputs,
  logParam,
  restoreExperiment,
  restoreRun,
  setTag,
  updateRun,
} from './index.js'
import { KeptRunTexts, wireTexts } from './kept-run-texts.js'
import { deleteLoggedModel } from './logged-models/index.js'
import { type FoundRun, findRuns } from './run-query.js'
import { selectWireTexts } from './run-texts.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite.close())

let runs = 0

/** A run of an experiment of its own, with a little of everything, and what searches send of it. */
async function openRun() {
  // Another object for the same database keeps its own texts: what it knows of transactions is not older than the run.
  const ctx = { ...suite.ctx, db: suite.ctx.db.withTables() }
  runs += 1
  const { experiment_id } = await ensureExperiment({ ctx, input: { name: `kept ${runs}` } })
  const { info } = await createRun({ ctx, input: { experiment_id, run_name: 'a', tags: [{ key: 'a', value: 'é"' }] } })
  const run_id = info.run_id
  await logBatch({
    ctx,
    input: {
      run_id,
      params: [{ key: 'depth', value: '3' }],
      metrics: [{ key: 'loss', value: 0.5, timestamp: 1, step: 1 }],
    },
  })
  const find = async (): Promise<readonly FoundRun[]> =>
    (
      await findRuns(ctx, {
        experimentIds: [experiment_id],
        view: 'ALL',
        filter: '',
        orderBy: [],
        size: 10,
        pageToken: undefined,
      })
    ).runs
  const sent = async () => (await wireTexts(ctx, await find())).map(String)
  const stored = async () => (await selectWireTexts(ctx, [run_id])).map(({ text }) => text)
  return { ctx, experiment_id, run_id, sent, stored }
}

/** As if the last metrics of all runs were written two minutes ago. */
const letNotesAge = () => sql`update metric_activity set touched_ms = touched_ms - 120000`.execute(suite.ctx.db)

/** Whether the text is kept: a metric that changes by a way that no program has does not show in what is sent. */
async function isKept({ run_id, sent, stored }: Awaited<ReturnType<typeof openRun>>): Promise<boolean> {
  const set = (value: number) =>
    sql`update metric_series set last_value = last_value + ${value} where run_id = ${run_id}`.execute(suite.ctx.db)
  const before = await sent()
  await set(1)
  const after = await sent()
  expect(await stored()).not.toEqual(before)
  await set(-1)
  return before.join() === after.join()
}

async function untilKept(run: Awaited<ReturnType<typeof openRun>>): Promise<void> {
  await expect
    .poll(async () => {
      // Once for the note to be seen as old, once for what was under way then, once to keep; more where the server itself is at work.
      for (let time = 0; time < 3; time += 1) await run.sent()
      return isKept(run)
    })
    .toBe(true)
}

type Change = (run: Awaited<ReturnType<typeof openRun>>) => Promise<unknown>

const dataset = { name: 'd', digest: '1', source_type: 'local', source: 'file' }
const changes: Readonly<Record<string, Change>> = {
  'a tag': ({ ctx, run_id }) => setTag({ ctx, input: { run_id, key: 'b', value: '2' } }),
  'another value of a tag': ({ ctx, run_id }) => setTag({ ctx, input: { run_id, key: 'a', value: '2' } }),
  'a tag less': ({ ctx, run_id }) => deleteTag({ ctx, input: { run_id, key: 'a' } }),
  'a parameter': ({ ctx, run_id }) => logParam({ ctx, input: { run_id, key: 'rate', value: '0.1' } }),
  'a metric': ({ ctx, run_id }) =>
    logMetric({ ctx, input: { run_id, key: 'loss', value: 0.25, timestamp: 2, step: 2 } }),
  'a metric with a parameter': ({ ctx, run_id }) =>
    logBatch({
      ctx,
      input: {
        run_id,
        params: [{ key: 'width', value: '4' }],
        metrics: [{ key: 'loss', value: 0.25, timestamp: 2, step: 2 }],
      },
    }),
  'many points': ({ ctx, run_id }) =>
    logBatch({
      ctx,
      input: {
        run_id,
        metrics: Array.from({ length: 100 }, (_, index) => ({
          key: 'loss',
          value: index,
          timestamp: 2 + index,
          step: index + 2,
        })),
      },
    }),
  'a point of an import': ({ ctx, run_id }) =>
    importPoints({ ctx, input: { run_id, points: [['loss', 0.125, 5, 5]] } }),
  'the end of an import': ({ ctx, run_id }) =>
    completeRuns({ ctx, input: { source: 's', runs: [{ run_id, deleted_time: 7 }] } }),
  'a status': ({ ctx, run_id }) => updateRun({ ctx, input: { run_id, status: 'FINISHED', end_time: 9 } }),
  'a name': ({ ctx, run_id }) => updateRun({ ctx, input: { run_id, run_name: 'b' } }),
  'a name by its tag': ({ ctx, run_id }) => setTag({ ctx, input: { run_id, key: 'mlflow.runName', value: 'c' } }),
  'an edit': ({ ctx, run_id }) => editRun({ ctx, input: { run_id, name: 'd', tags: { a: null } } }),
  deletion: ({ ctx, run_id }) => deleteRun({ ctx, input: { run_id } }),
  'deletion and return': async ({ ctx, run_id, sent }) => {
    await deleteRun({ ctx, input: { run_id } })
    await sent()
    await restoreRun({ ctx, input: { run_id } })
  },
  'deletion of its experiment': ({ ctx, experiment_id }) => deleteExperiment({ ctx, input: { experiment_id } }),
  'return of its experiment': async ({ ctx, experiment_id, sent }) => {
    await deleteExperiment({ ctx, input: { experiment_id } })
    await sent()
    await restoreExperiment({ ctx, input: { experiment_id } })
  },
  'a data set': ({ ctx, run_id }) => logInputs({ ctx, input: { run_id, datasets: [{ tags: [], dataset }] } }),
  'a logged model of old clients': ({ ctx, run_id }) =>
    logModel({
      ctx,
      input: { run_id, model_json: JSON.stringify({ run_id, artifact_path: 'm', flavors: {}, utc_time_created: '' }) },
    }),
  'a model that it made, until that is erased': async ({ ctx, experiment_id, run_id, sent, stored }) => {
    const { model_id } = await createLoggedModel({ ctx, input: { experiment_id, source_run_id: run_id } })
    await logOutputs({ ctx, input: { run_id, models: [{ model_id, step: 0 }] } })
    expect(await sent()).toEqual(await stored())
    expect((await sent()).join()).toContain(model_id)
    await deleteLoggedModel({ ctx, input: { model_id } })
    await ctx.db.transaction().execute((db) => eraseLoggedModels({ ...ctx, db, inTransaction: true }, [model_id]))
    expect((await stored()).join()).not.toContain(model_id)
  },
}

describe('a run that is kept', () => {
  test.each(Object.entries(changes))('is sent as it is after %s', async (_, change) => {
    const run = await openRun()
    await letNotesAge()
    await untilKept(run)
    await change(run)
    expect(await run.sent()).toEqual(await run.stored())
    await letNotesAge()
    await untilKept(run)
    expect(await run.sent()).toEqual(await run.stored())
  })

  test('is not kept while its metrics may change without a note', async () => {
    const run = await openRun()
    for (let time = 0; time < 4; time += 1) expect(await run.sent()).toEqual(await run.stored())
    expect(await isKept(run)).toBe(false)
  })

  test('is not kept while a transaction is under way that wrote metrics beside a young note', async () => {
    const run = await openRun()
    const { ctx, run_id } = run
    const [gate, wrote] = [new EventEmitter(), new EventEmitter()]
    const opened = once(gate, 'open')
    const hasWritten = once(wrote, 'written')
    const writing = ctx.db.transaction().execute(async (db) => {
      const input = { run_id, metrics: [{ key: 'loss', value: 0.125, timestamp: 3, step: 3 }] }
      await logBatch({ ctx: { ...ctx, db, inTransaction: true }, input })
      wrote.emit('written')
      await opened
    })
    await hasWritten
    await letNotesAge()
    for (let time = 0; time < 4; time += 1) expect((await run.sent()).join()).toContain('0.5')
    gate.emit('open')
    await writing
    expect((await run.sent()).join()).toContain('0.125')
    await untilKept(run)
  })

  test('is read by a transaction as the transaction has it, and that is not kept', async () => {
    const run = await openRun()
    const { ctx, run_id } = run
    await letNotesAge()
    await untilKept(run)
    const before = await run.sent()
    const failing = ctx.db.transaction().execute(async (db) => {
      const inner = { ...ctx, db, inTransaction: true } as const
      await setTag({ ctx: inner, input: { run_id, key: 'x', value: 'y' } })
      expect((await wireTexts(inner, [{ id: run_id, revision: '' }])).join()).toContain('"x"')
      throw new Error('given up')
    })
    await expect(failing).rejects.toThrowError('given up')
    expect(await run.sent()).toEqual(before)
  })

  test('that is gone is left out', async () => {
    const run = await openRun()
    expect(await wireTexts(run.ctx, [{ id: 'f'.repeat(32), revision: '1.' }])).toEqual([])
  })
})

test('those that were used longest ago go first, and one that is large is not kept', () => {
  const kept = new KeptRunTexts(64 * 1000)
  const read = (id: string) => ({ id, text: '', revision: '1.', touchedMs: null, horizonTx: 0n })
  const text = Buffer.alloc(600)
  const count = 80
  for (let index = 0; index < count; index += 1) {
    kept.keep(read(`run ${index}`), text)
    kept.find({ id: 'run 0', revision: '1.' })
  }
  const isThere = (id: string) => kept.find({ id, revision: '1.' }) !== undefined
  expect(isThere('run 0')).toBe(true)
  expect(isThere('run 1')).toBe(false)
  expect(isThere(`run ${count - 1}`)).toBe(true)
  kept.keep(read('large'), Buffer.alloc(1001))
  expect(isThere('large')).toBe(false)
  expect(kept.find({ id: 'run 0', revision: '2.' })).toBeUndefined()
  expect(isThere('run 0')).toBe(false)
})
