/** Named queries that Prometheus keeps ready: short to write, and cheap over long times. */
export interface RecordingRule {
  readonly record: string
  readonly expr: string
  readonly why: string
}

const latency = (share: number) =>
  `histogram_quantile(${share}, sum by (model, version, le) (rate(fabrique_prediction_duration_seconds_bucket[5m])))`

export const recordingRules: readonly RecordingRule[] = [
  {
    record: 'fabrique:http_requests_total:status_code',
    expr: 'sum without (status) (label_replace(http_requests_total, "status_code", "$1", "status", "(.*)"))',
    why: 'Many dashboards made by hand call the label status_code: this is the same counter under that name.',
  },
  {
    record: 'fabrique:http_requests:rate5m',
    expr: 'sum by (instance, handler, method, status) (rate(http_requests_total[5m]))',
    why: 'Requests in a second.',
  },
  {
    record: 'fabrique:predictions:rate5m',
    expr: 'sum by (model, version, outcome) (rate(fabrique_predictions_total[5m]))',
    why: 'Predictions in a second, over all instances.',
  },
  {
    record: 'fabrique:predictions_failed:ratio_rate5m',
    expr: 'sum by (model) (rate(fabrique_predictions_total{outcome="failed"}[5m])) / clamp_min(sum by (model) (rate(fabrique_predictions_total[5m])), 1e-9)',
    why: 'The share of predictions that fail.',
  },
  { record: 'fabrique:prediction_duration_seconds:p50_rate5m', expr: latency(0.5), why: 'Latency, median.' },
  { record: 'fabrique:prediction_duration_seconds:p95_rate5m', expr: latency(0.95), why: 'Latency, 95th percentile.' },
  { record: 'fabrique:prediction_duration_seconds:p99_rate5m', expr: latency(0.99), why: 'Latency, 99th percentile.' },
  {
    record: 'fabrique:prediction_classes:ratio_rate1h',
    expr: 'sum by (model, version, class) (rate(fabrique_prediction_class_total[1h])) / on (model, version) group_left () clamp_min(sum by (model, version) (rate(fabrique_prediction_class_total[1h])), 1e-9)',
    why: 'The share of each class in the answers of an hour.',
  },
  {
    record: 'fabrique:cpu_busy:ratio_rate5m',
    expr: '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))',
    why: 'The share of the processors of a machine that is in use.',
  },
]
