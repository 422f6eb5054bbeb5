import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import {
  createExperiment,
  createRun,
  deleteExperiment,
  deleteRun,
  deleteTag,
  ensureExperiment,
  getExperiment,
  getMetricHistory,
  getRun,
  latestMetricsOf,
  logBatch,
  logInputs,
  logMetric,
  logModel,
  logParam,
  restoreExperiment,
  searchRuns,
  setTag,
  updateExperiment,
  updateRun,
} from './index.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

const code = (name: string) => expect.objectContaining({ code: name })
const pairs = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, value]) => ({ key, value }))

async function newRun(): Promise<string> {
  const run = await createRun({ ctx: suite.ctx, input: { start_time: suite.clock.now().getTime() } })
  return run.info.run_id
}

async function eventsOf(subject: string): Promise<readonly string[]> {
  const { rows } = await sql<{ line: string }>`
    select kind || coalesce(' ' || (payload ->> 'change'), '') as line from events where subject = ${subject} order by id
  `.execute(suite.ctx.db)
  return rows.map(({ line }) => line)
}

describe('experiments', () => {
  test('Default is there from the start', async () => {
    const experiment = await getExperiment({ ctx: suite.ctx, input: { experiment_id: '0' } })
    expect(experiment).toMatchObject({ name: 'Default', artifact_location: 'mlflow-artifacts:/0' })
  })

  test('are made once by name, also by many at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 8 }, () => ensureExperiment({ ctx: suite.ctx, input: { name: 'iris' } })),
    )
    const [first] = all
    expect(new Set(all.map(({ experiment_id }) => experiment_id)).size).toBe(1)
    expect(first).toMatchObject({ name: 'iris', artifact_location: `mlflow-artifacts:/${first?.experiment_id}` })
    expect(await eventsOf(`experiments/${first?.experiment_id}`)).toEqual(['experiment.changed created'])
  })

  test('take their runs with them when they go, and bring them back', async () => {
    const { experiment_id } = await createExperiment({ ctx: suite.ctx, input: { name: 'goes' } })
    const input = { experiment_id }
    const { info } = await createRun({ ctx: suite.ctx, input })
    await deleteExperiment({ ctx: suite.ctx, input })
    expect((await getRun({ ctx: suite.ctx, input: { run_id: info.run_id } })).info.lifecycle_stage).toBe('deleted')
    await expect(createRun({ ctx: suite.ctx, input })).rejects.toThrowError(code('experiment_not_active'))
    await expect(ensureExperiment({ ctx: suite.ctx, input: { name: 'goes' } })).rejects.toThrowError(
      code('experiment_not_active'),
    )
    await expect(createExperiment({ ctx: suite.ctx, input: { name: 'goes' } })).rejects.toThrowError(
      code('experiment_exists'),
    )
    await expect(deleteExperiment({ ctx: suite.ctx, input })).rejects.toThrowError(code('experiment_not_found'))
    await restoreExperiment({ ctx: suite.ctx, input })
    await expect(restoreExperiment({ ctx: suite.ctx, input })).rejects.toThrowError(code('experiment_not_deleted'))
    expect((await getRun({ ctx: suite.ctx, input: { run_id: info.run_id } })).info.lifecycle_stage).toBe('active')
  })

  test('cannot take the name of another', async () => {
    const { experiment_id } = await createExperiment({ ctx: suite.ctx, input: { name: 'one' } })
    await createExperiment({ ctx: suite.ctx, input: { name: 'two' } })
    const rename = (new_name: string) => updateExperiment({ ctx: suite.ctx, input: { experiment_id, new_name } })
    await expect(rename('two')).rejects.toThrowError(code('experiment_exists'))
    await rename('one')
    await rename('three')
    expect((await getExperiment({ ctx: suite.ctx, input: { experiment_id } })).name).toBe('three')
  })
})

