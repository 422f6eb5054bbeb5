import type { ErrorSpec } from '../error-spec.js'

/** The trash. */
export const trashErrors = {
  purge_not_deleted: {
    status: 409,
    exit: 2,
    en: 'There is no {kind} {id} in the trash',
    fr: 'Il n’y a pas de {kind} {id} dans la corbeille',
    hintEn: 'Delete it first; what is listed under trash can be purged',
    hintFr: 'Supprimez-le d’abord ; ce que liste la corbeille peut être purgé',
  },
  purge_in_use: {
    status: 409,
    exit: 2,
    en: 'The files of {id} are those of version {version} of model {model}',
    fr: 'Les fichiers de {id} sont ceux de la version {version} du modèle {model}',
    hintEn: 'Delete that version first, or keep the run in the trash',
    hintFr: 'Supprimez d’abord cette version, ou gardez l’exécution dans la corbeille',
  },
} as const satisfies Record<string, ErrorSpec>
