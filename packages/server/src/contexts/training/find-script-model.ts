import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import type { VerbContext } from '../../platform/index.js'
import { type ArtifactFile, listArtifacts, openArtifact } from '../artifacts/index.js'
import { artifactFolderOf, getLoggedModel, loggedModelsOfRuns } from '../tracking/index.js'

/** Folder of the run with the model in our form; what a script logs stays beside it. */
export const servedFolder = 'served'

/** An ONNX model that a script logged. */
export interface ScriptModel {
  /** Its folder in the artifact tree. */
  readonly folder: string
  /** Name of its file in it. */
  readonly file: string
  /** Where it is known from: a path of the run, or the id of a logged model. */
  readonly shown: string
}

const MlModel = z.looseObject({
  flavors: z.looseObject({ onnx: z.looseObject({ data: z.string() }).optional() }),
  utc_time_created: z.coerce.string().default(''),
})

/** Longer ones describe no model. */
const mlModelBytesMax = 1024 * 1024

/**
 * The ONNX model of a run, by preference: the newest logged model of MLflow 3, the newest model folder among its artifacts, a file
 * `model.onnx`, the only file that ends so. Undefined without one.
 */
export async function findScriptModel(
  ctx: VerbContext,
  { runId, root }: { readonly runId: string; readonly root: string },
): Promise<ScriptModel | undefined> {
  const logged = (await loggedModelsOfRuns(ctx, [runId])).get(runId) ?? []
  for (const { id } of [...logged].reverse()) {
    const { artifact_uri } = await getLoggedModel({ ctx, input: { model_id: id } })
    const folder = artifactFolderOf(artifact_uri)
    const [found] = folder === undefined ? [] : await modelFolders(ctx, folder)
    if (found !== undefined) return { ...found, shown: id }
  }
  const [newest] = await modelFolders(ctx, root)
  if (newest !== undefined) return { ...newest, shown: shownPath(newest, root) }
  const files = (await filesOf(ctx, root)).filter(({ path }) => path.endsWith('.onnx'))
  const named = files.filter(({ path }) => basename(path) === 'model.onnx')
  const [only] = named.length > 0 ? named : files.length === 1 ? files : []
  if (only === undefined) return undefined
  const at = only.path.lastIndexOf('/')
  const found = { folder: at < 0 ? root : `${root}/${only.path.slice(0, at)}`, file: only.path.slice(at + 1) }
  return { ...found, shown: shownPath(found, root) }
}

function shownPath({ folder, file }: Omit<ScriptModel, 'shown'>, root: string): string {
  return `${folder}/${file}`.slice(root.length + 1)
}

async function filesOf(ctx: VerbContext, folder: string): Promise<readonly ArtifactFile[]> {
  const files = await listArtifacts({ ctx, input: { path: folder, recursive: true } })
  return files.filter(({ path, is_folder }) => !is_folder && !path.startsWith(`${servedFolder}/`))
}

/** Model folders with ONNX below a folder, the newest first. */
async function modelFolders(ctx: VerbContext, root: string): Promise<Omit<ScriptModel, 'shown'>[]> {
  const described = (await filesOf(ctx, root)).filter(
    ({ path, bytes = 0 }) => basename(path) === 'MLmodel' && bytes <= mlModelBytesMax,
  )
  const found: { readonly folder: string; readonly file: string; readonly at: string }[] = []
  for (const { path } of described) {
    const { content } = await openArtifact({ ctx, input: { path: `${root}/${path}` } })
    const model = readMlModel((await buffer(content)).toString())
    const file = model?.flavors.onnx?.data
    if (model === undefined || file === undefined) continue
    const folder = `${root}/${path}`.slice(0, -'/MLmodel'.length)
    const at = file.lastIndexOf('/')
    found.push({
      folder: at < 0 ? folder : `${folder}/${file.slice(0, at)}`,
      file: file.slice(at + 1),
      at: model.utc_time_created,
    })
  }
  return found.sort((one, other) => (one.at < other.at ? 1 : -1)).map(({ folder, file }) => ({ folder, file }))
}

function readMlModel(text: string): z.output<typeof MlModel> | undefined {
  try {
    return MlModel.parse(parse(text))
  } catch {
    // Another program's file of this name.
    return undefined
  }
}

/** Files beside a model that never hold tensors. */
const texts = /(^MLmodel|\.(ya?ml|json|txt|md|png|html|pkl|log))$/i

/** Copies a model, and what lies beside it, to a folder of this machine. Gives the path of its file. */
export async function stageScriptModel(ctx: VerbContext, { folder, file }: ScriptModel, to: string): Promise<string> {
  await mkdir(to, { recursive: true })
  const beside = await listArtifacts({ ctx, input: { path: folder } })
  for (const { path, is_folder } of beside) {
    if (is_folder || (path !== file && texts.test(path))) continue
    const { content } = await openArtifact({ ctx, input: { path: `${folder}/${path}` } })
    await pipeline(content, createWriteStream(join(to, path)))
  }
  return join(to, file)
}
