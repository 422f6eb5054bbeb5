import { type FeatureSpec, type Json, type ModelSignature, mlflowVersion } from '@fabrique/contract'
import { labelOutput, predictionOutput, probabilityOutput, scoreOutput } from '@fabrique/ml/outputs'
import { stringify } from 'yaml'

export interface ModelFolderInput {
  readonly signature: ModelSignature
  readonly onnx: Uint8Array
  readonly runId: string
  /** 32 hex digits that name this model folder. */
  readonly modelUuid: string
  readonly createdAt: Date
  /** What the file gives, by column; by default the class and its probabilities. */
  readonly outputs?: readonly OutputColumn[]
}

/** A column of predictions in MLflow's terms. */
export interface OutputColumn {
  readonly name: string
  readonly type: 'string' | 'float'
}

/** The columns of the outputs of a file: a number, or a class with a probability (or a score) for each. */
export function predictionColumns({ task, target }: ModelSignature, hasProbabilities = true): readonly OutputColumn[] {
  if (task === 'regression') return [{ name: predictionOutput, type: 'float' }]
  const nameOf = hasProbabilities ? probabilityOutput : scoreOutput
  return [
    { name: labelOutput, type: 'string' },
    ...target.classes.map((name) => ({ name: nameOf(name), type: 'float' as const })),
  ]
}

/** Python packages that load the folder; the lowest versions known to work. */
const requirements = ['mlflow', 'onnx>=1.14', 'onnxruntime>=1.17,!=1.26.*', 'pandas', 'numpy']

/** MLflow gives ONNX the texts of a table as they are, and those of pandas 3 are no arrays that it knows. */
const requirementsOfTexts = requirements.map((name) => (name === 'pandas' ? 'pandas<3' : name))

/**
 * The files of a model folder in MLflow's format, by name: `mlflow.pyfunc.load_model` and `mlflow.onnx.load_model` read it.
 * Format: https://mlflow.org/docs/latest/ml/model/
 */
export function modelFolder(input: ModelFolderInput): Readonly<Record<string, Uint8Array>> {
  const { signature, onnx, runId, modelUuid, createdAt } = input
  const names = signature.features.map(({ name }) => name)
  const takesTexts = signature.features.some(({ type }) => inputType(type) === 'string')
  const needed = takesTexts ? requirementsOfTexts : requirements
  const example = { columns: names, data: [signature.features.map((feature) => exampleOf(feature, signature))] }
  const texts: Record<string, string> = {
    MLmodel: stringify({
      artifact_path: 'model',
      flavors: {
        onnx: {
          code: null,
          data: 'model.onnx',
          onnx_session_options: null,
          onnx_version: '1.17.0',
          providers: ['CPUExecutionProvider'],
        },
        python_function: {
          data: 'model.onnx',
          env: { conda: 'conda.yaml', virtualenv: 'python_env.yaml' },
          loader_module: 'mlflow.onnx',
          python_version: '3.11.0',
        },
      },
      mlflow_version: mlflowVersion,
      model_size_bytes: onnx.byteLength,
      model_uuid: modelUuid,
      run_id: runId,
      saved_input_example_info: {
        artifact_path: 'input_example.json',
        pandas_orient: 'split',
        type: 'dataframe',
      },
      signature: mlflowSignature(signature, input.outputs ?? predictionColumns(signature)),
      utc_time_created: createdAt.toISOString().replace('T', ' ').replace('Z', '000'),
    }),
    'requirements.txt': `${needed.join('\n')}\n`,
    'python_env.yaml': stringify({
      python: '3.11.0',
      build_dependencies: ['pip'],
      dependencies: ['-r requirements.txt'],
    }),
    'conda.yaml': stringify({
      channels: ['conda-forge'],
      dependencies: ['python=3.11.0', 'pip', { pip: needed }],
      name: 'mlflow-env',
    }),
    'input_example.json': JSON.stringify(example),
    'serving_input_example.json': JSON.stringify({ dataframe_split: example }),
  }
  const encoder = new TextEncoder()
  return {
    'model.onnx': onnx,
    ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, encoder.encode(text)])),
  }
}

/** The signature in MLflow's form: JSON texts of column specifications. */
function mlflowSignature({ features }: ModelSignature, outputColumns: readonly OutputColumn[]) {
  const inputs = features.map(({ name, type }) => ({ type: inputType(type), name, required: true }))
  const outputs = outputColumns.map(({ name, type }) => ({ type, name, required: true }))
  return { inputs: JSON.stringify(inputs), outputs: JSON.stringify(outputs), params: null }
}

/** What the file takes of an example, where the server also takes ISO 8601 texts, truth values and nulls. */
function exampleOf({ name, type }: FeatureSpec, signature: ModelSignature): Json | undefined {
  const value = signature.example[name]
  if (type === 'timestamp' && typeof value === 'string') return Date.parse(value)
  if (typeof value === 'boolean') return Number(value)
  return value === null && inputType(type) === 'string' ? '' : value
}

/** Moments are whole milliseconds since 1970, as the file takes them. */
function inputType(type: FeatureSpec['type']): 'double' | 'string' | 'long' {
  if (type === 'timestamp') return 'long'
  return type === 'text' || type === 'category' ? 'string' : 'double'
}
