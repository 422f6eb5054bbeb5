import { parse } from 'yaml'
import { z } from 'zod'
import { type Datatype, numberTypes, type TensorSpec } from './runtime/tensor.js'

/** What the `MLmodel` file of an MLflow model folder says. */
export interface MlflowModel {
  /** By name, as `sklearn` or `python_function`. */
  readonly flavors: readonly string[]
  /** Path of the model in ONNX form inside the folder, of models of that flavour. */
  readonly onnxFile: string | undefined
  /** Whether Python loads it as a `python_function`. */
  readonly hasPyfunc: boolean
  /** The Python that it was logged with, as `3.11.7`. */
  readonly pythonVersion: string | undefined
  readonly mlflowVersion: string | undefined
  readonly signature: MlflowSignature | undefined
  /** Paths inside the folder: the example as it was given, and as the body of a scoring request. */
  readonly inputExample: string | undefined
  readonly servingInput: string | undefined
}

/** Columns or tensors, never both. */
export interface MlflowSignature {
  readonly inputs: readonly MlflowField[]
  readonly outputs: readonly MlflowField[]
  readonly params: readonly MlflowParam[]
}

export type MlflowField = MlflowColumn | MlflowTensor

export interface MlflowColumn {
  readonly kind: 'column'
  /** Columns of a table without a header have none. */
  readonly name: string | undefined
  /** `boolean`, `integer`, `long`, `float`, `double`, `string`, `binary`, `datetime`; `array`, `object`, `map` or `any` of others. */
  readonly type: string
  readonly isRequired: boolean
}

export interface MlflowTensor {
  readonly kind: 'tensor'
  /** An only tensor may have none. */
  readonly name: string | undefined
  /** As NumPy calls it: `float32`. */
  readonly dtype: string
  /** -1 stands for a dimension of any size. */
  readonly shape: readonly number[]
}

export interface MlflowParam {
  readonly name: string
  readonly type: string
  readonly default: unknown
  readonly shape: readonly number[] | undefined
}

/** Longer files describe no model. */
const bytesMax = 4 * 1024 * 1024

/** A path inside of the model folder. */
const Inside = z
  .string()
  .refine(
    (path) => !path.startsWith('/') && !path.split(/[/\\]/).includes('..'),
    'it must lie inside of the folder of the model',
  )

const Pyfunc = z.looseObject({ loader_module: z.string(), python_version: z.string().nullish() })

const MlModelFile = z.looseObject({
  flavors: z.looseObject({
    onnx: z.looseObject({ data: Inside }).optional(),
    python_function: Pyfunc.optional(),
  }),
  mlflow_version: z.string().nullish(),
  saved_input_example_info: z
    .looseObject({ artifact_path: Inside.optional(), serving_input_path: Inside.optional() })
    .nullish(),
  // Each part is a JSON text inside the file.
  signature: z
    .looseObject({ inputs: z.string().nullish(), outputs: z.string().nullish(), params: z.string().nullish() })
    .nullish(),
})

const TensorField = z.looseObject({
  type: z.literal('tensor'),
  name: z.string().optional(),
  'tensor-spec': z.looseObject({ dtype: z.string(), shape: z.array(z.number().int()) }),
})

const ColumnField = z.looseObject({
  type: z.string(),
  name: z.string().optional(),
  required: z.boolean().optional(),
  /** MLflow before 2.9 wrote the opposite. */
  optional: z.boolean().optional(),
})

const Fields = z.array(z.union([TensorField, ColumnField]))

const Params = z.array(
  z.looseObject({
    name: z.string(),
    type: z.string().optional(),
    /** MLflow 2.6 called it so. */
    dtype: z.string().optional(),
    default: z.unknown(),
    shape: z.array(z.number().int()).nullish(),
  }),
)

/** Reads an `MLmodel` file. Throws a plain error with the reason where it cannot. */
export function readMlflowModel(text: string): MlflowModel {
  if (text.length > bytesMax) throw new Error(`The file MLmodel is longer than ${bytesMax} characters`)
  const file = parsed(MlModelFile, readYaml(text), 'The file MLmodel')
  const { onnx, python_function: pyfunc } = file.flavors
  const example = file.saved_input_example_info
  return {
    flavors: Object.keys(file.flavors),
    onnxFile: onnx?.data,
    hasPyfunc: pyfunc !== undefined,
    pythonVersion: pyfunc?.python_version ?? undefined,
    mlflowVersion: file.mlflow_version ?? undefined,
    signature: signatureOf(file.signature),
    inputExample: example?.artifact_path,
    servingInput: example?.serving_input_path,
  }
}

function signatureOf(parts: z.output<typeof MlModelFile>['signature']): MlflowSignature | undefined {
  if (parts === undefined || parts === null) return undefined
  const { inputs, outputs, params } = parts
  return {
    inputs: part(Fields, inputs, 'inputs').map(fieldOf),
    outputs: part(Fields, outputs, 'outputs').map(fieldOf),
    params: part(Params, params, 'params').map(({ name, type, dtype, shape, ...rest }) => ({
      name,
      type: type ?? dtype ?? 'any',
      default: rest.default,
      shape: shape ?? undefined,
    })),
  }
}

function fieldOf(field: z.output<typeof Fields>[number]): MlflowField {
  const spec = TensorField.safeParse(field)
  if (spec.success) {
    const { name, 'tensor-spec': tensor } = spec.data
    return { kind: 'tensor', name, dtype: tensor.dtype, shape: tensor.shape }
  }
  const { name, type, required, optional } = ColumnField.parse(field)
  return { kind: 'column', name, type, isRequired: required ?? optional !== true }
}

function part<Output>(schema: z.ZodType<Output[]>, text: string | null | undefined, name: string): readonly Output[] {
  if (text === undefined || text === null || text === '') return []
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Error(`The ${name} of the signature in the file MLmodel are not JSON`, { cause: error })
  }
  return parsed(schema, value ?? [], `The ${name} of the signature in the file MLmodel`)
}

function readYaml(text: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new Error(`The file MLmodel is not YAML: ${reason}`, { cause: error })
  }
}

function parsed<Output>(schema: z.ZodType<Output>, value: unknown, what: string): Output {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const at = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`
  throw new Error(`${what} cannot be read${at}: ${issue?.message ?? 'it is not of this form'}`)
}

const datatypeOfColumn: Readonly<Record<string, Datatype>> = {
  boolean: 'BOOL',
  integer: 'INT32',
  long: 'INT64',
  float: 'FP32',
  double: 'FP64',
}

const datatypeOfDtype: Readonly<Record<string, Datatype>> = numberTypes

/**
 * The tensors that stand for the fields of a signature. A column is [rows]; what is no number is BYTES: texts as they are, moments in
 * ISO 8601, `binary` in base64, and lists, objects and maps in JSON. A field without a name has its place: `input-0`.
 */
export function tensorSpecsOf(fields: readonly MlflowField[], side: 'input' | 'output'): readonly TensorSpec[] {
  return fields.map((field, index) => {
    const name = field.name ?? `${side}-${index}`
    if (field.kind === 'column') return { name, datatype: datatypeOfColumn[field.type] ?? 'BYTES', shape: [-1] }
    return { name, datatype: datatypeOfDtype[field.dtype] ?? 'BYTES', shape: field.shape }
  })
}
