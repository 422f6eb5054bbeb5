import { readYaml, type YamlValue } from './read-yaml.js'

/** A column or tensor that a model takes or gives. */
export interface SignatureField {
  readonly name: string
  /** As MLflow calls it: `double`, `array(string)`, `tensor float32 (-1, 4)`. */
  readonly type: string
  readonly isRequired: boolean
}

export interface SignatureParam extends SignatureField {
  readonly initial: string
}

/** What an MLmodel file says about its model. */
export interface ModelFile {
  readonly flavors: readonly string[]
  readonly facts: readonly (readonly [key: string, value: string])[]
  readonly signature:
    | {
        readonly inputs: readonly SignatureField[]
        readonly outputs: readonly SignatureField[]
        readonly params: readonly SignatureParam[]
      }
    | undefined
}

const factKeys = ['mlflow_version', 'run_id', 'model_id', 'utc_time_created', 'model_size_bytes', 'artifact_path']

/** Reads an MLmodel file. Throws where it cannot be read. */
export function readModelFile(source: string): ModelFile {
  const file = mapOf(readYaml(source))
  const signature = mapOf(file.signature ?? null)
  return {
    flavors: Object.keys(mapOf(file.flavors ?? null)),
    facts: factKeys.flatMap((key) => {
      const value = file[key]
      return typeof value === 'string' ? [[key, value] as const] : []
    }),
    signature:
      file.signature === undefined || file.signature === null
        ? undefined
        : {
            inputs: fields(signature.inputs),
            outputs: fields(signature.outputs),
            params: fields(signature.params).map((field, index) => ({
              ...field,
              initial: shown(recordOf(list(signature.params)[index]).default),
            })),
          },
  }
}

const mapOf = (value: YamlValue): { readonly [key: string]: YamlValue } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, YamlValue>) : {}

type Fields = Readonly<Record<string, unknown>>

const recordOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}

/** A part of a signature is a JSON text inside the file. */
function list(part: YamlValue | undefined): readonly unknown[] {
  if (typeof part !== 'string') return []
  const value: unknown = JSON.parse(part)
  return Array.isArray(value) ? value : []
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null))

function fields(part: YamlValue | undefined): readonly SignatureField[] {
  return list(part).map((item, index) => {
    const field = recordOf(item)
    return {
      name: typeof field.name === 'string' ? field.name : String(index),
      type: typeName(field),
      isRequired: field.required !== false && field.optional !== true,
    }
  })
}

function typeName(field: Fields): string {
  const tensor = recordOf(field['tensor-spec'])
  if (field.type === 'tensor') {
    const shape = Array.isArray(tensor.shape) ? tensor.shape.join(', ') : ''
    return `tensor ${shown(tensor.dtype)} (${shape})`
  }
  if (field.type === 'array') return `array(${typeName(recordOf(field.items))})`
  if (field.type === 'map') return `map(${typeName(recordOf(field.values))})`
  if (field.type === 'object') {
    const inner = Object.entries(recordOf(field.properties)).map(
      ([key, value]) => `${key}: ${typeName(recordOf(value))}`,
    )
    return `object(${inner.join(', ')})`
  }
  const type = typeof field.type === 'string' ? field.type : 'any'
  return Array.isArray(field.shape) ? `${type} (${field.shape.join(', ')})` : type
}
