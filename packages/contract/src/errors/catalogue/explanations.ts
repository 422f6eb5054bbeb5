import type { ErrorSpec } from '../error-spec.js'

/** Explanations and comparisons of models. */
export const explanationErrors = {
  explanation_not_found: {
    status: 404,
    exit: 2,
    en: 'Explanation {explanation} does not exist',
    fr: 'L’explication {explanation} n’existe pas',
    hintEn: 'It is there once its job has succeeded; the page of the version lists those that are kept',
    hintFr: 'Elle existe dès que sa tâche a réussi ; la page de la version liste celles qui sont gardées',
  },
  explanation_refused: {
    status: 422,
    exit: 2,
    en: 'This cannot be explained: {reason}',
    fr: 'L’explication est impossible : {reason}',
    hintEn: 'Ask for less, or name other data; nothing was written',
    hintFr: 'Demandez moins, ou nommez d’autres données ; rien n’a été écrit',
  },
  model_not_explainable: {
    status: 422,
    exit: 2,
    en: 'Version {version} of {model} cannot be explained: {reason}',
    fr: 'La version {version} de {model} ne peut pas être expliquée : {reason}',
    hintEn: 'Models are explained by their ONNX file and its signature, which are kept here',
    hintFr: 'Les modèles sont expliqués par leur fichier ONNX et sa signature, conservés ici',
  },
  models_not_comparable: {
    status: 422,
    exit: 2,
    en: 'The two versions cannot be compared: {reason}',
    fr: 'Les deux versions ne peuvent pas être comparées : {reason}',
    hintEn: 'Both have to predict the same column, and to read columns of the same snapshot',
    hintFr: 'Les deux doivent prédire la même colonne et lire des colonnes du même instantané',
  },
  explanation_crashed: {
    status: 500,
    exit: 3,
    en: 'The process of the explanation ended without an answer: {reason}',
    fr: 'Le processus de l’explication s’est terminé sans réponse : {reason}',
    hintEn: 'Nothing was written; the log tells more',
    hintFr: 'Rien n’a été écrit ; le journal en dit plus',
  },
  explanation_memory_exceeded: {
    status: 422,
    exit: 3,
    en: 'The explanation needed more than {limit_bytes} bytes of memory',
    fr: 'L’explication a demandé plus de {limit_bytes} octets de mémoire',
    hintEn: 'Explain fewer rows or columns',
    hintFr: 'Expliquez moins de lignes ou de colonnes',
  },
  explanation_timed_out: {
    status: 503,
    exit: 3,
    en: 'The explanation took longer than {limit_ms} ms and was stopped',
    fr: 'L’explication a pris plus de {limit_ms} ms et a été arrêtée',
    hintEn: 'Start an explanation as a job, which has no such limit, or try again later',
    hintFr: 'Lancez une explication en tâche, sans cette limite, ou réessayez plus tard',
  },
  explanations_busy: {
    status: 429,
    exit: 3,
    en: '{waiting} explanations or comparisons wait already',
    fr: '{waiting} explications ou comparaisons attendent déjà',
    hintEn: 'Try again in some seconds',
    hintFr: 'Réessayez dans quelques secondes',
  },
} as const satisfies Record<string, ErrorSpec>
