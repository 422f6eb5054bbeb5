/** What a log is written to in the end. */
interface Sink {
  /** Whether it takes nothing more. */
  readonly destroyed?: boolean
  write(text: string): unknown
  flush(done: (error?: Error) => void): void
}

/** Lines go when there are as many characters, and in any case soon. */
const charactersMax = 16_000
const latestMs = 500

/**
 * Gathers lines for a stream that measures all that it holds with each piece that it is given: thousands of lines in a second are given to it
 * in some tens of pieces.
 */
export class GatheredLines {
  private lines = ''
  private timer: NodeJS.Timeout | undefined
  private readonly sink: Sink
  /** What the end of the process leaves no other time for; before the stream writes what it holds itself. */
  private readonly give = () => {
    clearTimeout(this.timer)
    this.timer = undefined
    if (this.lines === '') return
    const { lines } = this
    this.lines = ''
    if (this.sink.destroyed !== true) this.sink.write(lines)
  }

  constructor(sink: Sink) {
    this.sink = sink
    process.prependListener('exit', this.give)
  }

  write(line: string): void {
    this.lines += line
    if (this.lines.length >= charactersMax) this.give()
    else this.timer ??= setTimeout(this.give, latestMs).unref()
  }

  /** Writes what is there; nothing may come afterwards. */
  async close(): Promise<void> {
    process.off('exit', this.give)
    this.give()
    await new Promise<void>((resolve) => this.sink.flush(() => resolve()))
  }
}
