import { int8Text, type Points } from './metric-points.js'

/** Bytes of the longest number: a minus sign, 17 digits, a point and an exponent of three digits; int8 has 20. */
const numberBytesMax = 24
const zero = 0x30
const minus = 0x2d
const comma = 0x2c
const closing = 0x5d
/** The first letter of `null`, which is what NaN becomes in a list. */
const letterN = 0x6e
const nan = '"NaN"'

/** A text as words of four bytes, which are put four times as fast as bytes; zeros at the end make the last one whole. */
interface Words {
  readonly words: Uint32Array
  /** Bytes of the text. */
  readonly length: number
}

function wordsOf(text: string): Words {
  const bytes = Buffer.from(text)
  const whole = Buffer.alloc(bytes.length + (-bytes.length & 3))
  bytes.copy(whole)
  const words = Uint32Array.from({ length: whole.length / 4 }, (_, index) => whole.readUInt32LE(4 * index))
  return { words, length: bytes.length }
}

/** Puts a text at a place; gives the place after it. Up to three bytes there become zero: what follows goes over them. */
function putWords(view: DataView, { words, length }: Words, place: number): number {
  for (let index = 0; index < words.length; index += 1) view.setUint32(place + 4 * index, words[index] ?? 0, true)
  return place + length
}

/** Writes ASCII at a place; gives the place after it. Short texts: a call of the runtime would take longer than the loop. */
function putText(bytes: Uint8Array, text: string, place: number): number {
  for (let index = 0; index < text.length; index += 1) bytes[place + index] = text.charCodeAt(index)
  return place + text.length
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

/** Doubles that become text at once: for a list the runtime takes half the time that each alone would take. */
const blockPoints = 1000

/**
 * Members of a JSON list of points, as bytes; none for no points. NaN is a string, which is what the protocol has for it.
 * @param around `more` is the JSON of further members of each point, after a comma; `before` and `after` go around all.
 */
export function pointsJson(
  key: string,
  { values, timestamps, steps }: Points,
  {
    more = '',
    before = '',
    after = '',
  }: { readonly more?: string; readonly before?: string; readonly after?: string } = {},
): Buffer {
  const count = values.length
  if (count === 0) return Buffer.from(before + after)
  const start = `{"key":${JSON.stringify(key)},"value":`
  const [first, next, end] = [wordsOf(before + start), wordsOf(`${more}},${start}`), wordsOf(`${more}}${after}`)]
  const [timestampName, stepName] = [wordsOf(',"timestamp":'), wordsOf(',"step":')]
  const most = next.length + timestampName.length + stepName.length + 3 * numberBytesMax
  const bytes = Buffer.allocUnsafeSlow(first.length + count * most + end.length + 3)
  const view = new DataView(bytes.buffer)
  const digits = Buffer.allocUnsafe(Math.min(count, blockPoints) * (numberBytesMax + 1) + 2)
  let at = putWords(view, first, 0)
  for (let from = 0; from < count; from += blockPoints) {
    const to = Math.min(count, from + blockPoints)
    digits.write(JSON.stringify(Array.from(values.subarray(from, to))), 'latin1')
    // After the bracket of the list.
    let digit = 1
    for (let index = from; index < to; index += 1) {
      let byte = digits[digit]
      if (byte === letterN) {
        at = putText(bytes, nan, at)
        digit += 'null'.length
      } else {
        for (; byte !== comma && byte !== closing; byte = digits[digit]) {
          bytes[at] = byte ?? zero
          at += 1
          digit += 1
        }
      }
      digit += 1
      at = putInteger(bytes, timestamps[index] ?? 0, putWords(view, timestampName, at))
      at = putInteger(bytes, steps[index] ?? 0, putWords(view, stepName, at))
      at = putWords(view, index + 1 === count ? end : next, at)
    }
  }
  return bytes.subarray(0, at)
}
