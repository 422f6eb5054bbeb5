import type { Json, ModelSignature, ModelVersion } from '@fabrique/contract'

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
export function exampleRow(signature: ModelSignature | undefined): Readonly<Record<string, Json>> {
  return Object.fromEntries((signature?.features ?? []).map(({ name }) => [name, signature?.example[name] ?? null]))
}

type Loaded = Pick<ModelVersion, 'model' | 'version' | 'signature'>

/**
 * How to load a version in Python, with mlflow or with onnxruntime alone, in TypeScript, and how to ask this server.
 * `onnxFile` is the path of its ONNX file; without one those ways are left out, and without a signature the request.
 */
export function loadSnippets(version: Loaded, origin: string, onnxFile: string | undefined) {
  const { model, version: number, signature } = version
  const example = exampleRow(signature)
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
        : [`row = ${pythonRow(example)}`, 'print(model.predict(pd.DataFrame([row])))']),
    ].join('\n'),
    onnxruntime: onnxFile === undefined ? undefined : pythonOnnx(version, origin, onnxFile),
    typescript: onnxFile === undefined ? undefined : typeScriptOnnx(version, origin, onnxFile),
    curl:
      signature === undefined
        ? undefined
        : `curl ${origin}/api/v1/models/${encodeURIComponent(model)}/predict \\
  -H 'content-type: application/json' \\
  -d '${JSON.stringify({ features: [example] }).replaceAll("'", "'\\''")}'`,
  }
}

function pythonOnnx({ model, version, signature }: Loaded, origin: string, onnxFile: string): string {
  const feeds =
    signature === undefined
      ? 'print([(i.name, i.type, i.shape) for i in session.get_inputs()])'
      : `row = ${pythonRow(exampleRow(signature))}
feeds = {i.name: np.array([[row[i.name]]], dtype=np.float32) for i in session.get_inputs()}
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
      : `const row: Record<string, number> = ${JSON.stringify(exampleRow(signature))}
const feeds = Object.fromEntries(
  session.inputNames.map((name) => [name, new ort.Tensor('float32', [row[name] ?? NaN], [1, 1])]),
)
console.log(await session.run(feeds))`
  return `import * as ort from 'onnxruntime-node'

const reply = await fetch('${address}')
const session = await ort.InferenceSession.create(new Uint8Array(await reply.arrayBuffer()))
${run}`
}
