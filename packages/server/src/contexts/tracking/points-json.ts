import { int8Text, type Points } from './metric-points.js'

/** Bytes of the longest number: a minus sign, 17 digits, a point and an exponent of three digits; int8 has 20. */
const numberBytesMax = 24
const zero = 0x30
const minus = 0x2d
const plus = 0x2b

/** Writes ASCII at a place; gives the place after it. Short texts: a call of the runtime would take longer than the loop. */
function putText(bytes: Uint8Array, text: string, place: number): number {
  for (let index = 0; index < text.length; index += 1) bytes[place + index] = text.charCodeAt(index)
  return place + text.length
}

function putBytes(bytes: Uint8Array, part: Uint8Array, place: number): number {
  for (let index = 0; index < part.length; index += 1) bytes[place + index] = part[index] ?? 0
  return place + part.length
}

/**
 * A double as PostgreSQL writes it: the fewest digits that read back as the same, with an exponent of at least two digits below
 * 1e-4 and from 1e15 on (1e23 and few others have one digit less here). NaN is a string, which is what the protocol has for it.
 */
function putDouble(bytes: Uint8Array, value: number, place: number): number {
  const size = Math.abs(value)
  if ((size >= 1e-4 && size < 1e15) || size === 0) return putText(bytes, String(value), place)
  if (Number.isNaN(value)) return putText(bytes, '"NaN"', place)
  const end = putText(bytes, value.toExponential(), place)
  const sign = bytes[end - 2]
  if (sign !== minus && sign !== plus) return end
  bytes[end] = bytes[end - 1] ?? zero
  bytes[end - 1] = zero
  return end + 1
}

/** Writes the digits of a whole number from 0 to 2^31; at least `digits` of them. */
function putDigits(bytes: Uint8Array, value: number, place: number, digits: number): number {
  let count = 1
  for (let rest = value; rest >= 10; rest = (rest / 10) | 0) count += 1
  count = Math.max(count, digits)
  let rest = value
  for (let at = place + count - 1; at >= place; at -= 1) {
    const next = (rest / 10) | 0
    bytes[at] = zero + rest - next * 10
    rest = next
  }
  return place + count
}

const billion = 1e9

function putInteger(bytes: Uint8Array, value: number, place: number): number {
  const size = Math.abs(value)
  if (size >= billion * billion || !Number.isSafeInteger(value)) return putText(bytes, int8Text(value), place)
  let at = place
  if (value < 0) {
    bytes[at] = minus
    at += 1
  }
  if (size < billion) return putDigits(bytes, size, at, 1)
  const high = Math.floor(size / billion)
  return putDigits(bytes, size - high * billion, putDigits(bytes, high, at, 1), 9)
}

/** The members of a JSON list of points, as bytes; `more` is the JSON of further members of each, after a comma. */
export function pointsJson(key: string, { values, timestamps, steps }: Points, more = ''): Buffer {
  if (values.length === 0) return Buffer.alloc(0)
  const start = `{"key":${JSON.stringify(key)},"value":`
  const next = Buffer.from(`${more}},${start}`)
  const [timestampName, stepName] = [Buffer.from(',"timestamp":'), Buffer.from(',"step":')]
  const most = next.length + timestampName.length + stepName.length + 3 * numberBytesMax
  const bytes = Buffer.allocUnsafe(values.length * most + next.length)
  let at = bytes.write(start)
  for (let index = 0; index < values.length; index += 1) {
    at = putDouble(bytes, values[index] ?? 0, at)
    at = putInteger(bytes, timestamps[index] ?? 0, putBytes(bytes, timestampName, at))
    at = putInteger(bytes, steps[index] ?? 0, putBytes(bytes, stepName, at))
    at = putBytes(bytes, next, at)
  }
  // The last is followed by none.
  return bytes.subarray(0, at - Buffer.byteLength(start) - 1)
}
