// `npm run test:conformance`: foreign clients against the real program. Makes a Python environment for each client in
// .cache/, starts `fabrique up` on a copy of the Iris project, runs the checks of test/conformance, and stops it.
// With `-- --peer` the same MLflow scenarios run against a genuine MLflow server instead: it shows that they are true.
// `-- --groups search,registry` runs some groups of MLflow scenarios and nothing else.
// The last line is `N passed, N failed`. Needs python3 (3.10 to 3.12) with venv, and a package index.
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { learningPackages, pythonOf } from './python-environment.mjs'
import { startS3Server } from './s3-server.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

const models = [...learningPackages, 'skl2onnx==1.20.0', 'pandas==2.3.3']
// With newer releases of OpenTelemetry, MLflow 2 exports no trace to any server; with SQLAlchemy 2.1 it opens no SQLite file.
const ofItsTime = ['opentelemetry-api==1.33.1', 'opentelemetry-sdk==1.33.1', 'sqlalchemy==2.0.44']

/** Python environments: the last of MLflow 2, the newest MLflow 3, and the oldest client that is to work. */
const environments = {
  'mlflow-2': ['mlflow==2.22.5', ...models, ...ofItsTime],
  'mlflow-3': ['mlflow==3.17.2', ...models, 'prometheus-client==0.26.0'],
  'mlflow-oldest': ['mlflow==2.14.3', 'setuptools==80.9.0', ...ofItsTime],
}
const fuzzerPackages = ['schemathesis==4.32.5']
const gxPackages = ['great_expectations==1.24.1', 'pandas==3.1.1', 'pyarrow==26.0.1', 'scipy==1.17.1', 'numpy==2.4.6']
const dvcPackages = ['dvc==3.67.1']
const startTimeoutMs = 90_000
const stopTimeoutMs = 20_000
const checkTimeoutMs = 600_000
const peerStartTimeoutMs = 180_000

/** The processes that this program started and that still run. */
const running = new Set()

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options })
  if (result.error !== undefined) throw result.error
  return result.status ?? 1
}

/** A port that is free now. */
async function freePort() {
  const probe = createServer()
  await new Promise((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return port
}

/** A copy of the Iris project in a folder of its own, with `fabrique` where npm would have put it. */
function copyProject() {
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-conformance-'))
  const project = join(folder, 'iris')
  mkdirSync(join(project, 'node_modules'), { recursive: true })
  for (const name of ['fabrique.config.ts', 'package.json', 'data']) {
    cpSync(join(root, 'examples', 'iris', name), join(project, name), { recursive: true })
  }
  symlinkSync(join(root, 'packages', 'fabrique'), join(project, 'node_modules', 'fabrique'), 'dir')
  return { folder, project }
}

async function isServing(url) {
  const reply = await fetch(`${url}/status`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
  if (reply?.ok !== true) return false
  const { state, endpoints } = await reply.json()
  return state === 'up' && endpoints.some(({ model, state: served }) => model === 'iris' && served === 'ready')
}

/** Starts `fabrique up` and waits until the model answers. */
async function startFabrique({ folder, project }) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const logFile = join(folder, 'up.log')
  const log = openSync(logFile, 'w')
  const bin = join(root, 'packages', 'fabrique', 'bin', 'fabrique.mjs')
  // Nothing of the caller's settings: the defaults are what is checked.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('FABRIQUE_') && name !== 'DATABASE_URL'),
  )
  const child = spawn(process.execPath, [bin, 'up', project, '--port', String(port), '--lang', 'en'], {
    cwd: project,
    // The receivers of webhooks listen on loopback.
    env: { ...env, FABRIQUE_WEBHOOKS_ALLOW_PRIVATE: 'true' },
    stdio: ['ignore', log, log],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  const gone = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`)))
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    const ended = await Promise.race([gone, sleep(stopTimeoutMs, undefined)])
    if (ended !== undefined) return
    console.error(`fabrique up did not stop within ${stopTimeoutMs} ms`)
    child.kill('SIGKILL')
    await gone
  }
  const deadline = performance.now() + startTimeoutMs
  while (performance.now() < deadline) {
    if (await isServing(url)) return { url, stop, logFile }
    const ended = await Promise.race([gone, sleep(250, undefined)])
    if (ended !== undefined) throw new Error(`fabrique up ended with ${ended}:\n${readFileSync(logFile, 'utf8')}`)
  }
  await stop()
  throw new Error(`Nothing was served within ${startTimeoutMs} ms:\n${readFileSync(logFile, 'utf8')}`)
}

/** Starts a genuine MLflow server on an empty database of its own, and waits until it answers. */
async function startPeer(python) {
  const folder = mkdtempSync(join(tmpdir(), 'mlflow-conformance-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const logFile = join(folder, 'server.log')
  const log = openSync(logFile, 'w')
  const store = [
    '--backend-store-uri',
    `sqlite:///${folder}/mlflow.db`,
    '--artifacts-destination',
    join(folder, 'files'),
  ]
  const address = ['--host', '127.0.0.1', '--port', String(port), '--workers', '1']
  // A group of its own: the server starts others that outlive it.
  const child = spawn(python, ['-m', 'mlflow', 'server', ...address, ...store], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      MLFLOW_DISABLE_TELEMETRY: 'true',
      MLFLOW_WEBHOOK_ALLOWED_SCHEMES: 'http,https',
      MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
      MLFLOW_WEBHOOK_CACHE_TTL: '0',
      MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY: randomBytes(32).toString('base64url').padEnd(44, '='),
    },
  })
  running.add(child)
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const stop = async () => {
    running.delete(child)
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGTERM')
    await gone
    rmSync(folder, { recursive: true, force: true })
  }
  const deadline = performance.now() + peerStartTimeoutMs
  while (performance.now() < deadline && child.exitCode === null) {
    const reply = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
    if (reply?.ok === true) return { url, stop }
    await sleep(250)
  }
  const said = readFileSync(logFile, 'utf8')
  await stop()
  throw new Error(`The MLflow server did not answer within ${peerStartTimeoutMs} ms:\n${said}`)
}

