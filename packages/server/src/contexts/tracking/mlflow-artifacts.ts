import { Readable } from 'node:stream'
import { FabriqueError } from '@fabrique/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ContextOf } from '../../platform/index.js'
import { defineMlflowEndpoints, missingValue, mountMlflowStreams, unlessEmpty } from '../../platform/mlflow/index.js'
import { type ArtifactFile, deleteArtifact, listArtifacts, putArtifact, sendArtifact } from '../artifacts/index.js'
import { pathInRun, runFilePath, runFolder } from './run-artifacts.js'

function wireFile({ path, is_folder, bytes }: ArtifactFile, parent = '') {
  return { path: parent === '' ? path : `${parent}/${path}`, is_dir: is_folder, file_size: bytes }
}

export const artifactEndpoints = defineMlflowEndpoints([
  {
    method: 'GET',
    path: 'artifacts/list',
    handle: async ({ ctx, params }) => {
      const path = params.text('path')?.replace(/\/$/, '') ?? ''
      const { folder, artifact_uri } = await runFolder(ctx, params.requiredText('run_id', 'run_uuid'))
      if (folder === undefined) return { root_uri: artifact_uri }
      const files = await listArtifacts({ ctx, input: { path: pathInRun(folder, path) } })
      return { root_uri: artifact_uri, files: unlessEmpty(files.map((file) => wireFile(file, path))) }
    },
  },
  {
    method: 'POST',
    path: 'artifacts/presigned-upload-url',
    handle: async () => {
      throw notSupported('Presigned upload')
    },
  },
])

function notSupported(feature: 'Multipart upload' | 'Presigned upload' | 'Presigned download'): FabriqueError {
  return new FabriqueError('mlflow_not_supported', { feature })
}

/** What follows the prefix of a route, decoded exactly once: names may hold `+` and literal `%`. */
function pathAfter(prefix: string, request: FastifyRequest): string {
  const [address = ''] = request.url.split('?')
  const encoded = address.startsWith(prefix) ? address.slice(prefix.length) : ''
  try {
    return decodeURIComponent(encoded)
  } catch (error) {
    throw new FabriqueError('artifact_path_invalid', { path: encoded.slice(0, 200) }, { cause: error, field: 'path' })
  }
}

function queryText(request: FastifyRequest, ...names: readonly string[]): string | undefined {
  const query = request.query as Readonly<Record<string, string | string[]>>
  for (const name of names) {
    const value = query[name]
    const text = Array.isArray(value) ? value[0] : value
    if (text !== undefined && text !== '') return text
  }
  return undefined
}

/** The routes that carry files: the artifact proxy and the download for pages. */
export function mountArtifactProxy(app: FastifyInstance, contextOf: ContextOf): void {
  mountMlflowStreams(app, { contextOf }, (scope) => {
    for (const root of ['/api/2.0/mlflow-artifacts', '/ajax-api/2.0/mlflow-artifacts']) {
      mountFiles(scope, `${root}/artifacts`, contextOf)
      mountUnsupported(scope, root)
    }
    scope.get('/get-artifact', { schema: { hide: true } }, async (request, reply) => {
      const ctx = contextOf(request)
      const run = queryText(request, 'run_id', 'run_uuid')
      if (run === undefined) throw missingValue('run_id')
      const path = queryText(request, 'path')
      if (path === undefined) throw missingValue('path')
      return sendArtifact({ ctx, path: await runFilePath(ctx, run, path), request, reply })
    })
  })
}

function mountFiles(scope: FastifyInstance, root: string, contextOf: ContextOf): void {
  const hidden = { schema: { hide: true } }
  scope.get(root, hidden, async (request, reply) => {
    const files = await listArtifacts({ ctx: contextOf(request), input: { path: queryText(request, 'path') ?? '' } })
    return reply.send({ files: unlessEmpty(files.map((file) => wireFile(file))) })
  })
  scope.get(`${root}/*`, hidden, (request, reply) =>
    sendArtifact({ ctx: contextOf(request), path: pathAfter(`${root}/`, request), request, reply }),
  )
  scope.put(`${root}/*`, hidden, async (request) => {
    const content = request.body instanceof Readable ? request.body : new Uint8Array()
    await putArtifact({ ctx: contextOf(request), input: { path: pathAfter(`${root}/`, request), content } })
    return {}
  })
  scope.delete(`${root}/*`, hidden, async (request) => {
    await deleteArtifact({ ctx: contextOf(request), input: { path: pathAfter(`${root}/`, request) } })
    return {}
  })
}

/** Clients that meet 501 go on with plain uploads and downloads. */
function mountUnsupported(scope: FastifyInstance, root: string): void {
  const hidden = { schema: { hide: true } }
  for (const step of ['create', 'complete', 'abort']) {
    scope.post(`${root}/mpu/${step}/*`, hidden, async () => {
      throw notSupported('Multipart upload')
    })
  }
  scope.get(`${root}/presigned/*`, hidden, async () => {
    throw notSupported('Presigned download')
  })
}
