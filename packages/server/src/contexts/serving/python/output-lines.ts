import { StringDecoder } from 'node:string_decoder'
import { limit } from '../../../kernel/index.js'

/** Characters of a line that are told, and of the end of an output that are kept. */
const lineCharsMax = 2_000
const tailCharsMax = 2_000

export interface OutputLinesOptions {
  readonly monotonicMs: () => number
  /** A line, and how many were left out before it. */
  readonly onLine: (line: string, dropped: number) => void
}

/** What a program writes, line by line and bounded: `serving.python_lines_max` in ten seconds, and the end of all of it. */
export class OutputLines {
  readonly #options: OutputLinesOptions
  readonly #decoder = new StringDecoder()
  #rest = ''
  #tail = ''
  #told = 0
  #dropped = 0
  #windowAt = Number.NEGATIVE_INFINITY

  constructor(options: OutputLinesOptions) {
    this.#options = options
  }

  add(chunk: Buffer): void {
    const text = this.#decoder.write(chunk)
    this.#tail = `${this.#tail}${text}`.slice(-tailCharsMax)
    const lines = `${this.#rest}${text}`.split(/[\r\n]+/)
    this.#rest = (lines.pop() ?? '').slice(0, lineCharsMax)
    for (const line of lines) if (line.trim() !== '') this.#tell(line.slice(0, lineCharsMax))
  }

  /** The last of it. */
  get tail(): string {
    return this.#tail.trim()
  }

  #tell(line: string): void {
    const now = this.#options.monotonicMs()
    if (now - this.#windowAt >= 10_000) {
      this.#windowAt = now
      this.#told = 0
    }
    this.#told += 1
    if (this.#told > limit('serving.python_lines_max')) {
      this.#dropped += 1
      return
    }
    this.#options.onLine(line, this.#dropped)
    this.#dropped = 0
  }
}
