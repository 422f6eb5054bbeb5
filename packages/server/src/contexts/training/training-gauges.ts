import { Gauge, type Registry } from 'prom-client'
import { limit } from '../../kernel/index.js'
import { sharedLook, type VerbContext } from '../../platform/index.js'
import { newestOfEach } from '../tracking/index.js'
import { parentTag, snapshotTag, targetParams } from './list-trainings.js'

const labelNames = ['project', 'dataset', 'target', 'estimator', 'model'] as const

/**
 * Adds the metrics of the newest finished training of each project, data set, target, estimator and model to what Prometheus reads. They
 * are looked up when it asks, one query at most every `metrics.trainings_refresh_ms`; while the database is away the last ones stay.
 */
export function addTrainingGauges(ctx: VerbContext, registry: Registry): void {
  const { clock, log } = ctx
  const everyMs = limit('metrics.trainings_refresh_ms')
  const collect = sharedLook({ clock, log, what: 'trainings', everyMs }, () => fill(ctx, { metrics, finished }))
  const metrics = new Gauge({
    name: 'fabrique_training_metric',
    help: 'Newest value of each metric of the newest finished training, on its test rows.',
    labelNames: [...labelNames, 'metric'],
    registers: [registry],
    collect,
  })
  const finished = new Gauge({
    name: 'fabrique_training_last_finished_timestamp_seconds',
    help: 'When the newest finished training ended, in seconds since 1970.',
    labelNames: [...labelNames],
    registers: [registry],
    collect,
  })
}

interface Gauges {
  readonly metrics: Gauge
  readonly finished: Gauge
}

async function fill(ctx: VerbContext, { metrics, finished }: Gauges): Promise<void> {
  const runs = await newestOfEach({
    ctx,
    input: {
      with_tag: snapshotTag,
      without_tag: parentTag,
      by: [
        { kind: 'tag', keys: ['fabrique.project'] },
        { kind: 'dataset' },
        { kind: 'param', keys: [...targetParams] },
        { kind: 'param', keys: ['estimator'] },
        { kind: 'tag', keys: ['fabrique.model'] },
      ],
      runs_max: limit('metrics.trainings_read_max'),
      kinds_max: limit('metrics.trainings_max'),
      metrics_max: limit('metrics.training_metrics_max'),
    },
  })
  metrics.reset()
  finished.reset()
  for (const { values, end_ms: endMs, metrics: found } of runs) {
    const labels = Object.fromEntries(labelNames.map((name, index) => [name, values[index] ?? '']))
    finished.set(labels, endMs / 1000)
    for (const [metric, value] of Object.entries(found)) metrics.set({ ...labels, metric }, value)
  }
}
