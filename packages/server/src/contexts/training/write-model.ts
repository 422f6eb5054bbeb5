import type { Json, ModelSignature } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { putArtifact } from '../artifacts/index.js'
import { modelFolder, predictionColumns } from './model-folder.js'
import type { TrainingResult } from './training-messages.js'

export interface WrittenModel {
  readonly runId: string
  /** Folder of the run in the artifact tree. */
  readonly root: string
  /** Folder of the model in that of the run. */
  readonly folder: string
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
  for (const [name, picture] of Object.entries(await picturesOf(ctx, made))) files[`reports/${name}.png`] = picture
  const content = modelFolder({
    signature,
    onnx: made.onnx,
    runId: made.runId,
    modelUuid: ctx.ids.hex32(),
    createdAt: ctx.clock.now(),
    outputs: predictionColumns(signature, result.hasProbabilities),
  })
  files[`${made.folder}/README.md`] = encoder.encode(made.card)
  for (const [name, bytes] of Object.entries(content)) files[`${made.folder}/${name}`] = bytes
  for (const [name, bytes] of Object.entries(files)) {
    await putArtifact({ ctx, input: { path: `${root}/${name}`, content: bytes } })
  }
  return `${root}/${made.folder}`
}

/** The reports as pictures; one that could not be drawn is told of in the log, and the training goes on. */
async function picturesOf(
  ctx: VerbContext,
  { runId, result }: WrittenModel,
): Promise<Readonly<Record<string, Uint8Array>>> {
  // Only workers draw.
  const { drawPlots } = await import('./plots/draw-plots.js')
  const { reports, importances, learningCurve } = result
  const { pictures, failures } = await drawPlots({
    ...reports,
    ...(importances === undefined ? {} : { feature_importances: importances }),
    ...(learningCurve === undefined ? {} : { learning_curve: learningCurve }),
  })
  for (const { name, error } of failures) {
    ctx.log.warn({ run_id: runId, picture: name, err: error }, 'A picture of a training could not be drawn')
  }
  return pictures
}

function reportsOf(result: TrainingResult): Record<string, Json> {
  const { reports, decision, intervals, answers, importances, learningCurve, search, chosen } = result
  const all = {
    ...reports,
    ...decision,
    ...(result.pipeline === undefined ? {} : { pipeline: result.pipeline }),
    ...(intervals === undefined ? {} : { intervals }),
    ...(answers === undefined ? {} : { answers }),
    ...(importances === undefined ? {} : { feature_importances: importances }),
    ...(learningCurve === undefined ? {} : { learning_curve: learningCurve }),
    ...(search === undefined ? {} : { search }),
    ...(chosen === undefined ? {} : { leaderboard: chosen }),
  }
  return toJson(all)
}

/** Reports came as JSON from the process of the training. */
function toJson(reports: object): Record<string, Json> {
  return reports as Record<string, Json>
}
