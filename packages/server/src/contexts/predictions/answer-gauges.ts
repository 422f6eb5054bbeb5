import { Counter, Histogram, type Registry } from 'prom-client'
import type { AnswerTotal } from './answer-totals.js'
import { middleOf } from './latency-buckets.js'
import type { PredictionLog } from './prediction-log.js'

/** Upper ends of the buckets of durations, in seconds: from an answer of a small model to one that is waited for. */
const durationBuckets = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
]

const outcomes = ['answered', 'refused', 'failed'] as const

export type AnswerCounters = Pick<PredictionLog, 'totals' | 'classes' | 'leftOut'>

/**
 * Adds what was answered by this process to what Prometheus reads: predictions, their durations and classes by version. A prediction counts in one
 * place, from which these are made when they are asked for.
 */
export function addAnswerGauges(log: AnswerCounters, registry: Registry): void {
  const counterOf = (name: string, help: string, labelNames: readonly string[], fill: (counter: Counter) => void) =>
    new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        this.reset()
        fill(this)
      },
    })
  counterOf(
    'fabrique_predictions_total',
    'Requests for predictions to a version, by variant of a roll-out and by outcome: answered, refused for their inputs, or failed.',
    ['model', 'version', 'variant', 'outcome'],
    (counter) => {
      for (const total of log.totals()) {
        const { model, version, variant = '' } = total
        // All of them from the first on, so that a share of failures is 0 and not unknown.
        for (const outcome of outcomes) counter.inc({ model, version, variant, outcome }, total[outcome])
      }
    },
  )
  counterOf(
    'fabrique_prediction_class_total',
    'Predictions by class, as far as they are logged; a row of a sampled log counts for all that it stands for.',
    ['model', 'version', 'class'],
    (counter) => {
      for (const { count, ...labels } of log.classes()) counter.inc(labels, count)
    },
  )
  counterOf(
    'fabrique_prediction_log_left_out_total',
    'Rows that are not in the log of predictions, since too many waited to be written or the database refused them.',
    [],
    (counter) => counter.inc(log.leftOut()),
  )
  registry.registerMetric(new DurationHistogram(() => log.totals()))
}

const durationConfig = {
  name: 'fabrique_prediction_duration_seconds',
  help: 'Time from the request for a version to its answer. Buckets and sum are within 5 percent of what was measured.',
  labelNames: ['model', 'version'],
  registers: [],
}

interface Durations {
  readonly labels: { readonly model: string; readonly version: string }
  readonly counts: Map<number, number>
}

/** A histogram whose counts are made of finer ones when they are read. */
class DurationHistogram extends Histogram {
  private readonly totals: () => readonly AnswerTotal[]
  /** What it says of itself; nothing is counted in it. */
  private readonly described = new Histogram(durationConfig)

  constructor(totals: () => readonly AnswerTotal[]) {
    super(durationConfig)
    this.totals = totals
  }

  override async get(): ReturnType<Histogram['get']> {
    const values = byVersion(this.totals()).flatMap(samplesOf)
    return { ...(await this.described.get()), values }
  }

  /** What a registry asks for instead. */
  getForPromString(): ReturnType<Histogram['get']> {
    return this.get()
  }
}

function byVersion(totals: readonly AnswerTotal[]): readonly Durations[] {
  const versions = new Map<string, Durations>()
  for (const { model, version, durations } of totals) {
    const name = JSON.stringify([model, version])
    const found = versions.get(name) ?? { labels: { model, version }, counts: new Map<number, number>() }
    for (const [bucket, count] of durations) found.counts.set(bucket, (found.counts.get(bucket) ?? 0) + count)
    versions.set(name, found)
  }
  return [...versions.values()]
}

function samplesOf({ labels, counts }: Durations) {
  const measured = [...counts].map(([bucket, count]) => ({ seconds: middleOf(bucket) / 1000, count }))
  const countWithin = (seconds: number) =>
    measured.reduce((sum, one) => sum + (one.seconds <= seconds ? one.count : 0), 0)
  const sum = measured.reduce((seconds, one) => seconds + one.seconds * one.count, 0)
  const count = countWithin(Number.POSITIVE_INFINITY)
  return [
    ...durationBuckets.map((le) => ({
      labels: { le, ...labels },
      value: countWithin(le),
      metricName: `${durationConfig.name}_bucket`,
    })),
    { labels: { le: '+Inf', ...labels }, value: count, metricName: `${durationConfig.name}_bucket` },
    { labels, value: sum, metricName: `${durationConfig.name}_sum` },
    { labels, value: count, metricName: `${durationConfig.name}_count` },
  ]
}
