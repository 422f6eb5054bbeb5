import { of } from '../../french-of.js'
import { pluralOf } from '../../plural.js'
import type { en } from './en.js'

const plural = pluralOf('fr')

export const fr: typeof en = {
  metrics: {
    title: 'Métriques',
    intro: 'Ce que ce serveur dit de lui-même sur /metrics, au fil du temps.',
    fromPrometheus: 'Lu dans Prometheus.',
    kept: 'Toutes les 5 s des 2 dernières heures, chaque minute de 3 jours, chaque quart d’heure de 90 jours.',
    range: 'Période',
    ranges: {
      '15m': '15 min',
      '1h': '1 h',
      '6h': '6 h',
      '24h': '24 h',
      '7d': '7 j',
      '30d': '30 j',
      '90d': '90 j',
    },
    metric: 'Métrique',
    overview: 'Vue d’ensemble',
    groups: {
      fabrique: 'Modèles et travaux',
      http: 'Requêtes',
      process: 'Processus',
      machine: 'Machine',
      other: 'Autres',
    },
    read: 'Lecture',
    reads: {
      value: 'valeur moyenne',
      min: 'valeur la plus basse',
      max: 'valeur la plus haute',
      rate: 'par seconde',
      increase: 'hausse par pas',
      quantile: 'quantile',
    },
    quantile: 'Quantile',
    by: 'Lignes par',
    eachSeries: 'chaque série',
    allTogether: 'tout ensemble',
    zoomed: (from, to) => `${from} à ${to}`,
    zoomOut: 'Revenir à la période',
    step: (seconds) => `Pas de ${seconds}`,
    export: 'CSV',
    exportOf: (title) => `CSV ${of(title)}`,
    csv: 'CSV (virgule, point décimal)',
    csvFrench: 'CSV pour Excel français (point-virgule, virgule décimale)',
    leftOutLines: (count) =>
      plural(count, { one: '# ligne de plus n’est pas dessinée', other: '# lignes de plus ne sont pas dessinées' }),
    leftOutSeries: (count) =>
      plural(count, {
        one: '# série de plus que ce qui est gardé n’a pas d’historique',
        other: '# séries de plus que ce qui est gardé n’ont pas d’historique',
      }),
    emptyTitle: 'Pas encore d’historique',
    emptyText: 'Il commence cinq secondes après le serveur et grandit de lui-même.',
    awayTitle: 'Prometheus ne répond pas',
    awayText: (reason) => `${reason}. Les courbes reviennent d’elles-mêmes dès qu’il répond.`,
    noneOfMetric: (name) => `Il n’y a pas d’historique ${of(name)}`,
    noneOfMetricText: 'Elle a peut-être un autre nom, ou n’a jamais été là.',
    cards: {
      requests: 'Requêtes par seconde, par statut',
      duration: 'Durée des requêtes, 95 % sont plus rapides (s)',
      predictions: 'Prédictions par seconde, par modèle',
      predictionDuration: 'Durée des prédictions, 95 % sont plus rapides (s)',
      cpu: 'Temps de processeur par processus (s par seconde)',
      memory: 'Mémoire par processus (Mo)',
      eventLoop: 'Retard de la boucle d’événements, 99 % sont plus courts (s)',
      load: 'Charge de la machine sur une minute',
      available: 'Mémoire qui reste à la machine (Mo)',
      drift: 'Scores de dérive, le plus haut de chaque surveillance',
      jobs: 'Travaux, par état',
      flows: 'Exécutions de flux de la dernière heure, par état',
    },
  },
}
