import { uint8At } from '../data/element.js'
import { MlError } from '../ml-error.js'

/** One field of a message, in the order in which it stands there. */
export interface ProtobufField {
  readonly number: number
  /** Of a varint; 0 for other wire types. */
  readonly int: bigint
  /** Of text, bytes, messages and packed lists; empty for other wire types. */
  readonly bytes: Uint8Array
  /** The field as it was written, key included, to be written again. */
  readonly raw: Uint8Array
}

const decoder = new TextDecoder()

/**
 * The fields of a protobuf message, one level deep: nothing is copied.
 * @throws MlError `invalid_file` where the bytes are no message
 */
export function readFields(message: Uint8Array): ProtobufField[] {
  const fields: ProtobufField[] = []
  const empty = message.subarray(0, 0)
  let at = 0

  function varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= message.length) throw damaged()
      const byte = uint8At(message, at++)
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asUintN(64, value)
    }
    throw damaged()
  }

  while (at < message.length) {
    const start = at
    const key = varint()
    const number = Number(key >> 3n)
    let int = 0n
    let bytes = empty
    switch (key & 7n) {
      case 0n:
        int = varint()
        break
      case 1n:
        at += 8
        break
      case 2n: {
        const length = Number(varint())
        bytes = message.subarray(at, at + length)
        at += length
        break
      }
      case 5n:
        at += 4
        break
      default:
        throw damaged()
    }
    if (at > message.length || number === 0) throw damaged()
    fields.push({ number, int, bytes, raw: message.subarray(start, at) })
  }
  return fields
}

/** The text of a field. */
export function textOf({ bytes }: ProtobufField): string {
  return decoder.decode(bytes)
}

/** The text of the only field of this number; empty without one. */
export function textAt(fields: readonly ProtobufField[], number: number): string {
  const found = fields.findLast((field) => field.number === number)
  return found === undefined ? '' : textOf(found)
}

/** The whole number of the only field of this number; 0 without one. */
export function intAt(fields: readonly ProtobufField[], number: number): number {
  return Number(BigInt.asIntN(64, fields.findLast((field) => field.number === number)?.int ?? 0n))
}

/** Whole numbers of a repeated field, packed or one by one. */
export function intsAt(fields: readonly ProtobufField[], number: number): number[] {
  return fields
    .filter((field) => field.number === number)
    .flatMap(({ int, bytes }) => (bytes.length === 0 ? [Number(BigInt.asIntN(64, int))] : readPacked(bytes)))
}

function readPacked(bytes: Uint8Array): number[] {
  const values: number[] = []
  let value = 0n
  let shift = 0n
  for (const byte of bytes) {
    value |= BigInt(byte & 127) << shift
    shift += 7n
    if (byte >= 128) continue
    values.push(Number(BigInt.asIntN(64, value)))
    value = 0n
    shift = 0n
  }
  return values
}

function damaged(): MlError {
  return new MlError('invalid_file', 'The file is no ONNX model, or is damaged')
}
