import type { Language } from '@fabrique/contract'
import { pluralOf } from './plural.js'

const inEnglish = pluralOf('en')
const inFrench = pluralOf('fr')

/** Texts of `fabrique features plan`, `apply`, `ls`, `show` and `get-historical`; English is the source. */
const en = {
  kinds: { entity: 'entity', feature_view: 'view', feature_service: 'service' },
  changes: { create: 'create', update: 'change', delete: 'take away', none: 'as it is' },
  consequences: {
    rematerialize: 'brought online again',
    drops_online_values: 'online values go',
    models_pin_older_version: 'models stay on the older version until they are trained again',
  },
  noChange: 'Nothing to change',
  applied: (count: number) => `${inEnglish(count, '# change', '# changes')} applied`,
  confirm: (project: string) => `Apply this to ${project}?`,
  notApplied: 'Nothing was applied',
  yesNeeded: 'without a terminal to ask on it has to be given',
  project: 'Project',
  view: 'View',
  version: 'Version',
  entities: 'Entities',
  features: 'Features',
  source: 'Source',
  service: 'Service',
  views: 'Views',
  owner: 'Owner',
  services: 'Services',
  keys: 'Keys',
  time: 'Time',
  ttl: 'Time-to-live',
  none: 'none',
  nothing: 'No features are applied',
  feature: 'Feature',
  kind: 'Kind',
  type: 'Type',
  featureKinds: { feature: 'of the source', aggregation: 'aggregated', derived: 'derived' },
  made: (dataset: string, rows: number, columns: number) =>
    `${dataset}: ${inEnglish(rows, '# row', '# rows')} × ${inEnglish(columns, '# column', '# columns')}`,
  same: 'the same content was there already',
  rows: 'Rows',
  share: 'Share',
  entity: 'Entity',
  created: 'Known',
  schedule: 'Schedule',
  online: 'Online',
  notKept: 'not kept',
  notYet: 'not yet',
  materialized: (keys: number, until: string) => `${inEnglish(keys, '# key', '# keys')} as of ${until}`,
  code: (inputs: string) => `code of ${inputs}`,
  viewExpected: 'PROJECT/VIEW is expected',
  oneProject: 'a folder with one project is expected, or --project',
}

const fr: typeof en = {
  kinds: { entity: 'entité', feature_view: 'vue', feature_service: 'service' },
  changes: { create: 'créer', update: 'modifier', delete: 'retirer', none: 'inchangé' },
  consequences: {
    rematerialize: 'remis en ligne',
    drops_online_values: 'les valeurs en ligne disparaissent',
    models_pin_older_version: 'les modèles gardent la version précédente jusqu’à leur prochain entraînement',
  },
  noChange: 'Rien à changer',
  applied: (count) => inFrench(count, '# changement appliqué', '# changements appliqués'),
  confirm: (project) => `Appliquer cela à ${project} ?`,
  notApplied: 'Rien n’a été appliqué',
  yesNeeded: 'sans terminal où poser la question, il faut la donner',
  project: 'Projet',
  view: 'Vue',
  version: 'Version',
  entities: 'Entités',
  features: 'Variables',
  source: 'Source',
  service: 'Service',
  views: 'Vues',
  owner: 'Responsable',
  services: 'Services',
  keys: 'Clés',
  time: 'Temps',
  ttl: 'Durée de vie',
  none: 'aucune',
  nothing: 'Aucune variable n’est appliquée',
  feature: 'Variable',
  kind: 'Sorte',
  type: 'Type',
  featureKinds: { feature: 'de la source', aggregation: 'agrégée', derived: 'dérivée' },
  made: (dataset, rows, columns) =>
    `${dataset} : ${inFrench(rows, '# ligne', '# lignes')} × ${inFrench(columns, '# colonne', '# colonnes')}`,
  same: 'le même contenu était déjà là',
  rows: 'Lignes',
  share: 'Part',
  entity: 'Entité',
  created: 'Connu',
  schedule: 'Planification',
  online: 'En ligne',
  notKept: 'non',
  notYet: 'pas encore',
  materialized: (keys, until) => `${inFrench(keys, '# clé', '# clés')} au ${until}`,
  code: (inputs) => `code sur ${inputs}`,
  viewExpected: 'PROJET/VUE est attendu',
  oneProject: 'un dossier avec un projet est attendu, ou --project',
}

/** Texts about features as they are declared. */
export function featureMessages(language: Language): typeof en {
  return language === 'fr' ? fr : en
}
