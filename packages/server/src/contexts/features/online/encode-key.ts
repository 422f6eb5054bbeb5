import { createHash } from 'node:crypto'
import { FabriqueError } from '@fabrique/contract'
import type { KeyType } from '../registry/model.js'

/** A key of a view: the column that says which thing a row is about. */
export interface ViewKey {
  readonly name: string
  /** Type of its values; undefined takes them as they come. */
  readonly type: KeyType | undefined
}

export type KeyPart = string | number | bigint | boolean

/** Keys of more bytes stand as their digest: an index of PostgreSQL holds no long texts. */
const plainBytesMax = 1024

/**
 * The text of the keys of a row: a JSON array, so that no two lists of keys have the same. A long one is its SHA-256, which begins as no
 * array does.
 */
export function encodeKey(parts: readonly KeyPart[]): string {
  const [first] = parts
  // One short text or number needs no array to be made.
  const text =
    parts.length === 1 && first !== undefined ? `[${encodePart(first)}]` : `[${parts.map(encodePart).join(',')}]`
  if (text.length * 3 <= plainBytesMax || Buffer.byteLength(text) <= plainBytesMax) return text
  return `#${createHash('sha256').update(text).digest('base64url')}`
}

function encodePart(part: KeyPart): string {
  return typeof part === 'string' ? JSON.stringify(part) : String(part)
}

const wholeNumber = /^(0|-?[1-9]\d{0,18})$/

/**
 * The value of a key in the type of the view. A number may come as text and a text as number, where it reads back as it was written. Null
 * gives undefined, which equals nothing. Throws `feature_key_type`.
 */
export function castKey(value: unknown, { name, type }: ViewKey, view: string): KeyPart | undefined {
  if (value === null) return undefined
  switch (typeof value) {
    case 'string':
      if (type === 'integer') {
        if (!wholeNumber.test(value)) break
        const number = Number(value)
        return Number.isSafeInteger(number) ? number : BigInt(value)
      }
      if (type === 'boolean') {
        if (value !== 'true' && value !== 'false') break
        return value === 'true'
      }
      return value
    case 'number':
      if (type === 'boolean' || !Number.isSafeInteger(value)) break
      return type === 'text' ? String(value) : value === 0 ? 0 : value
    case 'boolean':
      if (type === 'integer' || type === 'text') break
      return value
  }
  throw keyType(value, name, type, view)
}

function keyType(value: unknown, key: string, type: ViewKey['type'], view: string): FabriqueError {
  const shown = (JSON.stringify(value) ?? String(value)).slice(0, 60)
  return new FabriqueError(
    'feature_key_type',
    {
      key,
      entities: 'the request',
      entity_type: typeof value,
      features: view,
      feature_type: type ?? 'text, integer or boolean',
      reason: `${shown} would not be the same value`,
      reason_fr: `${shown} ne serait pas la même valeur`,
    },
    { field: key },
  )
}
