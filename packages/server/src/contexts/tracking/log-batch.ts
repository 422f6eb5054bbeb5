import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb, taskVerb } from '../../platform/index.js'
import { type Batch, writeBatch } from './batch-store.js'
import { checkedParam, checkedTag, checkMetric } from './checks.js'
import type { MetricWrite } from './metric-columns.js'
import { runChanged } from './run-store.js'
import { LogBatch, MetricPoint, RunId, Tag } from './schema.js'
import { writeMetrics } from './write-metrics.js'

/**
 * Logs metrics, parameters and tags of a run: all or nothing. Points with a `model_id` are also written to that logged model.
 * Throws `param_immutable`, `param_repeated`, `mlflow_batch_too_large`, `run_not_found`, `run_not_active`,
 * `logged_model_not_found`, `tracking_busy`.
 */
export const logBatch = taskVerb({
  name: 'tracking.log_batch',
  permission: 'runs.write',
  input: LogBatch,
  async run({ ctx, input }): Promise<void> {
    const { run_id, metrics } = input
    checkSizes(input)
    for (const [index, metric] of metrics.entries()) checkMetric(metric, index)
    const params = input.params.map((param, index) => checkedParam(param, `params[${index}].`))
    checkRepeated(params.map(({ key }) => key))
    const tags = new Map(input.tags.map((tag, index) => [tag.key, checkedTag(tag, `tags[${index}].`)]))
    if (params.length + tags.size === 0) await writeMetrics(ctx, { run_id, metrics })
    else await logParamsAndTags({ ctx, input: { run_id, metrics, params, tags: [...tags.values()] } })
  },
})

/** Logs one point of a metric. Throws what `logBatch` throws. */
export const logMetric = taskVerb({
  name: 'tracking.log_metric',
  permission: 'runs.write',
  input: RunId.extend(MetricPoint.shape),
  async run({ ctx, input: { run_id, ...metric } }): Promise<void> {
    checkMetric(metric)
    await writeMetrics(ctx, { run_id, metrics: [metric] })
  },
})

/** Logs one parameter; the same value again is fine, another throws `param_immutable`. */
export const logParam = taskVerb({
  name: 'tracking.log_param',
  permission: 'runs.write',
  input: RunId.extend(Tag.shape),
  async run({ ctx, input: { run_id, ...param } }): Promise<void> {
    await logParamsAndTags({ ctx, input: { run_id, metrics: [], params: [checkedParam(param)], tags: [] } })
  },
})

/** Sets one tag of a run; the tag of its name renames it. */
export const setTag = taskVerb({
  name: 'tracking.set_tag',
  permission: 'runs.write',
  input: RunId.extend(Tag.shape),
  async run({ ctx, input: { run_id, ...tag } }): Promise<void> {
    await logParamsAndTags({ ctx, input: { run_id, metrics: [], params: [], tags: [checkedTag(tag)] } })
  },
})

/** Writes a checked batch that has parameters or tags: they are state, so a change of them is recorded. */
const logParamsAndTags = changeVerb({
  name: 'tracking.log_params_and_tags',
  permission: 'runs.write',
  input: z.custom<Batch & MetricWrite>(),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const written = await writeBatch(ctx, input)
    if (input.metrics.length > 0) await writeMetrics(ctx, input)
    const parts = [
      ...(written.new_params > 0 ? [`${written.new_params} params`] : []),
      ...(written.changed_tags > 0 ? [`${written.changed_tags} tags`] : []),
    ]
    if (parts.length === 0) unchanged()
    else await record(runChanged(input.run_id, written.experiment_id, parts.join(', ')))
  },
})

function checkSizes({ metrics, params, tags }: z.output<typeof LogBatch>): void {
  const sizes = [
    ['metrics', metrics.length, limit('mlflow.batch_metrics_max')],
    ['params', params.length, limit('mlflow.batch_params_max')],
    ['tags', tags.length, limit('mlflow.batch_tags_max')],
    ['metrics, params, and tags', metrics.length + params.length + tags.length, limit('mlflow.batch_entities_max')],
  ] as const
  for (const [entities, found, max] of sizes) {
    if (found > max) throw new FabriqueError('mlflow_batch_too_large', { entities, found, limit: max })
  }
}

function checkRepeated(keys: readonly string[]): void {
  const seen = new Set<string>()
  for (const key of keys) {
    if (seen.has(key)) throw new FabriqueError('param_repeated', { key })
    seen.add(key)
  }
}
