import { exampleRequest, FabriqueError, type FeatureSpec, type ModelSignature } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { parseMoment } from './parse-moment.js'
import { imageOfJson, SentImage, takesImages } from './sent-image.js'

/**
 * Input columns in the order of the signature, as a file takes them: numbers with NaN where one is missing, milliseconds since 1970 with the
 * lowest int64, texts with an empty one. Images are the files that were sent.
 */
export type FeatureColumns = readonly (
  | Float32Array
  | Float64Array
  | BigInt64Array
  | readonly string[]
  | readonly SentImage[]
)[]

export interface ParsedFeatures {
  readonly columns: FeatureColumns
  readonly rowCount: number
  /** True when the request held one row that was not in a list: the answer is then not a list either. */
  readonly single: boolean
}

interface ModelNames {
  readonly model: string
  readonly signature: ModelSignature
  /** Features that the model takes with 64 bits, which models of Fabrique do of none. */
  readonly doubles?: ReadonlySet<string> | undefined
}

type Row = readonly unknown[] | Readonly<Record<string, unknown>>

/** What `Array.isArray` tells of lists that are not written to. */
const isList = (row: Row): row is readonly unknown[] => Array.isArray(row)

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A missing moment in a file. */
const missingMoment = -(2n ** 63n)

/**
 * Takes the rows out of a prediction request and checks them against the signature. Nothing is guessed: an extra, wrongly typed or
 * non-finite value is an error that names the feature and the row, and so is a missing one of a feature that is not nullable. By name, a
 * nullable feature may be left out as well as null.
 */
export function parseFeatures(body: unknown, target: ModelNames): ParsedFeatures {
  const { rows, single } = findRows(body, target)
  if (rows.length > limit('predict.rows_max')) {
    throw new FabriqueError('too_many_rows', { found: rows.length, limit: limit('predict.rows_max') })
  }
  const { features } = target.signature
  const columns = features.map(({ name, type }) => createColumn(type, rows.length, target.doubles?.has(name) === true))
  for (const [rowIndex, row] of rows.entries()) {
    if (isList(row)) checkCount(row.length, rowIndex, target)
    else checkNames(row, rowIndex, target)
    for (let index = 0; index < columns.length; index += 1) {
      const [feature, column] = [features[index], columns[index]]
      if (feature === undefined || column === undefined) continue
      const value = isList(row) ? row[index] : row[feature.name]
      if (column instanceof Float32Array) column[rowIndex] = numberOf(value, feature, rowIndex)
      else if (column instanceof Float64Array) column[rowIndex] = doubleOf(value, feature, rowIndex)
      else if (column instanceof BigInt64Array) column[rowIndex] = momentOf(value, feature, rowIndex)
      else if (column instanceof Images) column[rowIndex] = imageOf(value, feature, rowIndex)
      else column[rowIndex] = textOf(value, feature, rowIndex)
    }
  }
  return { columns, rowCount: rows.length, single }
}

class Images extends Array<SentImage> {}

function createColumn(
  type: FeatureSpec['type'],
  rowCount: number,
  isDouble: boolean,
): Float32Array | Float64Array | BigInt64Array | string[] | Images {
  if (type === 'timestamp') return new BigInt64Array(rowCount)
  if (type === 'image') return new Images(rowCount)
  if (type === 'text' || type === 'category') return new Array<string>(rowCount)
  return isDouble ? new Float64Array(rowCount) : new Float32Array(rowCount)
}

/** The rows of a request that was checked, as they were given: also those that name keys. */
export function givenRows(body: unknown, signature: ModelSignature): readonly unknown[] {
  const given = isRecord(body) && 'features' in body ? body.features : body
  return Array.isArray(given) && isRow(given[0], signature) ? given : [given]
}

/** An image of JSON is an object too, and a value. */
function isRow(value: unknown, signature: ModelSignature): boolean {
  if (!isRecord(value)) return Array.isArray(value)
  return !('b64' in value && takesImages(signature) && imageOfJson(value) !== undefined)
}

function findRows(body: unknown, target: ModelNames): { rows: readonly Row[]; single: boolean } {
  if (!isRecord(body)) throw noFeatures(target)
  const given = 'features' in body ? body.features : body
  if (isRecord(given)) {
    if (Object.keys(given).length === 0) throw noFeatures(target)
    return { rows: [given], single: true }
  }
  if (!Array.isArray(given) || given.length === 0) throw noFeatures(target)
  if (!isRow(given[0], target.signature)) return { rows: [given], single: true }
  for (const [index, row] of given.entries()) {
    if (!Array.isArray(row) && !isRecord(row)) {
      throw new FabriqueError(
        'invalid_request',
        { field: `features[${index}]`, reason: 'must be a row, as the first one is' },
        { field: `features[${index}]` },
      )
    }
  }
  return { rows: given as Row[], single: false }
}

function noFeatures({ model, signature }: ModelNames): FabriqueError {
  const example = JSON.stringify(exampleRequest(signature))
  return new FabriqueError('features_missing', { model, example }, { field: 'features' })
}

/** What a row names: keys, where the model looks its features up by them, or features. */
function takenNames(signature: ModelSignature): { names: string; names_fr?: string } {
  const names = namesOf(signature)
  const keys = signature.feature_lookup?.keys.join(', ')
  return keys === undefined ? { names } : { names: `${keys}; or ${names}`, names_fr: `${keys}\u202f; ou ${names}` }
}

const namesOf = (signature: ModelSignature) => signature.features.map(({ name }) => name).join(', ')

