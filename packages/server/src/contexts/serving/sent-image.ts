import { createHash } from 'node:crypto'
import type { ModelSignature } from '@fabrique/contract'
import { fromBase64 } from './from-base64.js'

/** The file of an image in a request. */
export class SentImage {
  readonly file: Uint8Array

  constructor(file: Uint8Array) {
    this.file = file
  }
}

/** The image of JSON, `{"b64": ...}`; undefined where a value is none. */
export function imageOfJson(value: unknown): SentImage | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { b64, ...others } = value as Readonly<Record<string, unknown>>
  if (typeof b64 !== 'string' || Object.keys(others).length > 0) return undefined
  const file = fromBase64(b64)
  return file === undefined ? undefined : new SentImage(file)
}

export const takesImages = ({ features }: Pick<ModelSignature, 'features'>): boolean =>
  features.some(({ type }) => type === 'image')

/** Names of the features that are images. */
export function imageNames({ features }: Pick<ModelSignature, 'features'>): ReadonlySet<string> {
  return new Set(features.flatMap(({ name, type }) => (type === 'image' ? [name] : [])))
}

/** Rows as the log keeps them: of an image the hash of its file, which tells one from another. */
export function keptRows(rows: readonly unknown[], signature: ModelSignature): readonly unknown[] {
  if (!takesImages(signature)) return rows
  const names = imageNames(signature)
  const places = signature.features.map(({ name }) => names.has(name))
  return rows.map((row) => {
    if (Array.isArray(row)) return row.map((value: unknown, at) => (places[at] === true ? keptImage(value) : value))
    if (typeof row !== 'object' || row === null) return row
    return Object.fromEntries(
      Object.entries(row).map(([name, value]: [string, unknown]) => [name, names.has(name) ? keptImage(value) : value]),
    )
  })
}

function keptImage(value: unknown): unknown {
  const sent = value instanceof SentImage ? value : imageOfJson(value)
  return sent === undefined ? null : `sha256:${createHash('sha256').update(sent.file).digest('hex')}`
}
