import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { type LoopRun, type ModelDefinition, ProjectDefinition } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runLoop } from '../../../test/support/run-loop.js'
import { openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { listArtifacts, openArtifact } from '../artifacts/index.js'
import { applyProject } from '../projects/index.js'
import { getAlias } from '../registry/index.js'
import { artifactFolderOf, getRun, mountMlflowTracking } from '../tracking/index.js'
import type { TrainingTools } from '../training/index.js'
import { cancelRun } from './engine/cancel-runs.js'
import { trainingRegistry } from './training-registry.js'

/** A script of a user, in Node instead of Python: what it does is its first argument. */
const script = `
import { spawn } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
const [what, train, target] = process.argv.slice(2)
const { MLFLOW_TRACKING_URI: uri, MLFLOW_RUN_ID: run_id, MLFLOW_EXPERIMENT_ID: experiment } = process.env
const send = async (path, method, body) => {
  const headers = { 'content-type': method === 'PUT' ? 'application/octet-stream' : 'application/json' }
  const reply = await fetch(uri + '/api/2.0/' + path, { method, body, headers })
  if (!reply.ok) throw new Error(reply.status + ' ' + (await reply.text()))
}
const call = (path, body) => send('mlflow/' + path, 'POST', JSON.stringify({ run_id, ...body }))
const put = (name, content) => send('mlflow-artifacts/artifacts/' + experiment + '/' + run_id + '/artifacts/' + name, 'PUT', content)
const wait = () => new Promise(() => setInterval(() => {}, 1000))
console.log('begins ' + what)
switch (what) {
  case 'learn':
    if (train !== process.env.FABRIQUE_TRAIN || target !== process.env.FABRIQUE_TARGET) throw new Error(process.argv.join())
    for (const name of ['train', 'test']) statSync(process.env.FABRIQUE_DATA + '/' + name + '.parquet')
    console.log('environment ' + Object.keys(process.env).sort().join(' '))
    await call('runs/log-parameter', { key: 'seed', value: 'mine' })
    await call('runs/log-metric', { key: 'r2', value: 0.123, step: 7, timestamp: 1 })
    await put('deep/model.onnx', readFileSync('given.onnx'))
    await call('runs/update', { status: 'FINISHED' })
    break
  case 'damaged':
    await put('model.onnx', readFileSync('given.onnx').subarray(0, 200))
    break
  case 'fail':
    console.error('ValueError: no such column')
    process.exit(3)
  case 'flood':
    for (let at = 0; at < 300_000; at += 1) process.stdout.write('line ' + at + ' of very many\\n')
    process.exitCode = 4
    break
  case 'hang': {
    // Deaf to polite wishes, and with a process of its own.
    process.on('SIGTERM', () => {})
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    writeFileSync('pids.json', JSON.stringify([process.pid, child.pid]))
    console.log('hangs')
    await wait()
  }
}
`

let suite: TestApp
let tools: TrainingTools
let folder: string
beforeAll(async () => {
  suite = await openTestApp((app, ctx) => mountMlflowTracking(app, { contextOf: () => ctx }))
  const trackingUri = await suite.app.listen({ host: '127.0.0.1', port: 0 })
  folder = join(suite.folder, 'project')
  await mkdir(folder)
  const rows = Array.from({ length: 120 }, (_, at) => {
    const [size, place] = [(at * 7) % 50, at % 3 === 0 ? 'north' : 'south']
    return [place, size, (2 * size + (place === 'north' ? 30 : 0) + Math.sin(at)).toFixed(3)].join(',')
  })
  await writeFile(join(folder, 'data.csv'), `place,size,value\n${rows.join('\n')}\n`)
  await writeFile(join(folder, 'train.mjs'), script)
  tools = {
    ...trainingRegistry,
    threads: 1,
    environment: () => ({ fabrique: 'test' }),
    script: {
      trackingUri,
      environment: { ...process.env, DATABASE_URL: 'postgresql://secret@127.0.0.1/x', FABRIQUE_SECRET: 'secret' },
      folderOf: () => folder,
    },
  }
})
afterAll(() => suite?.close())

type Trainer = Pick<Partial<ModelDefinition>, 'estimator' | 'script'>

/** Applies the project with one model, and runs its loop. */
async function loop(trainer: Trainer, stop?: AbortSignal): Promise<LoopRun> {
  const definition = ProjectDefinition.parse({
    name: 'scripts',
    datasets: [{ name: 'data', source: { kind: 'csv', paths: ['data.csv'] } }],
    models: [
      { name: 'value', task: 'regression', dataset: 'data', label: 'value', features: ['place', 'size'], ...trainer },
    ],
  })
  await applyProject({ ctx: suite.ctx, input: { folder, definition } })
  const flow = await runLoop(suite, {
    project: 'scripts',
    model: 'value',
    options: { ingestTools: {}, trainingTools: tools, promotionRule: () => undefined },
    ...(stop === undefined ? {} : { stop }),
  })
  expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
  return flow
}

function scriptOf(what: string, more: Partial<NonNullable<ModelDefinition['script']>> = {}): Trainer {
  const args = [what, '{train}', '{target}']
  return { script: { path: 'train.mjs', args, params: { depth: 3 }, python: process.execPath, ...more } }
}

async function runOf(flow: LoopRun) {
  const { info, data } = await getRun({ ctx: suite.ctx, input: { run_id: flow.result.run_id ?? '' } })
  const root = artifactFolderOf(info.artifact_uri) ?? ''
  return {
    root,
    info,
    params: Object.fromEntries(data.params.map(({ key, value }) => [key, value])),
    tags: Object.fromEntries(data.tags.map(({ key, value }) => [key, value])),
    metrics: Object.fromEntries(data.metrics.map(({ key, value }) => [key, Number(value)])),
  }
}

async function artifact(path: string): Promise<Buffer> {
  const { content } = await openArtifact({ ctx: suite.ctx, input: { path } })
  return buffer(content)
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a model that a script logs is tested on the same rows as ours, registered and promoted', async () => {
  const ours = await loop({ estimator: { kind: 'ridge', params: {} } })
  expect(ours).toMatchObject({ state: 'succeeded', result: { version: '1' } })
  const first = await runOf(ours)
  await writeFile(join(folder, 'given.onnx'), await artifact(`${first.root}/model/model.onnx`))

  const flow = await loop(scriptOf('learn'))
  expect(flow).toMatchObject({ state: 'succeeded', result: { version: '2', promoted: true } })
  const { root, info, params, metrics, tags } = await runOf(flow)
  expect(info.status).toBe('FINISHED')
  // What the script logged itself stays; the rest is told for it.
  expect(params).toMatchObject({
    seed: 'mine',
    depth: '3',
    target: 'value',
    estimator: 'script train.mjs',
    test_rows: '30',
  })
  expect(metrics.r2).toBeCloseTo(first.metrics.r2 ?? Number.NaN, 6)
  expect(metrics['champion.r2']).toBeCloseTo(first.metrics.r2 ?? Number.NaN, 6)
  expect(tags).toMatchObject({ 'fabrique.script': 'train.mjs', 'fabrique.champion_version': '1' })
  const log = (await artifact(`${root}/logs/script.log`)).toString()
  expect(log).toContain('begins learn\n')
  expect(log).toMatch(/environment .*FABRIQUE_PARAMS.*MLFLOW_TRACKING_URI/)
  expect(log).not.toMatch(/DATABASE_URL|FABRIQUE_SECRET/)
  const champion = await getAlias({ ctx: suite.ctx, input: { model: 'value', alias: 'champion' } })
  expect(champion).toMatchObject({
    artifact_path: `${root}/served`,
    signature: { features: [{ name: 'place', values: ['north', 'south'] }, { name: 'size' }] },
  })
})

