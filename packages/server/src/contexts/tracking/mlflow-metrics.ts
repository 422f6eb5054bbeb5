import { defineMlflowEndpoints, invalidValue, type MlflowParams, missingValue } from '../../platform/mlflow/index.js'
import { sendBulkHistories, sendSampledHistories } from './get-bulk-history.js'
import { sendMetricHistory } from './get-metric-history.js'
import { logBatch, logMetric } from './log-batch.js'
import type { MetricPoint } from './schema.js'

const runIdOf = (params: MlflowParams) => params.requiredText('run_id', 'run_uuid')

const tagOf = (params: MlflowParams) => ({ key: params.requiredText('key'), value: params.text('value') ?? '' })

function metricOf(params: MlflowParams): MetricPoint {
  const modelId = params.text('model_id')
  return {
    key: params.requiredText('key'),
    value: params.requiredDouble('value'),
    timestamp: params.requiredInteger('timestamp'),
    step: params.integer('step') ?? 0,
    ...(modelId
      ? { model_id: modelId, dataset_name: params.text('dataset_name'), dataset_digest: params.text('dataset_digest') }
      : {}),
  }
}

/** Whether a point has the form that clients send nearly always: it is taken as it came. `metricOf` looks at others. */
function isPlainPoint(sent: unknown): sent is MetricPoint {
  return (
    typeof sent === 'object' &&
    sent !== null &&
    'key' in sent &&
    'value' in sent &&
    'timestamp' in sent &&
    'step' in sent &&
    typeof sent.key === 'string' &&
    sent.key !== '' &&
    !sent.key.includes('\0') &&
    typeof sent.value === 'number' &&
    Number.isSafeInteger(sent.timestamp) &&
    Number.isSafeInteger(sent.step) &&
    !('model_id' in sent)
  )
}

/** The points of a batch. They come by the thousand: only unusual ones are read field by field. */
function metricsOf(params: MlflowParams): readonly MetricPoint[] {
  const sent = params.raw('metrics')
  if (!Array.isArray(sent)) return params.objects('metrics').map(metricOf)
  let unusual: readonly MlflowParams[] | undefined
  return sent.map((one: unknown, index) => {
    if (isPlainPoint(one)) return one
    unusual ??= params.objects('metrics')
    const found = unusual[index]
    if (found === undefined) throw missingValue(`metrics[${index}]`)
    return metricOf(found)
  })
}

/** A page size; upstream refuses those below 1. */
function pageSizeOf(params: MlflowParams): number | undefined {
  const size = params.integer('max_results')
  if (size !== undefined && size < 1) throw invalidValue('max_results', size, 'It must be a positive integer.')
  return size
}

function requiredTexts(params: MlflowParams, name: string): string[] {
  const texts = [...params.texts(name)]
  if (texts.length === 0) throw missingValue(name)
  return texts
}

/** As `requiredTexts`, with the words that upstream has for the calls of its pages. */
function oneOrMore(params: MlflowParams, name: string): string[] {
  const texts = [...params.texts(name)]
  if (texts.length === 0) throw invalidValue(name, '', `the request must specify at least one ${name}`)
  return texts
}

/** Writing metrics, and reading their histories. */
export const metricEndpoints = defineMlflowEndpoints([
  {
    method: 'POST',
    path: 'runs/log-metric',
    handle: async ({ ctx, params }) => {
      await logMetric({ ctx, input: { run_id: runIdOf(params), ...metricOf(params) } })
      return {}
    },
  },
  {
    method: 'POST',
    path: 'runs/log-batch',
    handle: async ({ ctx, params }) => {
      const input = {
        run_id: runIdOf(params),
        metrics: metricsOf(params),
        params: params.objects('params').map(tagOf),
        tags: params.objects('tags').map(tagOf),
      }
      await logBatch({ ctx, input })
      return {}
    },
  },
  {
    method: 'GET',
    path: 'metrics/get-history',
    handle: ({ ctx, params }) =>
      sendMetricHistory({
        ctx,
        input: {
          run_id: runIdOf(params),
          metric_key: params.requiredText('metric_key'),
          max_results: pageSizeOf(params),
          page_token: params.text('page_token'),
        },
      }),
  },
  {
    method: 'GET',
    path: 'metrics/get-history-bulk-interval',
    handle: ({ ctx, params }) =>
      sendSampledHistories({
        ctx,
        input: {
          run_ids: requiredTexts(params, 'run_ids'),
          metric_key: params.requiredText('metric_key'),
          max_results: params.integer('max_results'),
          start_step: params.integer('start_step'),
          end_step: params.integer('end_step'),
        },
      }),
  },
  {
    method: 'GET',
    path: 'metrics/get-history-bulk',
    ajaxOnly: true,
    handle: ({ ctx, params }) =>
      sendBulkHistories({
        ctx,
        input: {
          run_ids: oneOrMore(params, 'run_id'),
          metric_key: params.requiredText('metric_key'),
          max_results: pageSizeOf(params),
        },
      }),
  },
])
