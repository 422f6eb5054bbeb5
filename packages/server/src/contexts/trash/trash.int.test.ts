import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { putArtifact } from '../artifacts/index.js'
import { registerVersion } from '../registry/index.js'
import {
  createExperiment,
  createLoggedModel,
  createRun,
  deleteExperiment,
  deleteLoggedModel,
  deleteRun,
  ensureExperiment,
  erasePoints,
  getExperiment,
  getLoggedModel,
  getRun,
  logBatch,
} from '../tracking/index.js'
import { getExperimentStorage, listTrash, purgeExpired, purgeTrash, restoreTrash } from './index.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

const code = (name: string) => expect.objectContaining({ code: name })
const day = 86_400_000

async function newRun(experiment_id: string, file = 'content'): Promise<string> {
  const { info } = await createRun({ ctx: suite.ctx, input: { experiment_id } })
  await logBatch({
    ctx: suite.ctx,
    input: {
      run_id: info.run_id,
      metrics: Array.from({ length: 100 }, (_, step) => ({ key: 'loss', value: step, timestamp: step, step })),
      params: [{ key: 'depth', value: '3' }],
    },
  })
  const path = `${experiment_id}/${info.run_id}/artifacts/model/file.txt`
  await putArtifact({ ctx: suite.ctx, input: { path, content: Buffer.from(file) } })
  return info.run_id
}

async function newExperiment(name: string): Promise<string> {
  const made = await createExperiment({ ctx: suite.ctx, input: { name } })
  return typeof made === 'string' ? made : made.experiment_id
}

