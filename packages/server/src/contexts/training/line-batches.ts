import { StringDecoder } from 'node:string_decoder'
import type { ScriptLine } from './script-messages.js'

/** Lines wait so long for others to go with them. */
const batchMs = 100

/** What may wait; a flood is cut, and counted. */
const linesMax = 2_000
const charsMax = 1_000_000
const lineCharsMax = 8_000

/** The lines of a program on their way to whom they are told: one batch at a time, bounded while it is under way. */
export class LineBatches {
  readonly #send: (lines: readonly ScriptLine[], dropped: number, done: () => void) => void
  readonly #rest = { stdout: '', stderr: '' }
  readonly #decoders = { stdout: new StringDecoder(), stderr: new StringDecoder() }
  #lines: ScriptLine[] = []
  #chars = 0
  #dropped = 0
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined

  /** @param send sends a batch, and calls when it is on its way */
  constructor(send: (lines: readonly ScriptLine[], dropped: number, done: () => void) => void) {
    this.#send = send
  }

  add(stream: ScriptLine['stream'], chunk: Buffer): void {
    const lines = `${this.#rest[stream]}${this.#decoders[stream].write(chunk)}`.split(/\r?\n|\r/)
    // A line without an end is not kept longer than it is told.
    this.#rest[stream] = (lines.pop() ?? '').slice(0, lineCharsMax)
    for (const text of lines) this.#push(stream, text)
    this.#schedule()
  }

  /** Sends what is left. */
  async end(): Promise<void> {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#rest[stream] !== '') this.#push(stream, this.#rest[stream])
      this.#rest[stream] = ''
    }
    await this.#sending
    await this.#flush()
  }

  #push(stream: ScriptLine['stream'], text: string): void {
    if (this.#lines.length >= linesMax || this.#chars >= charsMax) {
      this.#dropped += 1
      return
    }
    const cut = text.length > lineCharsMax ? `${text.slice(0, lineCharsMax)}…` : text
    this.#lines.push({ stream, text: cut })
    this.#chars += cut.length
  }

  #schedule(): void {
    if (this.#sending !== undefined || (this.#lines.length === 0 && this.#dropped === 0)) return
    this.#timer ??= setTimeout(() => void this.#flush(), batchMs)
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#lines.length === 0 && this.#dropped === 0) return
    const [lines, dropped] = [this.#lines, this.#dropped]
    this.#lines = []
    this.#chars = 0
    this.#dropped = 0
    this.#sending = new Promise((resolve) => this.#send(lines, dropped, resolve))
    await this.#sending
    this.#sending = undefined
    this.#schedule()
  }
}
