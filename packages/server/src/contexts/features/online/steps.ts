import { assert } from '../../../kernel/index.js'
import type { OnlineValue, Step } from './model.js'

/** Steps as they are stored: `[[from, event, [values]], …]`, by their moments. */
export function encodeSteps(steps: readonly Step[]): string {
  return JSON.stringify(steps.map(({ fromUs, eventUs, values }) => [fromUs, eventUs, values]))
}

type StoredStep = readonly [number, number, readonly OnlineValue[]]

/** Only `encodeSteps`, and the SQL that gives the same, write them. */
export function decodeSteps(text: string): readonly Step[] {
  const steps = JSON.parse(text) as readonly StoredStep[]
  return steps.map(([fromUs, eventUs, values]) => ({ fromUs, eventUs, values }))
}

/** A step whose values are as they are stored: the JSON of each, which reads hand on. */
export interface StoredValues extends Omit<Step, 'values'> {
  readonly values: readonly string[]
}

/** The step that holds at a moment: the last that began no later. Only what is looked for is taken apart. */
export function stepAt(text: string, atUs: number): StoredValues | undefined {
  let found: StoredValues | undefined
  for (let start = 1; text[start] === '['; ) {
    const comma = text.indexOf(',', start)
    const fromUs = Number(text.slice(start + 1, comma))
    if (fromUs > atUs) break
    const second = text.indexOf(',', comma + 1)
    const { values, end } = valuesFrom(text, second + 2)
    found = { fromUs, eventUs: Number(text.slice(comma + 1, second)), values }
    // `],` of the step come before the next one.
    start = end + 3
  }
  return found
}

/** The JSON of the values of an array whose inside begins here, and where it ends. */
function valuesFrom(text: string, begin: number): { readonly values: readonly string[]; readonly end: number } {
  const close = text.indexOf(']', begin)
  const inside = text.slice(begin, close)
  if (inside === '') return { values: [], end: close }
  if (!/["[{]/.test(inside)) return { values: inside.split(','), end: close }
  const values: string[] = []
  let depth = 0
  let start = begin
  for (let at = begin; ; at += 1) {
    assert(at < text.length, 'The values of a row end')
    const letter = text[at]
    if (letter === '"') at = endOfText(text, at)
    else if (letter === '[' || letter === '{') depth += 1
    else if (depth > 0) depth -= letter === ']' || letter === '}' ? 1 : 0
    else if (letter === ',' || letter === ']') {
      values.push(text.slice(start, at))
      if (letter === ']') return { values, end: at }
      start = at + 1
    }
  }
}

/** Place of the quote that ends a text. */
function endOfText(text: string, quote: number): number {
  for (let at = quote + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '"') return at
  }
  return text.length
}

const [minus, zero, nine] = [0x2d, 0x30, 0x39]

/** A value of its JSON. */
export function valueOfJson(json: string): OnlineValue {
  // Most are plain numbers, which the parser takes longer to begin with than to read.
  const first = json.charCodeAt(0)
  const isNumber = first === minus || (first >= zero && first <= nine)
  return isNumber ? Number(json) : (JSON.parse(json) as OnlineValue)
}

/** A number as JSON can carry it. */
export function jsonNumber(value: number): OnlineValue {
  if (Number.isFinite(value)) return value
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
}
