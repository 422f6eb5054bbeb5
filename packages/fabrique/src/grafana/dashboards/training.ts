import { type Dashboard, linesPanel, modelChoice, numberPanel, projectChoice } from '../panel.js'

const chosen = 'project=~"$project",model=~"$model"'
const metric = (names: string) =>
  `max by (model, dataset, target, estimator, metric) (fabrique_training_metric{${chosen},metric=~"${names}"})`
const trained = '{{model}} {{dataset}}.{{target}} ({{estimator}})'

export const trainingDashboard: Dashboard = {
  uid: 'fabrique-training',
  title: { en: 'Fabrique: training', fr: 'Fabrique : entraînement' },
  description: {
    en: 'Metrics of the newest training of each kind over time, and the jobs that train',
    fr: 'Métriques du dernier entraînement de chaque sorte au fil du temps, et tâches d’entraînement',
  },
  choices: [
    projectChoice('fabrique_training_metric'),
    { ...modelChoice, query: 'label_values(fabrique_training_metric, model)' },
  ],
  rows: [
    {
      title: { en: 'Now', fr: 'Maintenant' },
      panels: [
        numberPanel({
          title: { en: 'Kinds of trainings', fr: 'Sortes d’entraînements' },
          description: {
            en: 'By project, data, target, estimator and model',
            fr: 'Par projet, données, cible, estimateur et modèle',
          },
          unit: 'none',
          width: 6,
          expr: `count(fabrique_training_last_finished_timestamp_seconds{${chosen}})`,
        }),
        numberPanel({
          title: { en: 'Time since the last training', fr: 'Temps depuis le dernier entraînement' },
          unit: 's',
          width: 6,
          expr: `time() - max(fabrique_training_last_finished_timestamp_seconds{${chosen}})`,
        }),
        numberPanel({
          title: { en: 'Jobs running', fr: 'Tâches en cours' },
          unit: 'none',
          width: 6,
          expr: 'sum(fabrique_jobs{state="running"}) or vector(0)',
        }),
        numberPanel({
          title: { en: 'Jobs waiting', fr: 'Tâches en attente' },
          unit: 'none',
          width: 6,
          expr: 'sum(fabrique_jobs{state="queued"}) or vector(0)',
        }),
      ],
    },
    {
      title: { en: 'Metrics', fr: 'Métriques' },
      panels: [
        linesPanel({
          title: { en: 'Accuracy and areas', fr: 'Exactitude et aires' },
          unit: 'percentunit',
          width: 12,
          expr: metric('accuracy|balanced_accuracy|f1_macro|roc_auc'),
          legend: `{{metric}} ${trained}`,
        }),
        linesPanel({
          title: { en: 'R²', fr: 'R²' },
          unit: 'short',
          width: 12,
          max: 1,
          expr: metric('r2'),
          legend: trained,
        }),
        linesPanel({
          title: { en: 'Errors of regressions', fr: 'Erreurs des régressions' },
          unit: 'short',
          width: 12,
          min: 0,
          expr: metric('rmse|mae'),
          legend: `{{metric}} ${trained}`,
        }),
        linesPanel({
          title: { en: 'Logarithmic loss', fr: 'Perte logarithmique' },
          unit: 'short',
          width: 12,
          min: 0,
          expr: metric('log_loss'),
          legend: trained,
        }),
        {
          kind: 'table',
          title: { en: 'All metrics of the newest trainings', fr: 'Toutes les métriques des derniers entraînements' },
          unit: 'short',
          width: 24,
          height: 10,
          queries: [
            {
              expr: `max by (project, model, dataset, target, estimator, metric) (fabrique_training_metric{${chosen}})`,
              legend: '',
            },
          ],
          columns: {
            project: { en: 'project', fr: 'projet' },
            model: { en: 'model', fr: 'modèle' },
            dataset: { en: 'data set', fr: 'jeu de données' },
            target: { en: 'target', fr: 'cible' },
            estimator: { en: 'estimator', fr: 'estimateur' },
            metric: { en: 'metric', fr: 'métrique' },
            Value: { en: 'value', fr: 'valeur' },
          },
        },
      ],
    },
    {
      title: { en: 'Jobs', fr: 'Tâches' },
      panels: [
        linesPanel({
          title: { en: 'Jobs by kind', fr: 'Tâches par sorte' },
          unit: 'none',
          width: 12,
          min: 0,
          isStacked: true,
          expr: 'sum by (kind, state) (fabrique_jobs)',
          legend: '{{kind}} {{state}}',
        }),
        linesPanel({
          title: { en: 'Longest wait', fr: 'Attente la plus longue' },
          unit: 's',
          width: 12,
          min: 0,
          expr: 'max by (kind) (fabrique_job_oldest_queued_seconds)',
          legend: '{{kind}}',
        }),
      ],
    },
  ],
}
