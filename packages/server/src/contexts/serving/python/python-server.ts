import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { type Clock, limit } from '../../../kernel/index.js'
import type { Log } from '../../../platform/logs/log.js'
import type { Frame } from './frames.js'
import { PythonProcess } from './python-process.js'

export interface PythonServerOptions {
  readonly python: string
  readonly environment: Readonly<Record<string, string>>
  readonly model: string
  readonly version: string
  /** The folder with the file `MLmodel`. */
  readonly folder: string
  readonly memoryBytesMax: number
  readonly log: Log
  readonly clock: Clock
  /** The bounds of the table of limits without. */
  readonly bounds?: Partial<PythonBounds>
}

export interface PythonBounds {
  readonly startMs: number
  readonly computeMs: number
  readonly waitingMax: number
  readonly answerBytesMax: number
  readonly delayMs: number
  readonly delayMsMax: number
}

/** What is asked of the process, as it reads it. */
export type Question =
  | { readonly kind: 'invoke'; readonly content_type: string }
  | { readonly kind: 'infer'; readonly inputs: readonly BlockHead[] }

/** A tensor whose bytes stand in the body. */
export interface BlockHead {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
  readonly bytes: number
}

/** What the process tells, beside how much memory it has. */
const Told = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready'), mlflow: z.string(), memory_bytes: z.number() }),
  z.object({ kind: z.literal('broken'), reason: z.string(), memory_bytes: z.number() }),
  z.object({ kind: z.literal('scored'), status: z.number(), content_type: z.string(), memory_bytes: z.number() }),
  z.object({
    kind: z.literal('outputs'),
    outputs: z.array(
      z.object({
        name: z.string().nullable(),
        datatype: z.string(),
        shape: z.array(z.number()),
        bytes: z.number(),
      }),
    ),
    memory_bytes: z.number(),
  }),
  z.object({ kind: z.literal('refused'), input: z.string().nullable(), reason: z.string(), memory_bytes: z.number() }),
  z.object({ kind: z.literal('failed'), reason: z.string(), memory_bytes: z.number() }),
])
type ToldHead = z.infer<typeof Told>

export interface Answer {
  readonly head: Exclude<ToldHead, { kind: 'ready' | 'broken' }>
  readonly body: Buffer
  readonly queueMs: number
  readonly computeMs: number
}

interface Asked {
  readonly question: Question
  readonly body: readonly Uint8Array[]
  readonly askedAt: number
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
  /** Ends its wait. */
  timer: NodeJS.Timeout | undefined
  /** When its computation could begin. */
  begunAt: number
}

/** One request is computed, and the next is with the process already. */
const sentMax = 2

/**
 * Keeps one Python process with one model alive. Requests are answered one by one, in order; they wait in a bounded queue. A process that
 * dies, or takes too long for one request, is replaced after a delay that grows with each death; meanwhile requests are refused with
 * `model_restarting`.
 */
export class PythonServer {
  readonly #options: PythonServerOptions
  readonly #bounds: PythonBounds
  readonly #waiting: Asked[] = []
  readonly #sent: Asked[] = []
  #process: PythonProcess | undefined
  #isReady = false
  #isReleased = false
  #deaths = 0
  #readyAt = 0
  #memoryBytes = 0
  #restartTimer: NodeJS.Timeout | undefined
  #computeTimer: NodeJS.Timeout | undefined

  constructor(options: PythonServerOptions) {
    this.#options = options
    this.#bounds = {
      startMs: limit('serving.python_start_ms'),
      computeMs: limit('serving.python_compute_ms'),
      waitingMax: limit('serving.python_waiting_max'),
      answerBytesMax: limit('serving.python_answer_bytes_max'),
      delayMs: limit('serving.python_restart_ms_min'),
      delayMsMax: limit('serving.python_restart_ms_max'),
      ...options.bounds,
    }
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** As the process told it last. */
  get memoryBytes(): number {
    return this.#memoryBytes
  }

