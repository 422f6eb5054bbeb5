import type { FeatureSpec, Json, Language, ModelSignature } from '@fabrique/contract'
import { parseNumber } from '../../i18n/parse-number.js'

export type Texts = Readonly<Record<string, string>>
export type InputProblem = 'required' | 'notNumber' | 'notInteger' | 'notInSet' | 'notMoment' | 'noImage'
export type Row = Readonly<Record<string, number | string | boolean | null>>

export interface Inputs {
  /** The row to send; only complete when there is no problem. An image is the name of its file. */
  readonly row: Row
  readonly problems: Readonly<Record<string, InputProblem>>
  /** Values outside what training saw: allowed, but worth a warning. */
  readonly outside: ReadonlySet<string>
}

function readOne(feature: FeatureSpec, text: string): { value: Row[string] } | { problem: InputProblem } {
  const { type } = feature
  if (text.trim() === '') return feature.nullable === true ? { value: null } : { problem: 'required' }
  if (type === 'boolean') return { value: text === 'true' }
  if (type === 'timestamp') {
    const moment = new Date(`${text}Z`)
    return Number.isNaN(moment.getTime()) ? { problem: 'notMoment' } : { value: moment.toISOString() }
  }
  if (type === 'category' || type === 'text')
    return isUnseen(feature, text) && feature.takes_unseen !== true ? { problem: 'notInSet' } : { value: text }
  const value = parseNumber(text)
  if (value === undefined) return { problem: 'notNumber' }
  return type === 'integer' && !Number.isInteger(value) ? { problem: 'notInteger' } : { value }
}

const readFile = (file: Pick<File, 'name'> | undefined): { value: string } | { problem: InputProblem } =>
  file === undefined ? { problem: 'noImage' } : { value: file.name }

const isUnseen = ({ values }: FeatureSpec, text: string): boolean => values !== undefined && !values.includes(text)

function isOutside(feature: FeatureSpec, value: Row[string]): boolean {
  const { type, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = feature
  if (type === 'image') return false
  if (typeof value === 'string' && type !== 'timestamp') return isUnseen(feature, value)
  const number = typeof value === 'string' ? Date.parse(value) : value
  return typeof number === 'number' && (number < min || number > max)
}

/** Reads what people typed and chose into a row by name, with a problem beside each field that has one. */
export function readInputs(
  signature: ModelSignature,
  texts: Texts,
  files: Readonly<Record<string, Pick<File, 'name'>>> = {},
): Inputs {
  const row: Record<string, Row[string]> = {}
  const problems: Record<string, InputProblem> = {}
  const outside = new Set<string>()
  for (const feature of signature.features) {
    const read = feature.type === 'image' ? readFile(files[feature.name]) : readOne(feature, texts[feature.name] ?? '')
    if ('problem' in read) {
      problems[feature.name] = read.problem
      continue
    }
    row[feature.name] = read.value
    if (isOutside(feature, read.value)) outside.add(feature.name)
  }
  return { row, problems, outside }
}

export const takesImages = ({ features }: ModelSignature): boolean => features.some(({ type }) => type === 'image')

/** A row without its images: what of it stands in an address, or in a text. */
export function withoutImages({ features }: ModelSignature, row: Row): Row {
  const images = new Set(features.flatMap(({ name, type }) => (type === 'image' ? [name] : [])))
  return Object.fromEntries(Object.entries(row).filter(([name]) => !images.has(name)))
}

/** Whether a row can be sent, and says something. */
export function isFilled({ features }: ModelSignature, row: Row): boolean {
  return Object.keys(row).length === features.length && Object.values(row).some((value) => value !== null)
}

/** A value as people of a language type it; moments as a field for date and time has them, in UTC. */
function writeInput(value: Json | undefined, type: FeatureSpec['type'] | undefined, language: Language): string {
  if (value === undefined || value === null) return ''
  if (type === 'timestamp') return writeMoment(value)
  if (type === 'boolean' && typeof value === 'number') return String(value !== 0)
  if (typeof value === 'number') return language === 'fr' ? String(value).replace('.', ',') : String(value)
  return String(value)
}

function writeMoment(value: Json): string {
  const moment = new Date(typeof value === 'number' ? value : String(value))
  return Number.isNaN(moment.getTime()) ? '' : moment.toISOString().replace(/(?:\.000)?Z$/, '')
}

/** A row as the fields of a form have it. */
export function writeInputs(
  { features }: ModelSignature,
  row: Readonly<Record<string, Json>>,
  language: Language,
): Texts {
  const types = new Map(features.map(({ name, type }) => [name, type]))
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      types.get(name) === 'image' ? [] : [[name, writeInput(value, types.get(name), language)]],
    ),
  )
}

/** The row of the address; a broken one is the same as none. */
export function readAddress(input: string | undefined): Readonly<Record<string, Json>> {
  if (input === undefined) return {}
  try {
    const value: unknown = JSON.parse(input)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, Json>) : {}
  } catch {
    return {}
  }
}
