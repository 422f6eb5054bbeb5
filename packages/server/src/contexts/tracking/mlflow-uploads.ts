import type { FastifyInstance, FastifyRequest } from 'fastify'
import { limit } from '../../kernel/index.js'
import { type ContextOf, linkActor } from '../../platform/index.js'
import { invalidValue, type MlflowParams, missingValue } from '../../platform/mlflow/index.js'
import {
  abortUpload,
  completeUpload,
  createUpload,
  parseFolderPath,
  putArtifact,
  putUploadPart,
} from '../artifacts/index.js'
import {
  addressOf,
  bodyParams,
  bytesOf,
  contentOf,
  hiddenLink,
  hiddenWrite,
  pathAfter,
  requiredQuery,
} from './artifact-requests.js'
import { runFilePath } from './run-artifacts.js'

/**
 * Uploads in parts: create gives an address on this server for each part, complete puts them together. The random id in the
 * addresses is all that a client needs to send parts: it sends them without its credentials.
 */
export function mountUploads(scope: FastifyInstance, root: string, contextOf: ContextOf): void {
  scope.post(`${root}/mpu/create/*`, hiddenWrite, async (request) => {
    const params = await bodyParams(request)
    const path = targetOf(`${root}/mpu/create/`, request, params)
    const count = params.integer('num_parts') ?? 1
    const { upload_id } = await createUpload({ ctx: contextOf(request), input: { path, part_count: count } })
    const parts = `${addressOf(request)}${root}/mpu/parts/${upload_id}`
    const credentials = Array.from({ length: count }, (_, index) => ({
      url: `${parts}/${index + 1}`,
      part_number: index + 1,
      headers: {},
    }))
    return { upload_id, credentials }
  })

  scope.put<{ Params: { upload: string; part: string } }>(
    `${root}/mpu/parts/:upload/:part`,
    hiddenLink,
    async (request, reply) => {
      const { upload, part } = request.params
      if (!/^\d{1,9}$/.test(part)) throw invalidValue('part_number', part, 'must be a whole number')
      const input = { upload_id: upload, part_number: Number(part), content: contentOf(request) }
      const { sha256 } = await putUploadPart({
        ctx: { ...contextOf(request), actor: linkActor('artifacts.write') },
        input,
      })
      reply.header('etag', `"${sha256}"`)
      return {}
    },
  )

  scope.post(`${root}/mpu/complete/*`, hiddenWrite, async (request) => {
    const params = await bodyParams(request)
    const path = targetOf(`${root}/mpu/complete/`, request, params)
    const parts = params.objects('parts').map((part) => ({
      part_number: part.requiredInteger('part_number'),
      etag: part.text('etag') ?? '',
    }))
    const upload_id = params.requiredText('upload_id')
    await completeUpload({ ctx: contextOf(request), input: { path, upload_id, parts } })
    return {}
  })

  scope.post(`${root}/mpu/abort/*`, hiddenWrite, async (request) => {
    const params = await bodyParams(request)
    const path = targetOf(`${root}/mpu/abort/`, request, params)
    await abortUpload({ ctx: contextOf(request), input: { path, upload_id: params.requiredText('upload_id') } })
    return {}
  })
}

/** The folder is in the address; the body has the path of the file on the client's disk, of which only the name counts. */
function targetOf(prefix: string, request: FastifyRequest, params: MlflowParams): string {
  const folder = parseFolderPath(pathAfter(prefix, request))
  const name = params.requiredText('path').replace(/^.*[/\\]/s, '')
  return folder === '' ? name : `${folder}/${name}`
}

/** What pages upload: small, and whole. */
export function mountPageUpload(scope: FastifyInstance, contextOf: ContextOf): void {
  scope.post('/ajax-api/2.0/mlflow/upload-artifact', hiddenWrite, async (request) => {
    const ctx = contextOf(request)
    const run = requiredQuery(request, 'run_uuid', 'run_id')
    const path = await runFilePath(ctx, run, requiredQuery(request, 'path'))
    const content = await bytesOf(request, limit('artifacts.page_upload_bytes_max'))
    if (content.length === 0) throw missingValue('data')
    await putArtifact({ ctx, input: { path, content } })
    return {}
  })
}
