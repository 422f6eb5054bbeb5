import type { Language, QuarantineReason } from '@fabrique/contract'
import { formatCount } from './format.js'
import { pluralOf } from './plural.js'

const inEnglish = pluralOf('en')
const inFrench = pluralOf('fr')

/** Texts of the commands about ingests; English is the source. */
const en = {
  made: (isNew: boolean): string => (isNew ? 'New snapshot' : 'Nothing changed: snapshot'),
  asked: (job: string) => `The ingest runs as ${job}`,
  files: (read: number, found: number) => `${formatCount(read, 'en')} of ${inEnglish(found, '# file', '# files')} read`,
  rows: (good: number, kept: number) =>
    `${inEnglish(good, '# row taken', '# rows taken')}, ${formatCount(kept, 'en')} there already`,
  setAside: (count: number, ingest: string) =>
    `${inEnglish(count, '# row set aside', '# rows set aside')}: fabrique data quarantine ${ingest}`,
  columnAdded: (column: string, to: string) => `Column ${column} is new: ${to}`,
  columnRemoved: (column: string) => `Column ${column} is gone`,
  columnChanged: (column: string, from: string, to: string) => `Column ${column} was ${from} and is ${to}`,
  nothing: 'No rows were set aside',
  matching: (shown: number, total: number) => `${formatCount(shown, 'en')} of ${inEnglish(total, '# row', '# rows')}`,
  count: 'Rows',
  reason: 'Reason',
  column: 'Column',
  file: 'File',
  line: 'Line',
  value: 'Value',
  reasons: {
    not_parsed: 'not readable',
    too_few_columns: 'too few values',
    too_many_columns: 'too many values',
    unclosed_quote: 'open quote',
    line_too_long: 'too long',
    encoding: 'other encoding',
    missing_column: 'column missing',
    type: 'wrong type',
    missing_value: 'no value',
    not_finite: 'not finite',
    below_min: 'too small',
    above_max: 'too large',
    not_in_category: 'not in category',
    duplicate_key: 'key twice',
    expectation: 'expectation',
    unreadable_file: 'unreadable file',
  } satisfies Record<QuarantineReason, string> as Record<QuarantineReason, string>,
}

type IngestMessages = typeof en

const fr: IngestMessages = {
  made: (isNew) => (isNew ? 'Nouvel instantané' : 'Rien n’a changé : instantané'),
  asked: (job) => `L’ingestion tourne sous ${job}`,
  files: (read, found) => `${inFrench(read, '# fichier lu', '# fichiers lus')} sur ${formatCount(found, 'fr')}`,
  rows: (good, kept) => `${inFrench(good, '# ligne prise', '# lignes prises')}, ${formatCount(kept, 'fr')} déjà là`,
  setAside: (count, ingest) =>
    `${inFrench(count, '# ligne mise de côté', '# lignes mises de côté')} : fabrique data quarantine ${ingest}`,
  columnAdded: (column, to) => `La colonne ${column} est nouvelle : ${to}`,
  columnRemoved: (column) => `La colonne ${column} a disparu`,
  columnChanged: (column, from, to) => `La colonne ${column} était ${from}, elle est ${to}`,
  nothing: 'Aucune ligne n’a été mise à l’écart',
  matching: (shown, total) => `${inFrench(shown, '# ligne', '# lignes')} sur ${formatCount(total, 'fr')}`,
  count: 'Lignes',
  reason: 'Raison',
  column: 'Colonne',
  file: 'Fichier',
  line: 'Ligne',
  value: 'Valeur',
  reasons: {
    not_parsed: 'illisible',
    too_few_columns: 'trop peu de valeurs',
    too_many_columns: 'trop de valeurs',
    unclosed_quote: 'guillemet ouvert',
    line_too_long: 'trop longue',
    encoding: 'autre encodage',
    missing_column: 'colonne absente',
    type: 'mauvais type',
    missing_value: 'sans valeur',
    not_finite: 'non fini',
    below_min: 'trop petit',
    above_max: 'trop grand',
    not_in_category: 'hors catégorie',
    duplicate_key: 'clé en double',
    expectation: 'attente',
    unreadable_file: 'fichier illisible',
  },
}

export function ingestMessages(language: Language): IngestMessages {
  return language === 'fr' ? fr : en
}
