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

/** How to load a version in Python, with mlflow or with onnxruntime alone, and how to ask this server. */
export function loadSnippets(version: ModelVersion, origin: string) {
  const { model, version: number, run_id, signature } = version
  const example = exampleRow(signature)
  const row = pythonRow(example)
  return {
    mlflow: `import mlflow
import pandas as pd

mlflow.set_tracking_uri("${origin}")
model = mlflow.pyfunc.load_model("models:/${model}/${number}")
row = ${row}
print(model.predict(pd.DataFrame([row])))`,
    onnxruntime: `import mlflow
import numpy as np
import onnxruntime as ort

mlflow.set_tracking_uri("${origin}")
folder = mlflow.artifacts.download_artifacts("${run_id === undefined ? `models:/${model}/${number}` : `runs:/${run_id}/model`}")
session = ort.InferenceSession(f"{folder}/model.onnx")
row = ${row}
feeds = {i.name: np.array([[row[i.name]]], dtype=np.float32) for i in session.get_inputs()}
print(session.run(None, feeds))`,
    curl: `curl ${origin}/api/v1/models/${encodeURIComponent(model)}/predict \\
  -H 'content-type: application/json' \\
  -d '${JSON.stringify({ features: [example] }).replaceAll("'", "'\\''")}'`,
  }
}
