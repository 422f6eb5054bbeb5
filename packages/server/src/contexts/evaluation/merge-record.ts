import type { Json } from '@fabrique/contract'
import { canonicalJson } from '../../kernel/index.js'
import { invalidValue } from '../../platform/mlflow/index.js'
import { sha256 } from './digest.js'
import { isObject, type JsonObject, type NewRecord, type RecordRow, storable, userTag } from './model.js'

const sourceTypes = ['UNSPECIFIED', 'TRACE', 'HUMAN', 'DOCUMENT', 'CODE']

/** What makes two records the same: their inputs, whatever the order of keys. */
export function inputHash(record: NewRecord): string {
  return sha256(canonicalJson(record.inputs))
}

function sourceOf({ source }: NewRecord) {
  if (source === undefined || source === null) return { source: null, source_id: null, source_type: null }
  const type = String(source.source_type ?? 'UNSPECIFIED').toUpperCase()
  if (!sourceTypes.includes(type)) {
    const reason = `Invalid dataset record source type: ${type}. Valid source types: ${sourceTypes.join(', ')}`
    throw invalidValue('records.source', source.source_type, reason)
  }
  const data: JsonObject = isObject(source.source_data) ? source.source_data : {}
  const id = type === 'TRACE' ? data.trace_id : data.source_id
  return {
    source: JSON.stringify({ source_type: type, source_data: data }),
    source_id: typeof id === 'string' ? storable(id) : null,
    source_type: type,
  }
}

const userOf = (record: NewRecord): string | null => {
  const user = record.tags?.[userTag]
  return typeof user === 'string' ? storable(user) : null
}

function jsonOrNull(value: Json | undefined): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value)
}

export function newRow(record: NewRecord, id: string, hash: string, now: number): RecordRow {
  const user = userOf(record)
  return {
    id,
    input_hash: hash,
    inputs: JSON.stringify(record.inputs),
    outputs: jsonOrNull(record.outputs),
    expectations: jsonOrNull(record.expectations),
    tags: jsonOrNull(record.tags),
    ...sourceOf(record),
    created_ms: now,
    updated_ms: now,
    created_by: user,
    updated_by: user,
  }
}

/** Adds members to a stored object, if there are any. */
function merged(stored: string | null, added: JsonObject | null | undefined): string | null {
  if (added === undefined || added === null || Object.keys(added).length === 0) return stored
  const old: JsonObject = stored === null ? {} : JSON.parse(stored)
  return JSON.stringify({ ...old, ...added })
}

/** The record once the same inputs came again: outputs are replaced, expectations and tags added to. */
export function mergedRow(row: RecordRow, record: NewRecord, now: number): RecordRow {
  return {
    ...row,
    outputs: record.outputs === undefined ? row.outputs : jsonOrNull(record.outputs),
    expectations: merged(row.expectations, record.expectations),
    tags: merged(row.tags, record.tags),
    updated_ms: now,
    updated_by: userOf(record) ?? row.updated_by,
  }
}
