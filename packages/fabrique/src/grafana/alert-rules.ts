import type { Text } from './panel.js'

/** A rule that alarms where a query answers more than a bound, or less. */
export interface AlertRule {
  readonly uid: string
  readonly title: Text
  /** What is wrong, with `{{ $labels.x }}` and `{{ $values.A }}`. */
  readonly summary: Text
  /** What to look at. */
  readonly advice: Text
  readonly expr: string
  readonly is: 'above' | 'below'
  readonly bound: number
  readonly forMinutes: number
  readonly severity: 'critical' | 'warning'
  /** Whether it alarms where nothing answers at all. */
  readonly alarmsWithoutData?: boolean
}

const failedShare = (whole: string, failed: string) => `${failed} / clamp_min(${whole}, 1e-9)`

/** A warning as soon as there is one. */
const atOnce = { is: 'above', bound: 0, forMinutes: 0, severity: 'warning' } as const

/** What to be told of, whatever the project. Bounds are a start: change them in Grafana, or in a copy of the file. */
export const alertRules: readonly AlertRule[] = [
  {
    uid: 'fabrique-down',
    title: { en: 'Fabrique does not answer', fr: 'Fabrique ne répond pas' },
    summary: {
      en: '{{ $labels.instance }} does not answer Prometheus',
      fr: '{{ $labels.instance }} ne répond pas à Prometheus',
    },
    advice: {
      en: 'Is the process up, and may Prometheus read /metrics?',
      fr: 'Le processus tourne-t-il, et Prometheus peut-il lire /metrics ?',
    },
    expr: 'up{job="fabrique"}',
    is: 'below',
    bound: 1,
    forMinutes: 1,
    severity: 'critical',
    alarmsWithoutData: true,
  },
  {
    uid: 'fabrique-predictions-fail',
    title: { en: 'Predictions fail', fr: 'Des prédictions échouent' },
    summary: {
      en: 'More than 5 % of the predictions of {{ $labels.model }} fail',
      fr: 'Plus de 5 % des prédictions de {{ $labels.model }} échouent',
    },
    advice: {
      en: 'See the dashboard of serving, and the log of the server',
      fr: 'Voir le tableau du service et le journal du serveur',
    },
    expr: failedShare(
      'sum by (model) (rate(fabrique_predictions_total[5m]))',
      'sum by (model) (rate(fabrique_predictions_total{outcome="failed"}[5m]))',
    ),
    is: 'above',
    bound: 0.05,
    forMinutes: 5,
    severity: 'critical',
  },
  {
    uid: 'fabrique-predictions-slow',
    title: { en: 'Predictions are slow', fr: 'Les prédictions sont lentes' },
    summary: {
      en: 'One in twenty predictions of {{ $labels.model }} takes more than a second',
      fr: 'Une prédiction sur vingt de {{ $labels.model }} dure plus d’une seconde',
    },
    advice: {
      en: 'Is the machine busy, or is the model too large for its processors?',
      fr: 'La machine est-elle occupée, ou le modèle trop grand pour ses processeurs ?',
    },
    expr: 'histogram_quantile(0.95, sum by (model, le) (rate(fabrique_prediction_duration_seconds_bucket[5m])))',
    is: 'above',
    bound: 1,
    forMinutes: 10,
    severity: 'warning',
  },
  {
    uid: 'fabrique-http-fails',
    title: { en: 'Requests fail', fr: 'Des requêtes échouent' },
    summary: {
      en: 'More than 5 % of the requests to {{ $labels.instance }} fail by its own fault',
      fr: 'Plus de 5 % des requêtes à {{ $labels.instance }} échouent par sa faute',
    },
    advice: { en: 'See the log of the server', fr: 'Voir le journal du serveur' },
    expr: '1 - sum by (instance) (rate(http_requests_total{status!="5xx"}[5m])) / clamp_min(sum by (instance) (rate(http_requests_total[5m])), 1e-9)',
    is: 'above',
    bound: 0.05,
    forMinutes: 5,
    severity: 'critical',
  },
  {
    uid: 'fabrique-model-not-served',
    title: { en: 'A model cannot be served', fr: 'Un modèle ne peut pas être servi' },
    summary: {
      en: 'A version of {{ $labels.model }} cannot be loaded',
      fr: 'Une version de {{ $labels.model }} ne peut pas être chargée',
    },
    advice: {
      en: 'The page of the endpoint says why; the version before answers meanwhile',
      fr: 'La page du point d’accès dit pourquoi ; la version précédente répond entre-temps',
    },
    expr: 'max by (model) (fabrique_model_versions{state="failed"})',
    is: 'above',
    bound: 0,
    forMinutes: 5,
    severity: 'warning',
  },
  {
    uid: 'fabrique-predictions-not-logged',
    title: { en: 'Predictions are not logged', fr: 'Des prédictions ne sont pas journalisées' },
    summary: {
      en: 'Rows are left out of the log of predictions of {{ $labels.instance }}',
      fr: 'Des lignes manquent au journal des prédictions de {{ $labels.instance }}',
    },
    advice: {
      en: 'Does the database keep up? A smaller part of the predictions may be logged',
      fr: 'La base de données suit-elle ? On peut journaliser une part plus faible des prédictions',
    },
    expr: 'increase(fabrique_prediction_log_left_out_total[10m])',
    ...atOnce,
  },
  {
    uid: 'fabrique-drift',
    title: { en: 'Data moved', fr: 'Les données ont bougé' },
    summary: { en: 'Monitor {{ $labels.monitor }} alarms', fr: 'Le moniteur {{ $labels.monitor }} est en alarme' },
    advice: {
      en: 'Its report says which columns, and by how much',
      fr: 'Son rapport dit quelles colonnes, et de combien',
    },
    expr: 'max by (monitor) (fabrique_monitor_state{state="alarm"})',
    ...atOnce,
  },
  {
    uid: 'fabrique-monitor-failed',
    title: { en: 'A monitor fails', fr: 'Un moniteur échoue' },
    summary: {
      en: 'Monitor {{ $labels.monitor }} could not compare what it is to compare',
      fr: 'Le moniteur {{ $labels.monitor }} n’a pas pu comparer ce qu’il doit comparer',
    },
    advice: { en: 'Its page says why', fr: 'Sa page dit pourquoi' },
    expr: 'max by (monitor) (fabrique_monitor_state{state="failed"})',
    ...atOnce,
  },
  {
    uid: 'fabrique-flow-failed',
    title: { en: 'A flow failed', fr: 'Un flux a échoué' },
    summary: {
      en: 'Flow {{ $labels.flow }} of {{ $labels.project }} failed in the last hour',
      fr: 'Le flux {{ $labels.flow }} de {{ $labels.project }} a échoué dans la dernière heure',
    },
    advice: { en: 'The page of the run says in which step', fr: 'La page de l’exécution dit à quelle étape' },
    expr: 'sum by (project, flow) (fabrique_flow_runs_last_hour{state=~"failed|crashed"})',
    ...atOnce,
  },
  {
    uid: 'fabrique-no-worker',
    title: { en: 'No worker', fr: 'Aucun worker' },
    summary: { en: 'No worker lives: flows and jobs wait', fr: 'Aucun worker ne vit : flux et tâches attendent' },
    advice: { en: 'Start one with fabrique worker', fr: 'Démarrez-en un avec fabrique worker' },
    expr: 'max(fabrique_flow_workers)',
    is: 'below',
    bound: 1,
    forMinutes: 2,
    severity: 'critical',
  },
  {
    uid: 'fabrique-flows-wait',
    title: { en: 'Flows wait', fr: 'Des flux attendent' },
    summary: {
      en: 'Runs of {{ $labels.flow }} have waited for a worker for more than ten minutes',
      fr: 'Des exécutions de {{ $labels.flow }} attendent un worker depuis plus de dix minutes',
    },
    advice: {
      en: 'Start more workers, or give them more slots',
      fr: 'Démarrez d’autres workers, ou donnez-leur plus de places',
    },
    expr: 'max by (project, flow) (fabrique_flow_queue_oldest_seconds)',
    is: 'above',
    bound: 600,
    forMinutes: 0,
    severity: 'warning',
  },
  {
    uid: 'fabrique-jobs-wait',
    title: { en: 'Jobs wait', fr: 'Des tâches attendent' },
    summary: {
      en: 'A job of kind {{ $labels.kind }} has waited for more than ten minutes',
      fr: 'Une tâche de sorte {{ $labels.kind }} attend depuis plus de dix minutes',
    },
    advice: { en: 'Start more workers', fr: 'Démarrez d’autres workers' },
    expr: 'max by (kind) (fabrique_job_oldest_queued_seconds)',
    is: 'above',
    bound: 600,
    forMinutes: 0,
    severity: 'warning',
  },
  {
    uid: 'fabrique-event-loop-lags',
    title: { en: 'A server is busy', fr: 'Un serveur est saturé' },
    summary: {
      en: 'Requests to {{ $labels.instance }} wait for each other for half a second',
      fr: 'Les requêtes à {{ $labels.instance }} s’attendent une demi-seconde',
    },
    advice: { en: 'Start predictors beside it', fr: 'Démarrez des predictors à côté' },
    expr: 'max by (instance) (nodejs_eventloop_lag_p99_seconds)',
    is: 'above',
    bound: 0.5,
    forMinutes: 5,
    severity: 'warning',
  },
  {
    uid: 'fabrique-disk-full',
    title: { en: 'A disk is nearly full', fr: 'Un disque est presque plein' },
    summary: {
      en: 'Less than 10 % is left of {{ $labels.mountpoint }} on {{ $labels.instance }}',
      fr: 'Il reste moins de 10 % de {{ $labels.mountpoint }} sur {{ $labels.instance }}',
    },
    advice: {
      en: 'fabrique data gc frees what no snapshot needs',
      fr: 'fabrique data gc libère ce dont aucun instantané n’a besoin',
    },
    expr: 'max by (instance, mountpoint) (node_filesystem_avail_bytes{fstype!="tmpfs"}) / max by (instance, mountpoint) (node_filesystem_size_bytes{fstype!="tmpfs"} > 0)',
    is: 'below',
    bound: 0.1,
    forMinutes: 10,
    severity: 'critical',
  },
  {
    uid: 'fabrique-memory-full',
    title: { en: 'Memory is nearly full', fr: 'La mémoire est presque pleine' },
    summary: {
      en: 'Less than 5 % of the memory of {{ $labels.instance }} is left',
      fr: 'Il reste moins de 5 % de la mémoire de {{ $labels.instance }}',
    },
    advice: {
      en: 'FABRIQUE_MODELS_MEMORY_MB bounds what models take',
      fr: 'FABRIQUE_MODELS_MEMORY_MB borne ce que prennent les modèles',
    },
    expr: 'node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes',
    is: 'below',
    bound: 0.05,
    forMinutes: 5,
    severity: 'critical',
  },
]
