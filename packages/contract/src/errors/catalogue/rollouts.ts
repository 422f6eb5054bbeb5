import type { ErrorSpec } from '../error-spec.js'

/** Rollouts. */
export const rolloutErrors = {
  rollout_not_found: {
    status: 404,
    exit: 2,
    en: 'Roll-out {rollout} does not exist',
    fr: 'La mise en service {rollout} n’existe pas',
    hintEn: 'GET /api/v1/rollouts lists them',
    hintFr: 'GET /api/v1/rollouts les liste',
  },
  rollout_running: {
    status: 409,
    exit: 2,
    en: 'Model {model} has a roll-out that runs',
    fr: 'Le modèle {model} a une mise en service en cours',
    hintEn: 'End it first: roll it back, or promote a variant',
    hintFr: 'Terminez-la d’abord : revenez en arrière, ou promouvez une variante',
  },
  rollout_over: {
    status: 409,
    exit: 2,
    en: 'Roll-out {rollout} is over: {state}',
    fr: 'La mise en service {rollout} est terminée : {state}',
    hintEn: 'Start another one',
    hintFr: 'Commencez-en une autre',
  },
  rollout_needs_champion: {
    status: 409,
    exit: 2,
    en: 'Model {model} has no version with the alias champion that a candidate could be compared with',
    fr: 'Le modèle {model} n’a pas de version avec l’alias champion à laquelle comparer une candidate',
    hintEn: 'Point the alias champion to the version that serves now',
    hintFr: 'Donnez l’alias champion à la version qui sert actuellement',
  },
} as const satisfies Record<string, ErrorSpec>
