import {
  defineMlflowEndpoints,
  invalidValue,
  type MlflowCall,
  type MlflowEndpoint,
  type MlflowParams,
  missingValue,
  unlessEmpty,
} from '../../platform/mlflow/index.js'
import { deleteTraces } from './delete-traces.js'
import { getTraceInfo, getTraceInfos } from './get-trace.js'
import { linkPromptsToTrace, linkTracesToRun } from './link-traces.js'
import { searchTraces } from './search-traces.js'
import { startTrace } from './start-trace.js'
import { deleteTraceTag, setTraceTag } from './tag-trace.js'
import { readTraceInfo, wireTrace } from './wire.js'

const versions = ['3.0'] as const
const both = ['2.0', '3.0'] as const

/** The experiments in the locations of a search; other kinds of locations are not known here. */
function experimentsIn(params: MlflowParams): string[] {
  const locations = params.objects('locations')
  if (locations.length === 0) throw missingValue('locations')
  return locations.flatMap((location) => {
    const experiment = location.object('mlflow_experiment')
    return experiment === undefined ? [] : [experiment.requiredText('experiment_id')]
  })
}

export const traceIdOf = (params: MlflowParams) => params.requiredText('trace_id', 'request_id')

/** The page of traces that a search asks for, whichever version says in which experiments. */
export function tracesIn({ ctx, params }: MlflowCall, experiment_ids: string[]) {
  const max_results = params.integer('max_results') ?? 100
  if (max_results > 500) throw invalidValue('max_results', max_results, 'it must be at most 500')
  return searchTraces({
    ctx,
    input: {
      experiment_ids,
      filter: params.text('filter'),
      max_results,
      order_by: [...params.texts('order_by')],
      page_token: params.text('page_token'),
    },
  })
}

async function remove({ ctx, params }: MlflowCall) {
  const ids = params.texts('request_ids').length > 0 ? params.texts('request_ids') : params.texts('trace_ids')
  const count = await deleteTraces({
    ctx,
    input: {
      experiment_id: params.requiredText('experiment_id'),
      max_timestamp_ms: params.integer('max_timestamp_millis'),
      max_traces: params.integer('max_traces'),
      trace_ids: ids.length === 0 ? undefined : [...ids],
    },
  })
  return { traces_deleted: count }
}

async function setTag({ ctx, params }: MlflowCall) {
  const input = { trace_id: traceIdOf(params), key: params.requiredText('key'), value: params.text('value') ?? '' }
  await setTraceTag({ ctx, input })
  return {}
}

async function deleteTag({ ctx, params }: MlflowCall) {
  await deleteTraceTag({ ctx, input: { trace_id: traceIdOf(params), key: params.requiredText('key') } })
  return {}
}

async function batchGetInfos({ ctx, params }: MlflowCall) {
  const trace_ids = [...params.texts('trace_ids')]
  if (trace_ids.length === 0) throw missingValue('trace_ids')
  const experiment_ids = params.raw('experiment_ids') === undefined ? undefined : [...params.texts('experiment_ids')]
  const infos = await getTraceInfos({ ctx, input: { trace_ids, experiment_ids } })
  return { trace_infos: unlessEmpty(infos.map(wireTrace)) }
}

/** Calls of both versions. */
const sharedEndpoints: readonly MlflowEndpoint[] = [
  { method: 'POST', path: 'traces/delete-traces', versions: both, handle: remove },
  { method: 'PATCH', path: 'traces/:trace_id/tags', versions: both, handle: setTag },
  { method: 'DELETE', path: 'traces/:trace_id/tags', versions: both, handle: deleteTag },
  {
    method: 'POST',
    path: 'traces/link-to-run',
    versions: both,
    handle: async ({ ctx, params }) => {
      const trace_ids = [...params.texts('trace_ids')]
      if (trace_ids.length === 0) throw missingValue('trace_ids')
      await linkTracesToRun({ ctx, input: { trace_ids, run_id: params.requiredText('run_id') } })
      return {}
    },
  },
  {
    method: 'POST',
    path: 'traces/link-prompts',
    versions: both,
    handle: async ({ ctx, params }) => {
      const prompts = params.objects('prompt_versions').map((prompt) => ({
        name: prompt.requiredText('name'),
        version: prompt.requiredText('version'),
      }))
      if (prompts.length === 0) throw missingValue('prompt_versions')
      await linkPromptsToTrace({ ctx, input: { trace_id: traceIdOf(params), prompts } })
      return {}
    },
  },
]

export const traceEndpoints = defineMlflowEndpoints([
  ...sharedEndpoints,
  {
    method: 'POST',
    path: 'traces',
    versions,
    handle: async ({ ctx, params }) => {
      const info = params.object('trace')?.object('trace_info')
      if (info === undefined) throw missingValue('trace')
      return { trace: { trace_info: wireTrace(await startTrace({ ctx, input: readTraceInfo(info) })) } }
    },
  },
  {
    method: 'POST',
    path: 'traces/search',
    versions,
    handle: async (call) => {
      const found = await tracesIn(call, experimentsIn(call.params))
      return { traces: unlessEmpty(found.traces.map(wireTrace)), next_page_token: found.next_page_token }
    },
  },
  { method: 'POST', path: 'traces/batchGetInfos', versions, handle: batchGetInfos },
  {
    method: 'GET',
    path: 'traces/:trace_id',
    versions,
    handle: async ({ ctx, params }) => {
      const info = await getTraceInfo({ ctx, input: { trace_id: traceIdOf(params) } })
      return { trace: { trace_info: wireTrace(info) } }
    },
  },
])
