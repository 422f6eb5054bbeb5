import type { FeatureSpec, ModelSignature, Prediction } from '@fabrique/contract'
import { readCsv } from '../../components/files/read-csv.js'
import { parseNumber } from '../../i18n/parse-number.js'

/** Rows that one request may have; more are for `fabrique predict`. */
export const csvRowsMax = 10_000

export type CsvValue = string | number | boolean | null

export interface CsvTable {
  readonly header: readonly string[]
  readonly lines: readonly (readonly string[])[]
  readonly separator: ',' | ';'
}

export type CsvProblem =
  | { readonly kind: 'empty' }
  | { readonly kind: 'tooMany'; readonly most: number }
  | { readonly kind: 'missing'; readonly names: readonly string[] }
  | { readonly kind: 'uneven'; readonly line: number }

export type CsvRead =
  | { readonly table: CsvTable; readonly rows: readonly Readonly<Record<string, CsvValue>>[] }
  | { readonly problem: CsvProblem }

/**
 * Rows of a request out of a file with names in its first line: the features of a model, or the keys that it looks them up by. Other columns
 * stay aside. What cannot be read as its type is sent as it stands, so that the server says what is wrong with it.
 */
export function readCsvRows(text: string, signature: ModelSignature): CsvRead {
  const plain = text.replace(/^\uFEFF/, '')
  const first = plain.slice(0, plain.search(/[\r\n]|$/))
  const separator = first.includes(';') && !first.includes(',') ? ';' : ','
  const [header = [], ...lines] = readCsv(plain, csvRowsMax + 2, separator).filter((line) => line.join('') !== '')
  if (lines.length === 0) return { problem: { kind: 'empty' } }
  if (lines.length > csvRowsMax) return { problem: { kind: 'tooMany', most: csvRowsMax } }
  const uneven = lines.findIndex((line) => line.length !== header.length)
  if (uneven >= 0) return { problem: { kind: 'uneven', line: uneven + 1 } }
  const features = columnsOf(header, signature)
  const missing = features.filter(({ name, nullable }) => nullable !== true && !header.includes(name))
  if (missing.length > 0) return { problem: { kind: 'missing', names: missing.map(({ name }) => name) } }
  const asked = features.flatMap((feature) => {
    const place = header.indexOf(feature.name)
    return place < 0 ? [] : [{ feature, place }]
  })
  if (asked.length === 0) return { problem: { kind: 'missing', names: features.map(({ name }) => name) } }
  const rows = lines.map((line) =>
    Object.fromEntries(asked.map(({ feature, place }) => [feature.name, readValue(feature, line[place] ?? '')])),
  )
  return { table: { header, lines, separator }, rows }
}

/** What is asked of the columns: keys where they stand there and the features that they lead to do not. */
function columnsOf(
  header: readonly string[],
  { features, feature_lookup: lookup }: ModelSignature,
): readonly FeatureSpec[] {
  if (lookup === undefined) return features
  const isByKey =
    lookup.keys.every((key) => header.includes(key)) && !lookup.features.some((name) => header.includes(name))
  if (!isByKey) return features
  const given = features.filter(({ name }) => !lookup.features.includes(name) && !lookup.keys.includes(name))
  return [...lookup.keys.map((name): FeatureSpec => ({ name, type: 'text' })), ...given]
}

function readValue({ type }: FeatureSpec, text: string): CsvValue {
  const trimmed = text.trim()
  if (trimmed === '') return null
  if (type === 'number' || type === 'integer') return parseNumber(trimmed) ?? trimmed
  if (type === 'boolean') {
    const isTrue = /^(?:true|1)$/i.test(trimmed)
    return isTrue || /^(?:false|0)$/i.test(trimmed) ? isTrue : trimmed
  }
  return text
}

/** The file with what was predicted beside each row. */
export function writeCsvAnswers({ header, lines, separator }: CsvTable, predictions: readonly Prediction[]): string {
  const [first] = predictions
  const kind =
    first === undefined ? undefined : 'probabilities' in first ? 'probability' : 'scores' in first ? 'score' : undefined
  const classes = Object.keys(sharesOf(first))
  const decimal = (value: string | number) =>
    typeof value === 'number' && separator === ';' ? String(value).replace('.', ',') : String(value)
  const answers = predictions.map((prediction) => [
    decimal(prediction.prediction),
    ...classes.map((name) => decimal(sharesOf(prediction)[name] ?? '')),
  ])
  const written = [
    [...header, 'prediction', ...classes.map((name) => `${kind}_${name}`)],
    ...lines.map((line, row) => [...line, ...(answers[row] ?? [])]),
  ]
  return `${written.map((line) => line.map((cell) => quoted(cell, separator)).join(separator)).join('\r\n')}\r\n`
}

function sharesOf(prediction: Prediction | undefined): Readonly<Record<string, number>> {
  if (prediction === undefined) return {}
  if ('probabilities' in prediction) return prediction.probabilities
  return 'scores' in prediction ? prediction.scores : {}
}

function quoted(cell: string, separator: string): string {
  return cell.includes(separator) || /["\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
