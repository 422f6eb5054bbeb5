import { pluralOf } from '../../plural.js'
import type { Shape } from '../../shape.js'
import type { en } from './en.js'

const plural = pluralOf('fr')

/** Les textes des pages de la corbeille. */
export const fr: Shape<typeof en> = {
  trash: {
    title: 'Corbeille',
    intro: 'Ce qui a été supprimé et peut encore être restauré.',
    erasedAfter: (days) =>
      days === 0
        ? 'Rien n’est effacé de soi-même.'
        : days === 1
          ? 'Effacé après 1 jour.'
          : `Effacé après ${days} jours.`,
    tabs: { label: 'Parties de la corbeille', trash: 'Supprimés', storage: 'Stockage' },
    undo: 'Annuler la suppression',
    open: 'Ouvrir la corbeille',
    kind: 'Nature',
    all: 'Tout',
    kinds: { experiment: 'Expériences', run: 'Exécutions', logged_model: 'Modèles journalisés' },
    kindOf: { experiment: 'Expérience', run: 'Exécution', logged_model: 'Modèle journalisé' },
    name: 'Nom',
    experiment: 'Expérience',
    deleted: 'Supprimé',
    size: 'Taille des artefacts',
    emptyTitle: 'La corbeille est vide',
    emptyText: 'Les expériences, exécutions et modèles journalisés supprimés y restent jusqu’à leur effacement.',
    choose: 'Choisir',
    chooseAll: 'Tout choisir',
    chooseOf: (name) => `Choisir ${name}`,
    chooseFirst: 'Choisissez ce qu’il faut restaurer ou effacer',
    chosen: (count) => plural(count, { one: '# choisi', other: '# choisis' }),
    restore: 'Restaurer',
    restored: (count) => plural(count, { one: '# élément restauré', other: '# éléments restaurés' }),
    purge: 'Effacer',
    purgeOld: 'Effacer les anciens',
    purgeTitle: (count) =>
      plural(count, { one: 'Effacer définitivement # élément', other: 'Effacer définitivement # éléments' }),
    purgeText: (bytes) => `Leurs artefacts, ${bytes}, disparaissent avec eux. C’est définitif.`,
    purgeOldText: 'Tout ce qui a été supprimé il y a plus longtemps est effacé avec ses artefacts. C’est définitif.',
    purgeWord: 'effacer',
    olderThan: 'Supprimé il y a plus de (jours)',
    purged: (count, bytes) =>
      `${plural(count, { one: '# élément effacé', other: '# éléments effacés' })}, ${bytes} libérés`,
    noExperiments: 'Aucune expérience pour l’instant',
    storageTotal: (v) =>
      `Les ${v.shown} expériences affichées contiennent ${v.bytes} d’artefacts, dont ${v.deleted} dans la corbeille, et ${v.points} points de métriques.`,
    inTrash: 'Dans la corbeille',
    deletedRuns: 'Exécutions supprimées',
    metricPoints: 'Points de métriques',
  },
}
