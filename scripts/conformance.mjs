// `npm run test:conformance`: foreign clients against the real program. Makes a Python environment for each client in .cache/, and runs
// the checks of test/conformance, three at a time: each of two lanes has a `fabrique up` of its own on a copy of the Iris project, so that
// checks of one server never run at once; the third has none. What a check prints comes when it is over, how long each took at the end.
// With `-- --peer` the same MLflow scenarios run against a genuine MLflow server instead: it shows that they are true.
// `-- --groups search,registry` runs some groups of MLflow scenarios and nothing else; `-- --prepare` makes the environments only.
// `-- --thorough` kills and asks as often as a release needs, which takes an hour; without it the same is done fewer times, and not again
// where another version of a client or kept numbers of a peer have shown it (CONTRIBUTING.md says what).
// The last line is `N passed, N failed`. Needs python3 (3.10 to 3.12) with venv, a package index, Redis or Valkey (redis-server.mjs), and
// for its check Prometheus.
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { learningPackages, pythonOf } from './python-environment.mjs'
import { startRedisServer } from './redis-server.mjs'
import { s3Python, startS3Server } from './s3-server.mjs'

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
const inferencePackages = ['kserve==0.21.0', 'tritonclient[grpc,http]==2.73.0', 'onnx==1.23.2']
// What the tests compare with was made with these.
const numeric = ['numpy==2.4.6', 'scipy==1.17.1', 'scikit-learn==1.9.1', 'statsmodels==0.15.0']
const evidentlyPackages = ['evidently==0.7.21', 'pandas==2.3.3', 'pyarrow==26.0.1', ...numeric]
const nannymlPackages = ['nannyml==0.13.1', 'lightgbm==4.5.0', 'pandas==3.1.1', 'pyarrow==26.0.1', ...numeric]
const feastPackages = ['feast==0.67.0', 'pandas==2.3.3', 'pyarrow==26.0.1', 'numpy==2.4.6', 'dask==2026.8.0']
// These bound waiting for what never comes.
const startTimeoutMs = 300_000
const stopTimeoutMs = 60_000
const peerStartTimeoutMs = 300_000
const lanesCount = 2

const { values: flags } = parseArgs({
  options: {
    peer: { type: 'boolean' },
    groups: { type: 'string' },
    prepare: { type: 'boolean' },
    thorough: { type: 'boolean', default: false },
  },
})
/** How often things are killed and asked, and for how long they are watched. */
const effort = flags.thorough
  ? {
      checkTimeoutMs: 1_800_000,
      drillSeconds: '60',
      kills: '20',
      flowRuns: '200',
      cutSeconds: '20',
      fuzzExamples: '30',
      fuzzShare: '0.5',
      scrapeSeconds: '120',
    }
  : {
      checkTimeoutMs: 900_000,
      drillSeconds: '24',
      kills: '5',
      flowRuns: '40',
      cutSeconds: '20',
      fuzzExamples: '3',
      fuzzShare: '0.1',
      scrapeSeconds: '30',
    }
/** What a script is told where it need not do everything. */
const unlessThorough = (...args) => (flags.thorough ? [] : args)
const ifThorough = (...args) => (flags.thorough ? args : [])

/** The processes that this program started and that still run. */
const running = new Set()

/** Runs a program to its end: its status, and what it printed. Ends it when it takes too long. */
async function run(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: effort.checkTimeoutMs, ...options })
  running.add(child)
  const said = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => said.push(bytes))
  const status = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(code ?? signal))
  })
  running.delete(child)
  return { status, output: Buffer.concat(said).toString('utf8') }
}

/** The checks that are over, and how long each took. */
const times = []

/** Prints what a check said, in one piece. */
function tell(title, { status, output }, startedAt) {
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  times.push({ title, seconds })
  const ended = status === 0 ? '' : `, ended with ${status}: ${title}`
  process.stdout.write(`\n== ${title}\n${output.trimEnd()}\n(${seconds} s${ended})\n`)
}

