import { StringDecoder } from 'node:string_decoder'

type Stream = 'stdout' | 'stderr'

/** Characters of a line that are kept. */
const lineCharsMax = 8_000

/** The lines of what a process prints, up to a bound in bytes; what is beyond is read and counted. */
export class LineReader {
  readonly #bytesMax: number
  readonly #onLine: (stream: Stream, text: string) => void
  readonly #rest = { stdout: '', stderr: '' }
  readonly #decoders = { stdout: new StringDecoder(), stderr: new StringDecoder() }
  #bytes = 0
  #dropped = 0

  constructor(bytesMax: number, onLine: (stream: Stream, text: string) => void) {
    this.#bytesMax = bytesMax
    this.#onLine = onLine
  }

  readonly read = (stream: Stream, chunk: Buffer): void => {
    if (this.#bytes >= this.#bytesMax) {
      this.#dropped += chunk.length
      return
    }
    this.#bytes += chunk.length
    const lines = `${this.#rest[stream]}${this.#decoders[stream].write(chunk)}`.split(/\r?\n|\r/)
    this.#rest[stream] = (lines.pop() ?? '').slice(0, lineCharsMax)
    for (const text of lines) this.#onLine(stream, cut(text))
  }

  /** Gives what is left, and how much was not kept. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#rest[stream] !== '') this.#onLine(stream, this.#rest[stream])
      this.#rest[stream] = ''
    }
    if (this.#dropped > 0) this.#onLine('stderr', `… ${this.#dropped} bytes left out`)
  }
}

const cut = (text: string) => (text.length > lineCharsMax ? `${text.slice(0, lineCharsMax)}…` : text)
