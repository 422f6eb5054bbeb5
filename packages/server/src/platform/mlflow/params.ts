import { FabriqueError } from '@fabrique/contract'

type Values = Readonly<Record<string, unknown>>

const integerText = /^[+-]?\d{1,19}$/
const numberText = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const loneSurrogate = /\p{Surrogate}/u
const loneSurrogates = /\p{Surrogate}/gu
const int64Limit = 2 ** 63
/** The largest double below 2^63: what int8 can hold. */
const int64Max = int64Limit - 1024

/** The error of a value that is there but wrong, with the text that clients of MLflow match on. */
export function invalidValue(path: string, value: unknown, reason: string): FabriqueError {
  const json = jsonOf(value)
  const shown = json.length > 500 ? `${json.slice(0, 500)}…` : json
  return new FabriqueError('mlflow_invalid_value', { value: shown, path, reason }, { field: path })
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch {
    // Lists within lists without end can be parsed, but not written.
    return Array.isArray(value) ? '[…]' : '{…}'
  }
}

export function missingValue(path: string): FabriqueError {
  return new FabriqueError('mlflow_missing_parameter', { name: path }, { field: path })
}

function toInteger(value: unknown): number | undefined {
  const number = typeof value === 'string' && integerText.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || Math.abs(number) > int64Limit) return undefined
  return number === int64Limit ? int64Max : number
}

function toDouble(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return undefined
  const text = value.trim().toLowerCase()
  if (text === 'nan') return Number.NaN
  const infinity = /^([+-]?)inf(inity)?$/.exec(text)
  if (infinity !== null) return infinity[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return numberText.test(text) ? Number(text) : undefined
}

/**
 * The parameters of a call, read one by one with the type they must have. Wrong ones throw with upstream's message.
 * A query and a body read the same: a number may be a text, a list of one may be the value itself, null is absent.
 * int64 beyond 2^53 are rounded to the nearest double.
 */
export class MlflowParams {
  readonly #values: Values
  readonly #path: string

  constructor(values: Values, path = '') {
    this.#values = values
    this.#path = path
  }

  /** Dotted path of a member, as `metrics[0].key`. */
  pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`
  }

  /** The value as it came. */
  raw(name: string): unknown {
    if (!Object.hasOwn(this.#values, name)) return undefined
    return this.#values[name] ?? undefined
  }

  text(name: string): string | undefined {
    const raw = this.raw(name)
    const value = Array.isArray(raw) ? raw[0] : raw
    if (value === undefined) return undefined
    return this.#checkText(value, this.pathOf(name))
  }

  /** The text under the first of the names that has one; an empty text counts as missing. */
  requiredText(name: string, ...aliases: readonly string[]): string {
    for (const candidate of [name, ...aliases]) {
      const value = this.text(candidate)
      if (value !== undefined && value !== '') return value
    }
    throw missingValue(this.pathOf(name))
  }

  texts(name: string): readonly string[] {
    const raw = this.raw(name)
    if (raw === undefined) return []
    const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw]
    return list.map((value, index) => this.#checkText(value, `${this.pathOf(name)}[${index}]`))
  }

  integer(name: string): number | undefined {
    const raw = this.raw(name)
    if (raw === undefined) return undefined
    const value = toInteger(raw)
    if (value === undefined) throw invalidValue(this.pathOf(name), raw, 'must be a 64-bit integer')
    return value
  }

  requiredInteger(name: string): number {
    const value = this.integer(name)
    if (value === undefined) throw missingValue(this.pathOf(name))
    return value
  }

  /** A double; the texts NaN, Infinity and -Infinity are the values they name. */
  double(name: string): number | undefined {
    const raw = this.raw(name)
    if (raw === undefined) return undefined
    const value = toDouble(raw)
    if (value === undefined) {
      throw invalidValue(this.pathOf(name), raw, 'Please specify value as a valid double (64-bit floating point)')
    }
    return value
  }

  requiredDouble(name: string): number {
    const value = this.double(name)
    if (value === undefined) throw missingValue(this.pathOf(name))
    return value
  }

  flag(name: string): boolean | undefined {
    const raw = this.raw(name)
    if (raw === undefined) return undefined
    // Python clients write True in a query.
    const text = typeof raw === 'string' ? raw.toLowerCase() : raw
    if (text === true || text === 'true') return true
    if (text === false || text === 'false') return false
    throw invalidValue(this.pathOf(name), raw, 'must be true or false')
  }

  /** One of the names of an enum, or its number as the position in `names` counts from `first`. */
  choice<Name extends string>(name: string, names: readonly Name[], first = 1): Name | undefined {
    const raw = this.raw(name)
    if (raw === undefined) return undefined
    const named = names.find((candidate) => candidate === raw) ?? names[(toInteger(raw) ?? -1) - first]
    if (named === undefined) throw invalidValue(this.pathOf(name), raw, `must be one of ${names.join(', ')}`)
    return named
  }

  object(name: string): MlflowParams | undefined {
    const raw = this.raw(name)
    return raw === undefined ? undefined : this.#nested(raw, this.pathOf(name))
  }

  objects(name: string): readonly MlflowParams[] {
    const raw = this.raw(name)
    if (raw === undefined) return []
    if (!Array.isArray(raw)) throw invalidValue(this.pathOf(name), raw, 'must be a list')
    return raw.map((value: unknown, index) => this.#nested(value, `${this.pathOf(name)}[${index}]`))
  }

  /** A list of `{key, value}`, as tags are sent; a missing value is an empty text. */
  pairs(name: string): readonly { readonly key: string; readonly value: string }[] {
    return this.objects(name).map((pair) => ({ key: pair.requiredText('key'), value: pair.text('value') ?? '' }))
  }

  #nested(value: unknown, path: string): MlflowParams {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalidValue(path, value, 'must be an object')
    }
    return new MlflowParams(value as Values, path)
  }

  #checkText(value: unknown, path: string): string {
    if (typeof value !== 'string') throw invalidValue(path, value, 'must be a string')
    if (value.includes('\0')) throw invalidValue(path, value, 'must not contain NUL')
    // Half of a pair, as a text cut in the middle of an emoji has, cannot be stored; JSON of it is refused by the database.
    return loneSurrogate.test(value) ? value.replaceAll(loneSurrogates, '\ufffd') : value
  }
}
