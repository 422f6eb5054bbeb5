import { createHash } from 'node:crypto'
import type { Json, Prediction, UsedFeature } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'

/** Who answered: a version, and where a roll-out chose it, as which of its variants. */
export interface Answerer {
  readonly model: string
  readonly version: string
  readonly variant?: string | undefined
  /** By which alias the version was asked; none where it was named by its number. */
  readonly alias?: string | undefined
}

/** An answered request, as serving tells it. */
export interface Answered extends Answerer {
  /** The rows as they were given: by name, or in the order of `names`. */
  readonly rows: readonly unknown[]
  readonly names: readonly string[]
  readonly predictions: readonly Prediction[]
  /** Of each row, where its features were looked up by key. */
  readonly used?: readonly (readonly UsedFeature[])[] | undefined
  /** Names of the keys in the rows, where features were looked up. */
  readonly keys?: readonly string[] | undefined
  /** What a roll-out assigned the request by. */
  readonly assignedBy?: string | undefined
  readonly requestId: string
  readonly actor: string
  readonly durationMs: number
  /** Of the body, for the bound on what waits. */
  readonly bytes: number
}

/** One row of an answer, and what the model said of it. */
export interface KeptRow {
  readonly inputs: Readonly<Record<string, Json>>
  readonly output: Prediction | Json
}

/** An answer of which the rows are made when they are written: what it holds until then is bounded by `bytes`. */
export interface AnsweredLater extends Answerer {
  readonly rowCount: number
  /** About how many rows it becomes, where they are not counted and `rowCount` is 1. */
  readonly likelyRows?: number | undefined
  readonly bytes: number
  /**
   * The rows, or the first of them: each stands for as many of `rowCount`. What throws is left out of the log. Values named as one that is
   * `hidden` need not be left out; those within another are.
   */
  read(hidden: ReadonlySet<string>): readonly KeptRow[]
  /** What a roll-out assigned the request by. */
  readonly assignedBy?: string | undefined
  readonly requestId: string
  readonly actor: string
  readonly durationMs: number
}

export type Outcome = 'answered' | 'refused' | 'failed'

/** One row of the log before it is written. */
export interface LogRow extends Answerer {
  readonly id: string
  readonly row: number
  readonly at: Date
  readonly key: string | undefined
  readonly requestId: string
  readonly actor: string
  /** JSON by name. */
  readonly inputs: string
  readonly features: readonly UsedFeature[] | undefined
  readonly output: Prediction | Json
  readonly durationMs: number
  readonly weight: number
}

/** What stands for a value that is not kept. */
export const redacted = '[redacted]'

const isRecord = (value: unknown): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * One given row by name as JSON, without the values that are not to be kept. Written at once: an object of hundreds of names takes ten times as
 * long to be made as its text.
 */
export function inputsText(row: unknown, names: readonly string[], hidden: ReadonlySet<string>): string {
  const member = (name: string, value: unknown) => {
    const kept = hidden.has(name) ? redacted : value
    const text = typeof kept === 'number' && Number.isFinite(kept) ? `${kept}` : JSON.stringify(shortText(kept))
    return `${JSON.stringify(name)}:${text ?? 'null'}`
  }
  if (isRecord(row)) {
    const members = Object.entries(row).map(([name, value]) => member(name, value))
    return `{${members.join(',')}}`
  }
  const values: readonly unknown[] = Array.isArray(row) ? row : [row]
  return `{${values.map((value, index) => member(names[index] ?? String(index), value)).join(',')}}`
}

/** A text of bounded length: an image in base64 is no row of a log. What is cut says so. */
function shortText(value: unknown): unknown {
  const max = limit('predictions.text_chars_max')
  if (typeof value !== 'string' || value.length <= max) return value
  return `${value.slice(0, max)}… [cut: ${value.length} characters]`
}

/** What a row was about: the only key as its text, several as a JSON array. None where one of them is not to be kept. */
export function keyOf(
  row: unknown,
  keys: readonly string[] | undefined,
  hidden: ReadonlySet<string>,
): string | undefined {
  if (keys === undefined || !isRecord(row) || keys.some((name) => hidden.has(name))) return undefined
  const values = keys.map((name) => row[name])
  const [only] = values
  if (only === undefined) return undefined
  return shortKey(
    keys.length === 1 && typeof only === 'string' ? only : JSON.stringify(keys.length === 1 ? only : values),
  )
}

/** A key that the database can find; of one that is longer, its hash. */
export function shortKey(key: string): string {
  if (Buffer.byteLength(key) <= keyBytesMax) return key
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}

const keyBytesMax = 500
