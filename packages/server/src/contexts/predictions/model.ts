import { createHash } from 'node:crypto'
import type { Json, Prediction, UsedFeature } from '@fabrique/contract'

/** Who answered: a version, and where a roll-out chose it, as which of its variants. */
export interface Answerer {
  readonly model: string
  readonly version: string
  readonly variant?: string | undefined
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

export type Outcome = 'answered' | 'refused' | 'failed'

/** One row of the log before it is written. */
export interface LogRow extends Answerer {
  readonly id: string
  readonly row: number
  readonly at: Date
  readonly key: string | undefined
  readonly requestId: string
  readonly actor: string
  readonly inputs: Readonly<Record<string, Json>>
  readonly features: readonly UsedFeature[] | undefined
  readonly output: Prediction
  readonly durationMs: number
  readonly weight: number
}

/** What stands for a value that is not kept. */
export const redacted = '[redacted]'

const isRecord = (value: unknown): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** One given row by name, without the values that are not to be kept. */
export function inputsOf(
  row: unknown,
  names: readonly string[],
  hidden: ReadonlySet<string>,
): Readonly<Record<string, Json>> {
  const values = Array.isArray(row) ? row : [row]
  const entries: (readonly [string, Json])[] = isRecord(row)
    ? Object.entries(row)
    : values.map((value: Json, index) => [names[index] ?? String(index), value])
  return Object.fromEntries(entries.map(([name, value]) => [name, hidden.has(name) ? redacted : value]))
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
