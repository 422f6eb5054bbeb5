import type { FeatureSpec, Json, Language, ModelSignature } from '@fabrique/contract'
import { parseNumber } from '../../i18n/parse-number.js'

export type Texts = Readonly<Record<string, string>>
export type InputProblem = 'required' | 'notNumber' | 'notInteger' | 'notInSet'
export type Row = Readonly<Record<string, number | string | boolean>>

export interface Inputs {
  /** The row to send; only complete when there is no problem. */
  readonly row: Row
  readonly problems: Readonly<Record<string, InputProblem>>
  /** Numbers outside what training saw: allowed, but worth a warning. */
  readonly outside: ReadonlySet<string>
}

function readOne({ type, values }: FeatureSpec, text: string): { value: Row[string] } | { problem: InputProblem } {
  if (text.trim() === '') return { problem: 'required' }
  if (type === 'boolean') return { value: text === 'true' }
  if (type === 'category' || values !== undefined)
    return values !== undefined && !values.includes(text) ? { problem: 'notInSet' } : { value: text }
  if (type === 'text') return { value: text }
  const value = parseNumber(text)
  if (value === undefined) return { problem: 'notNumber' }
  return type === 'integer' && !Number.isInteger(value) ? { problem: 'notInteger' } : { value }
}

const isOutside = ({ min, max }: FeatureSpec, value: Row[string]): boolean =>
  typeof value === 'number' && ((min !== undefined && value < min) || (max !== undefined && value > max))

/** Reads what people typed into a row by name, with a problem beside each field that has one. */
export function readInputs(signature: ModelSignature, texts: Texts): Inputs {
  const row: Record<string, Row[string]> = {}
  const problems: Record<string, InputProblem> = {}
  const outside = new Set<string>()
  for (const feature of signature.features) {
    const read = readOne(feature, texts[feature.name] ?? '')
    if ('problem' in read) {
      problems[feature.name] = read.problem
      continue
    }
    row[feature.name] = read.value
    if (isOutside(feature, read.value)) outside.add(feature.name)
  }
  return { row, problems, outside }
}

/** A value as people of a language type it. */
export function writeInput(value: Json | undefined, language: Language): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'number') return language === 'fr' ? String(value).replace('.', ',') : String(value)
  return String(value)
}

export function writeInputs(row: Readonly<Record<string, Json>>, language: Language): Texts {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, writeInput(value, language)]))
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
