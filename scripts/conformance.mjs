// `npm run test:conformance`: foreign clients against the real program. Makes a Python environment for each client in
// .cache/, starts `fabrique up` on a copy of the Iris project, runs the checks of test/conformance, and stops it.
// The last line is `N passed, N failed`. Needs python3 (3.10 or later) with venv, and a package index.
import { spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Python environments: the last of MLflow 2 and the newest MLflow 3, with what their models need. */
const environments = {
  'mlflow-2': ['mlflow==2.22.5', 'onnx==1.23.2', 'onnxruntime==1.31.1', 'pandas==2.3.3', 'prometheus-client==0.26.0'],
  'mlflow-3': ['mlflow==3.17.2', 'onnx==1.23.2', 'onnxruntime==1.31.1', 'pandas==2.3.3', 'prometheus-client==0.26.0'],
}
const fuzzerPackages = ['schemathesis==4.32.5']
const startTimeoutMs = 90_000
const stopTimeoutMs = 20_000
const checkTimeoutMs = 600_000

/** The processes that this program started and that still run. */
const running = new Set()

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options })
  if (result.error !== undefined) throw result.error
  return result.status ?? 1
}

/** Makes an environment, or takes the one that has these packages. Returns its Python. */
function pythonOf(name, packages) {
  const folder = join(root, '.cache', `venv-${name}`)
  const python = join(folder, 'bin', 'python')
  const stamp = join(folder, 'packages.txt')
  const wanted = `${packages.join('\n')}\n`
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python
  console.error(`Making .cache/venv-${name}: ${packages.join(' ')}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(dirname(folder), { recursive: true })
  if (run('python3', ['-m', 'venv', folder]) !== 0) {
    throw new Error(
      'python3 -m venv failed: install Python 3.10 or later with venv (Debian: apt-get install python3-venv)',
    )
  }
  if (run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]) !== 0) {
    throw new Error(`pip could not install ${packages.join(' ')}`)
  }
  writeFileSync(stamp, wanted)
  return python
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
    env,
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

async function runAll(copy, add) {
  if (run(process.execPath, [join(root, 'scripts', 'build.mjs')]) !== 0) throw new Error('The build failed')
  const pythons = Object.entries(environments).map(([name, packages]) => [name, pythonOf(name, packages)])
  const fuzzer = pythonOf('schemathesis', fuzzerPackages)
  const server = await startFabrique(copy)
  try {
    const { url } = server
    const iris = ['--url', url, '--data', join(copy.project, 'data', 'iris.csv')]
    for (const [name, python] of pythons) {
      add(await runChecks(`${name}: the same 150 answers in Python`, python, 'iris_answers.py', iris))
      add(await runChecks(`${name}: a plain tracking client`, python, 'mlflow_plain.py', ['--url', url]))
    }
    const [, python] = pythons.at(-1)
    add(await runChecks('prometheus-client: both formats of /metrics', python, 'metrics_formats.py', ['--url', url]))
    add(
      await runChecks('schemathesis: no request of the OpenAPI document fails the server', fuzzer, 'openapi_fuzz.py', [
        '--url',
        url,
      ]),
    )
    add(
      await runChecks('wrong requests to MLflow routes, predictions and artifact paths', fuzzer, 'fuzz_api.py', [
        '--url',
        url,
      ]),
    )
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
  const copy = copyProject()
  const total = { passed: 0, failed: 0 }
  try {
    await runAll(copy, ({ passed, failed }) => {
      total.passed += passed
      total.failed += failed
    })
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