/** Prints how long each check took, the longest first. */
function tellTimes() {
  const lines = times
    .sort((a, b) => b.seconds - a.seconds)
    .map(({ title, seconds }) => `${`${seconds}`.padStart(5)} s  ${title}`)
  console.log(`\n== how long each check took\n${lines.join('\n')}`)
}

/** A port that is free now. */
async function freePort() {
  const probe = createServer()
  await new Promise((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return port
}

/** A copy of a project, Iris without another, in a folder of its own, with `fabrique` where npm would have put it. */
function copyProject(from = join(root, 'examples', 'iris'), models = ['iris']) {
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-conformance-'))
  const project = join(folder, basename(from))
  mkdirSync(join(project, 'node_modules'), { recursive: true })
  for (const name of ['fabrique.config.ts', 'package.json', 'data'].filter((one) => existsSync(join(from, one)))) {
    cpSync(join(from, name), join(project, name), { recursive: true })
  }
  symlinkSync(join(root, 'packages', 'fabrique'), join(project, 'node_modules', 'fabrique'), 'dir')
  return { folder, project, models }
}

async function isServing(url, models) {
  const reply = await fetch(`${url}/status`, { signal: AbortSignal.timeout(10_000) }).catch(() => undefined)
  if (reply?.ok !== true) return false
  const { state, endpoints } = await reply.json()
  const ready = endpoints.filter((endpoint) => endpoint.state === 'ready').map(({ model }) => model)
  return state === 'up' && models.every((model) => ready.includes(model))
}

/** Starts `fabrique up` and waits until its models answer. */
async function startFabrique({ folder, project, models }) {
  const logFile = join(folder, 'up.log')
  const log = openSync(logFile, 'w')
  const bin = join(root, 'packages', 'fabrique', 'bin', 'fabrique.mjs')
  // Nothing of the caller's settings: the defaults are what is checked.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('FABRIQUE_') && name !== 'DATABASE_URL'),
  )
  const grpcPort = String(await freePort())
  const args = ['up', project, '--port', '0', '--grpc-port', grpcPort, '--lang', 'en']
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: project,
    // The receivers of webhooks listen on loopback.
    env: { ...env, NO_COLOR: '1', FABRIQUE_WEBHOOKS_ALLOW_PRIVATE: 'true' },
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
    const url = /Pages\s+(http:\S+)/.exec(readFileSync(logFile, 'utf8'))?.[1]
    if (url !== undefined && (await isServing(url, models))) return { url, grpc: `127.0.0.1:${grpcPort}`, stop }
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

/** One lane: a copy of the project, whose server is started by the first check that needs it. */
function makeLane() {
  const copy = copyProject()
  let server
  return {
    folder: copy.folder,
    data: join(copy.project, 'data', 'iris.csv'),
    async url() {
      server ??= startFabrique(copy)
      return (await server).url
    },
    async grpc() {
      server ??= startFabrique(copy)
      return (await server).grpc
    },
    async stop() {
      await (await server?.catch(() => undefined))?.stop()
      server = undefined
    },
  }
}

const mlflow = (name) => pythonOf(name, environments[name])
const dvc = () => pythonOf('dvc', dvcPackages)
const greatExpectations = () => pythonOf('great-expectations', gxPackages)
const evidently = () => pythonOf('evidently', evidentlyPackages)
/** What a peer said when the tests were written. */
const kept = (name) => join(root, 'packages', 'ml', 'test', 'parity', `${name}.json`)
const nannyml = () => pythonOf('nannyml', nannymlPackages)
const feast = () => pythonOf('feast', feastPackages)
const inference = () => pythonOf('inference', inferencePackages)
const fuzzer = () => pythonOf('schemathesis', fuzzerPackages)

/** Makes all environments, two at a time: most of it is waiting for packages. */
async function prepare() {
  const waiting = [
    ...Object.keys(environments).map((name) => () => mlflow(name)),
    dvc,
    evidently,
    feast,
    greatExpectations,
    inference,
    nannyml,
    fuzzer,
    s3Python,
  ]
  const work = async () => {
    for (let make = waiting.shift(); make !== undefined; make = waiting.shift()) await make()
  }
  await Promise.all([work(), work()])
}

/** The scenarios of each MLflow client; the oldest runs those that every version must pass. */
const scenarioChecks = (options) =>
  Object.keys(environments).map((name) => async (lane) => {
    const args = ['--url', await lane.url(), ...options, ...(name === 'mlflow-oldest' ? ['--smoke'] : [])]
    return runChecks(
      `${name}: scenarios of a tracking and registry client`,
      await mlflow(name),
      'mlflow_suite.py',
      args,
    )
  })

/** Runs one script and reads its last line. A script that ends without it counts as one failure. */
async function runChecks(title, python, script, args) {
  const startedAt = performance.now()
  const ended = await run(python, [join(root, 'test', 'conformance', script), ...args], {
    env: { ...process.env, PYTHONUNBUFFERED: '1', NO_PROXY: '127.0.0.1,localhost' },
  })
  tell(title, ended, startedAt)
  const counts = [...ended.output.matchAll(/^(\d+) passed, (\d+) failed\s*$/gm)].at(-1)
  if (counts === undefined) return { passed: 0, failed: 1 }
  const failed = Number(counts[2])
  return { passed: Number(counts[1]), failed: failed === 0 && ended.status !== 0 ? 1 : failed }
}

/** Runs some of our own test files, against what the environment names. That none of them has a test is a failure. */
async function runOwnTests(title, files, env, filter = []) {
  const startedAt = performance.now()
  const report = join(mkdtempSync(join(tmpdir(), 'fabrique-report-')), 'report.json')
  const args = [
    'run',
    '--project',
    'int',
    '--project',
    'e2e',
    // Each test as soon as it is over: of a check that is ended because it takes too long, it shows where it was.
    '--reporter=verbose',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...filter,
    ...files,
  ]
  const ended = await run(process.execPath, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
  })
  tell(title, ended, startedAt)
  const found = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined
  rmSync(dirname(report), { recursive: true, force: true })
  if (found === undefined) return { passed: 0, failed: 1 }
  const { numPassedTests: passed, numFailedTests: failed } = found
  return { passed, failed: failed === 0 && (ended.status !== 0 || passed === 0) ? 1 : failed }
}

const tests = join('packages', 'fabrique', 'test', 'e2e')
const program = join(root, 'packages', 'fabrique', 'bin', 'fabrique.mjs')

/** Clients of servers that only answer predictions, and the Python that each is in. */
const inferenceClients = [
  ['triton', 'tritonclient: HTTP with binary tensors, and gRPC', inference],
  ['kserve', 'kserve: its REST and gRPC clients', inference],
  ['mlflow', 'mlflow-3: its scoring client and the bodies that it makes', () => mlflow('mlflow-3')],
]

/** Checks of the server of a lane. */
const serverChecks = [
  ...inferenceClients.map(([client, title, python]) => async (lane) => {
    const args = [client, '--data', lane.data, '--url', await lane.url(), '--grpc', await lane.grpc()]
    return runChecks(`${title}, against a server`, await python(), 'inference_clients.py', args)
  }),
  async (lane) => {
    const args = [await lane.url(), process.execPath, program]
    const title = 'dvc: its repositories are adopted, and it checks out ours'
    return runChecks(title, await dvc(), 'dvc_suite.py', args)
  },
  async (lane) => {
    const args = ['--url', await lane.url(), '--project', 'iris']
    return runChecks('feast: its client and its shapes, beside a genuine server', await feast(), 'feast_suite.py', args)
  },
  ...['mlflow-2', 'mlflow-3'].flatMap((name) => [
    async (lane) => {
      const args = ['--url', await lane.url(), '--data', lane.data]
      return runChecks(`${name}: the same 150 answers in Python`, await mlflow(name), 'iris_answers.py', args)
    },
    async (lane) => {
      const title = `${name}: the answers of every kind of model, columns of every type`
      const some = name === 'mlflow-2' ? unlessThorough('--models', 'ridge,truth,forest,one number,one moment') : []
      const args = ['--url', await lane.url(), '--project', 'iris', ...some]
      return runChecks(title, await mlflow(name), 'served_answers.py', args)
    },
    async (lane) => {
      const title = `${name}: its folder and its SQLite file are imported`
      return runChecks(title, await mlflow(name), 'mlflow_import.py', [await lane.url(), process.execPath, program])
    },
  ]),
  async (lane) => {
    const title = 'prometheus-client: both formats of /metrics'
    return runChecks(title, await mlflow('mlflow-3'), 'metrics_formats.py', ['--url', await lane.url()])
  },
]

/** Any request, right or wrong: after all else that needs the server. */
const fuzzing = [
  async (lane) => {
    const phases = unlessThorough('--phases', 'examples,coverage,fuzzing')
    const args = ['--url', await lane.url(), '--examples', effort.fuzzExamples, ...phases]
    const title = 'schemathesis: no request of the OpenAPI document fails the server'
    return runChecks(title, await fuzzer(), 'openapi_fuzz.py', args)
  },
  async (lane) => {
    const args = ['--url', await lane.url(), '--share', effort.fuzzShare]
    const title = 'wrong requests to MLflow routes, predictions and artifact paths'
    return runChecks(title, await fuzzer(), 'fuzz_api.py', args)
  },
]

/** Whether this user may make namespaces of networks, as a host that is cut off needs. */
function mayMakeNetworks() {
  const name = `fabrique-may-${process.pid}`
  const made = spawnSync('ip', ['netns', 'add', name], { stdio: 'ignore' }).status === 0
  if (made) spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' })
  else console.log('No namespaces of networks may be made here: a host that is cut off is not tried')
  return made
}

/** A server on the project measured/, which has a bit of everything that is measured, asked by Prometheus. */
async function checkPrometheus() {
  const copy = copyProject(join(root, 'test', 'conformance', 'measured'), ['kinds', 'heights'])
  const server = await startFabrique(copy)
  try {
    const args = ['--url', server.url, '--program', program, '--seconds', effort.scrapeSeconds]
    const title = 'prometheus: metrics, rules, and every query of every dashboard'
    const found = await runChecks(title, process.execPath, 'prometheus_suite.mjs', args)
    const formats = 'prometheus-client: both formats of /metrics, with everything in them'
    const both = await runChecks(formats, await mlflow('mlflow-3'), 'metrics_formats.py', ['--url', server.url])
    const failed = found.failed + both.failed
    if (failed > 0) console.error(`The project of Prometheus and its logs were left in ${copy.folder}`)
    return { passed: found.passed + both.passed, failed }
  } finally {
    await server.stop()
  }
}

/** What mostly waits, for clocks and for programs that start: beside the checks of servers, which do not. */
const waitingChecks = [
  ...(mayMakeNetworks()
    ? [
        () => {
          const cut = { TEST_FLOW_PARTITION: effort.cutSeconds }
          return runOwnTests('flows: a host that is cut off', [join(tests, 'flow-partition.test.ts')], cut)
        },
      ]
    : []),
  () => {
    const drill = { TEST_FLOW_DRILL: effort.flowRuns }
    return runOwnTests('flows: a worker killed every 5 s', [join(tests, 'flow-drill.test.ts')], drill)
  },
  () => checkPrometheus(),
  () => {
    const drill = { TEST_DRILL_SECONDS: effort.drillSeconds, TEST_DRILL_WRITERS: '20' }
    const title = `20 writers, the server killed again and again for ${effort.drillSeconds} s`
    return runOwnTests(title, [join(tests, 'kill-drill.test.ts')], drill)
  },
  async () => {
    const env = { TEST_MLFLOW_PYTHON: await mlflow('mlflow-3') }
    return runOwnTests('flows: a Python script as a step', [join(tests, 'flow-python.test.ts')], env)
  },
]

/** What starts the programs that it needs; what takes longest comes first, so that no lane is left alone with it at the end. */
const ownChecks = [
  ...['churn', 'regression', 'synthetic'].map((name) => () => {
    // Before a release each command has a process of its own, as that of a user has.
    const env = { TEST_EXAMPLES: 'all', ...(flags.thorough ? { TEST_COMMANDS: 'cold' } : {}) }
    return runOwnTests(`the example ${name}, as its README tells`, [join(tests, `example-${name}.test.ts`)], env)
  }),
  async () => {
    const env = { TEST_MLFLOW_PYTHON: await mlflow('mlflow-3') }
    const files = [join('serving', 'python'), join('batches', 'predict-python'), join(tests, 'serve-python.test.ts')]
    return runOwnTests('models that Python computes, killed under load', files, env)
  },
  () => checkLearning(),
  async () => {
    const title = 'great_expectations: the same successes and results on pandas'
    const args = ['--node', process.execPath, '--program', program, ...ifThorough('--thorough')]
    return runChecks(title, await greatExpectations(), 'gx_suite.py', args)
  },
  () =>
    runOwnTests(`ingest, add, push and pull, each killed ${effort.kills} times`, ['ingest-kill', 'remotes/kills'], {
      TEST_KILLS: effort.kills,
    }),
  ...['mlflow-3', 'mlflow-2'].map((name) => async () => {
    const title = `${name}: models of scripts with scikit-learn and skl2onnx are served with their answers`
    // What is exported is the same; what the client makes of it is not.
    const some = name === 'mlflow-2' ? unlessThorough('maps,tensors,artifact') : []
    return runChecks(title, await mlflow(name), 'ml_script.py', [process.execPath, program, ...some])
  }),
  async () => {
    const redis = await startRedisServer()
    try {
      const title = `online store and rates on Redis, and ${effort.kills} kills for each store`
      // What needs no Redis is in the suite that needs nothing else.
      const files = ['features/online/kills', 'features/online/redis-store', 'rate-limits/redis-store']
      return await runOwnTests(title, files, { ...redis.env, TEST_KILLS: effort.kills })
    } finally {
      await redis.stop()
    }
  },
  ...inferenceClients.map(([client, title, python]) => async () => {
    const data = join(root, 'examples', 'iris', 'data', 'iris.csv')
    const args = [client, '--data', data, '--program', process.execPath, program]
    return runChecks(`${title}, against models in files`, await python(), 'inference_clients.py', args)
  }),
  async () => {
    const args = [kept('drift'), '--check']
    return runChecks(
      'evidently: scores and decisions that the tests compare with',
      await evidently(),
      'drift_cases.py',
      args,
    )
  },
  async () => {
    const title = 'evidently: reports, performance and embeddings that the tests compare with'
    return runChecks(title, await evidently(), 'monitoring_evidently.py', ['--check', kept('monitoring-evidently')])
  },
  async () => {
    const title = 'nannyml: estimated performance that the tests compare with'
    return runChecks(title, await nannyml(), 'monitoring_nannyml.py', ['--check', kept('monitoring-nannyml')])
  },
  async () => {
    const title = 'nannyml: columns together, as the tests compare with'
    return runChecks(title, await nannyml(), 'monitoring_multivariate.py', ['--check', kept('monitoring-multivariate')])
  },
  async () => {
    const peer = await startPeer(await mlflow('mlflow-3'))
    try {
      const title = 'the TypeScript client with a genuine MLflow server'
      return await runOwnTests(title, [join(tests, 'mlflow-client.test.ts')], { TEST_MLFLOW_URL: peer.url })
    } finally {
      await peer.stop()
    }
  },
  async () => {
    const env = { TEST_MLFLOW_PYTHON: await mlflow('mlflow-3') }
    const title = 'batches that Python computes'
    return runOwnTests(title, [join('app', 'batches.int')], env, ['-t', 'a version that only Python computes'])
  },
  async () => {
    const s3 = await startS3Server()
    try {
      return await runOwnTests('sources and remotes with an S3 server', ['s3'], s3.env)
    } finally {
      await s3.stop()
    }
  },
  async () => {
    const written = [process.execPath, join(root, 'test', 'conformance', 'write_pipelines.mjs')]
    const title = 'onnxruntime: the answers of exported pipelines'
    return runChecks(title, await mlflow('mlflow-3'), 'ml_pipelines.py', written)
  },
]

/** Every estimator: its scores beside scikit-learn's, and the answers of its file in both runtimes. */
async function checkLearning() {
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-learning-'))
  try {
    const startedAt = performance.now()
    const writer = join(root, 'test', 'conformance', 'ml_parity', 'write_experiments.mjs')
    const written = await run(process.execPath, [writer, folder])
    tell('every estimator is trained', written, startedAt)
    if (written.status !== 0) return { passed: 0, failed: 1 }
    const python = await mlflow('mlflow-3')
    const table = join('ml_parity', 'table.py')
    const kept = unlessThorough('--kept')
    const scores = await runChecks('scikit-learn: the scores of every estimator', python, table, [folder, ...kept])
    const answers = await runChecks('onnxruntime: the answers of every estimator', python, 'ml_exports.py', [folder])
    return { passed: scores.passed + answers.passed, failed: scores.failed + answers.failed }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Whether this program was told to stop: then no further check begins. */
let isTold = false

/** A lane takes the next check until there is none. One that throws is a failure, and the others go on. */
async function runAll(checks, lane, add) {
  for (let check = checks.shift(); check !== undefined && !isTold; check = checks.shift()) {
    try {
      add(await check(lane))
    } catch (error) {
      console.error(error)
      add({ passed: 0, failed: 1 })
    }
  }
}

/** Everything that is checked of Fabrique. */
async function checkFabrique(groups, add) {
  const built = await run(process.execPath, [join(root, 'scripts', 'build.mjs')])
  if (built.status !== 0) throw new Error(`The build failed:\n${built.output}`)
  const isWhole = groups.length === 0
  const ofServers = [...scenarioChecks(groups), ...(isWhole ? [...serverChecks, ...fuzzing] : [])]
  const others = isWhole ? [...waitingChecks, ...ownChecks] : []
  const lanes = Array.from({ length: lanesCount }, makeLane)
  const work = async (lane) => {
    try {
      await runAll(ofServers, lane, add)
    } finally {
      await lane.stop()
    }
    await runAll(others, undefined, add)
  }
  await Promise.all([runAll(others, undefined, add), ...lanes.map(work)])
  return lanes.map(({ folder }) => folder)
}

/** The same scenarios against MLflow itself. What is noted as a difference must be one. */
async function checkPeer(groups, add) {
  const server = await startPeer(await mlflow('mlflow-3'))
  try {
    await runAll(scenarioChecks([...groups, '--genuine']), { url: () => server.url }, add)
  } finally {
    await server.stop()
  }
  return []
}

async function main() {
  if (flags.prepare === true) return prepare()
  // What was started ends with this program, also when it is told to stop.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      isTold = true
      for (const child of running) child.kill('SIGTERM')
      process.exitCode = 1
    })
  }
  const groups = flags.groups === undefined ? [] : ['--groups', flags.groups]
  const total = { passed: 0, failed: 0 }
  const add = ({ passed, failed }) => {
    total.passed += passed
    total.failed += failed
  }
  let folders = []
  try {
    folders = await (flags.peer === true ? checkPeer(groups, add) : checkFabrique(groups, add))
  } catch (error) {
    console.error(error)
    total.failed += 1
  }
  if (total.failed === 0) for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  else if (folders.length > 0)
    console.error(`The projects, their data and their logs were left in ${folders.join(', ')}`)
  tellTimes()
  console.log(`\n${total.passed} passed, ${total.failed} failed`)
  process.exitCode = total.failed === 0 ? 0 : 1
}

await main()
