import type { ColumnDrift, DriftState } from './model.js'

interface DriftWords {
  readonly column: string
  readonly method: string
  readonly score: string
  readonly threshold: string
  readonly result: string
  readonly states: Readonly<Record<DriftState | 'drift', string>>
}

const en: DriftWords = {
  column: 'Column',
  method: 'Method',
  score: 'Score',
  threshold: 'Threshold',
  result: 'Result',
  states: {
    tested: 'no alarm',
    drift: 'drift',
    not_enough_data: 'not enough data',
    no_values: 'no values',
    type_changed: 'type changed',
    missing_column: 'on one side only',
    not_testable: 'not tested',
  },
}

const fr: DriftWords = {
  column: 'Colonne',
  method: 'Méthode',
  score: 'Score',
  threshold: 'Seuil',
  result: 'Résultat',
  states: {
    tested: 'pas d’alerte',
    drift: 'dérive',
    not_enough_data: 'pas assez de données',
    no_values: 'aucune valeur',
    type_changed: 'type changé',
    missing_column: 'd’un seul côté',
    not_testable: 'non testée',
  },
}

/** The words of a table of columns, the same in a terminal and on a page. */
export function driftWords(language: 'en' | 'fr'): DriftWords {
  return language === 'fr' ? fr : en
}

/** What became of a column, in a few words. */
export function resultOf({ drift, state }: Pick<ColumnDrift, 'drift' | 'state'>, language: 'en' | 'fr'): string {
  return driftWords(language).states[drift === true ? 'drift' : state]
}
