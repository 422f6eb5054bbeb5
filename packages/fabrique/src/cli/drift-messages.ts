import type { Language } from '@fabrique/contract'

/** Texts of `fabrique drift report`; English is the source. */
const en = {
  comparing: 'Comparing',
  written: (path: string, size: string) => `${path} (${size})`,
  typeExpected: 'COLUMN=num, COLUMN=cat or COLUMN=text',
  methodExpected: 'COLUMN=NAME',
  embeddingExpected: 'NAME=COLUMN,COLUMN, NAME=PREFIX* or NAME=COLUMN of lists',
  embeddingTwice: 'each name once',
  shareExpected: 'a number above 0, up to 1, as 0.5',
  levelExpected: 'a number above 0 and below 1, as 0.05',
  rowsExpected: 'a whole number of at least 2',
  effectExpected: 'a number of at least 0',
  threadsExpected: 'a whole number of at least 1',
  calibratedOnly: 'it belongs to --mode calibrated',
}

const fr: typeof en = {
  comparing: 'Comparaison',
  written: (path, size) => `${path} (${size})`,
  typeExpected: 'COLONNE=num, COLONNE=cat ou COLONNE=text',
  methodExpected: 'COLONNE=NOM',
  embeddingExpected: 'NOM=COLONNE,COLONNE, NOM=PRÉFIXE* ou NOM=COLONNE de listes',
  embeddingTwice: 'chaque nom une fois',
  shareExpected: 'un nombre supérieur à 0, au plus 1, comme 0.5',
  levelExpected: 'un nombre supérieur à 0 et inférieur à 1, comme 0.05',
  rowsExpected: 'un nombre entier d’au moins 2',
  effectExpected: 'un nombre d’au moins 0',
  threadsExpected: 'un nombre entier d’au moins 1',
  calibratedOnly: 'elle va avec --mode calibrated',
}

/** Texts of the drift report. */
export function driftMessages(language: Language): typeof en {
  return language === 'fr' ? fr : en
}

type Reason =
  | 'typeExpected'
  | 'methodExpected'
  | 'embeddingExpected'
  | 'embeddingTwice'
  | 'shareExpected'
  | 'levelExpected'
  | 'rowsExpected'
  | 'effectExpected'
  | 'threadsExpected'
  | 'calibratedOnly'

/** Texts of both languages, for an error that is told later. */
export function driftReason(name: Reason) {
  return { reason: en[name], reason_fr: fr[name] }
}
