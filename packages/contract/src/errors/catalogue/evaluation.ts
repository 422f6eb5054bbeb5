import type { ErrorSpec } from '../error-spec.js'

/** Data sets of evaluations. */
export const evaluationErrors = {
  evaluation_dataset_not_found: {
    status: 404,
    exit: 2,
    en: 'Evaluation dataset {dataset} does not exist',
    fr: 'Le jeu d’évaluation {dataset} n’existe pas',
    hintEn: 'Search the evaluation datasets first',
    hintFr: 'Cherchez d’abord parmi les jeux d’évaluation',
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
    mlflowMessage: "Evaluation dataset with id '{dataset}' not found",
  },
} as const satisfies Record<string, ErrorSpec>
