import { AsyncLocalStorage } from 'node:async_hooks'
import { writeSync } from 'node:fs'
import { format } from 'node:util'
import type { FlowLogLevel, FromRunner } from '@fabrique/contract'
import type { FlowLog } from '../sdk/flow-steps.js'
import type { Channel } from './channel.js'

type Line = Extract<FromRunner, { kind: 'log' }>['lines'][number]

type Stream = 'stdout' | 'stderr'
const streams: readonly Stream[] = ['stdout', 'stderr']

interface NewLine {
  readonly level: FlowLogLevel
  readonly text: string
  readonly step: string | undefined
  readonly stream?: Stream
}

/** Lines wait so long for others to go with them. */
const flushMs = 50

/** What may wait: a flood is cut, and counted. */
const linesMax = 2_000
const charsMax = 1_000_000
const lineCharsMax = 8_000

/** What of one run is sent at all. */
const runCharsMax = 32_000_000

/** The step that code runs in, so that what it prints is known to be of the step. */
export const stepAtWork = new AsyncLocalStorage<string>()

/** Sends lines to the worker, in batches of which one is under way at a time. */
export class LogLines {
  readonly #channel: Channel
  readonly #rest = { stdout: '', stderr: '' }
  #lines: Line[] = []
  #chars = 0
  #sentChars = 0
  #dropped = 0
  #timer: NodeJS.Timeout | undefined
  #isSending = false
  #isOver = false

  constructor(channel: Channel) {
    this.#channel = channel
  }

  add(level: FlowLogLevel, text: string, step = stepAtWork.getStore()): void {
    this.#push({ level, text, step })
  }

  /** What code writes to its streams. */
  write(stream: Stream, text: string): void {
    if (this.#isOver) return
    if (this.#isFull) {
      this.#dropped += text.split('\n').length - 1
      this.#rest[stream] = ''
      return
    }
    const lines = `${this.#rest[stream]}${text}`.split(/\r?\n|\r/)
    this.#rest[stream] = (lines.pop() ?? '').slice(0, lineCharsMax)
    const level = stream === 'stderr' ? 'warn' : 'info'
    for (const line of lines) this.#push({ level, text: line, step: stepAtWork.getStore(), stream })
  }

  get #isFull(): boolean {
    return this.#lines.length >= linesMax || this.#chars >= charsMax || this.#sentChars >= runCharsMax
  }

  #push({ level, text, step, stream }: NewLine): void {
    if (this.#isOver) return
    if (this.#isFull) {
      this.#dropped += 1
      return
    }
    const cut = text.length > lineCharsMax ? `${text.slice(0, lineCharsMax)}…` : text
    this.#lines.push({
      at: new Date().toISOString(),
      level,
      text: cut,
      ...(step === undefined ? {} : { step }),
      ...(stream === undefined ? {} : { stream }),
    })
    this.#chars += cut.length
    this.#sentChars += cut.length
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isSending) return
    this.#timer ??= setTimeout(() => void this.flush(), flushMs)
  }

  /** Sends what is left of the run, also a line without an end. What code adds later would be told of the next run: it is left out. */
  async end(): Promise<void> {
    for (const stream of streams) if (this.#rest[stream] !== '') this.write(stream, '\n')
    this.#isOver = true
    await this.flush()
  }

  /** What was not sent yet, for a process that ends at once. */
  takeTexts(): readonly string[] {
    return this.#take().map(({ text }) => text)
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const lines = this.#take()
    if (lines.length === 0) return
    this.#isSending = true
    this.#channel.tell({ kind: 'log', lines })
    await this.#channel.flushed()
    this.#isSending = false
    if (this.#lines.length > 0) this.#schedule()
  }

  #take(): readonly Line[] {
    const lines = this.#lines
    if (this.#dropped > 0) {
      const text = `… ${this.#dropped} lines left out: they came faster than they are read`
      lines.push({ at: new Date().toISOString(), level: 'warn', text })
    }
    this.#lines = []
    this.#chars = 0
    this.#dropped = 0
    return lines
  }

  /** As steps and flows have it. */
  ofStep(step?: string): FlowLog {
    const at =
      (level: FlowLogLevel) =>
      (...values: readonly unknown[]) =>
        this.add(level, format(...values), step)
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }
}

const levels = { debug: 'debug', log: 'info', info: 'info', warn: 'warn', error: 'error' } as const

/**
 * From now on, what code prints goes to the lines, with the step that it is of: by the console, and by the streams of the process. The worker
 * reads what native code and other processes write to them.
 */
export function captureOutput(lines: () => LogLines | undefined): void {
  for (const [method, level] of Object.entries(levels)) {
    const print = console[method as keyof typeof levels].bind(console)
    console[method as keyof typeof levels] = (...values: unknown[]) => {
      const taken = lines()
      if (taken === undefined) print(...values)
      else taken.add(level, format(...values))
    }
  }
  for (const name of streams) {
    const stream = process[name]
    const write = stream.write.bind(stream)
    const captured = (chunk: string | Uint8Array, ...more: readonly unknown[]): boolean => {
      const taken = lines()
      // The encoding and the callback may be left out.
      if (taken === undefined) return write(chunk)
      taken.write(name, typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())
      const done = more.find((one) => typeof one === 'function')
      if (done !== undefined) queueMicrotask(() => done())
      return true
    }
    stream.write = captured
  }
  // Code that ends the process leaves no time to send anything.
  process.on('exit', () => {
    for (const text of lines()?.takeTexts() ?? []) writeSync(2, `${text}\n`)
  })
}
