import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sqlite from 'node-sqlite3-wasm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ImportSummary } from '../../src/import/index.js'
import { type MlflowClient, mlflowClient } from '../../src/mlflow/index.js'
import { databaseOf } from '../support/project-database.js'
import { cleanUp, emptyProject, type RunningFabrique, runFabrique, startFabrique } from '../support/running-fabrique.js'

let folder: string
let fabrique: RunningFabrique
let mlflow: MlflowClient
const place = mkdtempSync(join(tmpdir(), 'fabrique-import-'))

beforeAll(async () => {
  folder = emptyProject()
  fabrique = await startFabrique(folder, ['--port', '0'], await databaseOf(folder))
  mlflow = mlflowClient({ url: fabrique.url })
})
afterAll(async () => {
  rmSync(place, { recursive: true, force: true })
  await cleanUp(folder)
})

const bring = (from: string, ...flags: string[]) =>
  runFabrique(['import', 'mlflow', '--from', from, '--url', fabrique.url, '--json', ...flags])

async function brought(from: string): Promise<ImportSummary> {
  const { status, stdout, stderr } = await bring(from)
  expect(stderr).not.toContain('Error')
  expect(status).toBe(0)
  return JSON.parse(stdout) as ImportSummary
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}

function write(path: string, text: string): void {
  const file = join(place, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** A tracking folder as it comes from another machine: its addresses point where nothing is. */
function makeFolder(): { readonly root: string; readonly run: string; readonly gone: string } {
  const run = 'a'.repeat(32)
  const gone = 'b'.repeat(32)
  const home = 'mlruns/484713520772780840'
  const meta = (values: Readonly<Record<string, string | number>>) =>
    Object.entries(values)
      .map(([key, value]) => `${key}: ${typeof value === 'string' ? JSON.stringify(value) : value}\n`)
      .join('')
  write(
    `${home}/meta.yaml`,
    meta({
      experiment_id: '484713520772780840',
      name: 'moved',
      lifecycle_stage: 'active',
      artifact_location: 'file:///elsewhere/mlruns/484713520772780840',
      creation_time: 1_600_000_000_000,
      last_update_time: 1_600_000_000_001,
    }),
  )
  for (const [id, stage] of [
    [run, 'active'],
    [gone, 'deleted'],
  ] as const) {
    write(
      `${home}/${id}/meta.yaml`,
      meta({
        run_id: id,
        experiment_id: '484713520772780840',
        run_name: `run ${stage}`,
        lifecycle_stage: stage,
        artifact_uri: `file:///elsewhere/mlruns/484713520772780840/${id}/artifacts`,
        status: 3,
        start_time: 1_600_000_000_002,
        end_time: 1_600_000_000_003,
        user_id: 'ada',
      }),
    )
  }
  write(`${home}/${run}/params/depth/max`, '3')
  write(`${home}/${run}/tags/mlflow.runName`, 'run active')
  write(`${home}/${run}/metrics/loss`, '1600000000001 0.5 0\n1600000000002 nan 1\n1600000000003 inf 2\n')
  write(`${home}/${run}/metrics/old`, '1600000000001 0.25\n')
  write(`${home}/${run}/artifacts/model/MLmodel`, 'flavors: {}\n')
  write(
    'mlruns/models/churn/meta.yaml',
    meta({ name: 'churn', description: 'one', creation_timestamp: 5, last_updated_timestamp: 6 }),
  )
  write('mlruns/models/churn/aliases/champion', '1')
  for (const [version, stage] of [
    [1, 'Production'],
    [2, 'Deleted_Internal'],
  ] as const) {
    write(
      `mlruns/models/churn/version-${version}/meta.yaml`,
      meta({
        name: 'churn',
        version,
        current_stage: stage,
        run_id: run,
        source: `file:///elsewhere/mlruns/484713520772780840/${run}/artifacts/model`,
        creation_timestamp: 7,
        last_updated_timestamp: 8,
      }),
    )
  }
  return { root: join(place, 'mlruns'), run, gone }
}

/** A database as the first servers made it: no steps of inputs, aliases, data sets or logged models. */
function makeOldDatabase(): string {
  const file = join(place, 'old.db')
  const database = new sqlite.Database(file)
  database.exec(`
    create table experiments (experiment_id integer primary key, name text, artifact_location text, lifecycle_stage text);
    create table runs (run_uuid text primary key, name text, user_id text, status text, start_time bigint, end_time bigint,
      lifecycle_stage text, artifact_uri text, experiment_id integer);
    create table params (key text, value text, run_uuid text);
    create table tags (key text, value text, run_uuid text);
    create table metrics (key text, value float, timestamp bigint, run_uuid text, step bigint, is_nan boolean);
    insert into experiments values (0, 'Default', './mlruns/0', 'active'), (1, 'old', 'mlflow-artifacts:/1', 'deleted');
    insert into runs values ('${'c'.repeat(32)}', 'first', 'ada', 'FAILED', 100, 200, 'deleted',
      'mlflow-artifacts:/1/${'c'.repeat(32)}/artifacts', 1);
    insert into runs values ('${'d'.repeat(32)}', 'far', 'ada', 'FINISHED', 100, 200, 'active',
      's3://bucket/0/${'d'.repeat(32)}/artifacts', 0);
    insert into params values ('depth', '3', '${'c'.repeat(32)}');
    insert into tags values ('mlflow.runName', 'first', '${'c'.repeat(32)}');
    insert into metrics values ('loss', 0.5, 1, '${'c'.repeat(32)}', 0, 0), ('loss', 0, 2, '${'c'.repeat(32)}', 1, 1),
      ('loss', 9e999, 9223372036854775807, '${'c'.repeat(32)}', -9223372036854775808, 0);
  `)
  database.close()
  const kept = join(place, 'mlartifacts', '1', 'c'.repeat(32), 'artifacts')
  mkdirSync(kept, { recursive: true })
  writeFileSync(join(kept, 'notes.txt'), 'kept')
  return file
}

describe('fabrique import mlflow', () => {
  test('brings a folder that came from another machine, and a second time nothing', async () => {
    const { root, run, gone } = makeFolder()
    const first = await brought(root)
    expect(first).toMatchObject({
      experiments: { created: 1 },
      runs: { created: 2, unchanged: 0 },
      models: { created: 1 },
      versions: 1,
      points: 4,
      files: 1,
      warnings: [],
    })
    const found = await mlflow.runs.get(run)
    expect(found).toMatchObject({
      runName: 'run active',
      status: 'FINISHED',
      userId: 'ada',
      startTime: new Date(1_600_000_000_002),
      params: { 'depth/max': '3' },
      metrics: { loss: { value: Number.MAX_VALUE, step: 2 }, old: { value: 0.25, step: 0 } },
    })
    const history = await all(mlflow.runs.metricHistory(run, 'loss'))
    expect(history.map(({ value }) => value)).toEqual([0.5, Number.NaN, Number.MAX_VALUE])
    expect((await mlflow.runs.get(gone)).lifecycleStage).toBe('deleted')
    const version = await mlflow.registry.getByAlias('churn', 'champion')
    expect(version).toMatchObject({ version: '1', currentStage: 'Production', runId: run })
    expect(await mlflow.artifacts.listAll(await mlflow.registry.downloadUri('churn', '1'))).toMatchObject([
      { path: 'MLmodel', bytes: 12 },
    ])
    const second = await brought(root)
    expect(second).toMatchObject({
      experiments: { created: 0 },
      runs: { created: 0, unchanged: 2 },
      models: { created: 0 },
      versions: 0,
      points: 0,
      files: 0,
    })
    // What people changed here meanwhile stays.
    await mlflow.registry.deleteAlias('churn', 'champion')
    await mlflow.runs.setTag(run, 'mlflow.runName', 'renamed')
    await brought(root)
    expect((await mlflow.runs.get(run)).runName).toBe('renamed')
    expect((await mlflow.registry.getModel('churn')).aliases).toEqual({})
  })

  test('brings a database of the first servers; what stays elsewhere is said', async () => {
    const file = makeOldDatabase()
    const { status, stdout } = await bring(file)
    // Something could not be brought: the check says no.
    expect(status).toBe(1)
    const summary = JSON.parse(stdout) as ImportSummary
    expect(summary).toMatchObject({
      experiments: { created: 1, unchanged: 1 },
      runs: { created: 2 },
      points: 3,
      files: 1,
    })
    expect(summary.warnings).toEqual([expect.stringContaining('s3://bucket/0/')])
    const run = await mlflow.runs.get('c'.repeat(32))
    expect(run).toMatchObject({ status: 'FAILED', lifecycleStage: 'deleted', params: { depth: '3' } })
    expect(await all(mlflow.runs.metricHistory(run.runId, 'loss'))).toHaveLength(3)
    expect((await mlflow.experiments.get(run.experimentId)).lifecycleStage).toBe('deleted')
    expect(new TextDecoder().decode(await mlflow.artifacts.read(run.artifactUri, 'notes.txt'))).toBe('kept')
    expect((await mlflow.runs.get('d'.repeat(32))).artifactUri).toMatch(/^s3:/)
  })

  test('a place that is not MLflow is wrong use', async () => {
    writeFileSync(join(place, 'text.db'), 'hello')
    mkdirSync(join(place, 'empty'))
    const other = join(place, 'other.db')
    const database = new sqlite.Database(other)
    database.exec('create table things (a integer)')
    database.close()
    for (const from of [join(place, 'text.db'), join(place, 'empty'), other, join(place, 'missing')]) {
      const { status, stderr } = await bring(from)
      expect(stderr).toContain('import_source_invalid')
      expect(status).toBe(2)
    }
  })
})