  /** The process that watches the one with the model; undefined between two. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** Starts the process and resolves when its model is loaded. Throws a plain error with the reason where it cannot. */
  async start(): Promise<void> {
    const { model, version, log, clock, folder, python, environment, memoryBytesMax } = this.#options
    const startedAt = clock.monotonicMs()
    let tell: (told: ToldHead) => void = () => {}
    const first = new Promise<ToldHead>((resolve) => {
      tell = resolve
    })
    const process = new PythonProcess({
      python,
      environment,
      folder,
      memoryBytesMax,
      answerBytesMax: this.#bounds.answerBytesMax,
      monotonicMs: () => clock.monotonicMs(),
      onLine: (line, dropped) =>
        log.info(
          { model, version, line, ...(dropped === 0 ? {} : { dropped }) },
          'The Python process of a model wrote',
        ),
      onFrame: (frame) => {
        const told = Told.parse(frame.head)
        this.#memoryBytes = told.memory_bytes
        if (told.kind === 'ready' || told.kind === 'broken') tell(told)
        else this.#onAnswer(told, frame)
      },
    })
    this.#process = process
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), this.#bounds.startMs)
    })
    const told = await Promise.race([first, process.exited.then((how) => ({ how })), late])
    clearTimeout(timer)
    if (this.#isReleased) throw new Error('The model was released while its Python process started')
    if (told === 'late' || !('kind' in told) || told.kind !== 'ready') {
      process.kill()
      this.#process = undefined
      throw new Error(whyNotStarted(told, { python, startMs: this.#bounds.startMs, tail: process.tail }))
    }
    this.#isReady = true
    this.#readyAt = clock.monotonicMs()
    const figures = { mlflow: told.mlflow, pid: process.pid, start_ms: Math.round(this.#readyAt - startedAt) }
    log.info({ model, version, ...figures }, 'A Python process serves a model')
    void process.exited.then((how) => this.#onExit(process, how))
  }

  /** Throws `model_restarting`, `server_overloaded`, `model_failed`. */
  ask(question: Question, body: readonly Uint8Array[], timeoutMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (!this.#isReady) throw this.#restarting()
      if (this.#waiting.length >= this.#bounds.waitingMax) {
        throw overloaded(
          `${this.#bounds.waitingMax} requests wait for it already`,
          `${this.#bounds.waitingMax} requêtes l’attendent déjà`,
        )
      }
      const askedAt = this.#options.clock.monotonicMs()
      const asked: Asked = { question, body, askedAt, resolve, reject, timer: undefined, begunAt: askedAt }
      this.#waiting.push(asked)
      this.#pump()
      if (this.#sent.includes(asked)) return
      asked.timer = setTimeout(() => {
        const at = this.#waiting.indexOf(asked)
        if (at < 0) return
        this.#waiting.splice(at, 1)
        reject(overloaded(`the request waited ${timeoutMs} ms`, `la requête a attendu ${timeoutMs} ms`))
      }, timeoutMs)
    })
  }

  /** Ends the process; requests that wait are refused. */
  async release(): Promise<void> {
    this.#isReleased = true
    this.#isReady = false
    clearTimeout(this.#restartTimer)
    const process = this.#process
    process?.kill()
    this.#refuseAll()
    await process?.exited
  }

  #pump(): void {
    while (this.#sent.length < sentMax) {
      const asked = this.#waiting.shift()
      if (asked === undefined) return
      clearTimeout(asked.timer)
      this.#sent.push(asked)
      this.#process?.send(asked.question, asked.body)
      if (this.#sent.length === 1) this.#begin(asked)
    }
  }

  /** The process computes this one now. */
  #begin(asked: Asked): void {
    asked.begunAt = this.#options.clock.monotonicMs()
    this.#computeTimer = setTimeout(() => {
      const { model, version, log } = this.#options
      const seconds = this.#bounds.computeMs / 1000
      log.error({ model, version, seconds }, 'The Python process of a model took too long and is ended')
      this.#sent.shift()
      asked.reject(
        new FabriqueError('model_failed', {
          reason: `it did not answer within ${seconds} s`,
          reason_fr: `il n’a pas répondu en ${seconds} s`,
        }),
      )
      this.#isReady = false
      this.#process?.kill()
    }, this.#bounds.computeMs)
  }

  #onAnswer(head: Answer['head'], { body }: Frame): void {
    // The answer of a request whose time is over: the process is about to end, and the next request is not answered by it.
    if (!this.#isReady) return
    clearTimeout(this.#computeTimer)
    const asked = this.#sent.shift()
    if (asked === undefined) return
    const [next] = this.#sent
    if (next !== undefined) this.#begin(next)
    this.#pump()
    const { askedAt, begunAt } = asked
    const now = this.#options.clock.monotonicMs()
    asked.resolve({ head, body, queueMs: begunAt - askedAt, computeMs: now - begunAt })
  }

  #onExit(process: PythonProcess, how: string): void {
    if (this.#process !== process || this.#isReleased) return
    this.#process = undefined
    this.#isReady = false
    const { model, version, log, clock } = this.#options
    if (clock.monotonicMs() - this.#readyAt >= this.#bounds.delayMsMax) this.#deaths = 0
    const delay = this.#nextDelayMs()
    log.error({ model, version, how, delay_ms: delay, tail: process.tail }, 'The Python process of a model died')
    this.#refuseAll()
    this.#restartLater(delay)
  }

  #nextDelayMs(): number {
    const { delayMs, delayMsMax } = this.#bounds
    this.#deaths += 1
    return Math.min(delayMs * 2 ** (this.#deaths - 1), delayMsMax)
  }

  #restartLater(delay: number): void {
    this.#restartTimer = setTimeout(() => {
      this.start().catch((error: unknown) => {
        if (this.#isReleased) return
        const { model, version, log } = this.#options
        const nextDelay = this.#nextDelayMs()
        const told = { model, version, delay_ms: nextDelay, err: error }
        log.error(told, 'The Python process of a model could not be restarted')
        this.#restartLater(nextDelay)
      })
    }, delay)
  }

  #refuseAll(): void {
    clearTimeout(this.#computeTimer)
    for (const asked of [...this.#sent.splice(0), ...this.#waiting.splice(0)]) {
      clearTimeout(asked.timer)
      asked.reject(this.#restarting())
    }
  }

  #restarting(): FabriqueError {
    const { model, version } = this.#options
    return new FabriqueError('model_restarting', { model, version })
  }
}

function whyNotStarted(
  told: 'late' | ToldHead | { readonly how: string },
  { python, startMs, tail }: { readonly python: string; readonly startMs: number; readonly tail: string },
): string {
  if (told === 'late') return `Its Python process was not ready within ${startMs / 1000} s`
  if (!('kind' in told)) {
    if (/ENOENT|EACCES/.test(told.how)) return `There is no Python at ${python}`
    return `Its Python process ended with ${told.how}${tail === '' ? '' : `: ${tail.slice(-500)}`}`
  }
  return told.kind === 'broken' ? `Python cannot load it: ${told.reason}` : 'Its Python process spoke out of turn'
}

function overloaded(reason: string, reason_fr: string): FabriqueError {
  return new FabriqueError('server_overloaded', { reason, reason_fr })
}
