import { uint8At } from '../data/element.js'
import { MlError } from '../ml-error.js'

/** Protobuf readers, onnxruntime among them, refuse messages from 2 GiB on. */
const messageBytesMax = 2 ** 31 - 1

const encoder = new TextEncoder()

/**
 * Writes the protobuf wire format: fields in the order of the calls, each a key (field number and wire type) and a value.
 * Whole numbers are varints (seven bits a byte, least significant first); floats are little endian; text, bytes,
 * messages and packed lists are preceded by their length in bytes.
 */
export interface ProtobufWriter {
  /** A whole number in -2^53..2^53, negative ones in two's complement of 64 bits as int64 demands. */
  int(field: number, value: number): void
  float(field: number, value: number): void
  text(field: number, value: string): void
  bytes(field: number, value: Uint8Array): void
  /** The same text field once per item. */
  texts(field: number, values: Iterable<string>): void
  /** Of 64 bits where they are bigints. */
  packedInts(field: number, values: ArrayLike<number | bigint>): void
  packedFloats(field: number, values: ArrayLike<number>): void
  packedDoubles(field: number, values: ArrayLike<number>): void
  message(field: number, write: (writer: ProtobufWriter) => void): void
  /** What was written, in memory of its own. */
  finish(): Uint8Array<ArrayBuffer>
}

/** Pieces of what is written, in their order, so that a message of a gigabyte is not copied from each level to the next one. */
interface Pieces {
  readonly closed: readonly Uint8Array[]
  readonly byteCount: number
}

/** Room of a piece: at first, and at most where no single value needs more. */
const pieceBytes = { first: 256, most: 2 ** 20 }

/** From so many bytes on a value is a piece of its own. */
const ownPieceBytes = 2 ** 16

/** @throws MlError `model_too_large`, from any method, beyond 2 GiB. Bytes that are given must stay as they are until the end. */
export function createProtobufWriter(): ProtobufWriter {
  return createPiecewise().writer
}

function createPiecewise(): { readonly writer: ProtobufWriter; readonly pieces: () => Pieces } {
  const closed: Uint8Array[] = []
  let closedBytes = 0
  let buffer = new Uint8Array(pieceBytes.first)
  let view = new DataView(buffer.buffer)
  /** In the last piece, `buffer`. */
  let length = 0

  function close(): void {
    if (length === 0) return
    closed.push(buffer.subarray(0, length))
    closedBytes += length
    // What is left of it comes next.
    buffer = buffer.subarray(length)
    view = new DataView(buffer.buffer, buffer.byteOffset)
    length = 0
  }

  function assertFits(byteCount: number): void {
    const needed = closedBytes + length + byteCount
    if (needed <= messageBytesMax) return
    throw new MlError('model_too_large', 'The model is larger than 2 GiB: limit max_depth or n_estimators', {
      value: needed,
    })
  }

  function adopt(pieces: readonly Uint8Array[]): void {
    close()
    for (const piece of pieces) {
      closed.push(piece)
      closedBytes += piece.length
    }
  }

  function reserve(byteCount: number): void {
    if (length + byteCount <= buffer.length) return
    assertFits(byteCount)
    close()
    const size = Math.min(Math.max(2 * closedBytes, pieceBytes.first), pieceBytes.most)
    buffer = new Uint8Array(Math.max(size, byteCount))
    view = new DataView(buffer.buffer)
  }

  function varint(value: number | bigint): void {
    reserve(10)
    if (typeof value === 'bigint' || value < 0) {
      let rest = BigInt.asUintN(64, BigInt(value))
      for (; rest > 127n; rest >>= 7n) buffer[length++] = Number(rest & 127n) | 128
      buffer[length++] = Number(rest)
      return
    }
    let rest = value
    // Bit operations see 32 bits only.
    for (; rest >= 2 ** 31; rest = Math.floor(rest / 128)) buffer[length++] = (rest % 128) | 128
    for (; rest > 127; rest >>>= 7) buffer[length++] = (rest & 127) | 128
    buffer[length++] = rest
  }

  function key(field: number, wireType: 0 | 2 | 5): void {
    varint(field * 8 + wireType)
  }

  function float32(value: number): void {
    reserve(4)
    view.setFloat32(length, value, true)
    length += 4
  }

  function bytes(field: number, value: Uint8Array): void {
    key(field, 2)
    varint(value.length)
    if (value.length >= ownPieceBytes) {
      assertFits(value.length)
      adopt([value])
      return
    }
    reserve(value.length)
    buffer.set(value, length)
    length += value.length
  }

  const writer: ProtobufWriter = {
    int(field, value) {
      key(field, 0)
      varint(value)
    },
    float(field, value) {
      key(field, 5)
      float32(value)
    },
    bytes,
    text(field, value) {
      bytes(field, encoder.encode(value))
    },
    texts(field, values) {
      // A tree model repeats two words millions of times: each is encoded once, with its key and length.
      const entries = new Map<string, Uint8Array>()
      for (const value of values) {
        let entry = entries.get(value)
        if (!entry) {
          const single = createProtobufWriter()
          single.text(field, value)
          entry = single.finish()
          entries.set(value, entry)
        }
        reserve(entry.length)
        // Calling set would cost more than copying a dozen bytes.
        for (let index = 0; index < entry.length; index++) buffer[length++] = uint8At(entry, index)
      }
    },
    packedInts(field, values) {
      let byteCount = 0
      for (let index = 0; index < values.length; index++) byteCount += varintLength(values[index] ?? 0)
      key(field, 2)
      varint(byteCount)
      for (let index = 0; index < values.length; index++) varint(values[index] ?? 0)
    },
    packedFloats(field, values) {
      key(field, 2)
      varint(4 * values.length)
      for (let index = 0; index < values.length; index++) float32(values[index] ?? 0)
    },
    packedDoubles(field, values) {
      key(field, 2)
      varint(8 * values.length)
      reserve(8 * values.length)
      for (let index = 0; index < values.length; index++) {
        view.setFloat64(length, values[index] ?? 0, true)
        length += 8
      }
    },
    message(field, write) {
      const inner = createPiecewise()
      write(inner.writer)
      const pieces = inner.pieces()
      if (pieces.byteCount < ownPieceBytes) {
        bytes(field, joined(pieces))
        return
      }
      key(field, 2)
      varint(pieces.byteCount)
      assertFits(pieces.byteCount)
      adopt(pieces.closed)
    },
    finish: () => joined(pieces()),
  }

  function pieces(): Pieces {
    close()
    assertFits(0)
    return { closed, byteCount: closedBytes }
  }

  return { writer, pieces }
}

function joined({ closed, byteCount }: Pieces): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(byteCount)
  let start = 0
  for (const piece of closed) {
    whole.set(piece, start)
    start += piece.length
  }
  return whole
}

function varintLength(value: number | bigint): number {
  if (value < 0) return 10
  if (typeof value === 'bigint') {
    let bits = 7
    while (value >> BigInt(bits)) bits += 7
    return bits / 7
  }
  let byteCount = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) byteCount++
  return byteCount
}
