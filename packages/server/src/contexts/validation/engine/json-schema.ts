import type { Json } from '@fabrique/contract'
import { cannotEvaluate } from './model.js'

/** The keywords of JSON Schema by which a value is checked (drafts 4 to 2020-12); formats are notes, as jsonschema takes them. */
export type JsonSchema = Json

type Members = Readonly<Record<string, Json>>

const isMembers = (value: Json | undefined): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)

/** A judge of values by a JSON Schema. A schema that is none cannot be evaluated. */
export function jsonSchemaJudge(schema: JsonSchema): (value: Json) => boolean {
  const patterns = new Map<string, RegExp>()
  const pattern = (source: string) => {
    const known = patterns.get(source)
    if (known !== undefined) return known
    let made: RegExp
    try {
      made = new RegExp(source, 'u')
    } catch (error) {
      return cannotEvaluate(`Pattern ${source} of the JSON Schema cannot be read: ${String(error)}`)
    }
    patterns.set(source, made)
    return made
  }
  const judge = new SchemaJudge(schema, pattern)
  judge.checkSchema(schema)
  return (value) => judge.holds(value, schema, 0)
}

const typeNames = new Set(['null', 'boolean', 'object', 'array', 'number', 'integer', 'string'])
const depthMax = 200

class SchemaJudge {
  readonly #root: Json
  readonly #pattern: (source: string) => RegExp

  constructor(root: Json, pattern: (source: string) => RegExp) {
    this.#root = root
    this.#pattern = pattern
  }

  /** Refuses what jsonschema refuses as a schema, as far as it would be misread. */
  checkSchema(schema: Json): void {
    if (typeof schema === 'boolean') return
    if (!isMembers(schema)) {
      cannotEvaluate('A JSON Schema is an object or a truth value')
      return
    }
    const { type } = schema
    const types = isList(type) ? type : type === undefined ? [] : [type]
    const unknown = types.find((name) => typeof name !== 'string' || !typeNames.has(name))
    if (unknown !== undefined) cannotEvaluate(`${JSON.stringify(unknown)} is no type of JSON Schema`)
    for (const key of ['allOf', 'anyOf', 'oneOf', 'prefixItems']) {
      const inner = schema[key]
      if (isList(inner)) for (const part of inner) this.checkSchema(part)
    }
    for (const key of ['properties', 'patternProperties', '$defs', 'definitions']) {
      const inner = schema[key]
      if (isMembers(inner)) for (const part of Object.values(inner)) this.checkSchema(part)
    }
    for (const key of ['not', 'if', 'then', 'else', 'contains', 'additionalProperties', 'propertyNames']) {
      const inner = schema[key]
      if (inner !== undefined) this.checkSchema(inner)
    }
  }

  holds(value: Json, schema: Json, depth: number): boolean {
    if (depth > depthMax) cannotEvaluate('The JSON Schema refers to itself without end')
    if (typeof schema === 'boolean') return schema
    if (!isMembers(schema)) return true
    const holds = (inner: Json, part: Json) => this.holds(inner, part, depth + 1)
    if (typeof schema.$ref === 'string' && !holds(value, this.#resolve(schema.$ref))) return false
    return (
      this.#ofType(value, schema.type) &&
      (!isList(schema.enum) || schema.enum.some((item) => isEqual(item, value))) &&
      (schema.const === undefined || isEqual(schema.const, value)) &&
      this.#composed(value, schema, holds) &&
      (typeof value !== 'number' || numberHolds(value, schema)) &&
      (typeof value !== 'string' || this.#textHolds(value, schema)) &&
      (!isList(value) || listHolds(value, schema, holds)) &&
      (!isMembers(value) || this.#membersHold(value, schema, holds))
    )
  }

  #resolve(reference: string): Json {
    let found: Json | undefined = this.#root
    if (reference !== '#') {
      if (!reference.startsWith('#/')) return cannotEvaluate(`${reference} of the JSON Schema is not within it`)
      for (const part of reference.slice(2).split('/')) {
        const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
        found = isList(found) ? found[Number(name)] : isMembers(found) ? found[name] : undefined
      }
    }
    return found ?? cannotEvaluate(`${reference} of the JSON Schema does not exist`)
  }

  #ofType(value: Json, type: Json | undefined): boolean {
    if (type === undefined) return true
    return (isList(type) ? type : [type]).some((name) => {
      if (name === 'null') return value === null
      if (name === 'array') return isList(value)
      if (name === 'object') return isMembers(value)
      if (name === 'integer') return typeof value === 'number' && Number.isInteger(value)
      return typeof value === name
    })
  }

  #composed(value: Json, schema: Members, holds: (inner: Json, part: Json) => boolean): boolean {
    const { allOf, anyOf, oneOf } = schema
    if (isList(allOf) && !allOf.every((part) => holds(value, part))) return false
    if (isList(anyOf) && !anyOf.some((part) => holds(value, part))) return false
    if (isList(oneOf) && oneOf.filter((part) => holds(value, part)).length !== 1) return false
    if (schema.not !== undefined && holds(value, schema.not)) return false
    if (schema.if === undefined) return true
    const branch = holds(value, schema.if) ? schema.then : schema.else
    return branch === undefined || holds(value, branch)
  }

  #textHolds(value: string, schema: Members): boolean {
    const { minLength, maxLength, pattern } = schema
    const length = [...value].length
    if (typeof minLength === 'number' && length < minLength) return false
    if (typeof maxLength === 'number' && length > maxLength) return false
    return typeof pattern !== 'string' || this.#pattern(pattern).test(value)
  }

