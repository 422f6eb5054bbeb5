import { FabriqueError, type FeatureSpec, type ModelSignature } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'

/** Input columns in the order of the signature: one typed array for numbers, one array of texts for the rest. */
export type FeatureColumns = readonly (Float32Array | readonly string[])[]

export interface ParsedFeatures {
  readonly columns: FeatureColumns
  readonly rowCount: number
  /** True when the request held one row that was not in a list: the answer is then not a list either. */
  readonly single: boolean
}

interface ModelNames {
  readonly model: string
  readonly signature: ModelSignature
}

type Row = readonly unknown[] | Readonly<Record<string, unknown>>

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Takes the rows out of a prediction request and checks them against the signature. Nothing is guessed: a missing, extra,
 * wrongly typed or non-finite value is an error that names the feature and the row.
 */
export function parseFeatures(body: unknown, target: ModelNames): ParsedFeatures {
  const { rows, single } = findRows(body, target)
  if (rows.length > limit('predict.rows_max')) {
    throw new FabriqueError('too_many_rows', { found: rows.length, limit: limit('predict.rows_max') })
  }
  const { features } = target.signature
  const columns = features.map(({ type }) =>
    type === 'text' || type === 'category' ? new Array<string>(rows.length) : new Float32Array(rows.length),
  )
  for (const [rowIndex, row] of rows.entries()) {
    const byPosition = Array.isArray(row)
    if (byPosition) checkCount(row.length, rowIndex, target)
    else checkNames(row as Readonly<Record<string, unknown>>, rowIndex, target)
    for (const [index, feature] of features.entries()) {
      const value = byPosition ? row[index] : (row as Readonly<Record<string, unknown>>)[feature.name]
      const column = columns[index]
      if (column instanceof Float32Array) column[rowIndex] = numberOf(value, feature, rowIndex)
      else if (column !== undefined) column[rowIndex] = textOf(value, feature, rowIndex)
    }
  }
  return { columns, rowCount: rows.length, single }
}

function findRows(body: unknown, target: ModelNames): { rows: readonly Row[]; single: boolean } {
  if (!isRecord(body)) throw noFeatures(target)
  const given = 'features' in body ? body.features : body
  if (isRecord(given)) {
    if (Object.keys(given).length === 0) throw noFeatures(target)
    return { rows: [given], single: true }
  }
  if (!Array.isArray(given) || given.length === 0) throw noFeatures(target)
  const isList = Array.isArray(given[0]) || isRecord(given[0])
  if (!isList) return { rows: [given], single: true }
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
  const example = JSON.stringify({ features: signature.features.map(({ name }) => signature.example[name]) })
  return new FabriqueError('features_missing', { model, example }, { field: 'features' })
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

function checkNames(row: Readonly<Record<string, unknown>>, index: number, { model, signature }: ModelNames): void {
  const missing = signature.features.filter(({ name }) => !Object.hasOwn(row, name)).map(({ name }) => name)
  const known = new Set(signature.features.map(({ name }) => name))
  const unknown = Object.keys(row).filter((name) => !known.has(name))
  if (missing.length === 0 && unknown.length === 0) return
  const reasons = [
    ...(missing.length === 0 ? [] : [`missing ${missing.join(', ')}`]),
    ...(unknown.length === 0 ? [] : [`unknown ${unknown.slice(0, 10).join(', ')}`]),
  ]
  throw new FabriqueError(
    'feature_names_wrong',
    { row: index, model, reason: reasons.join('; '), names: namesOf(signature) },
    { field: missing[0] ?? unknown[0] ?? 'features' },
  )
}

function wrongValue(value: unknown, feature: FeatureSpec, row: number, expected: string): FabriqueError {
  const shown = value === undefined ? 'missing' : (JSON.stringify(value) ?? String(value)).slice(0, 100)
  return new FabriqueError(
    'feature_value_wrong',
    { feature: feature.name, row, expected, value: shown },
    { field: feature.name },
  )
}

function numberOf(value: unknown, feature: FeatureSpec, row: number): number {
  if (feature.type === 'boolean' && typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongValue(value, feature, row, 'a finite number')
  if (feature.type === 'integer' && !Number.isInteger(value)) throw wrongValue(value, feature, row, 'a whole number')
  if (!Number.isFinite(Math.fround(value))) throw wrongValue(value, feature, row, 'a number within the 32-bit range')
  return value
}

function textOf(value: unknown, feature: FeatureSpec, row: number): string {
  if (typeof value !== 'string') throw wrongValue(value, feature, row, 'a text')
  if (feature.values !== undefined && !feature.values.includes(value)) {
    throw wrongValue(value, feature, row, `one of ${feature.values.join(', ')}`)
  }
  return value
}