async function rowsOf(table: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from ${sql.table(table)}`.execute(
    suite.ctx.db,
  )
  return rows[0]?.count ?? 0
}

const inTrash = async () =>
  (await listTrash({ ctx: suite.ctx, input: {} })).items.map(({ kind, id }) => `${kind}:${id}`)

describe('the trash', () => {
  test('lists what was deleted, and brings it back as it was', async () => {
    const experiment = await newExperiment('restored')
    const run = await newRun(experiment)
    const before = await getRun({ ctx: suite.ctx, input: { run_id: run } })
    await deleteRun({ ctx: suite.ctx, input: { run_id: run } })
    const { items } = await listTrash({ ctx: suite.ctx, input: { kind: 'run' } })
    expect(items).toMatchObject([{ kind: 'run', id: run, experiment: 'restored', artifact_bytes: 7 }])
    expect(await restoreTrash({ ctx: suite.ctx, input: { items: [{ kind: 'run', id: run }] } })).toBe(1)
    expect(await getRun({ ctx: suite.ctx, input: { run_id: run } })).toEqual(before)
    expect(await inTrash()).toEqual([])
  })

  test('an experiment is listed with its runs, which are not listed by themselves', async () => {
    const experiment = await newExperiment('whole')
    await newRun(experiment)
    await newRun(experiment)
    await deleteExperiment({ ctx: suite.ctx, input: { experiment_id: experiment } })
    const { items } = await listTrash({ ctx: suite.ctx, input: {} })
    expect(items).toMatchObject([{ kind: 'experiment', id: experiment, run_count: 2, artifact_bytes: 14 }])
    await restoreTrash({ ctx: suite.ctx, input: { items: [{ kind: 'experiment', id: experiment }] } })
    await deleteExperiment({ ctx: suite.ctx, input: { experiment_id: experiment } })
    const purged = await purgeTrash({ ctx: suite.ctx, input: { items: [{ kind: 'experiment', id: experiment }] } })
    expect(purged).toMatchObject({ experiments: 1, runs: 2, artifacts: 2, kept: 0 })
    await expect(getExperiment({ ctx: suite.ctx, input: { experiment_id: experiment } })).rejects.toEqual(
      code('experiment_not_found'),
    )
    // The name is free again.
    expect(await newExperiment('whole')).not.toBe(experiment)
  })

  test('a purge leaves nothing of a run: no rows, points or files, and tells of it', async () => {
    const experiment = await newExperiment('purged')
    const stays = await newRun(experiment, 'shared')
    const tables = [
      'runs',
      'params',
      'run_tags',
      'metrics',
      'metric_chunks',
      'metric_series',
      'artifacts',
      'erased_series',
    ]
    const counts = () => Promise.all(tables.map(rowsOf))
    const before = await counts()
    const run = await newRun(experiment, 'shared')
    // A point by itself, beside those that are a chunk.
    const metrics = [{ key: 'loss', value: 1, timestamp: 1, step: -1 }]
    await logBatch({ ctx: suite.ctx, input: { run_id: run, metrics } })
    expect(await rowsOf('metrics')).toBe((before[3] ?? 0) + 1)
    expect(await rowsOf('metric_chunks')).toBe((before[4] ?? 0) + 1)
    await deleteRun({ ctx: suite.ctx, input: { run_id: run } })
    const purged = await purgeTrash({ ctx: suite.ctx, input: { items: [{ kind: 'run', id: run }] } })
    // The other run holds the same content.
    expect(purged).toEqual({ experiments: 0, runs: 1, logged_models: 0, artifacts: 1, bytes_freed: 0, kept: 0 })
    expect(await counts()).toEqual(before)
    expect((await getRun({ ctx: suite.ctx, input: { run_id: stays } })).data.metrics).toHaveLength(1)
    const { rows } = await sql<{ kind: string }>`
      select kind from events where subject = ${`runs/${run}`} order by id desc limit 1
    `.execute(suite.ctx.db)
    expect(rows).toEqual([{ kind: 'run.purged' }])
  })

  test('what is not deleted cannot be purged', async () => {
    const run = await newRun('0')
    const items = [{ kind: 'run' as const, id: run }]
    await expect(purgeTrash({ ctx: suite.ctx, input: { items } })).rejects.toEqual(code('purge_not_deleted'))
    const { experiment_id } = await ensureExperiment({ ctx: suite.ctx, input: { name: 'alive' } })
    const alive = [{ kind: 'experiment' as const, id: experiment_id }]
    await expect(purgeTrash({ ctx: suite.ctx, input: { items: alive } })).rejects.toEqual(
      code('experiment_not_deleted'),
    )
    expect((await getRun({ ctx: suite.ctx, input: { run_id: run } })).info.lifecycle_stage).toBe('active')
    for (const id of ['', 'x', '9'.repeat(30), '-1']) {
      const wrong = [{ kind: 'experiment' as const, id }]
      await expect(purgeTrash({ ctx: suite.ctx, input: { items: wrong } })).rejects.toEqual(code('purge_not_deleted'))
    }
    await expect(purgeTrash({ ctx: suite.ctx, input: { older_than_days: 1e300 } })).rejects.toEqual(
      code('invalid_request'),
    )
    await purgeTrash({ ctx: suite.ctx, input: { older_than_days: 20_000.123_456_789 } })
  })

  test('logged models of an experiment that is not deleted stay when its purge is refused', async () => {
    const { experiment_id } = await ensureExperiment({ ctx: suite.ctx, input: { name: 'alive with a model' } })
    const { rows } = await sql<{ count: number }>`
      with made as (
        insert into logged_models (id, experiment_id, name, artifact_uri, status, created_ms, updated_ms)
        values ('m-alive', ${experiment_id}::bigint, 'm', 'mlflow-artifacts:/x', 'READY', 0, 0) returning 1
      ) select count(*)::int as count from made
    `.execute(suite.ctx.db)
    expect(rows).toEqual([{ count: 1 }])
    const items = [{ kind: 'experiment' as const, id: experiment_id }]
    await expect(purgeTrash({ ctx: suite.ctx, input: { items } })).rejects.toEqual(code('experiment_not_deleted'))
    const { rows: left } = await sql`select id from logged_models where id = 'm-alive'`.execute(suite.ctx.db)
    expect(left).toHaveLength(1)
  })

  test('a logged model that is not deleted cannot be purged', async () => {
    const input = { experiment_id: '0', name: 'alive' }
    const { model_id } = await createLoggedModel({ ctx: suite.ctx, input })
    const items = [{ kind: 'logged_model' as const, id: model_id }]
    await expect(purgeTrash({ ctx: suite.ctx, input: { items } })).rejects.toEqual(code('purge_not_deleted'))
    expect((await getLoggedModel({ ctx: suite.ctx, input: { model_id } })).lifecycle_stage).toBe('active')
    await deleteLoggedModel({ ctx: suite.ctx, input: { model_id } })
    expect(await purgeTrash({ ctx: suite.ctx, input: { items } })).toMatchObject({ logged_models: 1 })
  })

  test('files that a registered version needs are kept', async () => {
    const experiment = await newExperiment('registered')
    const run = await newRun(experiment)
    await registerVersion({
      ctx: suite.ctx,
      input: {
        model: 'kept',
        run_id: run,
        source: `mlflow-artifacts:/${experiment}/${run}/artifacts/model`,
        artifact_path: `${experiment}/${run}/artifacts/model`,
      },
    })
    await deleteExperiment({ ctx: suite.ctx, input: { experiment_id: experiment } })
    const purged = await purgeTrash({ ctx: suite.ctx, input: { items: [{ kind: 'experiment', id: experiment }] } })
    expect(purged).toMatchObject({ experiments: 0, runs: 0, kept: 1 })
    await restoreTrash({ ctx: suite.ctx, input: { items: [{ kind: 'experiment', id: experiment }] } })
    await deleteRun({ ctx: suite.ctx, input: { run_id: run } })
    const items = [{ kind: 'run' as const, id: run }]
    await expect(purgeTrash({ ctx: suite.ctx, input: { items } })).rejects.toEqual(code('purge_in_use'))
    await restoreTrash({ ctx: suite.ctx, input: { items } })
  })

  test('the retention takes what is older, and 0 days keep everything', async () => {
    const experiment = await newExperiment('retained')
    const old = await newRun(experiment)
    const young = await newRun(experiment)
    await deleteRun({ ctx: suite.ctx, input: { run_id: old } })
    suite.clock.advance(40 * day)
    await deleteRun({ ctx: suite.ctx, input: { run_id: young } })
    await purgeExpired(suite.ctx, 0)
    expect(await inTrash()).toEqual([`run:${young}`, `run:${old}`])
    await purgeExpired(suite.ctx, 30)
    expect(await inTrash()).toEqual([`run:${young}`])
  })

  test('points that a crash left behind go with the next pass', async () => {
    const { rows } = await sql<{ series_id: number }>`
      with left_over as (insert into metrics (series_id, step, timestamp_ms, value, is_nan)
        select 900000, step, 0, 0, false from generate_series(1, 45000) step),
      chunks_left_over as (
        insert into metric_chunks (series_id, place, point_count, first_step, first_ms, last_step, last_ms, steps, times, point_values)
        select 900000, n, 2, n, 0, n + 1, 0, array[n, n + 1], array[0, 0], array[0, 0] from generate_series(0, 500, 2) n
      )
      insert into erased_series (series_id) values (900000) returning series_id
    `.execute(suite.ctx.db)
    expect(rows).toHaveLength(1)
    expect(await erasePoints(suite.ctx)).toBe(45_502)
    expect(await rowsOf('erased_series')).toBe(0)
  })

  test('pages through', async () => {
    const experiment = await newExperiment('paged')
    const runs = [await newRun(experiment), await newRun(experiment), await newRun(experiment)]
    for (const run_id of runs) await deleteRun({ ctx: suite.ctx, input: { run_id } })
    const found: string[] = []
    for (let token: string | undefined = ''; token !== undefined; ) {
      const page: Awaited<ReturnType<typeof listTrash>> = await listTrash({
        ctx: suite.ctx,
        input: { kind: 'run', limit: 2, ...(token === '' ? {} : { page_token: token }) },
      })
      found.push(...page.items.map(({ id }) => id))
      token = page.next_page_token
    }
    expect(found).toEqual(expect.arrayContaining(runs))
    expect(new Set(found).size).toBe(found.length)
    await expect(listTrash({ ctx: suite.ctx, input: { page_token: 'x' } })).rejects.toEqual(code('page_token_invalid'))
  })
})

test('the storage of an experiment counts points and bytes, deleted ones too', async () => {
  const experiment = await newExperiment('storage')
  const run = await newRun(experiment)
  await newRun(experiment)
  await deleteRun({ ctx: suite.ctx, input: { run_id: run } })
  expect(await getExperimentStorage({ ctx: suite.ctx, input: { experiment_id: experiment } })).toEqual({
    experiment_id: experiment,
    run_count: 1,
    deleted_run_count: 1,
    metric_points: 200,
    artifact_count: 2,
    artifact_bytes: 14,
    deleted_artifact_bytes: 7,
  })
})