function checkCount(found: number, row: number, { model, signature }: ModelNames): void {
  const expected = signature.features.length
  if (found === expected) return
  throw new FabriqueError(
    'feature_count_wrong',
    { model, expected, names: namesOf(signature), row, found },
    { field: `features[${row}]` },
  )
}

/** What rows by name may and must name, found once for each signature. */
interface TakenNames {
  readonly known: ReadonlySet<string>
  readonly needed: readonly string[]
}

const namesOfSignatures = new WeakMap<ModelSignature, TakenNames>()

function namesTaken(signature: ModelSignature): TakenNames {
  const found = namesOfSignatures.get(signature)
  if (found !== undefined) return found
  const { features } = signature
  const names = {
    known: new Set(features.map(({ name }) => name)),
    needed: features.filter(({ nullable }) => nullable !== true).map(({ name }) => name),
  }
  namesOfSignatures.set(signature, names)
  return names
}

function checkNames(row: Readonly<Record<string, unknown>>, index: number, { model, signature }: ModelNames): void {
  const { known, needed } = namesTaken(signature)
  const given = Object.keys(row)
  if (needed.every((name) => Object.hasOwn(row, name)) && given.every((name) => known.has(name))) return
  const missing = needed.filter((name) => !Object.hasOwn(row, name))
  const unknown = given.filter((name) => !known.has(name))
  const told = (words: { readonly missing: string; readonly unknown: string }) =>
    [
      ...(missing.length === 0 ? [] : [`${words.missing} ${missing.join(', ')}`]),
      ...(unknown.length === 0 ? [] : [`${words.unknown} ${unknown.slice(0, 10).join(', ')}`]),
    ].join('; ')
  throw new FabriqueError(
    'feature_names_wrong',
    {
      row: index,
      model,
      reason: told({ missing: 'missing', unknown: 'unknown' }),
      reason_fr: told({ missing: 'sans', unknown: 'inconnu' }),
      ...takenNames(signature),
    },
    { field: missing[0] ?? unknown[0] ?? 'features' },
  )
}

interface Expected {
  readonly en: string
  readonly fr: string
}

const finite: Expected = { en: 'a finite number', fr: 'un nombre fini' }
const whole: Expected = { en: 'a whole number', fr: 'un nombre entier' }
const single: Expected = { en: 'a number within the 32-bit range', fr: 'un nombre représentable sur 32 bits' }
const truth: Expected = { en: 'true or false', fr: 'true ou false' }
const text: Expected = { en: 'a text', fr: 'un texte' }
const image: Expected = {
  en: 'an image: a file in a form, or {"b64": its file as base64}',
  fr: 'une image : un fichier dans un formulaire, ou {"b64": son fichier en base64}',
}
const moment: Expected = {
  en: 'a moment as ISO 8601 or in whole milliseconds since 1970',
  fr: 'un instant en ISO 8601 ou en millisecondes entières depuis 1970',
}

function wrongValue(value: unknown, feature: FeatureSpec, row: number, { en, fr }: Expected): FabriqueError {
  const shown =
    value === undefined
      ? 'missing'
      : value instanceof SentImage
        ? 'a file'
        : (JSON.stringify(value) ?? String(value)).slice(0, 100)
  const isNullable = feature.nullable === true
  return new FabriqueError(
    'feature_value_wrong',
    {
      feature: feature.name,
      row,
      expected: isNullable ? `${en}, or null` : en,
      expected_fr: isNullable ? `${fr}, ou null` : fr,
      value: shown,
    },
    { field: feature.name },
  )
}

function isMissing(value: unknown, { nullable }: FeatureSpec): boolean {
  return nullable === true && (value === null || value === undefined)
}

/** A number that 32 bits cannot hold is one with 64. */
function doubleOf(value: unknown, feature: FeatureSpec, row: number): number {
  const isTaken = feature.type === 'number' ? Number.isFinite(value) : Number.isSafeInteger(value)
  return typeof value === 'number' && isTaken && feature.type !== 'boolean' ? value : numberOf(value, feature, row)
}

function numberOf(value: unknown, feature: FeatureSpec, row: number): number {
  const { type } = feature
  if (typeof value === 'number' && Number.isFinite(Math.fround(value))) {
    if (type === 'number' || (type === 'integer' && Number.isInteger(value))) return value
  }
  if (isMissing(value, feature)) return Number.NaN
  if (type === 'boolean') {
    if (value === true || value === 1) return 1
    if (value === false || value === 0) return 0
    throw wrongValue(value, feature, row, truth)
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongValue(value, feature, row, finite)
  throw wrongValue(value, feature, row, Number.isInteger(value) || type !== 'integer' ? single : whole)
}

function imageOf(value: unknown, feature: FeatureSpec, row: number): SentImage {
  const sent = value instanceof SentImage ? value : imageOfJson(value)
  if (sent === undefined) throw wrongValue(value, feature, row, image)
  return sent
}

function momentOf(value: unknown, feature: FeatureSpec, row: number): bigint {
  if (isMissing(value, feature)) return missingMoment
  const milliseconds = parseMoment(value)
  if (milliseconds === undefined) throw wrongValue(value, feature, row, moment)
  return BigInt(milliseconds)
}

/** An empty text is a missing one, as it was in training. */
function textOf(value: unknown, feature: FeatureSpec, row: number): string {
  if (value === '' ? feature.nullable === true : isMissing(value, feature)) return ''
  if (typeof value !== 'string' || value === '') throw wrongValue(value, feature, row, text)
  const { values } = feature
  if (values !== undefined && feature.takes_unseen !== true && !values.includes(value)) {
    const list = values.join(', ')
    throw wrongValue(value, feature, row, { en: `one of ${list}`, fr: `l’une des valeurs ${list}` })
  }
  return value
}
