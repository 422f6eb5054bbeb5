import type { ErrorSpec } from '../error-spec.js'

/** Lineage. */
export const lineageErrors = {
  lineage_not_found: {
    status: 404,
    exit: 2,
    en: 'The lineage knows no {kind} {id}',
    fr: 'Le lignage ne connaît pas {kind} {id}',
    hintEn: 'A thing stands in the lineage once it is linked to another; a model version is named as churn/3',
    hintFr:
      'Un élément figure dans le lignage dès qu’il est lié à un autre ; une version de modèle se nomme comme churn/3',
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
  },
} as const satisfies Record<string, ErrorSpec>