describe('runs', () => {
  test('created twice under one id are one run', async () => {
    const input = { run_id: 'a'.repeat(32), start_time: 5, user_id: 'me', tags: pairs({ k: 'v' }) }
    const [first, second] = await Promise.all([
      createRun({ ctx: suite.ctx, input }),
      createRun({ ctx: suite.ctx, input: { ...input, start_time: 6 } }),
    ])
    const third = await createRun({ ctx: suite.ctx, input })
    expect(second).toEqual(first)
    expect(third).toEqual(first)
    expect(first.info).toMatchObject({
      run_id: input.run_id,
      status: 'RUNNING',
      user_id: 'me',
      artifact_uri: `mlflow-artifacts:/0/${input.run_id}/artifacts`,
    })
    expect(first.data.tags).toEqual(pairs({ k: 'v', 'mlflow.runName': first.info.run_name }))
    expect(await eventsOf(`runs/${input.run_id}`)).toEqual(['run.created'])
  })

  test('are updated once', async () => {
    const run_id = await newRun()
    const input = { run_id, status: 'FINISHED', end_time: 9 } as const
    await updateRun({ ctx: suite.ctx, input })
    const run = await updateRun({ ctx: suite.ctx, input })
    expect(run.info).toMatchObject({ status: 'FINISHED', end_time: 9 })
    expect(await eventsOf(`runs/${run_id}`)).toEqual(['run.created', 'run.changed status FINISHED'])
  })

  test('that are deleted take no writes', async () => {
    const run_id = await newRun()
    await deleteRun({ ctx: suite.ctx, input: { run_id } })
    const metric = { key: 'm', value: 1, timestamp: 1, step: 0 }
    const writes = [
      logMetric({ ctx: suite.ctx, input: { run_id, ...metric } }),
      logBatch({ ctx: suite.ctx, input: { run_id } }),
      logParam({ ctx: suite.ctx, input: { run_id, key: 'p', value: '1' } }),
      setTag({ ctx: suite.ctx, input: { run_id, key: 'p', value: '1' } }),
      deleteTag({ ctx: suite.ctx, input: { run_id, key: 'mlflow.runName' } }),
      updateRun({ ctx: suite.ctx, input: { run_id, status: 'FAILED' } }),
      logInputs({ ctx: suite.ctx, input: { run_id, datasets: [] } }),
    ]
    for (const { status, ...result } of await Promise.allSettled(writes)) {
      expect([status, result]).toEqual(['rejected', { reason: code('run_not_active') }])
    }
    expect(await getMetricHistory({ ctx: suite.ctx, input: { run_id, metric_key: 'm' } })).toEqual({ metrics: [] })
  })

  test('that do not exist are told', async () => {
    const run_id = 'f'.repeat(32)
    await expect(getRun({ ctx: suite.ctx, input: { run_id } })).rejects.toThrowError(code('run_not_found'))
    await expect(logBatch({ ctx: suite.ctx, input: { run_id } })).rejects.toThrowError(code('run_not_found'))
    await expect(getMetricHistory({ ctx: suite.ctx, input: { run_id, metric_key: 'm' } })).rejects.toThrowError(
      code('run_not_found'),
    )
  })
})

describe('batches', () => {
  test('log all kinds at once and are recorded once', async () => {
    const run_id = await newRun()
    const input = {
      run_id,
      metrics: [
        { key: 'b', value: 1, timestamp: 1, step: 0 },
        { key: 'a', value: Number.NaN, timestamp: 1, step: 2 },
        { key: 'a', value: 7, timestamp: 9, step: 1 },
        { key: 'c', value: Number.NEGATIVE_INFINITY, timestamp: 1.7e18, step: -1 },
      ],
      params: pairs({ q: '2', p: '1' }),
      tags: [...pairs({ t: '1', 'mlflow.runName': 'renamed' }), { key: 't', value: '2' }],
    }
    await logBatch({ ctx: suite.ctx, input })
    await logBatch({ ctx: suite.ctx, input })
    const run = await getRun({ ctx: suite.ctx, input: { run_id } })
    expect(run.data).toEqual({
      metrics: [
        { key: 'a', value: 'NaN', timestamp: 1, step: 2 },
        { key: 'b', value: 1, timestamp: 1, step: 0 },
        { key: 'c', value: -Number.MAX_VALUE, timestamp: 1.7e18, step: -1 },
      ],
      params: pairs({ p: '1', q: '2' }),
      tags: pairs({ 'mlflow.runName': 'renamed', t: '2' }),
    })
    expect(run.info.run_name).toBe('renamed')
    const { metrics } = await getMetricHistory({ ctx: suite.ctx, input: { run_id, metric_key: 'a', order: 'step' } })
    expect(metrics.map(({ step }) => step)).toEqual([1, 2])
    expect(await eventsOf(`runs/${run_id}`)).toEqual(['run.created', 'run.changed 2 params, 2 tags'])
    const latest = await latestMetricsOf({ ctx: suite.ctx, input: { run_ids: [run_id, 'none'] } })
    expect([...latest.keys()]).toEqual([run_id])
    expect(latest.get(run_id)?.b).toEqual({ value: 1, step: 0, timestamp_ms: 1, count: 1, min: 1, max: 1, mean: 1 })
  })

  test('with a changed parameter leave nothing', async () => {
    const run_id = await newRun()
    await logParam({ ctx: suite.ctx, input: { run_id, key: 'p', value: '1' } })
    await logParam({ ctx: suite.ctx, input: { run_id, key: 'p', value: '1' } })
    const batch = logBatch({
      ctx: suite.ctx,
      input: {
        run_id,
        metrics: [{ key: 'm', value: 1, timestamp: 1 }],
        params: pairs({ new: '1', p: '2' }),
        tags: pairs({ t: '1' }),
      },
    })
    await expect(batch).rejects.toThrowError(
      expect.objectContaining({
        code: 'param_immutable',
        params: { key: 'p', run: run_id, old_value: '1', new_value: '2' },
      }),
    )
    const { data } = await getRun({ ctx: suite.ctx, input: { run_id } })
    expect([data.metrics, data.params, data.tags.length]).toEqual([[], pairs({ p: '1' }), 1])
  })

  test('of many writers at once: one value of a parameter wins, every point stays', async () => {
    const run_id = await newRun()
    const keys = Array.from({ length: 50 }, (_, index) => `k${index}`)
    const writers = Array.from({ length: 12 }, (_, writer) => {
      // Each in its own order, so that writers would wait for each other in a circle if rows were written as they come.
      const mine = [...keys.slice(writer * 4), ...keys.slice(0, writer * 4)]
      return logBatch({
        ctx: suite.ctx,
        input: {
          run_id,
          metrics: mine.map((key) => ({ key, value: writer, timestamp: writer, step: writer })),
          params: writer % 2 === 0 ? [] : pairs({ winner: String(writer) }),
          tags: mine.slice(0, 20).map((key) => ({ key, value: String(writer) })),
        },
      })
    })
    const results = await Promise.allSettled(writers)
    const refused = results.filter((result) => result.status === 'rejected').map((result) => result.reason)
    expect(refused).toEqual(Array.from({ length: 5 }, () => code('param_immutable')))
    const { data } = await getRun({ ctx: suite.ctx, input: { run_id } })
    expect(data.params).toHaveLength(1)
    const { metrics } = await getMetricHistory({ ctx: suite.ctx, input: { run_id, metric_key: 'k7' } })
    expect(metrics).toHaveLength(7)
    expect(data.metrics.find(({ key }) => key === 'k7')).toEqual(metrics.at(-1) ?? 'none')
  })

  test('have limits', async () => {
    const run_id = await newRun()
    const metrics = Array.from({ length: 1001 }, (_, step) => ({ key: 'm', value: step, timestamp: 1, step }))
    const log = (input: object) => logBatch({ ctx: suite.ctx, input: { run_id, ...input } })
    await expect(log({ metrics })).rejects.toThrowError(code('mlflow_batch_too_large'))
    await log({ metrics: metrics.slice(1) })
    await expect(log({ params: [...pairs({ p: '1' }), ...pairs({ p: '1' })] })).rejects.toThrowError(
      code('param_repeated'),
    )
    await expect(log({ params: pairs({ '../p': '1' }) })).rejects.toThrowError(code('mlflow_invalid_value'))
    await expect(log({ metrics: [{ key: 'm', value: 'x', timestamp: 1 }] })).rejects.toThrowError(
      code('invalid_request'),
    )
  })
})

