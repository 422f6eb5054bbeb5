import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { LineBatches } from './line-batches.js'
import type { ScriptTold, ScriptToRun } from './script-messages.js'
import { ScriptOutput } from './script-output.js'

/** Between two looks at what a script wrote. */
const tellMs = 500

/** Between the wish that a script ends and its end. */
const graceMs = 1000

/**
 * The process that runs one script of a user, in a group of its own, keeps its output, and ends all of the group with it: when it is over,
 * when it takes too long, and when the worker that asked for it is gone.
 */
export function watchScript(): void {
  process.once('message', (asked: ScriptToRun) => {
    void run(asked).then((told) => process.send?.(told, () => process.exit(0)))
  })
}

function tell(message: ScriptTold): void {
  send(message, () => {})
}

function send(message: ScriptTold, done: () => void): void {
  if (process.connected) process.send?.(message, undefined, undefined, done)
}

async function run(asked: ScriptToRun) {
  const { command, args, folder, environment, logFile, logBytesMax, timeoutMs } = asked
  const output = new ScriptOutput(logBytesMax)
  // Before there is a script: a wish to end that comes at its start would end this process alone.
  process.once('SIGTERM', () => stop())
  const child = spawn(command, args, {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const batches =
    asked.tellsLines === true
      ? new LineBatches((lines, dropped, done) => send({ kind: 'lines', lines, dropped }, done))
      : undefined
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (chunk: Buffer) => {
      output.add(chunk)
      batches?.add(stream, chunk)
    })
  }
  const end = endOf(child)
  if (child.pid !== undefined) tell({ kind: 'started', pid: child.pid })
  const stop = () => {
    endGroup(child, 'SIGTERM')
    setTimeout(() => endGroup(child, 'SIGKILL'), graceMs).unref()
  }
  // The worker is gone: nobody waits for an answer.
  process.once('disconnect', () => {
    endGroup(child, 'SIGKILL')
    process.exit(1)
  })
  let isTimeout = false
  const timer = setTimeout(() => {
    isTimeout = true
    stop()
  }, timeoutMs)
  let told = ''
  const teller = setInterval(() => {
    if (output.line === told) return
    told = output.line
    tell({ kind: 'line', text: told })
    if (logFile !== undefined) writeFile(logFile, output.content()).catch(() => {})
  }, tellMs)
  const ended = await end
  clearTimeout(timer)
  clearInterval(teller)
  endGroup(child, 'SIGKILL')
  if (logFile !== undefined) await writeFile(logFile, output.content())
  await batches?.end()
  if ('missing' in ended) return { kind: 'missing', reason: ended.missing } satisfies ScriptTold
  return { kind: 'ended', status: ended.status, isTimeout, tail: output.tail() } satisfies ScriptTold
}

/**
 * How a process ended. Its streams may stay open in the hands of what it started: they are given a moment to be read, and no more.
 */
function endOf(child: ChildProcess): Promise<{ readonly status: string } | { readonly missing: string }> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ missing: error.message }))
    const done = (code: number | null, signal: NodeJS.Signals | null) =>
      resolve({ status: signal ?? `status ${code ?? 'unknown'}` })
    child.once('close', done)
    child.once('exit', (code, signal) => setTimeout(() => done(code, signal), graceMs).unref())
  })
}

function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // All of it is gone.
  }
}
