import { MlError } from '../ml-error.js'
import type { ParameterSpec, ParameterTable, ParameterValue } from './parameter-spec.js'

/**
 * Checks given parameters and fills in the defaults. Names may be ours (`nEstimators`) or scikit-learn's
 * (`n_estimators`); undefined means not given.
 * @throws MlError `unknown_parameter` or `invalid_parameter`
 */
export function resolveParameters<Parameters>(
  table: ParameterTable<Parameters>,
  given: Readonly<Record<string, unknown>>,
): Parameters {
  const specs: readonly ParameterSpec[] = Object.values(table)
  const resolved: Record<string, ParameterValue> = {}
  for (const [key, value] of Object.entries(given)) {
    const spec = specs.find(({ name, sklearnName }) => name === key || sklearnName === key)
    if (!spec) {
      const known = specs.map(({ sklearnName }) => sklearnName).join(', ')
      throw new MlError('unknown_parameter', `There is no parameter ${JSON.stringify(key)}: known are ${known}`, {
        value: key,
      })
    }
    if (value === undefined) continue
    if (spec.name in resolved) {
      throw new MlError('invalid_parameter', `${spec.sklearnName} is given under both of its names: give it once`, {
        value: key,
      })
    }
    if (!isAccepted(spec, value)) {
      throw new MlError(
        'invalid_parameter',
        `${spec.sklearnName} is ${shown(value)}: it must be ${describeAccepted(spec)}`,
        { value },
      )
    }
    resolved[spec.name] = value
  }
  for (const spec of specs) resolved[spec.name] ??= spec.name in resolved ? null : spec.default
  return asParameters<Parameters>(resolved)
}

/** The parameters under scikit-learn's names, with values as its own users log them: `True`, `None`, `sqrt`, `100`. */
export function loggedParameters<Parameters>(
  table: ParameterTable<Parameters>,
  parameters: Parameters,
): Record<string, string> {
  const logged: Record<string, string> = {}
  for (const name of parameterNames(table)) logged[table[name].sklearnName] = loggedText(parameters[name])
  return logged
}

/**
 * Reads the value of a parameter from text, such as a command line has: numbers, `True`, `false`, `None`, `null`, lists as `(100, 50)`
 * or `[100,50]`, weights as `{"yes": 2}`; all else is a word. Whether the parameter accepts it is for `resolveParameters` to say.
 */
export function parameterFromText(text: string): ParameterValue {
  if (/^\{.*\}$/.test(text)) return weightsFromText(text)
  if (/^(\(.*\)|\[.*\])$/.test(text)) {
    const items = text
      .slice(1, -1)
      .split(',')
      .filter((item) => item.trim() !== '')
    return items.map(Number)
  }
  if (/^(none|null)$/i.test(text)) return null
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  const number = Number(text)
  return text.trim() === '' || Number.isNaN(number) ? text : number
}

/** Text that is not an object of numbers stays a word, which no parameter of weights accepts. */
function weightsFromText(text: string): ParameterValue {
  try {
    const parsed: unknown = JSON.parse(text)
    const entries = Object.entries(parsed ?? {})
    return entries.every(([, value]) => typeof value === 'number') ? Object.fromEntries(entries) : text
  } catch {
    return text
  }
}

/** Every name of the table has a checked value by now, which the type of a record cannot express. */
function asParameters<Parameters>(resolved: Record<string, ParameterValue>): Parameters {
  return resolved as Parameters
}

/** The keys of a table are exactly the names of its parameters. */
function parameterNames<Parameters>(table: ParameterTable<Parameters>): (keyof Parameters)[] {
  return Object.keys(table) as (keyof Parameters)[]
}

function loggedText(value: unknown): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (Array.isArray(value)) return `(${value.join(', ')}${value.length === 1 ? ',' : ''})`
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function isAccepted(spec: ParameterSpec, value: unknown): value is ParameterValue {
  if (value === null) return spec.nullable
  if (typeof value === 'string') return spec.choices.includes(value)
  if (typeof value === 'boolean') return spec.type === 'boolean'
  if (Array.isArray(value))
    return spec.type === 'integers' && value.length > 0 && value.every((one) => isWhole(spec, one))
  if (typeof value === 'object') {
    return spec.type === 'weights' && Object.values(value).every((one) => isNumber(spec, one))
  }
  if (spec.type === 'integer') return isWhole(spec, value)
  if (spec.type === 'number') return isNumber(spec, value)
  return (
    spec.type === 'count_or_share' &&
    (isWhole(spec, value) || (isNumber(noBounds(spec), value) && value > 0 && value < 1))
  )
}

function noBounds(spec: ParameterSpec): ParameterSpec {
  return { ...spec, min: null, max: null }
}

function isNumber({ min, max, isMinOpen }: ParameterSpec, value: unknown): value is number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false
  return (min === null || (isMinOpen === true ? value > min : value >= min)) && (max === null || value <= max)
}

function isWhole(spec: ParameterSpec, value: unknown): boolean {
  return Number.isSafeInteger(value) && isNumber(spec, value)
}

function describeAccepted(spec: ParameterSpec): string {
  const accepted: string[] = []
  const range = describeRange(spec)
  if (spec.type === 'integer' || spec.type === 'count_or_share') accepted.push(`a whole number${range}`)
  if (spec.type === 'number') accepted.push(`a number${range}`)
  if (spec.type === 'integers') accepted.push(`a list of whole numbers${range}`)
  if (spec.type === 'weights') accepted.push(`numbers${range} by name`)
  if (spec.type === 'count_or_share') accepted.push('a share between 0 and 1')
  if (spec.type === 'boolean') accepted.push('true or false')
  accepted.push(...spec.choices.map((choice) => JSON.stringify(choice)))
  if (spec.nullable) accepted.push('null')
  return accepted.join(' or ')
}

function describeRange({ min, max, isMinOpen }: ParameterSpec): string {
  if (min === null) return max === null ? '' : ` of at most ${max}`
  if (isMinOpen === true) return max === null ? ` above ${min}` : ` above ${min} and up to ${max}`
  return max === null ? ` of at least ${min}` : ` from ${min} to ${max}`
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value)
}
