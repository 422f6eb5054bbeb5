import type { Json, Language } from '@fabrique/contract'
import { parseNumber } from '../../i18n/parse-number.js'
import { localMoment, utcMoment } from '../features/look-up-request.js'

export type JsonObject = Readonly<Record<string, Json>>

/** One field of a form that is made from a JSON Schema. `json` is for what has no field of its own: lists, objects, choices of types. */
export interface ParamField {
  readonly name: string
  readonly kind: 'text' | 'number' | 'integer' | 'boolean' | 'choice' | 'date' | 'moment' | 'json'
  readonly isRequired: boolean
  readonly isNullable: boolean
  readonly description: string | undefined
  readonly initial: Json | undefined
  readonly choices: readonly Json[]
  readonly min: number | undefined
  readonly max: number | undefined
}

export type ParamProblem =
  | { readonly kind: 'required' | 'number' | 'integer' | 'json' }
  | { readonly kind: 'min' | 'max'; readonly bound: number }

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const textOf = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined)
const numberOf = (value: Json | undefined): number | undefined => (typeof value === 'number' ? value : undefined)

/** The fields of the parameters of a flow, in the order in which they are declared. */
export function paramFields(schema: JsonObject): readonly ParamField[] {
  const required = Array.isArray(schema.required) ? schema.required : []
  return Object.entries(isObject(schema.properties) ? schema.properties : {}).map(([name, declared]) => {
    const { schema: found, isNullable } = withoutNull(isObject(declared) ? declared : {})
    const initial = isObject(declared) ? declared.default : undefined
    return {
      name,
      kind: kindOf(found),
      isRequired: required.includes(name) && initial === undefined,
      isNullable,
      description: textOf(found.description) ?? (isObject(declared) ? textOf(declared.description) : undefined),
      initial,
      choices: choicesOf(found),
      min: numberOf(found.minimum) ?? numberOf(found.exclusiveMinimum),
      max: numberOf(found.maximum) ?? numberOf(found.exclusiveMaximum),
    }
  })
}

/** A schema that also allows null is a field that may be left empty. */
function withoutNull(schema: JsonObject): { readonly schema: JsonObject; readonly isNullable: boolean } {
  const either = Array.isArray(schema.anyOf) ? schema.anyOf.filter(isObject) : []
  const others = either.filter(({ type }) => type !== 'null')
  const [only] = others
  if (only !== undefined && others.length === 1 && either.length === 2) return { schema: only, isNullable: true }
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== 'null')
    const [type] = types
    if (type !== undefined && types.length === 1)
      return { schema: { ...schema, type }, isNullable: types.length < schema.type.length }
  }
  return { schema, isNullable: false }
}

const choicesOf = (schema: JsonObject): readonly Json[] =>
  schema.const !== undefined ? [schema.const] : Array.isArray(schema.enum) ? schema.enum : []

function kindOf(schema: JsonObject): ParamField['kind'] {
  if (choicesOf(schema).length > 0) return 'choice'
  if (schema.type === 'string') {
    if (schema.format === 'date') return 'date'
    return schema.format === 'date-time' ? 'moment' : 'text'
  }
  if (schema.type === 'number' || schema.type === 'integer' || schema.type === 'boolean') return schema.type
  return 'json'
}

/** What a field holds for a value. */
export function fieldText(field: ParamField, value: Json | undefined, language: Language): string {
  if (value === undefined || value === null) return ''
  if (field.kind === 'choice') return JSON.stringify(value)
  if (field.kind === 'json') return JSON.stringify(value, null, 1)
  if (field.kind === 'moment') {
    const at = new Date(String(value))
    return Number.isNaN(at.getTime()) ? '' : localMoment(at)
  }
  if (typeof value === 'number') return String(value).replace('.', language === 'fr' ? ',' : '.')
  return String(value)
}

/** The texts of a form for parameters that are given: what the schema does not know is kept by the JSON of the form only. */
export function fieldTexts(
  fields: readonly ParamField[],
  params: JsonObject,
  language: Language,
): Record<string, string> {
  return Object.fromEntries(
    fields.map((field) => [field.name, fieldText(field, params[field.name] ?? field.initial, language)]),
  )
}

export interface ReadParams {
  readonly params: JsonObject
  readonly problems: Readonly<Record<string, ParamProblem>>
}

/** Reads what was typed; an empty field that need not be filled is left out, so that its default applies. */
export function readParams(fields: readonly ParamField[], texts: Readonly<Record<string, string>>): ReadParams {
  const params: Record<string, Json> = {}
  const problems: Record<string, ParamProblem> = {}
  for (const field of fields) {
    const text = texts[field.name] ?? ''
    if (text.trim() === '') {
      if (field.isNullable) params[field.name] = null
      else if (field.isRequired) problems[field.name] = { kind: 'required' }
      continue
    }
    const read = readField(field, text)
    if ('problem' in read) problems[field.name] = read.problem
    else params[field.name] = read.value
  }
  return { params, problems }
}

function readField(field: ParamField, text: string): { readonly value: Json } | { readonly problem: ParamProblem } {
  switch (field.kind) {
    case 'number':
    case 'integer': {
      const value = parseNumber(text)
      if (value === undefined) return { problem: { kind: 'number' } }
      if (field.kind === 'integer' && !Number.isInteger(value)) return { problem: { kind: 'integer' } }
      if (field.min !== undefined && value < field.min) return { problem: { kind: 'min', bound: field.min } }
      if (field.max !== undefined && value > field.max) return { problem: { kind: 'max', bound: field.max } }
      return { value }
    }
    case 'boolean':
      return { value: text === 'true' }
    case 'moment': {
      const at = utcMoment(text)
      return at === undefined ? { problem: { kind: 'required' } } : { value: at }
    }
    case 'choice':
    case 'json':
      return parsed(text)
    default:
      return { value: text }
  }
}

function parsed(text: string): { readonly value: Json } | { readonly problem: ParamProblem } {
  try {
    return { value: JSON.parse(text) as Json }
  } catch {
    return { problem: { kind: 'json' } }
  }
}
