// Starts programs for a benchmark and stops them again, by their own process ids.
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

export async function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** Starts a program in its own process group; `stop` ends the group with a signal and waits for the program. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], detached: true, ...options })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  return {
    pid: child.pid,
    exited,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      await exited
    },
  }
}

/** Waits until a request is answered with 200; returns the body. */
export async function untilAnswers(url, init, timeoutMs = 60_000) {
  const end = performance.now() + timeoutMs
  for (;;) {
    try {
      const reply = await fetch(url, init)
      const text = await reply.text()
      if (reply.ok) return text
    } catch {}
    if (performance.now() > end) throw new Error(`${url} did not answer within ${timeoutMs} ms`)
    await sleep(20)
  }
}

/** A copy of an example in a temporary folder. */
export function copyOf(example) {
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-'))
  cpSync(join(root, 'examples', example), folder, {
    recursive: true,
    filter: (path) => !path.includes('node_modules') && !path.includes('.fabrique'),
  })
  // The project imports `fabrique`, which is found from its folder upwards.
  cpSync(join(root, 'node_modules', 'fabrique'), join(folder, 'node_modules', 'fabrique'), {
    verbatimSymlinks: false,
    dereference: false,
    recursive: true,
  })
  return folder
}

export const copyOfIris = () => copyOf('iris')

export const irisRequest = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ features: [5.1, 3.5, 1.4, 0.2] }),
}

/** Processor seconds that a process has used so far, in all its threads. */
export function cpuSecondsOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return (user + system) / 100
}

/** Resident and proportional memory in MB of a process and all below it, and of `extra` processes. */
export function memoryOf(pid, extra = []) {
  const parents = new Map()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {}
  }
  const wanted = new Set([pid, ...extra])
  for (let size = 0; size !== wanted.size; ) {
    size = wanted.size
    for (const [child, parent] of parents) if (wanted.has(parent)) wanted.add(child)
  }
  const rows = [...wanted].flatMap((id) => {
    try {
      const rollup = readFileSync(`/proc/${id}/smaps_rollup`, 'utf8')
      const kb = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0)
      const command = readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0').filter(Boolean).slice(0, 4).join(' ')
      return [
        { id, command: command.replaceAll(root, '').slice(0, 70), rssMb: kb('Rss') / 1024, pssMb: kb('Pss') / 1024 },
      ]
    } catch {
      return []
    }
  })
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0)
  return { rows, rssMb: sum('rssMb'), pssMb: sum('pssMb') }
}

export function median(values) {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** A Python environment with packages, made once below `.cache`. */
export function pythonWith(name, packages) {
  const folder = join(root, '.cache', name)
  const python = join(folder, 'bin', 'python')
  if (spawnSync(python, ['-c', '']).status !== 0) run('python3', ['-m', 'venv', folder])
  run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages])
  return python
}

export function run(command, args, options = {}) {
  const { status, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`)
  return stdout
}
