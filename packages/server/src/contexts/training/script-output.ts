/** Bytes of a line that are told; the rest of it stands in the log. */
const lineCharsMax = 500

/** Characters that are told of the end of an output. */
const tailCharsMax = 2000

/** What a program writes, bounded: the first and the last half of what may be kept, and its newest line. */
export class ScriptOutput {
  readonly #halfBytes: number
  readonly #head: Buffer[] = []
  #headBytes = 0
  #tail: Buffer[] = []
  #tailBytes = 0
  #dropped = 0
  #line = ''
  #rest = ''

  constructor(bytesMax: number) {
    this.#halfBytes = Math.floor(bytesMax / 2)
  }

  add(chunk: Buffer): void {
    const head = chunk.subarray(0, this.#halfBytes - this.#headBytes)
    if (head.length > 0) {
      this.#head.push(head)
      this.#headBytes += head.length
    }
    const tail = chunk.subarray(head.length)
    if (tail.length > 0) this.#addTail(tail)
    this.#addLines(chunk.toString())
  }

  #addTail(chunk: Buffer): void {
    this.#tail.push(chunk)
    this.#tailBytes += chunk.length
    // Joined now and then only: a flood is many small pieces.
    if (this.#tailBytes <= 2 * this.#halfBytes) return
    const joined = Buffer.concat(this.#tail)
    const kept = joined.subarray(joined.length - this.#halfBytes)
    this.#dropped += joined.length - kept.length
    this.#tail = [Buffer.from(kept)]
    this.#tailBytes = kept.length
  }

  #addLines(text: string): void {
    // A progress bar goes back to the start of its line.
    const lines = `${this.#rest}${text}`.split(/[\r\n]+/)
    this.#rest = (lines.pop() ?? '').slice(-lineCharsMax)
    const newest = lines.findLast((line) => line.trim() !== '')
    if (newest !== undefined) this.#line = newest.slice(0, lineCharsMax)
  }

  /** The newest complete line. */
  get line(): string {
    return this.#line
  }

  /** All of it, with a line in the place of what was dropped. */
  content(): Buffer {
    const joined = Buffer.concat(this.#tail)
    const tail = joined.subarray(Math.max(0, joined.length - this.#halfBytes))
    const dropped = this.#dropped + joined.length - tail.length
    const gap = dropped === 0 ? [] : [Buffer.from(`\n... ${dropped} bytes left out ...\n`)]
    return Buffer.concat([...this.#head, ...gap, tail])
  }

  /** The last lines of it. */
  tail(): string {
    const text = this.content()
      .subarray(-4 * tailCharsMax)
      .toString()
    return text.trimEnd().slice(-tailCharsMax)
  }
}
