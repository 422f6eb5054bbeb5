import { FabriqueError } from '@fabrique/contract'

export function otlpError(reason: string): FabriqueError {
  return new FabriqueError('otlp_invalid', { reason })
}

/** Wire types of protocol buffers. */
const varint = 0
const fixed64 = 1
const lengthDelimited = 2
const fixed32 = 5

const text = new TextDecoder()

/**
 * Reads one message of protocol buffers. Strict: what ends early or has another type than its field must have throws
 * `otlp_invalid`. 64-bit numbers keep every bit, since times in nanoseconds are beyond what a double counts.
 */
export class WireReader {
  readonly #bytes: Buffer
  #at = 0
  #type = varint

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** The number of the next field, or 0 at the end. */
  next(): number {
    if (this.#at >= this.#bytes.length) return 0
    const key = this.#varint()
    this.#type = Number(key & 7n)
    const field = Number(key >> 3n)
    if (field === 0 || field > 0x1fff_ffff) throw otlpError('a field has no valid number')
    return field
  }

  /** A varint as an unsigned number of 64 bits. */
  unsigned(): bigint {
    this.#expect(varint)
    return this.#varint()
  }

  /** A varint as a signed number of 64 bits. */
  signed(): bigint {
    return BigInt.asIntN(64, this.unsigned())
  }

  fixed(): bigint {
    this.#expect(fixed64)
    return this.#bytes.readBigUInt64LE(this.#take(8))
  }

  double(): number {
    this.#expect(fixed64)
    return this.#bytes.readDoubleLE(this.#take(8))
  }

  bytes(): Buffer {
    this.#expect(lengthDelimited)
    const length = this.#length()
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  string(): string {
    return text.decode(this.bytes())
  }

  message(): WireReader {
    return new WireReader(this.bytes())
  }

  /** Passes over the value of a field that is not known. */
  skip(): void {
    if (this.#type === varint) this.#varint()
    else if (this.#type === fixed64) this.#take(8)
    else if (this.#type === fixed32) this.#take(4)
    else if (this.#type === lengthDelimited) this.#take(this.#length())
    else throw otlpError(`wire type ${this.#type} is not used by OpenTelemetry`)
  }

  #expect(type: number): void {
    if (this.#type !== type) throw otlpError('a field has another type than OpenTelemetry gives it')
  }

  #length(): number {
    const length = this.#varint()
    if (length > BigInt(this.#bytes.length)) throw otlpError('it ends early')
    return Number(length)
  }

  #take(count: number): number {
    const start = this.#at
    if (start + count > this.#bytes.length) throw otlpError('it ends early')
    this.#at = start + count
    return start
  }

  #varint(): bigint {
    // Most are short: plain numbers up to 28 bits, then big ones.
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#bytes[this.#take(1)] ?? 0
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) return BigInt(low)
    }
    let value = BigInt(low)
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#take(1)] ?? 0
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw otlpError('a number is too long')
  }
}
