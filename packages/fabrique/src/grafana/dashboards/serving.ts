import { type Dashboard, instanceChoice, linesPanel, modelChoice, numberPanel } from '../panel.js'
import { championMark } from './marks.js'

const here = 'instance=~"$instance"'
const ofModel = `${here},model=~"$model"`
const perModel = '{{model}} {{version}}'

const latency = (share: number, by = '') =>
  `histogram_quantile(${share}, sum by (le${by}) (rate(fabrique_prediction_duration_seconds_bucket{${ofModel}}[$__rate_interval])))`

const httpLatency = (share: number) =>
  `histogram_quantile(${share}, sum by (le) (rate(http_request_duration_highr_seconds_bucket{${here}}[$__rate_interval])))`

/** A share of something that may be none: 0 then, and not unknown. */
const shareOf = (part: string, whole: string) => `${part} / clamp_min(${whole}, 1e-9)`

const predictions = (more = '') => `rate(fabrique_predictions_total{${ofModel}${more}}[$__rate_interval])`

export const servingDashboard: Dashboard = {
  uid: 'fabrique-serving',
  title: { en: 'Fabrique: serving', fr: 'Fabrique : service' },
  description: {
    en: 'What is asked, how fast it is answered, and what the process needs for it',
    fr: 'Ce qui est demandé, en combien de temps la réponse est donnée, et ce qu’il faut au processus pour cela',
  },
  choices: [instanceChoice, modelChoice],
  marks: [championMark],
  rows: [
    {
      title: { en: 'Now', fr: 'Maintenant' },
      panels: [
        numberPanel({
          title: { en: 'Predictions', fr: 'Prédictions' },
          unit: 'reqps',
          width: 4,
          expr: `sum(${predictions()})`,
        }),
        numberPanel({
          title: { en: 'Failed predictions', fr: 'Prédictions en échec' },
          description: {
            en: 'Not those that were refused for their inputs',
            fr: 'Sans celles refusées pour leurs entrées',
          },
          unit: 'percentunit',
          width: 4,
          steps: [
            { from: null, color: 'green' },
            { from: 0.001, color: 'yellow' },
            { from: 0.05, color: 'red' },
          ],
          expr: shareOf(`sum(${predictions(',outcome="failed"')})`, `sum(${predictions()})`),
        }),
        numberPanel({
          title: { en: 'Latency, 95th percentile', fr: 'Latence, 95ᵉ centile' },
          unit: 's',
          width: 4,
          steps: [
            { from: null, color: 'green' },
            { from: 0.1, color: 'yellow' },
            { from: 1, color: 'red' },
          ],
          expr: latency(0.95),
        }),
        numberPanel({
          title: { en: 'HTTP requests', fr: 'Requêtes HTTP' },
          unit: 'reqps',
          width: 4,
          expr: `sum(rate(http_requests_total{${here}}[$__rate_interval]))`,
        }),
        numberPanel({
          title: { en: 'Versions in memory', fr: 'Versions en mémoire' },
          unit: 'none',
          width: 4,
          expr: `sum(fabrique_model_loaded{${ofModel}})`,
        }),
        numberPanel({
          title: { en: 'Up for', fr: 'En marche depuis' },
          unit: 's',
          width: 4,
          expr: `time() - max(process_start_time_seconds{${here}})`,
        }),
      ],
    },
    {
      title: { en: 'Predictions', fr: 'Prédictions' },
      panels: [
        linesPanel({
          title: { en: 'Predictions by version', fr: 'Prédictions par version' },
          unit: 'reqps',
          width: 8,
          min: 0,
          expr: `sum by (model, version) (${predictions()})`,
          legend: perModel,
        }),
        linesPanel({
          title: { en: 'Predictions by outcome', fr: 'Prédictions par issue' },
          unit: 'reqps',
          width: 8,
          min: 0,
          isStacked: true,
          expr: `sum by (outcome) (${predictions()})`,
          legend: '{{outcome}}',
        }),
        linesPanel({
          title: { en: 'Predictions by variant of a roll-out', fr: 'Prédictions par variante d’une mise en service' },
          unit: 'reqps',
          width: 8,
          min: 0,
          expr: `sum by (model, variant) (${predictions()})`,
          legend: '{{model}} {{variant}}',
        }),
        {
          kind: 'lines',
          title: { en: 'Latency', fr: 'Latence' },
          unit: 's',
          width: 8,
          min: 0,
          queries: [0.5, 0.95, 0.99].map((share) => ({ expr: latency(share), legend: `p${share * 100}` })),
        },
        linesPanel({
          title: { en: 'Latency by version, 95th percentile', fr: 'Latence par version, 95ᵉ centile' },
          unit: 's',
          width: 8,
          min: 0,
          expr: latency(0.95, ', model, version'),
          legend: perModel,
        }),
        {
          kind: 'heat',
          title: { en: 'Distribution of latency', fr: 'Répartition de la latence' },
          unit: 's',
          width: 8,
          queries: [
            {
              expr: `sum by (le) (increase(fabrique_prediction_duration_seconds_bucket{${ofModel}}[$__rate_interval]))`,
              legend: '{{le}}',
            },
          ],
        },
        linesPanel({
          title: { en: 'Rows computed', fr: 'Lignes calculées' },
          unit: 'rowsps',
          width: 8,
          min: 0,
          expr: `sum by (model, version) (rate(fabrique_model_rows_total{${ofModel}}[$__rate_interval]))`,
          legend: perModel,
        }),
        linesPanel({
          title: { en: 'Rows in one computation', fr: 'Lignes par calcul' },
          description: {
            en: 'More than the rows of one request where requests are computed together',
            fr: 'Plus que les lignes d’une requête lorsque des requêtes sont calculées ensemble',
          },
          unit: 'none',
          width: 8,
          min: 0,
          expr: shareOf(
            `sum by (model, version) (rate(fabrique_model_rows_total{${ofModel}}[$__rate_interval]))`,
            `sum by (model, version) (rate(fabrique_model_executions_total{${ofModel}}[$__rate_interval]))`,
          ),
          legend: perModel,
        }),
        {
          kind: 'lines',
          title: { en: 'Time spent waiting and computing', fr: 'Temps passé à attendre et à calculer' },
          description: { en: 'Seconds of requests in each second', fr: 'Secondes de requêtes par seconde' },
          unit: 'none',
          width: 8,
          min: 0,
          queries: [
            {
              expr: `sum(rate(fabrique_model_queue_seconds_total{${ofModel}}[$__rate_interval]))`,
              legend: { en: 'waiting', fr: 'attente' },
            },
            {
              expr: `sum(rate(fabrique_model_compute_seconds_total{${ofModel}}[$__rate_interval]))`,
              legend: { en: 'computing', fr: 'calcul' },
            },
          ],
        },
      ],
    },
    {
      title: { en: 'HTTP', fr: 'HTTP' },
      panels: [
        linesPanel({
          title: { en: 'Requests by status', fr: 'Requêtes par statut' },
          unit: 'reqps',
          width: 8,
          min: 0,
          isStacked: true,
          expr: `sum by (status) (rate(http_requests_total{${here}}[$__rate_interval]))`,
          legend: '{{status}}',
        }),
        linesPanel({
          title: { en: 'Requests by route, the ten most asked', fr: 'Requêtes par route, les dix plus demandées' },
          unit: 'reqps',
          width: 8,
          min: 0,
          expr: `topk(10, sum by (method, handler) (rate(http_requests_total{${here}}[$__rate_interval])))`,
          legend: '{{method}} {{handler}}',
        }),
        {
          kind: 'lines',
          title: { en: 'Latency of requests', fr: 'Latence des requêtes' },
          unit: 's',
          width: 8,
          min: 0,
          queries: [0.5, 0.95, 0.99].map((share) => ({ expr: httpLatency(share), legend: `p${share * 100}` })),
        },
        {
          kind: 'lines',
          title: { en: 'Bytes', fr: 'Octets' },
          unit: 'Bps',
          width: 8,
          min: 0,
          queries: [
            {
              expr: `sum(rate(http_request_size_bytes_sum{${here}}[$__rate_interval]))`,
              legend: { en: 'received', fr: 'reçus' },
            },
            {
              expr: `sum(rate(http_response_size_bytes_sum{${here}}[$__rate_interval]))`,
              legend: { en: 'sent', fr: 'envoyés' },
            },
          ],
        },
        linesPanel({
          title: { en: 'Mean latency by route', fr: 'Latence moyenne par route' },
          description: { en: 'The ten slowest', fr: 'Les dix plus lentes' },
          unit: 's',
          width: 8,
          min: 0,
          expr: `topk(10, ${shareOf(
            `sum by (method, handler) (rate(http_request_duration_seconds_sum{${here}}[$__rate_interval]))`,
            `sum by (method, handler) (rate(http_request_duration_seconds_count{${here}}[$__rate_interval]))`,
          )})`,
          legend: '{{method}} {{handler}}',
        }),
        linesPanel({
          title: { en: 'Rows left out of the log of predictions', fr: 'Lignes absentes du journal des prédictions' },
          description: {
            en: 'Too many waited to be written, or the database refused them',
            fr: 'Trop de lignes attendaient d’être écrites, ou la base de données les a refusées',
          },
          unit: 'rowsps',
          width: 8,
          min: 0,
          expr: `sum(rate(fabrique_prediction_log_left_out_total{${here}}[$__rate_interval]))`,
          legend: { en: 'left out', fr: 'absentes' },
        }),
      ],
    },
    {
      title: { en: 'Process', fr: 'Processus' },
      panels: [
        linesPanel({
          title: { en: 'Processors used', fr: 'Processeurs utilisés' },
          unit: 'none',
          width: 8,
          min: 0,
          expr: `sum by (instance) (rate(process_cpu_seconds_total{${here}}[$__rate_interval]))`,
          legend: '{{instance}}',
        }),
        {
          kind: 'lines',
          title: { en: 'Memory', fr: 'Mémoire' },
          unit: 'bytes',
          width: 8,
          min: 0,
          queries: [
            {
              expr: `process_resident_memory_bytes{${here}}`,
              legend: { en: '{{instance}} in all', fr: '{{instance}} en tout' },
            },
            {
              expr: `nodejs_heap_size_used_bytes{${here}}`,
              legend: { en: '{{instance}} heap', fr: '{{instance}} tas' },
            },
          ],
        },
        {
          kind: 'lines',
          title: { en: 'Lag of the event loop', fr: 'Retard de la boucle d’événements' },
          unit: 's',
          width: 8,
          min: 0,
          queries: [
            { expr: `nodejs_eventloop_lag_p50_seconds{${here}}`, legend: '{{instance}} p50' },
            { expr: `nodejs_eventloop_lag_p99_seconds{${here}}`, legend: '{{instance}} p99' },
          ],
        },
      ],
    },
  ],
}
