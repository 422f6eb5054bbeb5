import type { Language } from '@fabrique/contract'
import { pluralOf } from './plural.js'

const inEnglish = pluralOf('en')
const inFrench = pluralOf('fr')

/** Texts of `fabrique features join`; English is the source. */
const en = {
  joining: 'Joining',
  written: (path: string, size: string, rows: number, columns: number) =>
    `${path} (${size}): ${inEnglish(rows, '# row', '# rows')} × ${inEnglish(columns, '# column', '# columns')}`,
  matched: 'have features',
  unmatched: {
    noRow: 'no row has the key',
    future: 'only later rows',
    notKnown: 'not known yet',
    expired: 'older than the time-to-live',
    nullKey: 'a key is missing',
    nullTime: 'no time',
  },
  rows: 'Rows',
  share: 'Share',
  leftOut: (path: string, reasons: string) => `Rows of ${path} that can match nothing: ${reasons}`,
  leftOutReasons: { nullKey: 'a key is missing', nullTime: 'no time', nullCreated: 'no time of knowing' },
  columnsExpected: 'names of columns, with commas',
  durationExpected: 'a duration, as 90d, 36h, 15m or 30s',
  threadsExpected: 'a whole number of at least 1',
  createdNeeded: 'it needs --created, which says when a row became known',
}

const fr: typeof en = {
  joining: 'Jointure',
  written: (path, size, rows, columns) =>
    `${path} (${size}) : ${inFrench(rows, '# ligne', '# lignes')} × ${inFrench(columns, '# colonne', '# colonnes')}`,
  matched: 'ont des variables',
  unmatched: {
    noRow: 'aucune ligne n’a la clé',
    future: 'seulement des lignes plus tardives',
    notKnown: 'pas encore connu',
    expired: 'plus vieux que la durée de vie',
    nullKey: 'il manque une clé',
    nullTime: 'pas de moment',
  },
  rows: 'Lignes',
  share: 'Part',
  leftOut: (path, reasons) => `Lignes de ${path} qui ne peuvent correspondre à rien : ${reasons}`,
  leftOutReasons: {
    nullKey: 'il manque une clé',
    nullTime: 'pas de moment',
    nullCreated: 'pas de moment de connaissance',
  },
  columnsExpected: 'des noms de colonnes, séparés par des virgules',
  durationExpected: 'une durée, comme 90d, 36h, 15m ou 30s',
  threadsExpected: 'un nombre entier d’au moins 1',
  createdNeeded: 'il faut --created, qui dit quand une ligne a été connue',
}

/** Texts of the point-in-time join of files. */
export function joinMessages(language: Language): typeof en {
  return language === 'fr' ? fr : en
}

/** Texts of both languages, for an error that is told later. */
export function joinReason(name: 'columnsExpected' | 'durationExpected' | 'threadsExpected' | 'createdNeeded') {
  return { reason: en[name], reason_fr: fr[name] }
}
