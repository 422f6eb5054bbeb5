import type { RecordedMetric } from '@fabrique/contract'
import type { Catalogue } from '../../i18n/catalogue.js'
import type { ChartQuestion } from './metric-queries.js'

export interface MetricCard {
  readonly id: keyof Catalogue['metrics']['cards']
  readonly question: ChartQuestion
  /** What a value is divided by where it is drawn. */
  readonly unit?: number
}

const megabyte = 1e6

/** What the page begins with: from what people use to what it runs on. */
const cards: readonly MetricCard[] = [
  { id: 'requests', question: { name: 'http_requests_total', aggregate: 'sum', by: 'status' } },
  {
    id: 'duration',
    question: { name: 'http_request_duration_highr_seconds', quantile: '0.95', aggregate: 'sum', by: 'instance' },
  },
  { id: 'predictions', question: { name: 'fabrique_predictions_total', aggregate: 'sum', by: 'model' } },
  {
    id: 'predictionDuration',
    question: { name: 'fabrique_prediction_duration_seconds', quantile: '0.95', aggregate: 'sum', by: 'model' },
  },
  { id: 'drift', question: { name: 'fabrique_drift_score', aggregate: 'max', by: 'monitor' } },
  { id: 'jobs', question: { name: 'fabrique_jobs', aggregate: 'sum', by: 'state' } },
  { id: 'flows', question: { name: 'fabrique_flow_runs_last_hour', aggregate: 'sum', by: 'state' } },
  { id: 'cpu', question: { name: 'process_cpu_seconds_total', aggregate: 'sum', by: 'instance' } },
  {
    id: 'memory',
    question: { name: 'process_resident_memory_bytes', aggregate: 'sum', by: 'instance' },
    unit: megabyte,
  },
  { id: 'eventLoop', question: { name: 'nodejs_eventloop_lag_p99_seconds', aggregate: 'max', by: 'instance' } },
  { id: 'load', question: { name: 'node_load1', aggregate: 'max', by: '' } },
  { id: 'available', question: { name: 'node_memory_MemAvailable_bytes', aggregate: 'avg', by: '' }, unit: megabyte },
]

/** Those of metrics that there are. */
export function cardsOf(metrics: readonly Pick<RecordedMetric, 'name'>[]): readonly MetricCard[] {
  const names = new Set(metrics.map(({ name }) => name))
  return cards.filter(({ question }) => names.has(question.name))
}

type Group = keyof Catalogue['metrics']['groups']

const groups: readonly (readonly [Group, RegExp])[] = [
  ['fabrique', /^fabrique_/],
  ['http', /^http_/],
  ['process', /^(process|nodejs)_/],
  ['machine', /^node_/],
  ['other', /^/],
]

/** Names of metrics by what they tell of; groups without any are left out. */
export function groupsOf(
  metrics: readonly Pick<RecordedMetric, 'name'>[],
): readonly { group: Group; names: readonly string[] }[] {
  const groupOf = (name: string) => groups.find(([, pattern]) => pattern.test(name))?.[0]
  return groups
    .map(([group]) => ({ group, names: metrics.map(({ name }) => name).filter((name) => groupOf(name) === group) }))
    .filter(({ names }) => names.length > 0)
}
