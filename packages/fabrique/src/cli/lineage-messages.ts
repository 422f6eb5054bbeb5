import type { Language, LineageKind } from '@fabrique/contract'
import { formatCount } from './format.js'
import { pluralOf } from './plural.js'

const inEnglish = pluralOf('en')
const inFrench = pluralOf('fr')

const kinds: Readonly<Record<LineageKind, string>> = {
  source: 'source',
  ingest: 'ingest',
  snapshot: 'snapshot',
  validation: 'validation',
  feature_view: 'feature view',
  training_set: 'training set',
  run: 'run',
  model_version: 'model version',
  endpoint: 'endpoint',
  drift_report: 'drift report',
}

const en = {
  kinds,
  kindExpected: (known: string) => `one of ${known}`,
  before: 'Made from',
  after: 'Led to',
  nothing: 'nothing',
  deleted: 'deleted',
  more: (count: string) => `${count} more`,
  notComplete: 'Not everything is shown: ask for more with --limit and --depth',
  adopted: (count: number, created: number) =>
    `${inEnglish(count, '# output of DVC adopted', '# outputs of DVC adopted')}, ${formatCount(created, 'en')} of them new`,
  skipped: (path: string) => `${path} is an empty folder: a snapshot has files`,
  states: { created: 'new', unchanged: 'unchanged' },
  output: 'Output',
  dataset: 'Data set',
  snapshot: 'Snapshot',
  state: 'State',
  files: 'Files',
  exported: (folder: string, objects: number) =>
    `Written to ${folder}; ${inEnglish(objects, '# content was new in its cache', '# contents were new in its cache')}`,
}

const fr: typeof en = {
  kinds: {
    source: 'source',
    ingest: 'ingestion',
    snapshot: 'instantané',
    validation: 'validation',
    feature_view: 'vue de variables',
    training_set: 'jeu d’entraînement',
    run: 'exécution',
    model_version: 'version de modèle',
    endpoint: 'point d’accès',
    drift_report: 'rapport de dérive',
  },
  kindExpected: (known) => `l’un de ${known}`,
  before: 'Fait à partir de',
  after: 'A mené à',
  nothing: 'rien',
  deleted: 'supprimé',
  more: (count) => `${count} de plus`,
  notComplete: 'Tout n’est pas montré : demandez-en plus avec --limit et --depth',
  adopted: (count, created) =>
    `${inFrench(count, '# sortie de DVC adoptée', '# sorties de DVC adoptées')}, dont ${inFrench(created, '# nouvelle', '# nouvelles')}`,
  skipped: (path) => `${path} est un dossier vide : un instantané a des fichiers`,
  states: { created: 'nouveau', unchanged: 'inchangé' },
  output: 'Sortie',
  dataset: 'Jeu de données',
  snapshot: 'Instantané',
  state: 'État',
  files: 'Fichiers',
  exported: (folder, objects) =>
    `Écrit dans ${folder} ; ${inFrench(objects, '# contenu était nouveau', '# contenus étaient nouveaux')} dans son cache`,
}

/** Texts of the commands about lineage and DVC. */
export function lineageMessages(language: Language): typeof en {
  return language === 'fr' ? fr : en
}
