import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute, requestLanguage, sendReport } from '../../platform/index.js'
import { deleteSuite, putSuite } from './change-suites.js'
import { getGxResult, getGxSuite } from './get-gx.js'
import { getReport } from './get-report.js'
import { listSuites } from './get-suite.js'
import { listExpectationHistory } from './list-expectation-history.js'
import { listFailingRows } from './list-failing-rows.js'
import { getValidation, listDatasetValidations, listValidations } from './list-validations.js'
import { proposeSuite } from './propose-suite.js'
import { validateSnapshot } from './validate-snapshot.js'

export function mountValidationRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.validateSnapshot, ({ request, params, body }) =>
    validateSnapshot({ ctx: contextOf(request), input: { ...params, ...body } }),
  )
  mountRoute(app, routes.getValidation, ({ request, params }) =>
    getValidation({ ctx: contextOf(request), input: params }),
  )
  mountRoute(app, routes.listValidations, async ({ request, params }) => ({
    items: [...(await listValidations({ ctx: contextOf(request), input: params }))],
  }))
  mountRoute(app, routes.listDatasetValidations, ({ request, params, query }) =>
    listDatasetValidations({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountRoute(app, routes.listFailingRows, ({ request, params, query }) =>
    listFailingRows({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountRoute(app, routes.listExpectationHistory, async ({ request, params, query }) => ({
    items: [...(await listExpectationHistory({ ctx: contextOf(request), input: { ...params, ...query } }))],
  }))
  mountRoute(app, routes.getGxResult, ({ request, params, query }) =>
    getGxResult({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountRoute(app, routes.getValidationReport, async ({ request, reply, params, query }) => {
    const page = await getReport({ ctx: contextOf(request), input: { ...params, language: query.lang } })
    return sendReport(reply, { page, name: params.validation })
  })
  mountRoute(app, routes.proposeSuite, ({ request, params }) =>
    proposeSuite({ ctx: contextOf(request), input: { ...params, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.listSuites, async ({ request, params }) => ({
    items: [...(await listSuites({ ctx: contextOf(request), input: params }))],
  }))
  mountRoute(app, routes.getGxSuite, ({ request, params }) => getGxSuite({ ctx: contextOf(request), input: params }))
  mountRoute(app, routes.putSuite, ({ request, params, body }) =>
    putSuite({ ctx: contextOf(request), input: { ...params, ...body } }),
  )
  mountRoute(app, routes.deleteSuite, ({ request, params }) => deleteSuite({ ctx: contextOf(request), input: params }))
}
