import { Readable } from 'node:stream'
import { type Endpoint, routes } from '@fabrique/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type ContextOf, type EventStream, mountRoute, openEventSource, requestLanguage } from '../../platform/index.js'
import { sendArtifact } from '../artifacts/index.js'
import { cancelRun } from './engine/cancel-runs.js'
import { decideApproval } from './history/decide-approval.js'
import { findFlowFile } from './history/flow-files.js'
import { getFlowRun } from './history/get-run.js'
import { listFlowArtifacts } from './history/list-artifacts.js'
import { getFlow, listFlows } from './history/list-flows.js'
import { listFlowLogs, openLogText } from './history/list-logs.js'
import { listFlowRuns } from './history/list-runs.js'
import { listFlowSteps } from './history/list-steps.js'
import { listFlowWorkers } from './history/list-workers.js'
import { retryFlowRun } from './history/retry-run.js'
import { openRunStream } from './history/run-stream.js'
import { listLoops } from './list-loops.js'
import { getLoopRun, requestLoop } from './request-loop.js'
import { backfillFlow } from './schedules/backfill-flow.js'
import { callWebhook } from './schedules/call-webhook.js'
import { deleteFlowLimit, listFlowLimits, setFlowLimit } from './schedules/limit-verbs.js'
import { pauseFlow, resumeFlow } from './schedules/pause-flow.js'
import { startFlow } from './schedules/start-flow.js'

export interface FlowRoutes {
  readonly contextOf: ContextOf
  readonly events: EventStream
  /** Endpoints of the process that answers. */
  readonly endpoints: () => readonly Endpoint[]
}

export function mountFlowRoutes(app: FastifyInstance, options: FlowRoutes): void {
  mountLoopRoutes(app, options)
  mountDeclaredFlows(app, options)
  mountRuns(app, options)
  mountRunDetails(app, options)
  mountWorkersAndLimits(app, options)
}

