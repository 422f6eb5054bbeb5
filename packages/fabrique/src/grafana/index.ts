/** What Grafana and Prometheus read of a Fabrique: data source, dashboards, alert rules, what is scraped, and rules that record. */
export { type GrafanaOptions, grafanaFiles } from './grafana-files.js'
