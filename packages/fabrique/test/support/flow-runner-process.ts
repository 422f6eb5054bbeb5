import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FromRunner, RunnerEnd, RunnerReply, RunnerRun, RunnerStepEnd, ToRunner } from '@fabrique/contract'

const program = fileURLToPath(new URL('../../bin/fabrique.mjs', import.meta.url))

type Call = Extract<FromRunner, { kind: 'call' }>
type Performed = Extract<Call, { method: 'perform' }>
type Line = Extract<FromRunner, { kind: 'log' }>['lines'][number]

/** What a run left with the worker that these tests are. */
export interface RanFlow {
  readonly end: RunnerEnd
  readonly isClean: boolean
  /** Each end of an attempt, in order. */
  readonly ends: readonly { readonly name: string; readonly end: RunnerStepEnd; readonly retryInMs?: number }[]
  readonly begun: readonly Extract<Call, { method: 'begin' }>['step'][]
  readonly lines: readonly Line[]
  readonly calls: readonly Call[]
  /** The calls that it made in one turn of its loop each. */
  readonly turns: readonly (readonly Call[])[]
  readonly progress: readonly Extract<FromRunner, { kind: 'progress' }>[]
}

export interface RunOptions extends Partial<RunnerRun> {
  readonly perform?: (asked: Performed) => RunnerReply
  /** Told of each call before it is answered. */
  readonly onCall?: (asked: Call, process: FlowRunnerProcess) => void
}

/** A process that runs flows, with the test in the place of its worker. */
export class FlowRunnerProcess {
  readonly child: ChildProcess
  readonly #folder: string
  #onMessage: (message: FromRunner) => void = () => {}
  readonly ready: Promise<Extract<FromRunner, { kind: 'ready' | 'broken' }>>
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  stderr = ''

  constructor(flows: string, flags: readonly string[] = []) {
    this.#folder = mkdtempSync(join(tmpdir(), 'fabrique-flows-'))
    writeFileSync(join(this.#folder, 'package.json'), '{"name":"p","type":"module"}')
    writeFileSync(
      join(this.#folder, 'fabrique.config.ts'),
      `import { defineProject, flow, z, cron, every, onEvent, onWebhook } from 'fabrique'\n${flows}\n`,
    )
    this.child = spawn(process.execPath, [program, 'flow-runner', this.#folder, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    })
    this.child.stdout?.resume()
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString()
    })
    this.child.on('message', (messages: readonly FromRunner[]) => {
      for (const message of messages) this.#onMessage(message)
    })
    this.ended = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => resolve({ code, signal }))
    })
    this.ready = new Promise((resolve) => {
      this.#onMessage = (message) => {
        if (message.kind === 'ready' || message.kind === 'broken') resolve(message)
      }
    })
  }

  send(...messages: readonly ToRunner[]): void {
    this.child.send(messages)
  }

  /** Runs a flow to the end of its execution. */
  async run(flow: string, options: RunOptions = {}): Promise<RanFlow> {
    await this.ready
    const { perform = () => ({ kind: 'waiting' }) as const, onCall, ...given } = options
    const ends: RanFlow['ends'][number][] = []
    const begun: RanFlow['begun'][number][] = []
    const lines: Line[] = []
    const calls: Call[] = []
    const turns: Call[][] = []
    let turn: Call[] = []
    let replies: ToRunner[] = []
    const progress: RanFlow['progress'][number][] = []
    const attempts = new Map<string, number>()
    const answer = (asked: Call): RunnerReply => {
      calls.push(asked)
      onCall?.(asked, this)
      if (asked.method === 'perform') return perform(asked)
      if (asked.method === 'end') ends.push(asked)
      if (asked.method === 'giveBack') for (const name of asked.names) attempts.delete(name)
      if (asked.method !== 'begin') return { kind: 'done' }
      begun.push(asked.step)
      const attempt = (attempts.get(asked.step.name) ?? 0) + 1
      attempts.set(asked.step.name, attempt)
      return { kind: 'begun', attempt, idempotencyKey: `key-${asked.step.name}` }
    }
    return await new Promise((resolve, reject) => {
      void this.ended.then(({ code, signal }) => reject(new Error(`it ended with ${signal ?? code}: ${this.stderr}`)))
      this.#onMessage = (message) => {
        if (message.kind === 'call') {
          turn.push(message)
          replies.push({ kind: 'reply', call: message.call, ok: answer(message) })
        } else if (message.kind === 'said') {
          // As a worker answers what it writes together.
          if (turn.length > 0) turns.push(turn)
          if (replies.length > 0) this.send(...replies)
          turn = []
          replies = []
        } else if (message.kind === 'log') lines.push(...message.lines)
        else if (message.kind === 'progress') progress.push(message)
        else if (message.kind === 'ended') {
          resolve({ end: message.end, isClean: message.isClean, ends, begun, lines, calls, turns, progress })
        }
      }
      const run: RunnerRun = {
        id: 'flow_1',
        project: 'p',
        flow,
        params: {},
        scheduledFor: '2026-11-22T06:00:00.000Z',
        requestedBy: 'local',
        attempt: 1,
        finished: [],
        ...given,
      }
      this.send({ kind: 'run', run })
    })
  }

  close(): void {
    this.child.kill('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
