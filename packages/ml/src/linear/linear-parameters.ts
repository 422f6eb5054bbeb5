import { type ParameterSpec, parameter } from '../parameters/parameter-spec.js'

/** Entries that the parameter tables of several linear models have in common. */

export function toleranceParameter(defaultValue: number, meaning: ParameterSpec['description']): ParameterSpec {
  return parameter('number', {
    name: 'tol',
    sklearnName: 'tol',
    default: defaultValue,
    min: 0,
    isMinOpen: true,
    description: meaning,
  })
}

export function iterationsParameter(defaultValue: number): ParameterSpec {
  return parameter('integer', {
    name: 'maxIter',
    sklearnName: 'max_iter',
    default: defaultValue,
    min: 1,
    max: 1_000_000,
    description: {
      en: 'Most iterations; a model that needs more says that it has not converged',
      fr: 'Nombre maximal d’itérations ; un modèle qui en demande plus dit qu’il n’a pas convergé',
    },
  })
}

export const interceptParameter: ParameterSpec = parameter('boolean', {
  name: 'fitIntercept',
  sklearnName: 'fit_intercept',
  default: true,
  description: {
    en: 'Whether a constant is learnt besides the coefficients',
    fr: 'Si une constante est apprise en plus des coefficients',
  },
})

export const classWeightParameter: ParameterSpec = parameter('weights', {
  name: 'classWeight',
  sklearnName: 'class_weight',
  default: null,
  nullable: true,
  choices: ['balanced'],
  min: 0,
  description: {
    en: 'Weights by class; balanced weighs rows inversely to the size of their class; null weighs all alike',
    fr: 'Poids par classe ; balanced pèse les lignes à l’inverse de la taille de leur classe ; null les pèse toutes de même',
  },
})

export const inverseStrengthParameter: ParameterSpec = parameter('number', {
  name: 'C',
  sklearnName: 'C',
  default: 1,
  min: 0,
  isMinOpen: true,
  search: { low: 1e-3, high: 1e3, isLog: true },
  description: {
    en: 'Inverse of the strength of the penalty: smaller keeps coefficients smaller',
    fr: 'Inverse de la force de la pénalité : plus petit, les coefficients restent plus petits',
  },
})

export function l1RatioParameter(defaultValue: number): ParameterSpec {
  return parameter('number', {
    name: 'l1Ratio',
    sklearnName: 'l1_ratio',
    default: defaultValue,
    min: 0,
    max: 1,
    search: { low: 0, high: 1, isLog: false },
    description: {
      en: 'Share of the absolute values in the penalty, the rest being squares: 1 makes coefficients exactly 0',
      fr: 'Part des valeurs absolues dans la pénalité, le reste étant des carrés : 1 annule des coefficients',
    },
  })
}

export const interceptScalingParameter: ParameterSpec = parameter('number', {
  name: 'interceptScaling',
  sklearnName: 'intercept_scaling',
  default: 1,
  min: 0,
  isMinOpen: true,
  description: {
    en: 'Value of the constant feature that the intercept is the coefficient of: larger penalises the intercept less',
    fr: 'Valeur de la variable constante dont la constante est le coefficient : plus grande, elle pénalise moins la constante',
  },
})
