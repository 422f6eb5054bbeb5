import type { ClassWeight } from '../estimators/row-weights.js'
import { type ParameterTable, parameter, seedParameter } from '../parameters/parameter-spec.js'
import {
  classWeightParameter,
  interceptParameter,
  iterationsParameter,
  l1RatioParameter,
  toleranceParameter,
} from './linear-parameters.js'
import type { ClassLoss, ValueLoss } from './sgd-losses.js'

/** Parameters of stochastic gradient descent, with the meaning they have in scikit-learn. */
export interface SgdParameters {
  readonly penalty: 'l1' | 'l2' | 'elasticnet' | null
  readonly alpha: number
  readonly l1Ratio: number
  readonly epsilon: number
  readonly learningRate: 'constant' | 'optimal' | 'invscaling' | 'adaptive'
  readonly eta0: number
  readonly powerT: number
  readonly fitIntercept: boolean
  readonly shuffle: boolean
  readonly earlyStopping: boolean
  readonly validationFraction: number
  readonly nIterNoChange: number
  readonly tol: number | null
  readonly maxIter: number
  readonly seed: number
}

export interface SgdClassifierParameters extends SgdParameters {
  readonly loss: ClassLoss
  readonly classWeight: ClassWeight
}

export interface SgdRegressorParameters extends SgdParameters {
  readonly loss: ValueLoss
}

const ofBoth: ParameterTable<Omit<SgdParameters, 'learningRate' | 'powerT'>> = {
  penalty: parameter('choice', {
    name: 'penalty',
    sklearnName: 'penalty',
    default: 'l2',
    nullable: true,
    choices: ['l1', 'l2', 'elasticnet'],
    description: {
      en: 'Penalty on coefficients: absolute values, squares, or both by l1_ratio; null for none',
      fr: 'Pénalité des coefficients : valeurs absolues, carrés, ou les deux selon l1_ratio ; null pour aucune',
    },
  }),
  alpha: parameter('number', {
    name: 'alpha',
    sklearnName: 'alpha',
    default: 1e-4,
    min: 0,
    search: { low: 1e-7, high: 1e-1, isLog: true },
    description: {
      en: 'Strength of the penalty; the learning rate “optimal” depends on it too',
      fr: 'Force de la pénalité ; le pas « optimal » en dépend aussi',
    },
  }),
  l1Ratio: l1RatioParameter(0.15),
  epsilon: parameter('number', {
    name: 'epsilon',
    sklearnName: 'epsilon',
    default: 0.1,
    min: 0,
    description: {
      en: 'Error up to which “huber” is a square and the insensitive losses cost nothing; classifiers have no use for it',
      fr: 'Erreur jusqu’à laquelle « huber » est un carré et les pertes insensibles ne coûtent rien ; sans effet en classification',
    },
  }),
  eta0: parameter('number', {
    name: 'eta0',
    sklearnName: 'eta0',
    default: 0.01,
    min: 0,
    isMinOpen: true,
    search: { low: 1e-4, high: 1, isLog: true },
    description: {
      en: 'Learning rate at the start; “optimal” does without',
      fr: 'Pas d’apprentissage au départ ; « optimal » s’en passe',
    },
  }),
  fitIntercept: interceptParameter,
  shuffle: parameter('boolean', {
    name: 'shuffle',
    sklearnName: 'shuffle',
    default: true,
    description: {
      en: 'Whether each epoch takes the rows in a new random order',
      fr: 'Si chaque époque prend les lignes dans un nouvel ordre aléatoire',
    },
  }),
  earlyStopping: parameter('boolean', {
    name: 'earlyStopping',
    sklearnName: 'early_stopping',
    default: false,
    description: {
      en: 'Whether some rows are kept aside to stop when their score improves no more',
      fr: 'Si des lignes sont mises de côté pour s’arrêter quand leur score ne s’améliore plus',
    },
  }),
  validationFraction: parameter('number', {
    name: 'validationFraction',
    sklearnName: 'validation_fraction',
    default: 0.1,
    min: 0,
    isMinOpen: true,
    max: 0.9,
    description: {
      en: 'Share of the rows kept aside for early stopping',
      fr: 'Part des lignes mises de côté pour l’arrêt anticipé',
    },
  }),
  nIterNoChange: parameter('integer', {
    name: 'nIterNoChange',
    sklearnName: 'n_iter_no_change',
    default: 5,
    min: 1,
    description: {
      en: 'Epochs without improvement after which the fit stops',
      fr: 'Nombre d’époques sans amélioration après lequel l’ajustement s’arrête',
    },
  }),
  tol: {
    ...toleranceParameter(1e-3, {
      en: 'Improvement of the objective (or of the score) that counts; null goes through all epochs',
      fr: 'Amélioration de l’objectif (ou du score) qui compte ; null parcourt toutes les époques',
    }),
    nullable: true,
  },
  maxIter: iterationsParameter(1000),
  seed: seedParameter,
}

function rateParameter(defaultValue: SgdParameters['learningRate']) {
  return parameter('choice', {
    name: 'learningRate',
    sklearnName: 'learning_rate',
    default: defaultValue,
    choices: ['constant', 'optimal', 'invscaling', 'adaptive'],
    description: {
      en: 'How the learning rate falls: not, as 1 / (alpha t), as eta0 / t^power_t, or by 5 when nothing improves',
      fr: 'Baisse du pas d’apprentissage : aucune, en 1 / (alpha t), en eta0 / t^power_t, ou par 5 quand rien ne s’améliore',
    },
  })
}

function powerParameter(defaultValue: number) {
  return parameter('number', {
    name: 'powerT',
    sklearnName: 'power_t',
    default: defaultValue,
    min: 0,
    description: {
      en: 'Power of t in the learning rate “invscaling”',
      fr: 'Puissance de t dans le pas « invscaling »',
    },
  })
}

export const sgdClassifierParameters: ParameterTable<SgdClassifierParameters> = {
  loss: parameter('choice', {
    name: 'loss',
    sklearnName: 'loss',
    default: 'hinge',
    choices: ['hinge', 'squared_hinge', 'perceptron', 'log_loss', 'modified_huber'],
    description: {
      en: 'What a wrong or unsure class costs; “log_loss” gives probabilities, “modified_huber” for two classes',
      fr: 'Coût d’une classe fausse ou incertaine ; « log_loss » donne des probabilités, « modified_huber » pour deux classes',
    },
  }),
  ...ofBoth,
  learningRate: rateParameter('optimal'),
  powerT: powerParameter(0.5),
  classWeight: classWeightParameter,
}

export const sgdRegressorParameters: ParameterTable<SgdRegressorParameters> = {
  loss: parameter('choice', {
    name: 'loss',
    sklearnName: 'loss',
    default: 'squared_error',
    choices: ['squared_error', 'huber', 'epsilon_insensitive', 'squared_epsilon_insensitive'],
    description: {
      en: 'What an error costs',
      fr: 'Coût d’une erreur',
    },
  }),
  ...ofBoth,
  learningRate: rateParameter('invscaling'),
  powerT: powerParameter(0.25),
}
