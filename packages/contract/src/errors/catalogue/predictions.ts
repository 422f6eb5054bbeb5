import type { ErrorSpec } from '../error-spec.js'

/** The prediction log and its feedback. */
export const predictionErrors = {
  prediction_not_found: {
    status: 404,
    exit: 2,
    en: 'Prediction {prediction} is not in the log',
    fr: 'La prédiction {prediction} n’est pas dans le journal',
    hintEn:
      'The reply of a prediction has its id while the log keeps it; days are kept as FABRIQUE_PREDICTIONS_KEPT_DAYS says',
    hintFr:
      'La réponse d’une prédiction porte son identifiant tant que le journal la garde ; FABRIQUE_PREDICTIONS_KEPT_DAYS dit combien de jours',
  },
  feedback_empty: {
    status: 400,
    exit: 2,
    en: 'Item {item} says neither truth nor reward',
    fr: 'L’élément {item} ne dit ni truth ni reward',
    hintEn: 'Give truth (what was right), reward (0 to 1), or both',
    hintFr: 'Donnez truth (ce qui était juste), reward (de 0 à 1), ou les deux',
  },
  feedback_too_wide: {
    status: 400,
    exit: 2,
    en: 'Key {key} of model {model} has more than {max} predictions in this span of time',
    fr: 'La clé {key} du modèle {model} a plus de {max} prédictions dans cet intervalle',
    hintEn: 'Give a shorter span, or "which": "latest" for the newest prediction only',
    hintFr: 'Donnez un intervalle plus court, ou "which": "latest" pour la seule prédiction la plus récente',
  },
  feedback_rows_too_many: {
    status: 400,
    exit: 2,
    en: 'The items by key and time are about more than {max} predictions together',
    fr: 'Les éléments par clé et intervalle portent ensemble sur plus de {max} prédictions',
    hintEn: 'Send fewer items at a time, or give shorter spans',
    hintFr: 'Envoyez moins d’éléments à la fois, ou donnez des intervalles plus courts',
  },
} as const satisfies Record<string, ErrorSpec>
