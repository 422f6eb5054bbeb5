import { type ChildProcess, spawn } from 'node:child_process'
import { FabriqueError, type FromRunner, flowRunnerProtocol, type ToRunner } from '@fabrique/contract'

/** What a process of flows prints before it ends itself, since it took too much memory. */
const memoryMarks = /fabrique: the memory limit is reached|JavaScript heap out of memory|Allocation failed/

/** The end of a step waits so long for the rest of its turn: the code that comes next may block its process. */
const turnMs = 20

/** Characters of its last output that are told of a process that died. */
const tailCharsMax = 2_000

export interface RunnerOptions {
  /** Program and arguments. */
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly memoryMb: number
}

export type Ready = Extract<FromRunner, { kind: 'ready' | 'broken' }>
type Listener = (message: FromRunner) => void
type OutputListener = (stream: 'stdout' | 'stderr', chunk: Buffer) => void

/** A process that runs flows of one project, one run at a time; it leads a group, so that all that it starts ends with it. */
export class RunnerProcess {
  readonly #child: ChildProcess
  readonly #memoryMb: number
  #listener: Listener | undefined
  #outputListener: OutputListener | undefined
  readonly #outbox: ToRunner[] = []
  #tail = ''
  #runs = 0
  /** How it loaded its project; rejects where it died before. */
  readonly ready: Promise<Ready>
  /** Resolves when it is gone, with why in the form of a failure. */
  readonly exited: Promise<FabriqueError>

  constructor({ command, environment, memoryMb }: RunnerOptions) {
    const [program = '', ...args] = command
    this.#memoryMb = memoryMb
    this.#child = spawn(program, args, {
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#read('stdout', chunk))
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#read('stderr', chunk))
    const early: Ready[] = []
    let onReady = (ready: Ready): void => {
      early.push(ready)
    }
    let said: FromRunner[] = []
    let turn: NodeJS.Timeout | undefined
    const hear = () => {
      clearTimeout(turn)
      turn = undefined
      const messages = said
      said = []
      for (const message of messages) {
        if (message.kind === 'ready' || message.kind === 'broken') onReady(message)
        else this.#listener?.(message)
      }
    }
    this.#child.on('message', (messages: readonly FromRunner[]) => {
      said = said.concat(messages)
      if (said.at(-1)?.kind === 'said') hear()
      else turn ??= setTimeout(hear, turnMs)
    })
    this.exited = new Promise((resolve) => {
      const over = (how: string) => {
        hear()
        resolve(this.#death(how))
      }
      this.#child.once('error', (error) => over(error.message))
      // What it started may hold its streams: they are read for a moment, and no more.
      this.#child.once('close', (code, signal) => over(signal ?? `status ${code}`))
      this.#child.once('exit', (code, signal) => {
        this.kill()
        setTimeout(() => over(signal ?? `status ${code}`), 200).unref()
      })
    })
    this.ready = new Promise((resolve, reject) => {
      onReady = resolve
      for (const one of early) resolve(one)
      void this.exited.then(reject)
    })
    this.ready.catch(() => {})
    this.#child.on('error', () => {})
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.connected
  }

  /** Runs that it was given. */
  get runs(): number {
    return this.#runs
  }

  /** Takes what it tells and prints from now on; one run at a time. */
  attach(listener: Listener, outputListener: OutputListener): void {
    this.#runs += 1
    this.#tail = ''
    this.#listener = listener
    this.#outputListener = outputListener
  }

  detach(): void {
    this.#listener = undefined
    this.#outputListener = undefined
  }

  /** What is told in one turn of the loop goes as one message. */
  send(message: ToRunner): void {
    if (this.#outbox.push(message) > 1) return
    setImmediate(() => {
      const messages = this.#outbox.splice(0)
      // Where it is gone meanwhile, its end is told elsewhere.
      if (this.#child.connected) this.#child.send(messages, () => {})
    })
  }

  /** Ends it with all that it has started. */
  kill(): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // All of it is gone.
    }
  }

  #read(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    if (stream === 'stderr') this.#tail = `${this.#tail}${chunk.toString()}`.slice(-tailCharsMax)
    this.#outputListener?.(stream, chunk)
  }

  #death(how: string): FabriqueError {
    if (memoryMarks.test(this.#tail)) {
      return new FabriqueError('flow_runner_memory_exceeded', { limit_mb: this.#memoryMb })
    }
    return new FabriqueError('flow_runner_died', { how, tail: this.#tail.trim() || '-' })
  }
}

/** Whether a process speaks the same protocol and has the flow in this version. */
export function hasFlow(ready: Ready, flow: string, version: string): boolean {
  return (
    ready.kind === 'ready' &&
    ready.protocol === flowRunnerProtocol &&
    ready.flows.some((one) => one.name === flow && one.version === version)
  )
}
