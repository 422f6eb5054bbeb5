import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute, requestLanguage } from '../../platform/index.js'
import { requestDvcExport } from './dvc-export.js'
import { requestDvcImport } from './dvc-import.js'

export function mountDvcRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.importDvc, ({ request, params, body }) =>
    requestDvcImport({ ctx: contextOf(request), input: { ...params, ...body, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.exportDvc, ({ request, params, body }) =>
    requestDvcExport({ ctx: contextOf(request), input: { ...params, ...body, language: requestLanguage(request) } }),
  )
}