/** The scenarios of each MLflow client; the oldest runs those that every version must pass. */
async function runScenarios(pythons, url, options, add) {
  for (const [name, python] of pythons) {
    const args = ['--url', url, ...options, ...(name === 'mlflow-oldest' ? ['--smoke'] : [])]
    add(await runChecks(`${name}: scenarios of a tracking and registry client`, python, 'mlflow_suite.py', args))
  }
}

/** Runs one script and reads its last line. A script that ends without it counts as one failure. */
async function runChecks(title, python, script, args) {
  console.log(`\n== ${title}`)
  const child = spawn(python, [join(root, 'test', 'conformance', script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: checkTimeoutMs,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1', NO_PROXY: '127.0.0.1,localhost' },
  })
  running.add(child)
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
    process.stdout.write(text)
  })
  const status = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', resolve)
  })
  running.delete(child)
  const counts = /(\d+) passed, (\d+) failed\s*$/.exec(output)
  if (counts === null) return { passed: 0, failed: 1 }
  const failed = Number(counts[2])
  return { passed: Number(counts[1]), failed: failed === 0 && status !== 0 ? 1 : failed }
}

/** Runs some of our own test files, against what the environment names. */
async function runOwnTests(title, files, env) {
  console.log(`\n== ${title}`)
  const report = join(mkdtempSync(join(tmpdir(), 'fabrique-report-')), 'report.json')
  const args = [
    'run',
    '--project',
    'int',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...[files].flat(),
  ]
  const child = spawn(process.execPath, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: checkTimeoutMs,
    env: { ...process.env, ...env },
  })
  running.add(child)
  const status = await new Promise((resolve) => child.once('close', resolve))
  running.delete(child)
  if (!existsSync(report)) return { passed: 0, failed: 1 }
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'))
  rmSync(dirname(report), { recursive: true, force: true })
  return { passed: numPassedTests, failed: numFailedTests === 0 && status !== 0 ? 1 : numFailedTests }
}

/** The client of TypeScript with MLflow itself, and the long form of the drill. */
async function checkOwnPrograms(pythons, add) {
  const tests = join('packages', 'fabrique', 'test', 'e2e')
  const peer = await startPeer(pythons.get('mlflow-3'))
  try {
    const title = 'the TypeScript client with a genuine MLflow server'
    add(await runOwnTests(title, join(tests, 'mlflow-client.test.ts'), { TEST_MLFLOW_URL: peer.url }))
  } finally {
    await peer.stop()
  }
  const s3 = await startS3Server()
  try {
    add(await runOwnTests('sources and remotes with an S3 server', ['s3'], s3.env))
  } finally {
    await s3.stop()
  }
  const killed = 'ingest, add, push and pull, each killed 20 times'
  add(await runOwnTests(killed, ['ingest-kill', 'remotes/kills'], { TEST_KILLS: '20' }))
  const examples = ['example-regression', 'example-synthetic'].map((name) => join(tests, `${name}.test.ts`))
  add(await runOwnTests('the examples, as their READMEs tell', examples, { TEST_EXAMPLES: 'all' }))
  const drill = { TEST_DRILL_SECONDS: '60', TEST_DRILL_WRITERS: '20' }
  const title = '20 writers for 60 s, the server killed every 10 s'
  add(await runOwnTests(title, join(tests, 'kill-drill.test.ts'), drill))
}

