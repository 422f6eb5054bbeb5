import type { Json } from '@fabrique/contract'

/** A data set that applications are judged with; times in milliseconds. */
export interface EvaluationDataset {
  readonly id: string
  readonly name: string
  readonly digest: string
  /** Names and types of the fields of its records; absent while there are none. */
  readonly schema: DatasetSchema | null
  readonly tags: Readonly<Record<string, string>>
  readonly record_count: number
  readonly created_ms: number
  readonly updated_ms: number
  readonly created_by: string | null
  readonly updated_by: string | null
  readonly experiment_ids: readonly string[]
}

export interface DatasetSchema {
  readonly inputs: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, string>> | string
  readonly expectations: Readonly<Record<string, string>>
  readonly version: string
}

/** A record as it is stored. Members that hold JSON are texts: values may hold what the database refuses in JSON. */
export interface RecordRow {
  readonly id: string
  readonly input_hash: string
  readonly inputs: string
  readonly outputs: string | null
  readonly expectations: string | null
  readonly tags: string | null
  readonly source: string | null
  readonly source_id: string | null
  readonly source_type: string | null
  readonly created_ms: number
  readonly updated_ms: number
  readonly created_by: string | null
  readonly updated_by: string | null
}

export type JsonObject = { readonly [key: string]: Json }

/** The tag that says who writes. */
export const userTag = 'mlflow.user'

/** The type of a field, in the words of MLflow. */
function typeOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'float'
  return typeof value
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** More fields than this are not described. */
const fieldsMax = 1000

/** The fields known so far, and those of a value; what was known keeps its type. */
function withFields(known: Readonly<Record<string, string>>, value: JsonObject): Readonly<Record<string, string>> {
  const found = Object.entries(value).filter(([key]) => !Object.hasOwn(known, key))
  if (found.length === 0) return known
  const added = found.slice(0, Math.max(0, fieldsMax - Object.keys(known).length))
  return { ...known, ...Object.fromEntries(added.map(([key, member]) => [key, typeOf(member)])) }
}

/** A record as a caller gives it. Absent members keep what is there; null removes outputs. */
export interface NewRecord {
  readonly inputs: JsonObject
  readonly outputs?: Json
  readonly expectations?: JsonObject | null
  readonly tags?: JsonObject | null
  readonly source?: JsonObject | null
}

/** The schema of a data set once records are in it. */
export function extendSchema(schema: DatasetSchema | null, records: readonly NewRecord[]): DatasetSchema {
  let { inputs, outputs, expectations } = schema ?? { inputs: {}, outputs: {}, expectations: {} }
  for (const record of records) {
    inputs = withFields(inputs, record.inputs)
    expectations = withFields(expectations, record.expectations ?? {})
    const value = record.outputs
    if (isObject(value)) outputs = typeof outputs === 'string' ? outputs : withFields(outputs, value)
    else if (value !== undefined && value !== null && Object.keys(outputs).length === 0) outputs = typeOf(value)
  }
  return { inputs, outputs, expectations, version: schema?.version ?? '1.0' }
}

/** The database cannot hold NUL in a text, nor halves of characters. */
export function storable(text: string): string {
  return Buffer.from(text).toString().replaceAll('\0', '\ufffd')
}
