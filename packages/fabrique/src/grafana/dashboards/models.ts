import { type Dashboard, instanceChoice, linesPanel, modelChoice, numberPanel, type Step, type Word } from '../panel.js'
import { championMark } from './marks.js'

const here = 'instance=~"$instance"'
const ofModel = `${here},model=~"$model"`
const ofMonitor = `${here},monitor=~"$monitor"`

/** States of a monitor as numbers, the worst the highest, so that they stand on one line. */
const states: readonly Word[] = [
  { value: 0, text: { en: 'no drift', fr: 'pas de dérive' }, color: 'green' },
  { value: 1, text: { en: 'not enough data', fr: 'pas assez de données' }, color: 'blue' },
  { value: 2, text: { en: 'warning', fr: 'avertissement' }, color: 'yellow' },
  { value: 3, text: { en: 'alarm', fr: 'alarme' }, color: 'red' },
  { value: 4, text: { en: 'failed', fr: 'en échec' }, color: 'orange' },
]
const stateNames = ['ok', 'not_enough_data', 'warning', 'alarm', 'failed']

/** The state that a monitor is in has the value 1. */
const stateAsNumber = stateNames
  .map((state, value) => `${value} * max by (monitor) (fabrique_monitor_state{${ofMonitor},state="${state}"})`)
  .join(' + ')

const staleSteps: readonly Step[] = [
  { from: null, color: 'green' },
  { from: 86_400, color: 'yellow' },
  { from: 172_800, color: 'red' },
]

