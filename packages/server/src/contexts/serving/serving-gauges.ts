import { Counter, Gauge, type Registry } from 'prom-client'
import { type Clock, limit } from '../../kernel/index.js'
import type { Log } from '../../platform/logs/index.js'
import { sharedLook } from '../../platform/metrics/index.js'
import type { ServedModels, ServedStatistics } from './served-models.js'

/** States that are told also where no version is in them: their number is 0, and not unknown. */
const alwaysTold = ['ready', 'loading', 'failed'] as const

interface Seen {
  readonly model: string
  readonly version: string
  readonly figures: ServedStatistics
}

/**
 * Adds which versions this process has in memory, where aliases lead, and what the versions computed to what Prometheus reads: of at most
 * `metrics.answerers_max` models, versions and aliases each, the newest versions of a model first.
 */
export function addServingGauges(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  models: Pick<ServedModels, 'available' | 'statistics'>,
  registry: Registry,
): void {
  const collect = sharedLook({ clock, log, what: 'served models', everyMs: 0 }, () => fill(models, metrics))
  const gaugeOf = (name: string, help: string, labelNames: readonly string[]) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry], collect })
  const counterOf = (name: string, help: string) =>
    new Counter({ name, help, labelNames: ['model', 'version'], registers: [registry], collect })
  const metrics: Metrics = {
    versions: gaugeOf(
      'fabrique_model_versions',
      'Versions that could be served, by state: ready are in memory, available are loaded when they are asked for.',
      ['model', 'state'],
    ),
    loaded: gaugeOf('fabrique_model_loaded', 'Versions in memory; the value is 1.', ['model', 'version']),
    alias: gaugeOf('fabrique_model_alias', 'The version that an alias names; the value is 1.', [
      'model',
      'alias',
      'version',
    ]),
    rows: counterOf('fabrique_model_rows_total', 'Rows that a version computed since it was first loaded.'),
    executions: counterOf(
      'fabrique_model_executions_total',
      'Calls of the runtime of a version: rows of several requests may be computed in one.',
    ),
    queue: counterOf('fabrique_model_queue_seconds_total', 'Time that requests waited to be computed.'),
    compute: counterOf('fabrique_model_compute_seconds_total', 'Time that requests were computed.'),
  }
}

interface Metrics {
  readonly versions: Gauge
  readonly loaded: Gauge
  readonly alias: Gauge
  readonly rows: Counter
  readonly executions: Counter
  readonly queue: Counter
  readonly compute: Counter
}

async function fill(models: Pick<ServedModels, 'available' | 'statistics'>, metrics: Metrics): Promise<void> {
  const max = limit('metrics.answerers_max')
  const available = models.available().slice(0, max)
  const seen: Seen[] = []
  for (const { model } of available) {
    if (seen.length >= max) break
    seen.push(...(await models.statistics({ model })))
  }
  for (const metric of Object.values(metrics)) metric.reset()
  for (const { model, versions } of available) {
    for (const state of alwaysTold) metrics.versions.set({ model, state }, 0)
    for (const { state } of versions) metrics.versions.inc({ model, state })
  }
  const known = available.flatMap(({ model, versions }) => versions.map((one) => ({ model, ...one })))
  for (const { model, version } of known.filter(({ state }) => state === 'ready').slice(0, max)) {
    metrics.loaded.set({ model, version }, 1)
  }
  const named = known.flatMap(({ model, version, aliases }) => aliases.map((alias) => ({ model, alias, version })))
  for (const labels of named.slice(0, max)) metrics.alias.set(labels, 1)
  for (const { model, version, figures } of seen.slice(0, max)) {
    const labels = { model, version }
    metrics.rows.inc(labels, figures.inferences)
    metrics.executions.inc(labels, figures.executions)
    metrics.queue.inc(labels, Number(figures.queue.ns) / 1e9)
    metrics.compute.inc(labels, Number(figures.compute.ns) / 1e9)
  }
}
