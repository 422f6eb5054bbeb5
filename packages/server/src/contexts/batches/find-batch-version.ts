import { FabriqueError, isFabriqueError, type ModelSignature } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { findArtifact } from '../artifacts/index.js'
import { championAlias, findVersion, getAlias, getModel, type StoredVersion } from '../registry/index.js'

/** A version whose ONNX file is kept here. */
export interface BatchVersion {
  readonly model: string
  readonly version: number
  /** Hash of its ONNX file. */
  readonly sha256: string
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
  const sha256 = await hashOf(ctx, found)
  return { model: found.model, version: found.version, sha256, signature: found.signature ?? undefined }
}

async function hashOf(ctx: VerbContext, { model, version, artifact_path: folder }: StoredVersion): Promise<string> {
  try {
    if (folder !== null) return (await findArtifact({ ctx, input: { path: `${folder}/model.onnx` } })).sha256
  } catch (error) {
    if (!isFabriqueError(error) || error.code !== 'artifact_not_found') throw error
  }
  throw new FabriqueError('model_not_batchable', {
    model,
    version: String(version),
    reason: 'no ONNX file of it is kept here',
    reason_fr: 'aucun fichier ONNX n’en est conservé ici',
  })
}
