import { pluralOf } from '../../i18n/plural.js'
import type { Shape } from '../../i18n/shape.js'
import { useI18n } from '../../i18n/use-i18n.jsx'

const plurals = { en: pluralOf('en'), fr: pluralOf('fr') }

interface Told {
  readonly metric: string
  readonly count: number
  readonly best: string
  readonly value: string
}

const en = {
  title: 'Metrics over time',
  metric: 'Metric',
  save: 'Save as CSV',
  none: 'No training has ended well yet',
  newest: (shown: string) => `The newest ${shown} trainings; the CSV has all`,
  lines: (shown: string, all: string) => `${shown} of ${all} lines, those trained last`,
  training: 'Training',
  line: 'Model',
  ended: 'Ended',
  caption: ({ metric, count, best, value }: Told) =>
    plurals.en(count, {
      one: `${metric} of # training: ${value}`,
      other: `${metric} of # trainings; the best is ${best} with ${value}`,
    }),
  smaller: 'smaller is better',
  greater: 'greater is better',
  point: (v: { line: string; run: string; value: string; when: string }) =>
    `${v.run}, ${v.line}: ${v.value} (${v.when})`,
  asTable: 'As a table, with links to the runs',
}

const fr: Shape<typeof en> = {
  title: 'Métriques au fil du temps',
  metric: 'Métrique',
  save: 'Enregistrer en CSV',
  none: 'Aucun entraînement ne s’est encore bien terminé',
  newest: (shown) => `Les ${shown} entraînements les plus récents ; le CSV les a tous`,
  lines: (shown, all) => `${shown} lignes sur ${all}, celles entraînées en dernier`,
  training: 'Entraînement',
  line: 'Modèle',
  ended: 'Fin',
  caption: ({ metric, count, best, value }) =>
    plurals.fr(count, {
      one: `${metric} de # entraînement : ${value}`,
      other: `${metric} de # entraînements ; le meilleur est ${best} avec ${value}`,
    }),
  smaller: 'plus petit est mieux',
  greater: 'plus grand est mieux',
  point: (v) => `${v.run}, ${v.line} : ${v.value} (${v.when})`,
  asTable: 'En tableau, avec des liens vers les exécutions',
}

export const historyTexts = { en, fr }

/** The texts of the history in the language of the page. */
export function useHistoryTexts(): Shape<typeof en> {
  return historyTexts[useI18n().language]
}
