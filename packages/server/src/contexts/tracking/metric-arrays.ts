/*
 * Arrays in the binary form of PostgreSQL (array_recv, array_send): a header of five int4 (dimensions, whether there are nulls,
 * type of the elements, length, number of the first), then each element with its length before it; a length of -1 is null.
 */

const headerBytes = 20
const twoTo32 = 2 ** 32

/** Type of the elements (pg_type.oid) and the bytes of one. */
const kinds = {
  bool: { oid: 16, bytes: 1 },
  int8: { oid: 20, bytes: 8 },
  int4: { oid: 23, bytes: 4 },
  float8: { oid: 701, bytes: 8 },
} as const

function header(
  kind: keyof typeof kinds,
  length: number,
  nulls = 0,
): { readonly buffer: Buffer; readonly view: DataView } {
  const { oid, bytes } = kinds[kind]
  // Short ones, a dozen for each statement, are pieces of one block of memory.
  const buffer = Buffer.allocUnsafe(headerBytes + length * (4 + bytes) - nulls * bytes)
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
  view.setInt32(0, 1)
  view.setInt32(4, nulls > 0 ? 1 : 0)
  view.setInt32(8, oid)
  view.setInt32(12, length)
  view.setInt32(16, 1)
  return { buffer, view }
}

export function int4Array(values: ArrayLike<number>): Buffer {
  const { buffer, view } = header('int4', values.length)
  for (let index = 0, at = headerBytes; index < values.length; index += 1, at += 8) {
    view.setInt32(at, 4)
    view.setInt32(at + 4, values[index] ?? 0)
  }
  return buffer
}

/** Whole doubles from -2^63 to below 2^63, each exactly. */
export function int8Array(values: ArrayLike<number>): Buffer {
  const { buffer, view } = header('int8', values.length)
  for (let index = 0, at = headerBytes; index < values.length; index += 1, at += 12) {
    const value = values[index] ?? 0
    const high = Math.floor(value / twoTo32)
    view.setInt32(at, 8)
    view.setInt32(at + 4, high)
    view.setUint32(at + 8, value - high * twoTo32)
  }
  return buffer
}

/** NaN is NaN; -0 becomes 0. */
export function float8Array(values: ArrayLike<number>): Buffer {
  const { buffer, view } = header('float8', values.length)
  for (let index = 0, at = headerBytes; index < values.length; index += 1, at += 12) {
    view.setInt32(at, 8)
    view.setFloat64(at + 4, (values[index] ?? 0) + 0)
  }
  return buffer
}

/** The same where NaN stands for null. */
export function nullableFloat8Array(values: readonly number[]): Buffer {
  const nulls = values.filter(Number.isNaN).length
  const { buffer, view } = header('float8', values.length, nulls)
  let at = headerBytes
  for (const value of values) {
    view.setInt32(at, Number.isNaN(value) ? -1 : 8)
    at += 4
    if (Number.isNaN(value)) continue
    view.setFloat64(at, value + 0)
    at += 8
  }
  return buffer
}

export function boolArray(values: readonly boolean[]): Buffer {
  const { buffer, view } = header('bool', values.length)
  for (const [index, value] of values.entries()) {
    view.setInt32(headerBytes + index * 5, 1)
    view.setInt8(headerBytes + index * 5 + 4, value ? 1 : 0)
  }
  return buffer
}

/** The elements in an array of eight-byte numbers without nulls. An empty one is only a header. */
export function arrayLength(sent: Buffer): number {
  return Math.max(0, Math.floor((sent.length - headerBytes) / 12))
}

/** Puts the elements of an int8 array into `into` from `start` on; those beyond 2^53 that no double has are rounded. */
export function readInt8Array(sent: Buffer, into: Float64Array, start: number): void {
  const view = new DataView(sent.buffer, sent.byteOffset, sent.length)
  const length = arrayLength(sent)
  for (let index = 0, at = headerBytes + 4; index < length; index += 1, at += 12) {
    into[start + index] = view.getInt32(at) * twoTo32 + view.getUint32(at + 4)
  }
}

/** Puts the elements of a float8 array into `into` from `start` on. */
export function readFloat8Array(sent: Buffer, into: Float64Array, start: number): void {
  const view = new DataView(sent.buffer, sent.byteOffset, sent.length)
  const length = arrayLength(sent)
  for (let index = 0, at = headerBytes + 4; index < length; index += 1, at += 12) {
    into[start + index] = view.getFloat64(at)
  }
}
