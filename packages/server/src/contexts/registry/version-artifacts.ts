import { FabriqueError } from '@fabrique/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { type ArtifactFile, listArtifacts, parseArtifactPath, sendArtifact } from '../artifacts/index.js'
import { findVersion } from './get-version.js'

/**
 * Every file and folder of a version, by path; none where its files are kept elsewhere.
 * Throws `model_version_not_found`.
 */
export const listVersionArtifacts = readVerb({
  name: 'registry.list_version_artifacts',
  permission: 'artifacts.read',
  input: z.object({ model: z.string(), version: z.string() }),
  async run({ ctx, input }): Promise<readonly ArtifactFile[]> {
    const { artifact_path: path } = await findVersion({ ctx, input })
    return path === null ? [] : listArtifacts({ ctx, input: { path, recursive: true } })
  },
})

interface VersionFile {
  readonly ctx: VerbContext
  readonly model: string
  readonly version: string
  /** In the folder of the version. */
  readonly path: string
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** Answers with one file of a version. Throws `artifact_not_found`, also where files are kept elsewhere. */
export async function sendVersionArtifact(file: VersionFile): Promise<FastifyReply> {
  const { ctx, request, reply } = file
  // Checked alone, so that it cannot leave the folder of the version.
  const inside = parseArtifactPath(file.path)
  const { artifact_path: folder } = await findVersion({ ctx, input: { model: file.model, version: file.version } })
  if (folder === null) throw new FabriqueError('artifact_not_found', { path: inside })
  return sendArtifact({ ctx, path: `${folder}/${inside}`, request, reply })
}
