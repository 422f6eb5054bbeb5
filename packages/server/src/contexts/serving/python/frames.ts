/** A message between this process and a Python process: its head in JSON, and bytes that stand as they are. */
export interface Frame {
  readonly head: unknown
  readonly body: Buffer
}

/** The lengths of head and body, each in four bytes, big-endian. */
const lengthsBytes = 8

/** The blocks of a frame, in the order in which they are written. */
export function writeFrame(head: unknown, body: readonly Uint8Array[]): readonly Uint8Array[] {
  const text = Buffer.from(JSON.stringify(head))
  const lengths = Buffer.allocUnsafe(lengthsBytes)
  lengths.writeUInt32BE(text.length, 0)
  lengths.writeUInt32BE(
    body.reduce((bytes, block) => bytes + block.byteLength, 0),
    4,
  )
  return [lengths, text, ...body]
}

/** Frames out of pieces as they come. A frame longer than its bound is an error, and nothing is read after it. */
export class FrameReader {
  readonly #bytesMax: number
  #pieces: Buffer[] = []
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** The frames that this piece ends. Throws a plain error where one is too long. */
  add(piece: Buffer): readonly Frame[] {
    this.#pieces.push(piece)
    this.#bytes += piece.length
    const frames: Frame[] = []
    for (let frame = this.#take(); frame !== undefined; frame = this.#take()) frames.push(frame)
    return frames
  }

  #take(): Frame | undefined {
    if (this.#bytes < lengthsBytes) return undefined
    const lengths = this.#joined(lengthsBytes)
    const headBytes = lengths.readUInt32BE(0)
    const bytes = lengthsBytes + headBytes + lengths.readUInt32BE(4)
    if (bytes > this.#bytesMax) throw new Error(`An answer has ${bytes} bytes, and ${this.#bytesMax} are the most`)
    if (this.#bytes < bytes) return undefined
    const all = this.#joined(bytes)
    this.#pieces = all.length === bytes ? [] : [all.subarray(bytes)]
    this.#bytes -= bytes
    return {
      head: JSON.parse(all.toString('utf8', lengthsBytes, lengthsBytes + headBytes)),
      body: all.subarray(lengthsBytes + headBytes, bytes),
    }
  }

  /** The first piece, with so many bytes of it at least; a long frame is joined once, when all of it is there. */
  #joined(bytes: number): Buffer {
    const [first] = this.#pieces
    if (first !== undefined && first.length >= bytes) return first
    const all = Buffer.concat(this.#pieces)
    this.#pieces = [all]
    return all
  }
}
