import type { RunnerFailure, RunnerReply, RunnerRun, RunnerStep, RunnerStepEnd } from '@fabrique/contract'
import { FabriqueError, stepsAfterMax } from '@fabrique/contract'
import type { DeclaredFlow } from '../sdk/flow-definition.js'
import { type Asked, type Channel, withResolvers } from './channel.js'
import type { LogLines } from './log-lines.js'
import { StepFailure } from './step-failure.js'

/** After the last step at work ended, code gets so long to begin another before the run is given up to what it waits for. */
const settleMs = 20

/** A step that waits while others are at work is looked at again so often: first of all, the run is given up where none are. */
const lookAgainMs = 1_000
const lookAgainMsMin = 5 * settleMs

export type Begun = Extract<RunnerReply, { kind: 'begun' | 'finished' }>

/** Characters of the name of a step. */
const nameCharsMax = 200

/**
 * One execution of a run in this process: which steps are over, at work or waiting. It is over when its function has ended, or when all that
 * is open waits for something elsewhere.
 */
export class Execution {
  readonly run: RunnerRun
  readonly flows: ReadonlyMap<string, DeclaredFlow>
  readonly lines: LogLines
  readonly #channel: Channel
  readonly #finished: ReadonlyMap<string, RunnerStepEnd>
  readonly #names = new Set<string>()
  /** Ends that are not written yet. */
  readonly #ends = new Set<Promise<unknown>>()
  /** All of them: those who wait for the same ones share it. */
  #settled: Promise<unknown> | undefined
  /** Steps that are over and that no later one waited for. */
  #frontier: readonly string[] = []
  #working = 0
  #waiting = 0
  /** Functions of steps that were given up and go on. */
  #left = 0
  #settling: NodeJS.Timeout | undefined
  /** Waits of steps, ended early where another step is over. */
  readonly #looks = new Set<() => void>()
  /** What waits for an answer of the worker. */
  readonly #asks = new Set<(reason: unknown) => void>()
  readonly #idlers: (() => void)[] = []
  readonly #abort = new AbortController()
  readonly #given = withResolvers<'suspended'>()
  readonly #failed = withResolvers<never>()
  #isOver = false

  constructor(options: {
    readonly run: RunnerRun
    readonly flows: ReadonlyMap<string, DeclaredFlow>
    readonly channel: Channel
    readonly lines: LogLines
  }) {
    this.run = options.run
    this.flows = options.flows
    this.lines = options.lines
    this.#channel = options.channel
    this.#finished = new Map(options.run.finished.map(({ name, end }) => [name, end]))
    this.#failed.promise.catch(() => {})
  }

  /** Aborts when the run is cancelled; the reason is a StepFailure. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Resolves when all that is open waits. */
  get suspended(): Promise<'suspended'> {
    return this.#given.promise
  }

  /** Rejects with what code threw where nobody caught it. */
  get failed(): Promise<never> {
    return this.#failed.promise
  }

  get hasLeftovers(): boolean {
    return this.#left > 0 || this.#working > 0
  }

