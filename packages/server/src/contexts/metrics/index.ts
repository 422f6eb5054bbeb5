/** The history of what processes tell at /metrics. See README.md. */
export { type HistoryWriter, openHistoryWriter } from './history-writer.js'
export { listRecordedMetrics } from './list-metrics.js'
export { exportMetrics, queryMetrics } from './query-metrics.js'
export { mountMetricHistory } from './routes.js'
export { tidyUpMetricHistory } from './tidy-up.js'
