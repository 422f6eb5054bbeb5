import { exampleRequest, type Json, type ModelSignature, type ModelVersion } from '@fabrique/contract'

const pythonValue = (value: Json): string => {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return JSON.stringify(value)
}

/** A row as a Python dictionary, one value to a line. */
export const pythonRow = (row: Readonly<Record<string, Json>>): string =>
  `{\n${Object.entries(row)
    .map(([name, value]) => `    ${JSON.stringify(name)}: ${pythonValue(value)},\n`)
    .join('')}}`

/** The example of a signature in the order of its features, whatever order it was stored in. */
function exampleRow({ features, example }: ModelSignature): Readonly<Record<string, Json>> {
  return Object.fromEntries(features.map(({ name }) => [name, example[name] ?? null]))
}

/** The example as a request has it: the keys that features are looked up by, where the model does so. */
export function askedRow(signature: ModelSignature): Readonly<Record<string, Json>> {
  return signature.feature_lookup?.example === undefined ? exampleRow(signature) : exampleRequest(signature)
}

/** The example as a file takes it: numbers, also for truth values; milliseconds for moments; nothing missing. */
function fileRow({ features, example }: ModelSignature): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    features.map(({ name, type }) => {
      const value = example[name] ?? null
      if (type === 'text' || type === 'category') return [name, value ?? '']
      if (type === 'timestamp') return [name, typeof value === 'string' ? Date.parse(value) : value]
      return [name, typeof value === 'boolean' ? Number(value) : value]
    }),
  )
}

/** As `pythonRow`, with every number that is no moment as a float: MLflow does not make one of an integer. */
function pythonFileRow(signature: ModelSignature): string {
  const isMoment = new Set(signature.features.filter(({ type }) => type === 'timestamp').map(({ name }) => name))
  const lines = Object.entries(fileRow(signature)).map(([name, value]) => {
    const isWhole = typeof value === 'number' && Number.isInteger(value) && !isMoment.has(name)
    return `    ${JSON.stringify(name)}: ${isWhole ? value.toFixed(1) : value === null ? 'float("nan")' : pythonValue(value)},\n`
  })
  return `{\n${lines.join('')}}`
}

type Loaded = Pick<ModelVersion, 'model' | 'version' | 'signature'>

/**
 * How to load a version in Python, with mlflow or with onnxruntime alone, in TypeScript, and how to ask this server.
 * `onnxFile` is the path of its ONNX file; without one those ways are left out, and without a signature the request.
 */
export function loadSnippets(version: Loaded, origin: string, onnxFile: string | undefined) {
  const { model, version: number, signature } = version
  const uri = `models:/${model}/${number}`
  const data = signature === undefined ? 'data = ...  # a data frame or array, as the model was trained on' : ''
  return {
    mlflow: [
      'import mlflow',
      ...(signature === undefined ? [] : ['import pandas as pd']),
      '',
      `mlflow.set_tracking_uri("${origin}")`,
      `model = mlflow.pyfunc.load_model("${uri}")`,
      ...(signature === undefined
        ? [data, 'print(model.predict(data))']
        : [`row = ${pythonFileRow(signature)}`, 'print(model.predict(pd.DataFrame([row])))']),
    ].join('\n'),
    onnxruntime: onnxFile === undefined ? undefined : pythonOnnx(version, origin, onnxFile),
    typescript: onnxFile === undefined ? undefined : typeScriptOnnx(version, origin, onnxFile),
    curl:
      signature === undefined
        ? undefined
        : `curl ${origin}/api/v1/models/${encodeURIComponent(model)}/predict \\
  -H 'content-type: application/json' \\
  -d '${JSON.stringify({ features: [askedRow(signature)] }).replaceAll("'", "'\\''")}'`,
  }
}

function pythonOnnx({ model, version, signature }: Loaded, origin: string, onnxFile: string): string {
  const feeds =
    signature === undefined
      ? 'print([(i.name, i.type, i.shape) for i in session.get_inputs()])'
      : `row = ${pythonFileRow(signature)}
types = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(string)": object}
feeds = {i.name: np.full([1] * len(i.shape), row[i.name], types[i.type]) for i in session.get_inputs()}
print(session.run(None, feeds))`
  return `import mlflow
${signature === undefined ? '' : 'import numpy as np\n'}import onnxruntime as ort

mlflow.set_tracking_uri("${origin}")
folder = mlflow.artifacts.download_artifacts("models:/${model}/${version}")
session = ort.InferenceSession(f"{folder}/${onnxFile}")
${feeds}`
}

function typeScriptOnnx({ model, version, signature }: Loaded, origin: string, onnxFile: string): string {
  const [name, number, path] = [model, version, onnxFile].map((part) => encodeURIComponent(part).replaceAll("'", '%27'))
  const address = `${origin}/api/v1/models/${name}/versions/${number}/artifacts/file?path=${path}`
  const run =
    signature === undefined
      ? 'console.log(session.inputNames, session.outputNames)'
      : `const row: Record<string, any> = ${JSON.stringify(fileRow(signature))}
const feeds = Object.fromEntries(
  session.inputMetadata.map(({ name, type, shape }: any) => [
    name,
    new ort.Tensor(type, [type === 'int64' ? BigInt(row[name]) : row[name]], shape.map(() => 1)),
  ]),
)
console.log(await session.run(feeds))`
  return `import * as ort from 'onnxruntime-node'

const reply = await fetch('${address}')
const session = await ort.InferenceSession.create(new Uint8Array(await reply.arrayBuffer()))
${run}`
}