/** Every estimator: its scores beside scikit-learn's, and the answers of its file in both runtimes. */
async function checkLearning(python, add) {
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-learning-'))
  try {
    const writer = join(root, 'test', 'conformance', 'ml_parity', 'write_experiments.mjs')
    if (run(process.execPath, [writer, folder]) !== 0) throw new Error('Not every estimator could be trained')
    const table = join('ml_parity', 'table.py')
    add(await runChecks('scikit-learn: the scores of every estimator', python, table, [folder]))
    add(await runChecks('onnxruntime: the answers of every estimator', python, 'ml_exports.py', [folder]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Everything that is checked of Fabrique. */
async function checkFabrique(copy, groups, add) {
  if (run(process.execPath, [join(root, 'scripts', 'build.mjs')]) !== 0) throw new Error('The build failed')
  const pythons = Object.entries(environments).map(([name, packages]) => [name, pythonOf(name, packages)])
  const server = await startFabrique(copy)
  try {
    await runScenarios(pythons, server.url, groups, add)
    if (groups.length === 0) await checkTheRest(new Map(pythons), server.url, copy, add)
  } finally {
    await server.stop()
  }
  if (groups.length === 0) await checkOwnPrograms(new Map(pythons), add)
}

async function checkTheRest(pythons, url, copy, add) {
  const iris = ['--url', url, '--data', join(copy.project, 'data', 'iris.csv')]
  for (const name of ['mlflow-2', 'mlflow-3']) {
    add(await runChecks(`${name}: the same 150 answers in Python`, pythons.get(name), 'iris_answers.py', iris))
  }
  for (const name of ['mlflow-2', 'mlflow-3']) {
    const title = `${name}: the answers of every kind of model, columns of every type`
    add(await runChecks(title, pythons.get(name), 'served_answers.py', ['--url', url, '--project', 'iris']))
  }
  const program = join(root, 'packages', 'fabrique', 'bin', 'fabrique.mjs')
  for (const name of ['mlflow-2', 'mlflow-3']) {
    const title = `${name}: models of scripts with scikit-learn and skl2onnx are served with their answers`
    add(await runChecks(title, pythons.get(name), 'ml_script.py', [process.execPath, program]))
  }
  for (const name of ['mlflow-2', 'mlflow-3']) {
    const title = `${name}: its folder and its SQLite file are imported`
    add(await runChecks(title, pythons.get(name), 'mlflow_import.py', [url, process.execPath, program]))
  }
  const adopted = 'dvc: its repositories are adopted, and it checks out ours'
  add(await runChecks(adopted, pythonOf('dvc', dvcPackages), 'dvc_suite.py', [url, process.execPath, program]))
  const same = 'great_expectations: the same successes and results on pandas'
  const gx = pythonOf('great-expectations', gxPackages)
  add(await runChecks(same, gx, 'gx_suite.py', ['--node', process.execPath, '--program', program]))
  const at = ['--url', url]
  const newest = pythons.get('mlflow-3')
  add(await runChecks('prometheus-client: both formats of /metrics', newest, 'metrics_formats.py', at))
  const written = [process.execPath, join(root, 'test', 'conformance', 'write_pipelines.mjs')]
  add(await runChecks('onnxruntime: the answers of exported pipelines', newest, 'ml_pipelines.py', written))
  await checkLearning(newest, add)
  const fuzzer = pythonOf('schemathesis', fuzzerPackages)
  const described = 'schemathesis: no request of the OpenAPI document fails the server'
  add(await runChecks(described, fuzzer, 'openapi_fuzz.py', at))
  const wrong = 'wrong requests to MLflow routes, predictions and artifact paths'
  add(await runChecks(wrong, fuzzer, 'fuzz_api.py', at))
}

/** The same scenarios against MLflow itself. What is noted as a difference must be one. */
async function checkPeer(groups, add) {
  const pythons = Object.entries(environments).map(([name, packages]) => [name, pythonOf(name, packages)])
  const server = await startPeer(new Map(pythons).get('mlflow-3'))
  try {
    await runScenarios(pythons, server.url, [...groups, '--genuine'], add)
  } finally {
    await server.stop()
  }
}

async function main() {
  // What was started ends with this program, also when it is told to stop.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      for (const child of running) child.kill('SIGTERM')
      process.exitCode = 1
    })
  }
  const { values } = parseArgs({ options: { peer: { type: 'boolean' }, groups: { type: 'string' } } })
  const groups = values.groups === undefined ? [] : ['--groups', values.groups]
  const copy = copyProject()
  const total = { passed: 0, failed: 0 }
  const add = ({ passed, failed }) => {
    total.passed += passed
    total.failed += failed
  }
  try {
    await (values.peer === true ? checkPeer(groups, add) : checkFabrique(copy, groups, add))
  } catch (error) {
    console.error(error)
    total.failed += 1
  }
  if (total.failed === 0) rmSync(copy.folder, { recursive: true, force: true })
  else console.error(`The project, its data and its logs were left in ${copy.folder}`)
  console.log(`\n${total.passed} passed, ${total.failed} failed`)
  process.exitCode = total.failed === 0 ? 0 : 1
}

await main()
