// The servers of the benchmark of flows: `fabrique up` on a project, and a genuine Prefect with a worker of a process pool, on its default
// database and on PostgreSQL. Each says how long things took by the clock of the program that ran the flow.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { addressOf, postgresOf } from '../support/postgres.mjs'
import { freePort, memoryOf, root, run, start, untilAnswers } from '../support/processes.mjs'

const here = join(root, 'bench', 'flows')
const pool = 'bench'
const startTimeoutMs = 120_000
/** As often as flows.py asks its server. */
const pollMs = 100

/** A request with a JSON body, or without one. Errors: a status other than 2xx. */
export async function ask(method, url, body) {
  const headers = { 'content-type': 'application/json', connection: 'close' }
  const reply = await fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  const text = await reply.text()
  if (!reply.ok) throw new Error(`${method} ${url} gave ${reply.status}: ${text.slice(0, 500)}`)
  return JSON.parse(text)
}

async function until(what, test, everyMs, timeoutMs = startTimeoutMs) {
  const end = performance.now() + timeoutMs
  for (;;) {
    const found = await test()
    if (found !== undefined) return found
    if (performance.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`)
    await sleep(everyMs)
  }
}

/** Ends a program with all that it started. */
async function stopGroup(one) {
  try {
    process.kill(-one.pid, 'SIGTERM')
  } catch {}
  await one.exited
}

/** `fabrique up` on the project beside this file. */
export async function startFabrique() {
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-flows-'))
  cpSync(join(here, 'project'), folder, { recursive: true })
  // The project imports `fabrique`, which is found from its folder upwards.
  const copy = { verbatimSymlinks: false, dereference: false, recursive: true }
  cpSync(join(root, 'node_modules', 'fabrique'), join(folder, 'node_modules', 'fabrique'), copy)
  const port = await freePort()
  const program = join(root, 'packages', 'fabrique', 'bin', 'fabrique.mjs')
  const env = { ...process.env, FABRIQUE_LOG_FORMAT: 'off' }
  const server = start(process.execPath, [program, 'up', folder, '--port', String(port)], { env, stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}/api/v1`
  const stop = async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  const flow = (name) => `${url}/projects/bench/flows/${name}`
  /** Starts a run; resolves to it when it is over. */
  const runOf = async (name, params) => {
    const { id } = await ask('POST', `${flow(name)}/runs`, { params })
    const ended = await until(
      `Run ${id} of ${name}`,
      async () => {
        const found = await ask('GET', `${url}/flow-runs/${id}`)
        return found.ended_at === undefined ? undefined : found
      },
      pollMs,
    )
    if (ended.state.type !== 'COMPLETED') throw new Error(`Run ${id} of ${name}: ${JSON.stringify(ended)}`)
    return ended
  }
  let postgres
  try {
    await untilAnswers(flow('first'), undefined, startTimeoutMs)
    const hasWorker = async () => ((await ask('GET', flow('first'))).has_worker ? true : undefined)
    await until('A worker has the flows', hasWorker, 50)
    postgres = postgresOf(join(folder, '.fabrique'))
  } catch (error) {
    await stop()
    throw error
  }
  return {
    name: 'Fabrique',
    stop,
    postgres,
    memory: () => memoryOf(server.pid, [postgres.pid]),
    async steps(count, ms) {
      await runOf('steps', { count: 3, ms: 0 }) // Warm-up, not counted.
      const began = performance.now()
      const { result } = await runOf('steps', { count, ms })
      return { ...result, recorded: (performance.now() - began) / 1000 }
    },
    async map(count) {
      await runOf('mapped', { count: 10 }) // Warm-up, not counted.
      const began = performance.now()
      const { id, result } = await runOf('mapped', { count })
      const recorded = (performance.now() - began) / 1000
      const { items } = await ask('GET', `${url}/flow-runs/${id}/steps?map=same&limit=1000`)
      const done = items.filter(({ state }) => state.type === 'COMPLETED').length
      if (done !== count) throw new Error(`${done} of ${count} steps are on record`)
      return { seconds: result.seconds, recorded }
    },
    /** Milliseconds from the request to the inside of the first step. */
    async first() {
      const began = Date.now()
      return (await runOf('first', {})).result.at - began
    },
    seed(python, count) {
      const database = addressOf(postgres, 'fabrique')
      const files = [join(root, 'bench', 'support', 'run_sql.py'), database, join(here, 'seed_fabrique.sql')]
      run(python, [...files, `count=${count}`, 'vacuum=1'])
    },
    async list(limit) {
      return (await ask('GET', `${url}/flow-runs?limit=${limit}`)).items.length
    },
    async listFailed(limit) {
      return (await ask('GET', `${url}/flow-runs?project=bench&state=FAILED&limit=${limit}`)).items.length
    },
  }
}

/** `prefect server start` and `prefect worker start`, as installed. Without `database`, it takes SQLite in its folder. */
export async function startPrefect(python, name, database) {
  const folder = mkdtempSync(join(tmpdir(), 'prefect-bench-flows-'))
  const home = join(folder, 'home')
  mkdirSync(home)
  cpSync(join(here, 'flows.py'), join(folder, 'flows.py'))
  const started = []
  const stop = async () => {
    for (const one of started.reverse()) await one.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}/api`
    const env = { ...process.env, HOME: home, PREFECT_HOME: home, PREFECT_API_URL: url }
    // Nothing is told to the maker.
    Object.assign(env, { PREFECT_SERVER_ANALYTICS_ENABLED: 'false', DO_NOT_TRACK: '1' })
    if (database !== undefined) env.PREFECT_API_DATABASE_CONNECTION_URL = database
    // What it notes for a terminal is not shown; the same goes to its server.
    const program = (args) => {
      const one = start(python, args, { cwd: folder, env, stdio: 'ignore' })
      const running = { pid: one.pid, stop: () => stopGroup(one) }
      started.push(running)
      return running
    }
    const asked = (...args) => {
      const text = run(python, ['flows.py', ...args.map(String)], {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      return JSON.parse(text.trim().split('\n').at(-1))
    }
    const server = program(['-m', 'prefect', 'server', 'start', '--host', '127.0.0.1', '--port', String(port)])
    await untilAnswers(`${url}/health`, undefined, startTimeoutMs)
    const worker = program(['-m', 'prefect', 'worker', 'start', '--pool', pool, '--type', 'process'])
    const online = async () => {
      const workers = await ask('POST', `${url}/work_pools/${pool}/workers/filter`, {}).catch(() => [])
      return workers.some(({ status }) => status === 'ONLINE') ? true : undefined
    }
    await until('A worker is online', online, 100)
    let count = 0
    const firstOf = async (deployment) => {
      count += 1
      const path = join(folder, `first-${count}.json`)
      const began = Date.now()
      await ask('POST', `${url}/deployments/${deployment}/create_flow_run`, { parameters: { path } })
      const at = await until('A run of first', async () => readIfThere(path), 50)
      return at - began
    }
    let deployed
    let served
    return {
      name,
      stop,
      memory: () => memoryOf(server.pid, [worker.pid]),
      steps: async (count, ms) => asked('steps', count, ms),
      stepsKept: async (count, ms) => asked('kept', count, ms),
      map: async (count) => asked('map', count),
      /** Milliseconds from the request to the first line of the flow, by a worker of a process pool. */
      async first() {
        deployed ??= asked('deploy', pool).deployment
        return firstOf(deployed)
      },
      /** The same by a program that serves its flow itself, which the first call starts. */
      async firstServed() {
        if (served === undefined) {
          program(['flows.py', 'serve'])
          const ready = async () => {
            const found = await ask('GET', `${url}/deployments/name/first/served`).catch(() => undefined)
            return found?.status === 'READY' ? found.id : undefined
          }
          served = await until('The served flow is ready', ready, 100)
        }
        return firstOf(served)
      },
      seed(_, count) {
        asked('steps', 1, 0)
        asked('seed', count)
      },
      async list(limit) {
        return (await ask('POST', `${url}/flow_runs/filter`, { limit, sort: 'EXPECTED_START_TIME_DESC' })).length
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function readIfThere(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}