test('the output of a script is bounded, and its last lines are told', async () => {
  const flow = await loop(scriptOf('flood'))
  expect(flow).toMatchObject({ state: 'failed', error: { code: 'script_failed', params: { status: 'status 4' } } })
  expect(flow.error?.message).toMatch(/line 299999 of very many$/)
  const log = (await artifact(`${(await runOf(flow)).root}/logs/script.log`)).toString()
  expect(log.length).toBeLessThan(4.2 * 1024 * 1024)
  expect(log).toMatch(
    /^begins flood\nline 0 of[\s\S]*\.\.\. \d+ bytes left out \.\.\.[\s\S]*line 299999 of very many\n$/,
  )
})

test.each([
  [
    'an exit status',
    scriptOf('fail'),
    'script_failed',
    { status: 'status 3', tail: 'begins fail\nValueError: no such column' },
  ],
  ['no model', scriptOf('nothing'), 'script_model_missing', {}],
  ['a damaged model', scriptOf('damaged'), 'script_model_unfit', { path: 'model.onnx' }],
  [
    'a file that is not there',
    scriptOf('', { path: 'absent.py' }),
    'script_not_found',
    { reason: 'there is no such file' },
  ],
  ['a path out of the project', scriptOf('', { path: '../project/../../x' }), 'script_not_found', {}],
  [
    'a Python that is not there',
    scriptOf('learn', { python: 'no-such-python' }),
    'script_python_missing',
    { python: 'no-such-python' },
  ],
] as const)('%s is a failed run with its reason', async (_, trainer, code, params) => {
  const flow = await loop(trainer)
  expect(flow).toMatchObject({ state: 'failed', error: { code, params } })
  expect(flow.result.version).toBeUndefined()
  const { info, tags, root } = await runOf(flow)
  expect(info.status).toBe('FAILED')
  expect(tags['fabrique.error_code']).toBe(code)
  const files = await listArtifacts({ ctx: suite.ctx, input: { path: root, recursive: true } })
  expect(files.filter(({ path }) => path.startsWith('served'))).toEqual([])
})

