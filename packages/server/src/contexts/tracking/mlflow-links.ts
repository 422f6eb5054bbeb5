import type { FastifyInstance } from 'fastify'
import { limit } from '../../kernel/index.js'
import { type ContextOf, linkActor, type VerbContext } from '../../platform/index.js'
import { defineMlflowEndpoints, invalidValue, type MlflowParams } from '../../platform/mlflow/index.js'
import { createArtifactLink, findArtifact, pathOfLink, putArtifact, sendArtifact } from '../artifacts/index.js'
import { addressOf, contentOf, hidden, hiddenLink, pathAfter } from './artifact-requests.js'
import { getLoggedModel } from './logged-models/index.js'
import { filePathAt, runFolder } from './run-artifacts.js'

const linksRoot = '/api/2.0/mlflow-artifacts'

/** Addresses that stand for one file for a while, so that a client or another program can fetch or send it directly. */
export const linkEndpoints = defineMlflowEndpoints([
  {
    method: 'POST',
    path: 'artifacts/presigned-upload-url',
    access: 'artifacts.write',
    handle: async ({ ctx, params, request }) => {
      const path = await ownedPath(ctx, params)
      const { key } = await createArtifactLink({
        ctx,
        input: { path, access: 'write', expires_in_ms: lifeOf(params) },
      })
      return { presigned_url: `${addressOf(request)}${linksRoot}/links/${key}`, headers: {} }
    },
  },
  {
    method: 'POST',
    path: 'artifacts/presigned-download-url',
    handle: async ({ ctx, params, request }) => {
      const { bytes, path } = await findArtifact({ ctx, input: { path: await ownedPath(ctx, params) } })
      const { key } = await createArtifactLink({ ctx, input: { path, access: 'read', expires_in_ms: lifeOf(params) } })
      return { presigned_url: `${addressOf(request)}${linksRoot}/links/${key}`, headers: {}, file_size: bytes }
    },
  },
])

/** Seconds in the request, ms here; a quarter of an hour where none are given, as upstream. */
function lifeOf(params: MlflowParams): number {
  const seconds = params.integer('expiration') ?? 900
  const max = limit('artifacts.link_expiry_ms') / 1000
  if (seconds >= 1 && seconds <= max) return seconds * 1000
  throw invalidValue('expiration', seconds, `expiration must be between 1 and ${max} seconds`)
}

/** The complete path of a file of the run or of the logged model that a request names. */
async function ownedPath(ctx: VerbContext, params: MlflowParams): Promise<string> {
  const run = params.text('run_id') || undefined
  const model = params.text('model_id') || undefined
  const path = params.requiredText('path')
  if ((run === undefined) === (model === undefined)) {
    throw invalidValue('run_id', run, 'Exactly one of run_id and model_id must be provided.')
  }
  const { artifact_uri } =
    run === undefined ? await getLoggedModel({ ctx, input: { model_id: model ?? '' } }) : await runFolder(ctx, run)
  return filePathAt(artifact_uri, path)
}

/** The addresses themselves, and those of downloads that 3.x clients make in parallel ranges. */
export function mountLinks(scope: FastifyInstance, root: string, contextOf: ContextOf): void {
  scope.get(`${root}/presigned/*`, hidden, async (request) => {
    const ctx = contextOf(request)
    const { path, bytes } = await findArtifact({ ctx, input: { path: pathAfter(`${root}/presigned/`, request) } })
    const { key } = await createArtifactLink({ ctx, input: { path, access: 'read', expires_in_ms: 900_000 } })
    return { url: `${addressOf(request)}${root}/links/${key}`, headers: {}, file_size: bytes }
  })
  scope.get<{ Params: { key: string } }>(`${root}/links/:key`, hiddenLink, async (request, reply) => {
    const ctx = { ...contextOf(request), actor: linkActor('artifacts.read') }
    return sendArtifact({ ctx, path: await pathOfLink(ctx, request.params.key, 'read'), request, reply })
  })
  scope.put<{ Params: { key: string } }>(`${root}/links/:key`, hiddenLink, async (request) => {
    const ctx = { ...contextOf(request), actor: linkActor('artifacts.write') }
    const path = await pathOfLink(ctx, request.params.key, 'write')
    await putArtifact({ ctx, input: { path, content: contentOf(request) } })
    return {}
  })
}
