import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { isFabriqueError, type ModelSignature, type Snapshot } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { openArtifact } from '../artifacts/index.js'
import type { Reason } from './comparison.js'
import type { ChampionAsked } from './training-messages.js'
import type { Champion } from './training-tools.js'

/** A champion whose file a training can score, or why it cannot. */
export type StagedChampion =
  | { readonly kind: 'staged'; readonly asked: ChampionAsked }
  | { readonly kind: 'unscored'; readonly why: Reason }

/** Puts the file of a champion where the process of a training reads it. */
export async function stageChampion(
  ctx: VerbContext,
  { version, artifactPath, signature }: Champion,
  { snapshot, folder }: { readonly snapshot: Snapshot; readonly folder: string },
): Promise<StagedChampion> {
  if (artifactPath === undefined || signature === undefined) {
    return unscored(
      `version ${version} is not an ONNX model that is kept here`,
      `la version ${version} n’est pas un modèle ONNX conservé ici`,
    )
  }
  const missing = missingColumns(signature, snapshot)
  if (missing !== '') {
    return unscored(
      `version ${version} reads ${missing}, which the snapshot does not have`,
      `la version ${version} lit ${missing}, que l’instantané n’a pas`,
    )
  }
  const path = join(folder, 'champion.onnx')
  if (!(await copyModel(ctx, `${artifactPath}/model.onnx`, path))) {
    return unscored(
      `the file of version ${version} is not there, or is damaged`,
      `le fichier de la version ${version} est absent ou endommagé`,
    )
  }
  const inputs = signature.features.map(({ name }) => name)
  return { kind: 'staged', asked: { file: path, task: signature.task, classes: signature.target.classes, inputs } }
}

function unscored(reason: string, reason_fr: string): StagedChampion {
  return { kind: 'unscored', why: { reason, reason_fr } }
}

function missingColumns({ features }: ModelSignature, { columns }: Snapshot): string {
  const missing = features.filter(({ name }) => !columns.some((column) => column.name === name))
  return missing
    .slice(0, 10)
    .map(({ name }) => name)
    .join(', ')
}

/** Copies a file; false where it is gone or is not what its hash says. */
async function copyModel(ctx: VerbContext, from: string, to: string): Promise<boolean> {
  try {
    const { content, sha256 } = await openArtifact({ ctx, input: { path: from } })
    const hash = createHash('sha256')
    const hashed = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        yield chunk
      }
    }
    await pipeline(content, hashed, createWriteStream(to))
    return hash.digest('hex') === sha256
  } catch (error) {
    if (isFabriqueError(error) && error.code !== 'database_unavailable') return false
    throw error
  }
}
