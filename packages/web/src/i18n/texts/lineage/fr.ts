import { of } from '../../french-of.js'
import { pluralOf } from '../../plural.js'
import type { Shape } from '../../shape.js'
import type { en } from './en.js'

const plural = pluralOf('fr')

/** Les textes des pages de la filiation. */
export const fr: Shape<typeof en> = {
  lineage: {
    titleOf: (label) => `Lignage ${of(label)}`,
    direction: 'Montrer',
    directions: {
      both: 'ce qui précède et ce qui suit',
      up: 'ce dont c’est issu',
      down: 'ce qui en est issu',
    },
    things: (count) => plural(count, { one: '# élément', other: '# éléments' }),
    incomplete: 'tout n’est pas montré',
    views: 'Manières de le voir',
    asGraph: 'Dessin',
    asList: 'Liste',
    graph: 'Dessin du lignage, ce qui précède au début',
    controls: 'Zoom',
    kind: 'Quoi',
    name: 'Nom',
    madeFrom: 'Issu de',
    since: 'Depuis',
    erased: 'effacé',
    more: (count) => plural(count, { one: '# autre', other: '# autres' }),
    kinds: {
      source: 'Source',
      ingest: 'Ingestion',
      snapshot: 'Instantané',
      validation: 'Validation',
      feature_view: 'Vue de variables',
      training_set: 'Jeu d’entraînement',
      run: 'Exécution',
      model_version: 'Version de modèle',
      endpoint: 'Point d’accès',
      drift_report: 'Rapport de dérive',
    },
    relations: {
      read: 'lu',
      made: 'produit',
      checked: 'contrôlé',
      trained: 'entraîné',
      evaluated: 'évalué',
      registered: 'enregistré',
      served: 'servi',
      copied: 'copié',
      joined: 'joint',
      predicted: 'prédit',
      compared: 'comparé',
    },
  },
}
