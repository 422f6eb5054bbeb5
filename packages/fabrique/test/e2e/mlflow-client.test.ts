import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isMlflowError, type MlflowClient, mlflowClient } from '../../src/mlflow/index.js'
import { databaseOf } from '../support/project-database.js'
import { cleanUp, emptyProject, startFabrique } from '../support/running-fabrique.js'

/** The address of a genuine MLflow server; the foreign-client suite runs this file against one. */
const peer = process.env.TEST_MLFLOW_URL
const name = (text: string) => `${text}-${process.pid}-${Date.now()}`

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}

let folder: string
let mlflow: MlflowClient
const files = mkdtempSync(join(tmpdir(), 'fabrique-client-'))

beforeAll(async () => {
  if (peer !== undefined) {
    mlflow = mlflowClient({ url: peer })
    return
  }
  folder = emptyProject()
  mlflow = mlflowClient({ url: (await startFabrique(folder, ['--port', '0'], await databaseOf(folder))).url })
})
afterAll(async () => {
  rmSync(files, { recursive: true, force: true })
  if (folder !== undefined) await cleanUp(folder)
})

describe(`the TypeScript client with ${peer === undefined ? 'Fabrique' : 'MLflow'}`, () => {
  test('a run logs in the background and is complete when it ended', async () => {
    const experiment = name('client')
    const runId = await mlflow.withRun({ experiment, runName: 'first', tags: { team: 'blue' } }, async (run) => {
      run.logParam('depth', 3)
      run.logParams({ rate: 0.1, bootstrap: true })
      for (let step = 0; step < 3000; step += 1) await run.logMetric('loss', 1 / (step + 1), { step })
      run.logMetrics({ accuracy: 0.97, broken: Number.NaN })
      run.setTag('note', 'été')
      await run.logInput({ name: 'iris', digest: 'abc', sourceType: 'local', source: 'iris.csv', context: 'training' })
      return run.runId
    })
    const run = await mlflow.runs.get(runId)
    expect(run).toMatchObject({
      runName: 'first',
      status: 'FINISHED',
      params: { depth: '3', rate: '0.1', bootstrap: 'true' },
      tags: { team: 'blue', note: 'été', 'mlflow.runName': 'first' },
    })
    expect(run.metrics.loss).toMatchObject({ step: 2999, value: 1 / 3000 })
    expect(run.metrics.accuracy?.value).toBe(0.97)
    expect(run.metrics.broken?.value).toBeNaN()
    expect(run.datasets).toMatchObject([{ name: 'iris', digest: 'abc', tags: { 'mlflow.data.context': 'training' } }])
    const history = await all(mlflow.runs.metricHistory(runId, 'loss'))
    expect(history.map(({ step }) => step).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 3000 }, (_, step) => step),
    )
  })

  test('an action that throws leaves a failed run and its error', async () => {
    const experiment = name('failing')
    const failed = mlflow.withRun({ experiment }, async (run) => {
      run.logMetric('loss', 1)
      throw new Error('no convergence')
    })
    await expect(failed).rejects.toThrow('no convergence')
    const { experimentId } = await mlflow.experiments.ensure(experiment)
    const [run] = await all(mlflow.runs.search({ experimentIds: [experimentId] }))
    expect(run).toMatchObject({ status: 'FAILED', metrics: { loss: { value: 1 } } })
  })

  test('searches page by page, in order', async () => {
    const { experimentId } = await mlflow.experiments.ensure(name('search'))
    for (let index = 0; index < 7; index += 1) {
      const run = await mlflow.startRun({ experimentId, tags: { even: String(index % 2 === 0) } })
      run.logMetric('score', index)
      await run.end()
    }
    const search = { experimentIds: [experimentId], orderBy: ['metrics.score DESC'], pageSize: 2 }
    const scores = async (filter?: string) =>
      (await all(mlflow.runs.search(filter === undefined ? search : { ...search, filter }))).map(
        ({ metrics }) => metrics.score?.value,
      )
    expect(await scores()).toEqual([6, 5, 4, 3, 2, 1, 0])
    expect(await scores("metrics.score >= 2 and tags.even = 'true'")).toEqual([6, 4, 2])
  })

  test('a refusal has the code of the server', async () => {
    const missing = await mlflow.runs.get('0'.repeat(32)).catch((error: unknown) => error)
    expect(isMlflowError(missing, 'RESOURCE_DOES_NOT_EXIST')).toBe(true)
    const run = await mlflow.startRun()
    run.logParam('depth', 3)
    await run.flush()
    run.logParam('depth', 4)
    await expect(run.flush()).rejects.toMatchObject({ params: { error_code: 'INVALID_PARAMETER_VALUE' } })
    await run.end('KILLED')
  })

  test('artifacts of every shape come back as they went', async () => {
    mkdirSync(join(files, 'model', 'deep'), { recursive: true })
    writeFileSync(join(files, 'model', 'MLmodel'), 'flavors: {}\n')
    writeFileSync(join(files, 'model', 'deep', 'été 100%+.bin'), Buffer.alloc(300_000, 7))
    writeFileSync(join(files, 'model', 'empty'), '')
    const run = await mlflow.startRun()
    await run.logArtifact(join(files, 'model'), 'out')
    await run.logText('hello', 'notes/a.txt')
    await run.logJson({ a: [1, 2] }, 'b.json')
    await run.logArtifact(join(files, 'model', 'MLmodel'))
    await run.end()
    const found = await mlflow.artifacts.listAll(run.artifactUri)
    expect(Object.fromEntries(found.map(({ path, bytes }) => [path, bytes]))).toMatchObject({
      'b.json': 29,
      'notes/a.txt': 5,
      MLmodel: 12,
      'out/MLmodel': 12,
      'out/deep/été 100%+.bin': 300_000,
      'out/empty': 0,
    })
    await mlflow.artifacts.download(run.artifactUri, 'out', join(files, 'back'))
    expect(readFileSync(join(files, 'back', 'out', 'deep', 'été 100%+.bin')).equals(Buffer.alloc(300_000, 7))).toBe(
      true,
    )
    expect(new TextDecoder().decode(await mlflow.artifacts.read(run.artifactUri, 'notes/a.txt'))).toBe('hello')
    await expect(mlflow.artifacts.read(run.artifactUri, 'nothing')).rejects.toMatchObject({ params: { status: 404 } })
    await mlflow.artifacts.delete(run.artifactUri, 'b.json')
    expect((await mlflow.artifacts.list(run.artifactUri)).map(({ path }) => path)).not.toContain('b.json')
  })

  test('registers, names and finds versions', async () => {
    const model = name('model')
    const run = await mlflow.startRun()
    await run.logText('flavors: {}\n', 'model/MLmodel')
    await run.end()
    const source = `${run.artifactUri}/model`
    const first = await mlflow.registry.register({ name: model, source, runId: run.runId })
    const second = await mlflow.registry.register({ name: model, source, runId: run.runId, tags: { by: 'ts' } })
    expect([first.version, second.version]).toEqual(['1', '2'])
    await mlflow.registry.setAlias(model, 'champion', '1')
    await mlflow.registry.setAlias(model, 'champion', '2')
    expect((await mlflow.registry.getByAlias(model, 'champion')).version).toBe('2')
    expect((await mlflow.registry.getModel(model)).aliases).toEqual({ champion: '2' })
    await mlflow.registry.describeVersion(model, '2', 'the better one')
    await mlflow.registry.setVersionTag(model, '2', 'checked', 'yes')
    expect(await mlflow.registry.getVersion(model, '2')).toMatchObject({
      description: 'the better one',
      tags: { by: 'ts', checked: 'yes' },
      runId: run.runId,
      aliases: ['champion'],
    })
    expect((await mlflow.registry.transitionStage(model, '1', 'Production')).currentStage).toBe('Production')
    const found = await all(mlflow.registry.searchVersions({ filter: `name = '${model}'` }))
    expect(found.map(({ version }) => version).sort()).toEqual(['1', '2'])
    await mlflow.registry.deleteAlias(model, 'champion')
    await mlflow.registry.deleteVersion(model, '2')
    expect((await mlflow.registry.register({ name: model, source, runId: run.runId })).version).toBe('3')
    await mlflow.registry.deleteModel(model)
    const gone = await mlflow.registry.getModel(model).catch((error: unknown) => error)
    expect(isMlflowError(gone, 'RESOURCE_DOES_NOT_EXIST')).toBe(true)
  })

  test('keeps logged models apart from runs', async () => {
    const { experimentId } = await mlflow.experiments.ensure(name('logged'))
    const run = await mlflow.startRun({ experimentId })
    const model = await mlflow.loggedModels.create({
      experimentId,
      name: 'forest',
      sourceRunId: run.runId,
      params: { depth: 3 },
      tags: { kind: 'tree' },
    })
    expect(model).toMatchObject({ name: 'forest', status: 'PENDING', params: { depth: '3' } })
    await mlflow.artifacts.put(model.artifactUri, 'MLmodel', 'flavors: {}\n')
    await mlflow.loggedModels.logOutputs(run.runId, [model.modelId])
    expect((await mlflow.loggedModels.finalize(model.modelId, 'READY')).status).toBe('READY')
    run.logMetric('score', 0.5, { modelId: model.modelId })
    await run.end()
    await mlflow.loggedModels.setTags(model.modelId, { checked: 'yes' })
    expect(await mlflow.loggedModels.get(model.modelId)).toMatchObject({
      tags: { kind: 'tree', checked: 'yes' },
      metrics: [{ key: 'score', value: 0.5 }],
      sourceRunId: run.runId,
    })
    const found = await all(
      mlflow.loggedModels.search({ experimentIds: [experimentId], filter: 'metrics.score > 0.4' }),
    )
    expect(found.map(({ modelId }) => modelId)).toEqual([model.modelId])
  })

  test.skipIf(peer !== undefined)('a creation that is sent again gives the same run', async () => {
    const runId = 'e'.repeat(32)
    const [first, second] = [await mlflow.runs.create({ runId }), await mlflow.runs.create({ runId })]
    expect([first.runId, second.runId]).toEqual([runId, runId])
    expect(second.runName).toBe(first.runName)
  })

  test('experiments live and die', async () => {
    const first = name('life')
    const { experimentId } = await mlflow.experiments.ensure(first)
    await mlflow.experiments.setTag(experimentId, 'team', 'blue')
    await mlflow.experiments.rename(experimentId, `${first}-2`)
    expect(await mlflow.experiments.get(experimentId)).toMatchObject({ name: `${first}-2`, tags: { team: 'blue' } })
    await mlflow.experiments.delete(experimentId)
    expect((await mlflow.experiments.get(experimentId)).lifecycleStage).toBe('deleted')
    await mlflow.experiments.restore(experimentId)
    const found = await all(mlflow.experiments.search({ filter: `name LIKE '${first}%'` }))
    expect(found.map((one) => one.experimentId)).toEqual([experimentId])
    const both = await Promise.all([mlflow.experiments.ensure(`${first}-3`), mlflow.experiments.ensure(`${first}-3`)])
    expect(both[0].experimentId).toBe(both[1].experimentId)
  })

  test('tells the version that the server speaks', async () => {
    expect(await mlflow.version()).toMatch(/^\d+\.\d+\.\d+/)
  })
})
