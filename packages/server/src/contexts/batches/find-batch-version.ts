import { createHash } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { FabriqueError, isFabriqueError, type ModelSignature } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { findArtifact, listArtifacts, openArtifact } from '../artifacts/index.js'
import { championAlias, findVersion, getAlias, getModel, type StoredVersion } from '../registry/index.js'
import { readMlflowModel } from '../serving/files.js'

/** A version whose files are kept here. */
export interface BatchVersion {
  readonly model: string
  readonly version: number
  /** Hash of its ONNX file; of what Python computes that of all its files. */
  readonly sha256: string
  /** The folder of what Python computes, in the artifact tree. */
  readonly pythonFolder: string | undefined
  /** Of versions in the form of Fabrique. */
  readonly signature: ModelSignature | undefined
}

/** Errors: `model_not_found`, `model_version_not_found`, `alias_not_found`, `model_not_batchable`. */
export async function findBatchVersion(
  ctx: VerbContext,
  {
    model,
    version,
    alias = championAlias,
  }: { readonly model: string; readonly version?: string | undefined; readonly alias?: string | undefined },
): Promise<BatchVersion> {
  await getModel({ ctx, input: { model } })
  const found =
    version === undefined
      ? await getAlias({ ctx, input: { model, alias } })
      : await findVersion({ ctx, input: { model, version } })
  if (found === undefined) throw new FabriqueError('alias_not_found', { model, alias })
  const files = await filesOf(ctx, found)
  return { model: found.model, version: found.version, ...files, signature: found.signature ?? undefined }
}

async function filesOf(
  ctx: VerbContext,
  { model, version, artifact_path: folder }: StoredVersion,
): Promise<Pick<BatchVersion, 'sha256' | 'pythonFolder'>> {
  if (folder !== null) {
    const onnx = await foundAt(ctx, `${folder}/model.onnx`)
    if (onnx !== undefined) return { sha256: onnx.sha256, pythonFolder: undefined }
    if (await isOfPython(ctx, folder)) return { sha256: await hashOfAll(ctx, folder), pythonFolder: folder }
  }
  throw new FabriqueError('model_not_batchable', {
    model,
    version: String(version),
    reason: 'neither an ONNX file nor a Python function of it is kept here',
    reason_fr: 'ni fichier ONNX ni fonction Python n’en est conservé ici',
  })
}

async function foundAt(ctx: VerbContext, path: string) {
  try {
    return await findArtifact({ ctx, input: { path } })
  } catch (error) {
    if (isFabriqueError(error) && error.code === 'artifact_not_found') return undefined
    throw error
  }
}

async function isOfPython(ctx: VerbContext, folder: string): Promise<boolean> {
  const path = `${folder}/MLmodel`
  if ((await foundAt(ctx, path)) === undefined) return false
  const { content } = await openArtifact({ ctx, input: { path } })
  try {
    return readMlflowModel(await text(content)).hasPyfunc
  } catch {
    // What cannot be read is of no kind.
    return false
  }
}

async function hashOfAll(ctx: VerbContext, folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const file of await listArtifacts({ ctx, input: { path: folder, recursive: true } })) {
    if (!file.is_folder) hash.update(`${file.path}\0${file.sha256}\n`)
  }
  return hash.digest('hex')
}
