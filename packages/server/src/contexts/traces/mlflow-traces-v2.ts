import { defineMlflowEndpoints, type MlflowParams, missingValue, unlessEmpty } from '../../platform/mlflow/index.js'
import { getTraceInfo } from './get-trace.js'
import { traceIdOf, tracesIn } from './mlflow-traces-v3.js'
import { finishTrace, startTrace } from './start-trace.js'
import { textMapOf, wireTraceV2 } from './wire.js'

const states = ['STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS'] as const
const statuses = ['TRACE_STATUS_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS'] as const

function stateOf(params: MlflowParams) {
  const status = params.choice('status', statuses, 0) ?? 'TRACE_STATUS_UNSPECIFIED'
  return states[statuses.indexOf(status)] ?? 'STATE_UNSPECIFIED'
}

/** Traces as clients of 2.14 to 2.22 know them: opened, then closed; their spans are an artifact. */
export const oldTraceEndpoints = defineMlflowEndpoints([
  {
    method: 'POST',
    path: 'traces',
    handle: async ({ ctx, params }) => {
      const info = await startTrace({
        ctx,
        input: {
          experiment_id: params.requiredText('experiment_id'),
          request_ms: params.integer('timestamp_ms') ?? 0,
          state: 'IN_PROGRESS',
          metadata: textMapOf(params, 'request_metadata'),
          tags: textMapOf(params, 'tags'),
        },
      })
      return { trace_info: wireTraceV2(info) }
    },
  },
  {
    method: 'PATCH',
    path: 'traces/:trace_id',
    handle: async ({ ctx, params }) => {
      const info = await finishTrace({
        ctx,
        input: {
          trace_id: traceIdOf(params),
          end_ms: params.requiredInteger('timestamp_ms'),
          state: stateOf(params),
          metadata: textMapOf(params, 'request_metadata'),
          tags: textMapOf(params, 'tags'),
        },
      })
      return { trace_info: wireTraceV2(info) }
    },
  },
  {
    method: 'GET',
    path: 'traces',
    handle: async (call) => {
      const experiment_ids = [...call.params.texts('experiment_ids')]
      if (experiment_ids.length === 0) throw missingValue('experiment_ids')
      const found = await tracesIn(call, experiment_ids)
      return { traces: unlessEmpty(found.traces.map(wireTraceV2)), next_page_token: found.next_page_token }
    },
  },
  {
    method: 'GET',
    path: 'traces/:trace_id/info',
    handle: async ({ ctx, params }) => {
      const info = await getTraceInfo({ ctx, input: { trace_id: traceIdOf(params) } })
      return { trace_info: wireTraceV2(info) }
    },
  },
])