describe('inputs and models', () => {
  test('a data set is one within an experiment', async () => {
    const dataset = { name: 'd', digest: 'x', source_type: 'fabrique_snapshot', source: '{"snapshot_id":"snap_1"}' }
    const datasets = [{ dataset, tags: pairs({ 'mlflow.data.context': 'training' }) }, { dataset }]
    const runs = [await newRun(), await newRun()]
    for (const run_id of [...runs, ...runs]) await logInputs({ ctx: suite.ctx, input: { run_id, datasets } })
    const run = await getRun({ ctx: suite.ctx, input: { run_id: runs[0] ?? '' } })
    expect(run.inputs.dataset_inputs).toEqual([{ dataset, tags: [] }])
    const { rows } = await sql`select from tracked_datasets where name = 'd'`.execute(suite.ctx.db)
    expect(rows).toHaveLength(1)
    expect(await eventsOf(`runs/${runs[0]}`)).toEqual(['run.created', 'run.changed 1 inputs'])
  })

  test('models of 2.x clients are listed in a tag', async () => {
    const run_id = await newRun()
    for (const name of ['one', 'two']) {
      await logModel({ ctx: suite.ctx, input: { run_id, model_json: JSON.stringify({ artifact_path: name, run_id }) } })
    }
    const { data } = await getRun({ ctx: suite.ctx, input: { run_id } })
    const tag = data.tags.find(({ key }) => key === 'mlflow.log-model.history')
    expect(JSON.parse(tag?.value ?? '').map((model: { artifact_path: string }) => model.artifact_path)).toEqual([
      'one',
      'two',
    ])
    const bad = logModel({ ctx: suite.ctx, input: { run_id, model_json: '{' } })
    await expect(bad).rejects.toThrowError(code('invalid_json'))
  })
})

test('a search pages through all runs in order', async () => {
  const { experiment_id } = await createExperiment({ ctx: suite.ctx, input: { name: 'paged' } })
  for (let index = 0; index < 7; index += 1) {
    const { info } = await createRun({ ctx: suite.ctx, input: { experiment_id, start_time: 1000 } })
    await logMetric({ ctx: suite.ctx, input: { run_id: info.run_id, key: 'm', value: index % 3, timestamp: 1 } })
  }
  const input = { experiment_ids: [experiment_id], order_by: ['metrics.m DESC'], max_results: 3 }
  const seen: (string | number)[] = []
  let page = await searchRuns({ ctx: suite.ctx, input })
  for (;;) {
    seen.push(...page.runs.map(({ data }) => data.metrics[0]?.value ?? ''))
    if (page.next_page_token === undefined) break
    page = await searchRuns({ ctx: suite.ctx, input: { ...input, page_token: page.next_page_token } })
  }
  expect(seen).toEqual([2, 2, 1, 1, 0, 0, 0])
  expect((await searchRuns({ ctx: suite.ctx, input: { experiment_ids: [] } })).runs).toEqual([])
})
