import type { FeatureSpec, Json, ModelSignature } from '@fabrique/contract'
import type { ZippedOutput } from '@fabrique/ml/foreign'
import type { MlflowField, MlflowSignature } from './mlflow-model.js'
import { takesColumn } from './predict-rows.js'
import type { ModelRuntime } from './runtime/model-runtime.js'
import { probeInputs } from './runtime/probe-rows.js'
import type { TensorSpec } from './runtime/tensor.js'

/** What stands for each type of MLflow; a number that may be missing is a float there. */
const types: Readonly<Record<string, FeatureSpec['type']>> = {
  boolean: 'boolean',
  integer: 'integer',
  long: 'integer',
  float: 'number',
  double: 'number',
  string: 'text',
}

/**
 * The signature of a model that a client of MLflow logged, as far as its files say what `/predict` has to know: named columns that the model
 * takes one by one or as the columns of its only matrix; and as the answer to each row one number, or a class with a probability for each, whose
 * names stand in a map that a converter added. Undefined for any other: what its outputs mean stands nowhere.
 */
export async function signatureOfMlflow(
  signature: MlflowSignature | undefined,
  runtime: ModelRuntime,
  zipped: readonly ZippedOutput[],
): Promise<ModelSignature | undefined> {
  const columns = columnsOf(signature?.inputs ?? [])
  if (columns === undefined) return undefined
  const features = columns.map(({ name, type }): FeatureSpec => ({ name, type: types[type] ?? 'text' }))
  const isKnown = columns.every(({ type }) => type in types)
  if (!isKnown || !(isMatrix(features, runtime.inputs) || isByColumn(features, runtime.inputs))) return undefined
  const answer = numberOf(runtime.outputs) ?? (await classesOf(runtime, zipped))
  if (answer === undefined) return undefined
  const example = Object.fromEntries(features.map(({ name, type }): [string, Json] => [name, exampleOf(type)]))
  return { ...answer, features, example }
}

type Answer = Pick<ModelSignature, 'task' | 'target'>

const isFloat = ({ datatype }: TensorSpec) => datatype === 'FP32' || datatype === 'FP64'

/** An only output with one number for each row. */
function numberOf([output, ...others]: readonly TensorSpec[]): Answer | undefined {
  if (output === undefined || others.length > 0 || !isFloat(output)) return undefined
  const isOfRow = output.shape.length === 1 || (output.shape.length === 2 && output.shape[1] === 1)
  return isOfRow ? { task: 'regression', target: { name: output.name, classes: [] } } : undefined
}

/** A class, and beside it a matrix with a column for each class of a map, whose rows are probabilities. */
async function classesOf(runtime: ModelRuntime, zipped: readonly ZippedOutput[]): Promise<Answer | undefined> {
  const [map, ...others] = zipped
  const matrix = runtime.outputs.find(({ name }) => name === map?.from)
  const label = runtime.outputs.find(({ name }) => name !== map?.from)
  const isOne = map !== undefined && others.length === 0 && runtime.outputs.length === 2
  if (!isOne || label === undefined || matrix === undefined || !isFloat(matrix)) return undefined
  const isClass = (label.datatype === 'INT64' || label.datatype === 'BYTES') && label.shape.length === 1
  if (!isClass || map.classes.length < 2) return undefined
  const asked = await runtime.infer(probeInputs(runtime.inputs, { rows: 1, seed: 1 }), [matrix.name]).catch(() => [])
  const shares = Array.from(asked[0]?.data ?? [], Number)
  const sum = shares.reduce((total, share) => total + share, 0)
  const areProbabilities = shares.every((share) => share > -1e-4) && Math.abs(sum - 1) < 1e-3
  if (shares.length !== map.classes.length || !areProbabilities) return undefined
  return { task: 'classification', target: { name: label.name, classes: [...map.classes] } }
}

interface NamedColumn {
  readonly name: string
  readonly type: string
}

function columnsOf(fields: readonly MlflowField[]): readonly NamedColumn[] | undefined {
  const named = fields.flatMap((field): NamedColumn[] =>
    field.kind === 'column' && field.name !== undefined ? [{ name: field.name, type: field.type }] : [],
  )
  return named.length === fields.length && named.length > 0 ? named : undefined
}

function isMatrix(features: readonly FeatureSpec[], inputs: ModelRuntime['inputs']): boolean {
  const [input, ...others] = inputs
  const [rows, width] = input?.shape ?? []
  return (
    others.length === 0 &&
    input?.shape.length === 2 &&
    rows === -1 &&
    width === features.length &&
    (input.datatype === 'FP32' || input.datatype === 'FP64') &&
    features.every(({ type }) => type !== 'text')
  )
}

function isByColumn(features: readonly FeatureSpec[], inputs: ModelRuntime['inputs']): boolean {
  return (
    features.length === inputs.length &&
    features.every(({ name, type }) => {
      const input = inputs.find((one) => one.name === name)
      if (input === undefined || input.shape[0] !== -1 || (input.shape.length === 2 && input.shape[1] !== 1))
        return false
      return input.shape.length <= 2 && takesColumn(input, type === 'text')
    })
  )
}

function exampleOf(type: FeatureSpec['type']): Json {
  if (type === 'text') return 'text'
  return type === 'boolean' ? false : 0
}