test('a link does not lead out of the folder of the project', async () => {
  const outside = join(tmpdir(), `fabrique-outside-${process.pid}.mjs`)
  await writeFile(outside, script)
  try {
    await symlink(outside, join(folder, 'linked.mjs'))
    const flow = await loop(scriptOf('learn', { path: 'linked.mjs' }))
    const reason = 'it lies outside of the folder of its project'
    expect(flow).toMatchObject({ state: 'failed', error: { code: 'script_not_found', params: { reason } } })
  } finally {
    await rm(outside)
  }
})

async function hangingPids(): Promise<number[]> {
  return JSON.parse(await readFile(join(folder, 'pids.json'), 'utf8'))
}

test('a script that takes too long is ended with all that it started', async () => {
  let pids: number[] = []
  // It is given more time where it could not even start.
  for (let seconds = 1.5; pids.length === 0; seconds *= 4) {
    const flow = await loop(scriptOf('hang', { timeout_seconds: seconds }))
    expect(flow).toMatchObject({ state: 'failed', error: { code: 'script_timed_out', params: { seconds } } })
    pids = await hangingPids().catch(() => [])
  }
  expect(pids).toHaveLength(2)
  await expect.poll(() => pids.filter(isAlive)).toEqual([])
})

test('a script ends with all that it started when its training is stopped', async () => {
  await rm(join(folder, 'pids.json'), { force: true })
  const stop = new AbortController()
  const ended = loop(scriptOf('hang'), stop.signal)
  await expect.poll(() => hangingPids().catch(() => [])).toHaveLength(2)
  const pids = await hangingPids()
  stop.abort()
  expect(await ended).toMatchObject({ state: 'running' })
  await expect.poll(() => pids.filter(isAlive)).toEqual([])
})

test('the tracked run of a training that is cancelled is killed', async () => {
  await rm(join(folder, 'pids.json'), { force: true })
  const ended = loop(scriptOf('hang'))
  await expect.poll(() => hangingPids().catch(() => [])).toHaveLength(2)
  const { rows: open } = await sql<{ id: string }>`
    select id from flow_runs where state_type = 'RUNNING' and worker_id is not null
  `.execute(suite.ctx.db)
  expect(open).toHaveLength(1)
  await cancelRun(suite.ctx, open[0]?.id ?? '', 'enough')
  await ended
  const { rows } = await sql`select from runs where status = 'KILLED' and end_ms is not null`.execute(suite.ctx.db)
  expect(rows).toHaveLength(1)
})
