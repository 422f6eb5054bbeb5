import { z } from 'zod'
import type { JsonObject, NewRecord } from './model.js'

/** The database cannot hold NUL in a text. */
export const Text = z.string().refine((text) => !text.includes('\0'), 'must not contain NUL')
export const Tags = z.record(Text, Text.nullable())
export const DatasetId = z.object({ dataset_id: Text })

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const isObjectOrAbsent = (value: unknown) => value === undefined || value === null || isObject(value)

/** One record as a caller gives it: JSON whose depth is checked when it is written. */
export const Record = z.custom<NewRecord>(
  (value) =>
    isObject(value) &&
    isObject(value.inputs) &&
    isObjectOrAbsent(value.expectations) &&
    isObjectOrAbsent(value.tags) &&
    isObjectOrAbsent(value.source),
  'must have inputs, and may have outputs, expectations, tags and source',
)
