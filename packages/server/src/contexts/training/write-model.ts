import type { Json, ModelSignature } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { putArtifact } from '../artifacts/index.js'
import { modelFolder, predictionColumns } from './model-folder.js'
import type { TrainingResult } from './training-messages.js'

export interface WrittenModel {
  readonly runId: string
  /** Folder of the run in the artifact tree. */
  readonly root: string
  readonly environment: Readonly<Record<string, string>>
  readonly signature: ModelSignature
  readonly onnx: Uint8Array
  readonly card: string
  readonly result: TrainingResult
}

/** Writes what a training made into the folder of its run; the model last. Gives the folder of the model. */
export async function writeModel(ctx: VerbContext, made: WrittenModel): Promise<string> {
  const { root, result, signature } = made
  const encoder = new TextEncoder()
  const json = (value: unknown) => encoder.encode(`${JSON.stringify(value, undefined, 2)}\n`)
  const files: Record<string, Uint8Array> = { 'environment.json': json(made.environment) }
  for (const [name, report] of Object.entries(reportsOf(result))) files[`reports/${name}.json`] = json(report)
  const folder = modelFolder({
    signature,
    onnx: made.onnx,
    runId: made.runId,
    modelUuid: ctx.ids.hex32(),
    createdAt: ctx.clock.now(),
    outputs: predictionColumns(signature, result.hasProbabilities),
  })
  files['model/README.md'] = encoder.encode(made.card)
  for (const [name, content] of Object.entries(folder)) files[`model/${name}`] = content
  for (const [name, content] of Object.entries(files)) {
    await putArtifact({ ctx, input: { path: `${root}/${name}`, content } })
  }
  return `${root}/model`
}

function reportsOf(result: TrainingResult): Record<string, Json> {
  const { reports, importances, search, chosen } = result
  const all = {
    ...reports,
    pipeline: result.pipeline,
    ...(importances === undefined ? {} : { feature_importances: importances }),
    ...(search === undefined ? {} : { search }),
    ...(chosen === undefined ? {} : { leaderboard: chosen }),
  }
  return toJson(all)
}

/** Reports came as JSON from the process of the training. */
function toJson(reports: object): Record<string, Json> {
  return reports as Record<string, Json>
}
