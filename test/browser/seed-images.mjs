// A registered model of images, as a client of MLflow logs one: it tells which of red, green and blue is the brightest.
import { ask } from './seed-data.mjs'
import { putFile, registerFrom } from './seed-registry.mjs'
import { logRun } from './seed-runs.mjs'

export const imageModel = 'colour of images'
const servedTimeoutMs = 120_000

/** An ONNX file that takes [N, 3, 8, 8], gives the mean of each channel, and says so in its metadata. */
const modelFile = Buffer.from(
  [
    'CAg6hAEKJAoFaW1hZ2USBnBvb2xlZCIRR2xvYmFsQXZlcmFnZVBvb2w6AAoaCgZwb29sZWQSBW1lYW5zIgdGbGF0dGVuOgASBHRlc3RaIAoF',
    'aW1hZ2USFwoVCAESEQoDEgFOCgIIAwoCCAgKAggIYhgKBW1lYW5zEg8KDQgBEgkKAxIBTgoCCANCBAoAEBFCDgoKYWkub25ueC5tbBADch8K',
    'DWZhYnJpcXVlLnRhc2sSDmNsYXNzaWZpY2F0aW9ucpQBChJmYWJyaXF1ZS5zaWduYXR1cmUSfnsiZmVhdHVyZXMiOlt7Im5hbWUiOiJpbWFn',
    'ZSIsInR5cGUiOiJpbWFnZSIsImltYWdlIjp7fX1dLCJjbGFzc2VzIjpbInJlZCIsImdyZWVuIiwiYmx1ZSJdLCJ0YXJnZXQiOiJjb2xvdXIi',
    'LCJvdXRwdXQiOiJsb2dpdHMifQ==',
  ].join(''),
  'base64',
)

const description = `artifact_path: model
flavors:
  onnx:
    data: model.onnx
mlflow_version: 3.0.0
`

const served = async (base) =>
  (await ask(base, 'GET', '/endpoints')).items.some(({ model, state }) => model === imageModel && state === 'ready')

/** The model, made and served once for each server. */
export async function seedImages(base) {
  if (await served(base)) return imageModel
  const reply = await fetch(`${base}/api/2.0/mlflow/experiments/create`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: `images-${Date.now().toString(36)}` }),
  })
  const { experiment_id: experiment } = await reply.json()
  const run = await logRun(base, experiment, { runName: 'colours', start: Date.now() })
  await putFile(base, run, 'model/model.onnx', modelFile)
  await putFile(base, run, 'model/MLmodel', description)
  const model = encodeURIComponent(imageModel)
  await registerFrom(base, model, run)
  await ask(base, 'PUT', `/models/${model}/aliases/champion`, { version: '1', reason: 'The first' })
  const deadline = Date.now() + servedTimeoutMs
  while (!(await served(base))) {
    if (Date.now() > deadline) throw new Error(`${imageModel} is not served`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return imageModel
}
