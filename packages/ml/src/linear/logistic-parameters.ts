import type { ClassWeight } from '../estimators/row-weights.js'
import { type ParameterTable, parameter } from '../parameters/parameter-spec.js'
import {
  classWeightParameter,
  interceptParameter,
  inverseStrengthParameter,
  iterationsParameter,
  l1RatioParameter,
  toleranceParameter,
} from './linear-parameters.js'

/** Parameters of a logistic regression, with the meaning they have in scikit-learn. */
export interface LogisticParameters {
  readonly C: number
  readonly penalty: 'l1' | 'l2' | 'elasticnet' | null
  readonly l1Ratio: number
  readonly fitIntercept: boolean
  readonly classWeight: ClassWeight
  readonly tol: number
  readonly maxIter: number
}

export const logisticParameters: ParameterTable<LogisticParameters> = {
  C: inverseStrengthParameter,
  penalty: parameter('choice', {
    name: 'penalty',
    sklearnName: 'penalty',
    default: 'elasticnet',
    nullable: true,
    choices: ['l1', 'l2', 'elasticnet'],
    description: {
      en: 'Penalty on coefficients: absolute values, squares, or both by l1_ratio (of which 0, the default, is squares alone); null for none',
      fr: 'Pénalité des coefficients : valeurs absolues, carrés, ou les deux selon l1_ratio (dont 0, par défaut, ne garde que les carrés) ; null pour aucune',
    },
  }),
  l1Ratio: l1RatioParameter(0),
  fitIntercept: interceptParameter,
  classWeight: classWeightParameter,
  tol: toleranceParameter(1e-4, {
    en: 'Largest slope of the mean loss at which the fit is done',
    fr: 'Plus grande pente de la perte moyenne à laquelle l’ajustement est terminé',
  }),
  maxIter: iterationsParameter(100),
}

/** The weights of absolute values and of half squares, before the division by C; null penalises nothing. */
export function penaltyShares({ penalty, l1Ratio }: Pick<LogisticParameters, 'penalty' | 'l1Ratio'>): {
  readonly l1: number
  readonly l2: number
} {
  if (penalty === null) return { l1: 0, l2: 0 }
  const l1 = penalty === 'l1' ? 1 : penalty === 'l2' ? 0 : l1Ratio
  return { l1, l2: 1 - l1 }
}