function mountLoopRoutes(app: FastifyInstance, { contextOf, endpoints }: FlowRoutes): void {
  mountRoute(app, routes.listLoops, async ({ request, params }) => ({
    items: [
      ...(await listLoops({
        ctx: contextOf(request),
        input: { project: params.project, language: requestLanguage(request), endpoints: endpoints() },
      })),
    ],
  }))
  mountRoute(app, routes.startLoop, ({ request, params, body }) =>
    requestLoop({ ctx: contextOf(request), input: { ...params, ...body, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.getLoopRun, ({ request, params }) =>
    getLoopRun({ ctx: contextOf(request), input: { flow_run: params.flow_run, language: requestLanguage(request) } }),
  )
}

function mountDeclaredFlows(app: FastifyInstance, { contextOf }: FlowRoutes): void {
  mountRoute(app, routes.listFlows, ({ request, query }) =>
    listFlows({ ctx: contextOf(request), input: { ...query, language: requestLanguage(request) } }),
  )
  const flowNow = (request: FastifyRequest, { project, flow }: { readonly project: string; readonly flow: string }) =>
    getFlow({ ctx: contextOf(request), input: { project, flow, language: requestLanguage(request) } })
  mountRoute(app, routes.getFlow, ({ request, params }) => flowNow(request, params))
  mountRoute(app, routes.startFlow, async ({ request, params, body }) => {
    const ctx = contextOf(request)
    const { flow_run } = await startFlow({ ctx, input: { ...body, ...params } })
    return getFlowRun({ ctx, input: { flow_run, language: requestLanguage(request) } })
  })
  mountRoute(app, routes.pauseFlow, async ({ request, params, body }) => {
    await pauseFlow({ ctx: contextOf(request), input: { ...body, ...params } })
    return flowNow(request, params)
  })
  mountRoute(app, routes.resumeFlow, async ({ request, params, body }) => {
    await resumeFlow({ ctx: contextOf(request), input: { ...body, ...params } })
    return flowNow(request, params)
  })
  mountRoute(app, routes.backfillFlow, ({ request, params, body }) =>
    backfillFlow({ ctx: contextOf(request), input: { ...body, ...params } }),
  )
  mountRoute(app, routes.callFlowWebhook, async ({ request, params, body }) => {
    const ctx = contextOf(request)
    const key = request.headers['idempotency-key']
    const { flow_run } = await callWebhook({
      ctx,
      input: { token: params.token, body, ...(typeof key === 'string' ? { idempotency_key: key } : {}) },
    })
    return getFlowRun({ ctx, input: { flow_run, language: requestLanguage(request) } })
  })
}

function mountRuns(app: FastifyInstance, { contextOf }: FlowRoutes): void {
  mountRoute(app, routes.listFlowRuns, ({ request, query }) =>
    listFlowRuns({ ctx: contextOf(request), input: { ...query, language: requestLanguage(request) } }),
  )
  const runNow = (request: FastifyRequest, flow_run: string) =>
    getFlowRun({ ctx: contextOf(request), input: { flow_run, language: requestLanguage(request) } })
  mountRoute(app, routes.getFlowRun, ({ request, params }) => runNow(request, params.flow_run))
  mountRoute(app, routes.cancelFlowRun, async ({ request, params, body }) => {
    await cancelRun(contextOf(request), params.flow_run, body.reason)
    return runNow(request, params.flow_run)
  })
  mountRoute(app, routes.retryFlowRun, ({ request, params, body }) =>
    retryFlowRun({
      ctx: contextOf(request),
      input: { ...body, flow_run: params.flow_run, language: requestLanguage(request) },
    }),
  )
  mountRoute(app, routes.decideApproval, ({ request, params, body }) =>
    decideApproval({ ctx: contextOf(request), input: { ...body, ...params, language: requestLanguage(request) } }),
  )
}

function mountRunDetails(app: FastifyInstance, { contextOf, events }: FlowRoutes): void {
  mountRoute(app, routes.listFlowSteps, ({ request, params, query }) =>
    listFlowSteps({ ctx: contextOf(request), input: { ...query, ...params, language: requestLanguage(request) } }),
  )
  mountRoute(app, routes.listFlowLogs, ({ request, params, query }) =>
    listFlowLogs({ ctx: contextOf(request), input: { ...query, ...params } }),
  )
  mountRoute(app, routes.downloadFlowLogs, async ({ request, params, reply }) => {
    const texts = await openLogText({ ctx: contextOf(request), input: params })
    return reply
      .type('text/plain; charset=utf-8')
      .header('content-disposition', `attachment; filename="${params.flow_run}.txt"`)
      .send(Readable.from(texts))
  })
  mountRoute(app, routes.streamFlowRun, async ({ request, params, query, reply }) => {
    const ctx = contextOf(request)
    const language = query.lang ?? requestLanguage(request)
    await getFlowRun({ ctx, input: { flow_run: params.flow_run, language } })
    let close = () => {}
    const source = openEventSource(request, reply, () => close())
    const after = /^\d{1,15}$/.test(source.lastId ?? '') ? Number(source.lastId) : (query.after ?? -1)
    const stream = openRunStream({
      ctx,
      events,
      run: params.flow_run,
      language,
      after: query.logs === 'all' ? after : undefined,
      source,
    })
    close = () => stream.close()
    return reply
  })
  mountRoute(app, routes.listFlowArtifacts, ({ request, params }) =>
    listFlowArtifacts({ ctx: contextOf(request), input: params }),
  )
  mountRoute(app, routes.downloadFlowFile, async ({ request, params, reply }) => {
    const ctx = contextOf(request)
    return sendArtifact({ ctx, path: await findFlowFile({ ctx, input: params }), request, reply })
  })
}

function mountWorkersAndLimits(app: FastifyInstance, { contextOf }: FlowRoutes): void {
  mountRoute(app, routes.listFlowWorkers, ({ request }) => listFlowWorkers({ ctx: contextOf(request), input: {} }))
  mountRoute(app, routes.listFlowLimits, async ({ request }) => ({
    items: [...(await listFlowLimits({ ctx: contextOf(request), input: {} }))],
  }))
  mountRoute(app, routes.setFlowLimit, ({ request, params, body }) =>
    setFlowLimit({ ctx: contextOf(request), input: { ...body, ...params } }),
  )
  mountRoute(app, routes.deleteFlowLimit, async ({ request, params }) => {
    await deleteFlowLimit({ ctx: contextOf(request), input: params })
    return {}
  })
}
