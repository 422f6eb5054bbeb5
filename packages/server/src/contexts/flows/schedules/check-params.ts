import { FabriqueError, type Json } from '@fabrique/contract'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { canonicalJson, limit } from '../../../kernel/index.js'

type Params = Readonly<Record<string, Json>>

export interface ParamsToCheck {
  readonly flow: string
  /** JSON Schema (2020-12) of the parameters. */
  readonly schema: Params
  readonly params: Params
}

const compiledMax = 200
/** Compiling takes milliseconds, checking microseconds: those used last stay. By schema, so that flows of many projects share them. */
const compiled = new Map<string, ValidateFunction>()

/** Throws `flow_params_invalid`, which names the field, and `flow_params_too_large`. */
export function checkParams({ flow, schema, params }: ParamsToCheck): void {
  const limit_bytes = limit('flows.params_bytes_max')
  if (Buffer.byteLength(JSON.stringify(params)) > limit_bytes) {
    throw new FabriqueError('flow_params_too_large', { flow, limit_bytes })
  }
  const fault = paramsFault(schema, params)
  if (fault === undefined) return
  const { field, reason } = fault
  throw new FabriqueError('flow_params_invalid', { flow, field, reason }, { field: `params.${field}` })
}

/** What is wrong with values by a JSON Schema; undefined where they fit. */
export function paramsFault(
  schema: Params,
  params: Params,
): { readonly field: string; readonly reason: string } | undefined {
  const validate = validatorOf(schema)
  return validate(params) ? undefined : faultOf(validate.errors?.[0])
}

/** Why a JSON Schema of parameters is none; undefined where it is one. */
export function schemaFault(schema: Params): string | undefined {
  try {
    validatorOf(schema)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function validatorOf(schema: Params): ValidateFunction {
  const key = canonicalJson(schema)
  const known = compiled.get(key)
  compiled.delete(key)
  // A checker of its own for each: the library keeps all schemas that one has seen.
  const validate = known ?? newChecker().compile(schema)
  compiled.set(key, validate)
  const [oldest] = compiled.keys()
  if (compiled.size > compiledMax && oldest !== undefined) compiled.delete(oldest)
  return validate
}

function newChecker(): Ajv2020 {
  // Not strict: words that the library does not know are remarks.
  const checker = new Ajv2020({ strict: false, logger: false, verbose: true })
  addFormats.default(checker)
  return checker
}

/** The field is written as in code: `rows[2].month`; `params` for the parameters as a whole. */
function faultOf(error: ErrorObject | undefined): { readonly field: string; readonly reason: string } {
  const parts = (error?.instancePath ?? '')
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const named: unknown =
    error?.params.missingProperty ?? error?.params.additionalProperty ?? error?.params.unevaluatedProperty
  if (typeof named === 'string') parts.push(named)
  const path = parts.reduce((text, part) => (/^\d+$/.test(part) ? `${text}[${part}]` : `${text}.${part}`), '')
  const field = path.replace(/^\./, '')
  return { field: field === '' ? 'params' : field, reason: reasonOf(error) }
}

function reasonOf(error: ErrorObject | undefined): string {
  switch (error?.keyword) {
    case 'required':
      return 'it is missing'
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return 'the flow has no such parameter'
    case 'enum':
      return `must be one of ${JSON.stringify(error.params.allowedValues)}`
    case 'const':
      return `must be ${JSON.stringify(error.params.allowedValue)}`
    case 'pattern': {
      // Of a format that has a pattern as well, the name says more.
      const format: unknown = error.parentSchema?.format
      return typeof format === 'string' ? `must match format "${format}"` : (error.message ?? 'invalid')
    }
    default:
      return error?.message ?? 'invalid'
  }
}
