import { type ModelSignature, mlflowVersion } from '@fabrique/contract'
import { stringify } from 'yaml'

export interface ModelFolderInput {
  readonly signature: ModelSignature
  readonly onnx: Uint8Array
  readonly runId: string
  /** 32 hex digits that name this model folder. */
  readonly modelUuid: string
  readonly createdAt: Date
}

/** Python packages that load the folder; the lowest versions known to work. */
const requirements = ['mlflow', 'onnx>=1.14', 'onnxruntime>=1.17,!=1.26.*', 'pandas', 'numpy']

/**
 * The files of a model folder in MLflow's format, by name: `mlflow.pyfunc.load_model` and `mlflow.onnx.load_model` read it.
 * Format: https://mlflow.org/docs/latest/ml/model/
 */
export function modelFolder(input: ModelFolderInput): Readonly<Record<string, Uint8Array>> {
  const { signature, onnx, runId, modelUuid, createdAt } = input
  const names = signature.features.map(({ name }) => name)
  const example = { columns: names, data: [names.map((name) => signature.example[name])] }
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
      signature: mlflowSignature(signature),
      utc_time_created: createdAt.toISOString().replace('T', ' ').replace('Z', '000'),
    }),
    'requirements.txt': `${requirements.join('\n')}\n`,
    'python_env.yaml': stringify({
      python: '3.11.0',
      build_dependencies: ['pip'],
      dependencies: ['-r requirements.txt'],
    }),
    'conda.yaml': stringify({
      channels: ['conda-forge'],
      dependencies: ['python=3.11.0', 'pip', { pip: requirements }],
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
function mlflowSignature({ features, target }: ModelSignature) {
  const inputs = features.map(({ name }) => ({ type: 'double', name, required: true }))
  const outputs = [
    { type: 'string', name: 'label', required: true },
    ...target.classes.map((name) => ({ type: 'float', name: `probability_${name}`, required: true })),
  ]
  return { inputs: JSON.stringify(inputs), outputs: JSON.stringify(outputs), params: null }
}
