import type { FastifyInstance } from 'fastify'
import type { ContextOf } from '../../platform/index.js'
import { defineMlflowEndpoints, mountMlflowStreams, unlessEmpty } from '../../platform/mlflow/index.js'
import { deleteArtifact, listArtifacts, putArtifact, sendArtifact } from '../artifacts/index.js'
import { contentOf, hidden, pathAfter, queryText, requiredQuery } from './artifact-requests.js'
import { getLoggedModel } from './logged-models/index.js'
import { linkEndpoints, mountLinks } from './mlflow-links.js'
import { mountPageUpload, mountUploads } from './mlflow-uploads.js'
import { filePathAt, listBelow, runFilePath, runFolder, wireFile } from './run-artifacts.js'

export const artifactEndpoints = defineMlflowEndpoints([
  {
    method: 'GET',
    path: 'artifacts/list',
    handle: async ({ ctx, params }) => {
      const { artifact_uri } = await runFolder(ctx, params.requiredText('run_id', 'run_uuid'))
      return listBelow(ctx, { artifact_uri, path: params.text('path') ?? '', page_token: params.text('page_token') })
    },
  },
  ...linkEndpoints,
])

/** The routes that carry files: the artifact proxy, and the downloads and the upload of pages. */
export function mountArtifactProxy(app: FastifyInstance, contextOf: ContextOf): void {
  mountMlflowStreams(app, { contextOf }, (scope) => {
    for (const root of ['/api/2.0/mlflow-artifacts', '/ajax-api/2.0/mlflow-artifacts']) {
      mountFiles(scope, `${root}/artifacts`, contextOf)
      mountUploads(scope, root, contextOf)
      mountLinks(scope, root, contextOf)
    }
    scope.get('/get-artifact', hidden, async (request, reply) => {
      const ctx = contextOf(request)
      const run = requiredQuery(request, 'run_id', 'run_uuid')
      return sendArtifact({ ctx, path: await runFilePath(ctx, run, requiredQuery(request, 'path')), request, reply })
    })
    scope.get<{ Params: { model: string } }>(
      '/ajax-api/2.0/mlflow/logged-models/:model/artifacts/files',
      hidden,
      async (request, reply) => {
        const ctx = contextOf(request)
        const path = requiredQuery(request, 'artifact_file_path')
        const { artifact_uri } = await getLoggedModel({ ctx, input: { model_id: request.params.model } })
        return sendArtifact({ ctx, path: filePathAt(artifact_uri, path), request, reply })
      },
    )
    mountPageUpload(scope, contextOf)
  })
}

function mountFiles(scope: FastifyInstance, root: string, contextOf: ContextOf): void {
  scope.get(root, hidden, async (request, reply) => {
    const files = await listArtifacts({ ctx: contextOf(request), input: { path: queryText(request, 'path') ?? '' } })
    return reply.send({ files: unlessEmpty(files.map((file) => wireFile(file))) })
  })
  scope.get(`${root}/*`, hidden, (request, reply) =>
    sendArtifact({ ctx: contextOf(request), path: pathAfter(`${root}/`, request), request, reply }),
  )
  scope.put(`${root}/*`, hidden, async (request) => {
    await putArtifact({
      ctx: contextOf(request),
      input: { path: pathAfter(`${root}/`, request), content: contentOf(request) },
    })
    return {}
  })
  scope.delete(`${root}/*`, hidden, async (request) => {
    await deleteArtifact({ ctx: contextOf(request), input: { path: pathAfter(`${root}/`, request) } })
    return {}
  })
}
