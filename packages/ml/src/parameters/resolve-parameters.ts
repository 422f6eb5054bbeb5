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
 * Reads the value of a parameter from text, such as a command line has: numbers, `True`, `false`, `None`, `null`; all
 * else is a word. Whether the parameter accepts it is for `resolveParameters` to say.
 */
export function parameterFromText(text: string): ParameterValue {
  if (/^(none|null)$/i.test(text)) return null
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  const number = Number(text)
  return text.trim() === '' || Number.isNaN(number) ? text : number
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
  return String(value)
}

function isAccepted(spec: ParameterSpec, value: unknown): value is ParameterValue {
  if (value === null) return spec.nullable
  if (typeof value === 'string') return spec.choices.includes(value)
  if (typeof value === 'boolean') return spec.type === 'boolean'
  if (typeof value !== 'number') return false
  const isCount = Number.isSafeInteger(value) && value >= (spec.min ?? -Infinity) && value <= (spec.max ?? Infinity)
  if (spec.type === 'integer') return isCount
  return spec.type === 'count_or_share' && (isCount || (value > 0 && value < 1))
}

function describeAccepted(spec: ParameterSpec): string {
  const accepted: string[] = []
  const range = spec.max === null ? `of at least ${spec.min}` : `from ${spec.min} to ${spec.max}`
  if (spec.type === 'integer' || spec.type === 'count_or_share') accepted.push(`a whole number ${range}`)
  if (spec.type === 'count_or_share') accepted.push('a share between 0 and 1')
  if (spec.type === 'boolean') accepted.push('true or false')
  accepted.push(...spec.choices.map((choice) => JSON.stringify(choice)))
  if (spec.nullable) accepted.push('null')
  return accepted.join(' or ')
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? typeof value)
}