  abort(reason: RunnerFailure): void {
    const failure = new StepFailure(reason)
    this.#abort.abort(failure)
    for (const reject of this.#asks) reject(failure)
    this.#lookAgain()
  }

  fail(error: unknown): void {
    this.#failed.reject(error)
  }

  /** Nothing that code still does counts from now on. */
  close(): void {
    this.#isOver = true
    clearTimeout(this.#settling)
    this.#lookAgain()
  }

  /** Takes a name for a step. Throws `flow_step_name_taken`, `flow_step_invalid`. */
  claim(name: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    if (typeof name !== 'string' || name.trim() === '' || name.length > nameCharsMax || /[\u0000-\u001f]/.test(name)) {
      const reason = `a name is 1 to ${nameCharsMax} characters`
      const reason_fr = `un nom compte de 1 à ${nameCharsMax} caractères`
      throw new FabriqueError('flow_step_invalid', { step: String(name).slice(0, nameCharsMax), reason, reason_fr })
    }
    if (this.#names.has(name)) throw new FabriqueError('flow_step_name_taken', { step: name })
    this.#names.add(name)
  }

  /** How a step ended in an earlier execution. */
  finished(name: string): RunnerStepEnd | undefined {
    return this.#finished.get(name)
  }

  /** The steps that one that begins now comes after. */
  get frontier(): readonly string[] {
    return this.#frontier
  }

  /** A step is over that came after those. */
  passed(name: string, after: readonly string[]): void {
    this.#frontier = [...this.#frontier.filter((one) => !after.includes(one)), name].slice(-stepsAfterMax)
    this.#lookAgain()
  }

  /** Asks the worker; while it answers that the step waits, so does this. Rejects with a StepFailure. */
  async ask(asked: Asked): Promise<Exclude<RunnerReply, { kind: 'waiting' }>> {
    for (;;) {
      const reply = await this.atWork(() => this.#answerTo(asked))
      if (reply.kind !== 'waiting') return reply
      await this.#wait(reply.until)
    }
  }

  /**
   * Ends the last attempt of a step. What comes next need not wait for that to be written, but for the function of another step, which begins
   * after it: end and begin go together.
   */
  end(name: string, end: RunnerStepEnd): void {
    const written = this.ask({ kind: 'call', method: 'end', name, end })
    this.#ends.add(written)
    this.#settled = undefined
    written.then(
      () => this.#ends.delete(written),
      () => {},
    )
  }

  /** Once all ends are written. Rejects with a StepFailure. */
  async settled(): Promise<void> {
    this.#settled ??= Promise.all(this.#ends)
    await this.#settled
  }

  /** Once nothing is at work or waits that its function has not waited for. */
  async idle(): Promise<void> {
    for (;;) {
      // A step goes on with its function when it has begun, and with its end after that.
      await new Promise((resolve) => setImmediate(resolve))
      if (this.#working === 0 && this.#waiting === 0) return
      await new Promise<void>((resolve) => {
        this.#idlers.push(resolve)
      })
    }
  }

  async begin(step: RunnerStep): Promise<Begun> {
    const earlier = this.settled()
    const [reply] = await Promise.all([this.ask({ kind: 'call', method: 'begin', step }), earlier])
    if (reply.kind === 'done') throw new Error(`The worker did not begin step ${step.name}`)
    return reply
  }

  tellProgress(step: string, done: number, total?: number): void {
    if (!this.#isOver) this.#channel.tell({ kind: 'progress', step, done, ...(total === undefined ? {} : { total }) })
  }

  /** While an action of the run goes on, the run is not given up. Never resolves once the execution is over. */
  async atWork<Value>(action: () => Promise<Value>): Promise<Value> {
    this.signal.throwIfAborted()
    if (this.#isOver) return never()
    this.#working += 1
    clearTimeout(this.#settling)
    try {
      return await action()
    } finally {
      this.#working -= 1
      this.#tellIdlers()
      this.#settle()
    }
  }

  /** A function of a step was given up: as long as it goes on, this process is of no use for other runs. */
  leave(action: Promise<unknown>): void {
    this.#left += 1
    const over = () => {
      this.#left -= 1
    }
    action.then(over, over)
  }

  async #wait(until: string | undefined): Promise<void> {
    if (this.#isOver) return never()
    const untilMs = until === undefined ? lookAgainMs : Date.parse(until) - Date.now()
    this.#waiting += 1
    this.#settle()
    await new Promise<void>((resolve) => {
      const look = () => {
        clearTimeout(timer)
        this.#looks.delete(look)
        resolve()
      }
      const timer = setTimeout(look, Math.min(Math.max(untilMs, lookAgainMsMin), lookAgainMs))
      this.#looks.add(look)
    })
    this.#waiting -= 1
    this.#tellIdlers()
  }

  #lookAgain(): void {
    for (const look of [...this.#looks]) look()
  }

  #tellIdlers(): void {
    if (this.#working === 0) for (const idler of this.#idlers.splice(0)) idler()
  }

  /** What the worker answers, unless the run aborts first. Nothing is kept of it afterwards: a run may ask for very many. */
  #answerTo(asked: Asked): Promise<RunnerReply> {
    return new Promise((resolve, reject) => {
      this.#asks.add(reject)
      const over = () => this.#asks.delete(reject)
      this.#channel.call(asked).then(resolve, reject).then(over)
    })
  }

  #settle(): void {
    clearTimeout(this.#settling)
    if (this.#working > 0 || this.#waiting === 0 || this.#isOver) return
    this.#settling = setTimeout(() => {
      if (this.#working === 0 && this.#waiting > 0) this.#given.resolve('suspended')
    }, settleMs)
  }
}

/** What is asked by code whose execution is over gets no answer. */
const never = () => new Promise<never>(() => {})