  #membersHold(value: Members, schema: Members, holds: (inner: Json, part: Json) => boolean): boolean {
    const names = Object.keys(value)
    const { required, properties, patternProperties, additionalProperties, propertyNames } = schema
    if (isList(required) && !required.every((name) => typeof name === 'string' && Object.hasOwn(value, name)))
      return false
    if (typeof schema.minProperties === 'number' && names.length < schema.minProperties) return false
    if (typeof schema.maxProperties === 'number' && names.length > schema.maxProperties) return false
    for (const name of names) {
      const inner = value[name] ?? null
      const own = isMembers(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined
      const byPattern = isMembers(patternProperties)
        ? Object.entries(patternProperties).filter(([source]) => this.#pattern(source).test(name))
        : []
      if (own !== undefined && !holds(inner, own)) return false
      if (!byPattern.every(([, part]) => holds(inner, part))) return false
      if (own === undefined && byPattern.length === 0 && additionalProperties !== undefined)
        if (!holds(inner, additionalProperties)) return false
      if (propertyNames !== undefined && !holds(name, propertyNames)) return false
    }
    const dependent = {
      ...members(schema.dependencies),
      ...members(schema.dependentRequired),
      ...members(schema.dependentSchemas),
    }
    return Object.entries(dependent).every(([name, needed]) => {
      if (!Object.hasOwn(value, name)) return true
      return isList(needed) ? needed.every((other) => Object.hasOwn(value, String(other))) : holds(value, needed)
    })
  }
}

function members(value: Json | undefined): Members {
  return isMembers(value) ? value : {}
}

function numberHolds(value: number, schema: Members): boolean {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  if (typeof minimum === 'number' && (exclusiveMinimum === true ? value <= minimum : value < minimum)) return false
  if (typeof maximum === 'number' && (exclusiveMaximum === true ? value >= maximum : value > maximum)) return false
  if (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum) return false
  if (typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum) return false
  return typeof multipleOf !== 'number' || Number.isInteger(value / multipleOf)
}

function listHolds(value: readonly Json[], schema: Members, holds: (inner: Json, part: Json) => boolean): boolean {
  const { items, prefixItems, additionalItems, contains, minItems, maxItems, uniqueItems } = schema
  if (typeof minItems === 'number' && value.length < minItems) return false
  if (typeof maxItems === 'number' && value.length > maxItems) return false
  if (uniqueItems === true && value.some((item, index) => value.slice(0, index).some((other) => isEqual(other, item))))
    return false
  const first = isList(prefixItems) ? prefixItems : isList(items) ? items : []
  const rest = isList(items) ? additionalItems : items
  const itemsHold = value.every((item, index) => {
    const part = index < first.length ? first[index] : rest
    return part === undefined || holds(item, part)
  })
  if (!itemsHold) return false
  if (contains === undefined) return true
  const count = value.filter((item) => holds(item, contains)).length
  const min = typeof schema.minContains === 'number' ? schema.minContains : 1
  return count >= min && (typeof schema.maxContains !== 'number' || count <= schema.maxContains)
}

function isEqual(left: Json, right: Json): boolean {
  if (left === right) return true
  if (isList(left) && isList(right))
    return left.length === right.length && left.every((item, index) => isEqual(item, right[index] ?? null))
  if (!isMembers(left) || !isMembers(right)) return false
  const names = Object.keys(left)
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && isEqual(left[name] ?? null, right[name] ?? null))
  )
}

/** JSON as `json.loads` of Python reads it: NaN and the infinities are numbers there. Undefined where it is none. */
export function readPythonJson(text: string): { readonly value: Json } | undefined {
  try {
    return { value: JSON.parse(text) as Json }
  } catch {
    if (!/NaN|Infinity/.test(text)) return undefined
  }
  const bare = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (found) => (found.startsWith('"') ? found : '0'))
  try {
    return { value: JSON.parse(bare) as Json }
  } catch {
    return undefined
  }
}