export const modelsDashboard: Dashboard = {
  uid: 'fabrique-models',
  title: { en: 'Fabrique: models and drift', fr: 'Fabrique : modèles et dérive' },
  description: {
    en: 'Which versions answer, what they answer, whether data moved, and how fresh features are',
    fr: 'Quelles versions répondent, ce qu’elles répondent, si les données ont bougé, et la fraîcheur des variables',
  },
  choices: [
    instanceChoice,
    modelChoice,
    {
      name: 'monitor',
      label: { en: 'Monitor', fr: 'Moniteur' },
      query: 'label_values(fabrique_monitor_state, monitor)',
    },
  ],
  marks: [championMark],
  rows: [
    {
      title: { en: 'Models', fr: 'Modèles' },
      panels: [
        {
          kind: 'table',
          title: { en: 'Where aliases lead', fr: 'Où mènent les alias' },
          unit: 'none',
          width: 8,
          queries: [{ expr: `max by (model, alias, version) (fabrique_model_alias{${ofModel}})`, legend: '' }],
          columns: {
            model: { en: 'model', fr: 'modèle' },
            alias: { en: 'alias', fr: 'alias' },
            version: { en: 'version', fr: 'version' },
          },
        },
        linesPanel({
          title: { en: 'Versions by state', fr: 'Versions par état' },
          unit: 'none',
          width: 8,
          min: 0,
          expr: `max by (model, state) (fabrique_model_versions{${ofModel}})`,
          legend: '{{model}} {{state}}',
        }),
        linesPanel({
          title: { en: 'Share of each class in the answers', fr: 'Part de chaque classe dans les réponses' },
          unit: 'percentunit',
          width: 8,
          min: 0,
          max: 1,
          isStacked: true,
          expr: `sum by (model, class) (rate(fabrique_prediction_class_total{${ofModel}}[5m])) / on (model) group_left () clamp_min(sum by (model) (rate(fabrique_prediction_class_total{${ofModel}}[5m])), 1e-9)`,
          legend: '{{model}} {{class}}',
        }),
        linesPanel({
          title: { en: 'Metrics of the newest training', fr: 'Métriques du dernier entraînement' },
          unit: 'short',
          width: 24,
          expr: `max by (model, estimator, metric) (fabrique_training_metric{${ofModel},metric=~"r2|rmse|mae|accuracy|f1_macro|roc_auc|log_loss"})`,
          legend: '{{model}} {{metric}} ({{estimator}})',
        }),
      ],
    },
    {
      title: { en: 'Drift', fr: 'Dérive' },
      panels: [
        {
          kind: 'number',
          title: { en: 'State of monitors', fr: 'État des moniteurs' },
          unit: 'none',
          width: 12,
          height: 6,
          words: states,
          steps: [
            { from: null, color: 'green' },
            { from: 1, color: 'blue' },
            { from: 2, color: 'yellow' },
            { from: 3, color: 'red' },
            { from: 4, color: 'orange' },
          ],
          queries: [{ expr: stateAsNumber, legend: '{{monitor}}' }],
        },
        numberPanel({
          title: { en: 'Findings open', fr: 'Constats ouverts' },
          unit: 'none',
          width: 6,
          height: 6,
          steps: [
            { from: null, color: 'green' },
            { from: 1, color: 'red' },
          ],
          expr: `sum(max by (monitor, severity) (fabrique_findings_open{${ofMonitor}})) or vector(0)`,
        }),
        {
          kind: 'number',
          title: { en: 'Time since the last report', fr: 'Temps depuis le dernier rapport' },
          unit: 's',
          width: 6,
          height: 6,
          queries: [
            {
              expr: `time() - max by (monitor) (fabrique_monitor_report_timestamp_seconds{${ofMonitor}})`,
              legend: '{{monitor}}',
            },
          ],
        },
        linesPanel({
          title: { en: 'Drift scores', fr: 'Scores de dérive' },
          description: {
            en: 'The twenty highest; a score means what its method says',
            fr: 'Les vingt plus élevés ; un score veut dire ce que dit sa méthode',
          },
          unit: 'short',
          width: 12,
          expr: `topk(20, max by (monitor, column, method) (fabrique_drift_score{${ofMonitor}}))`,
          legend: '{{monitor}} {{column}} ({{method}})',
        }),
        linesPanel({
          title: { en: 'Columns that drift', fr: 'Colonnes qui dérivent' },
          unit: 'none',
          width: 12,
          min: 0,
          expr: `max by (monitor) (fabrique_monitor_drifted_columns{${ofMonitor}})`,
          legend: '{{monitor}}',
        }),
        linesPanel({
          title: { en: 'Quality and performance', fr: 'Qualité et performance' },
          unit: 'short',
          width: 24,
          expr: `max by (monitor, kind, metric) (fabrique_monitor_metric{${ofMonitor}})`,
          legend: '{{monitor}} {{metric}} ({{kind}})',
        }),
      ],
    },
    {
      title: { en: 'Features', fr: 'Variables' },
      panels: [
        {
          kind: 'bars',
          title: { en: 'Age of what is in the online store', fr: 'Âge de ce que contient le magasin en ligne' },
          unit: 's',
          width: 8,
          min: 0,
          steps: staleSteps,
          queries: [
            {
              expr: `max by (project, view) (fabrique_feature_view_freshness_seconds{${here}})`,
              legend: '{{project}} {{view}}',
            },
          ],
        },
        linesPanel({
          title: { en: 'Keys online', fr: 'Clés en ligne' },
          unit: 'short',
          width: 8,
          min: 0,
          expr: `max by (project, view) (fabrique_feature_view_keys{${here}})`,
          legend: '{{project}} {{view}}',
        }),
        linesPanel({
          title: { en: 'Rows of the source', fr: 'Lignes de la source' },
          unit: 'short',
          width: 8,
          min: 0,
          expr: `max by (project, view) (fabrique_feature_view_rows{${here}})`,
          legend: '{{project}} {{view}}',
        }),
        linesPanel({
          title: { en: 'Share of nulls, the twenty highest', fr: 'Part de valeurs nulles, les vingt plus élevées' },
          unit: 'percentunit',
          width: 12,
          min: 0,
          max: 1,
          expr: `topk(20, max by (project, view, feature) (fabrique_feature_null_rate{${here}}))`,
          legend: '{{view}} {{feature}}',
        }),
        linesPanel({
          title: { en: 'Age of the newest event', fr: 'Âge de l’événement le plus récent' },
          unit: 's',
          width: 12,
          min: 0,
          expr: `max by (project, view) (fabrique_feature_view_newest_event_age_seconds{${here}})`,
          legend: '{{project}} {{view}}',
        }),
      ],
    },
  ],
}
