import { type ParameterTable, parameter, seedParameter } from '../parameters/parameter-spec.js'

export interface MlpParameters {
  readonly hiddenLayerSizes: readonly number[]
  readonly activation: 'identity' | 'logistic' | 'tanh' | 'relu'
  readonly solver: 'adam' | 'sgd'
  readonly alpha: number
  readonly batchSize: 'auto' | number
  readonly learningRateInit: number
  readonly maxIter: number
  readonly tol: number
  readonly nIterNoChange: number
  readonly earlyStopping: boolean
  readonly validationFraction: number
  readonly momentum: number
  readonly beta1: number
  readonly beta2: number
  readonly seed: number
}

export const mlpParameters: ParameterTable<MlpParameters> = {
  hiddenLayerSizes: parameter('integers', {
    name: 'hiddenLayerSizes',
    sklearnName: 'hidden_layer_sizes',
    default: [100],
    min: 1,
    max: 100_000,
    description: { en: 'Units of each hidden layer', fr: 'Unités de chaque couche cachée' },
  }),
  activation: parameter('choice', {
    name: 'activation',
    sklearnName: 'activation',
    default: 'relu',
    choices: ['identity', 'logistic', 'tanh', 'relu'],
    description: { en: 'What hidden units make of their sum', fr: 'Ce que les unités cachées font de leur somme' },
  }),
  solver: parameter('choice', {
    name: 'solver',
    sklearnName: 'solver',
    default: 'adam',
    choices: ['adam', 'sgd'],
    description: { en: 'How the weights follow the gradient', fr: 'Comment les poids suivent le gradient' },
  }),
  alpha: parameter('number', {
    name: 'alpha',
    sklearnName: 'alpha',
    default: 0.0001,
    min: 0,
    search: { low: 1e-6, high: 0.1, isLog: true },
    description: { en: 'Strength of the L2 penalty', fr: 'Force de la pénalité L2' },
  }),
  batchSize: parameter('integer', {
    name: 'batchSize',
    sklearnName: 'batch_size',
    default: 'auto',
    choices: ['auto'],
    min: 1,
    max: 1_000_000,
    description: {
      en: 'Rows of one step; auto is 200, or all of fewer',
      fr: 'Lignes d’un pas ; auto vaut 200, ou toutes s’il y en a moins',
    },
  }),
  learningRateInit: parameter('number', {
    name: 'learningRateInit',
    sklearnName: 'learning_rate_init',
    default: 0.001,
    min: 0,
    isMinOpen: true,
    search: { low: 1e-4, high: 0.1, isLog: true },
    description: { en: 'Size of the steps', fr: 'Taille des pas' },
  }),
  maxIter: parameter('integer', {
    name: 'maxIter',
    sklearnName: 'max_iter',
    default: 200,
    min: 1,
    max: 100_000,
    description: { en: 'Most passes over the rows', fr: 'Nombre maximal de passages sur les lignes' },
  }),
  tol: parameter('number', {
    name: 'tol',
    sklearnName: 'tol',
    default: 0.0001,
    min: 0,
    description: { en: 'Less gain than this counts as none', fr: 'Un gain inférieur compte pour nul' },
  }),
  nIterNoChange: parameter('integer', {
    name: 'nIterNoChange',
    sklearnName: 'n_iter_no_change',
    default: 10,
    min: 1,
    max: 100_000,
    description: { en: 'Passes without gain before it stops', fr: 'Passages sans gain avant l’arrêt' },
  }),
  earlyStopping: parameter('boolean', {
    name: 'earlyStopping',
    sklearnName: 'early_stopping',
    default: false,
    description: {
      en: 'Whether gain is measured on rows set aside',
      fr: 'Si le gain est mesuré sur des lignes mises de côté',
    },
  }),
  validationFraction: parameter('number', {
    name: 'validationFraction',
    sklearnName: 'validation_fraction',
    default: 0.1,
    min: 0,
    isMinOpen: true,
    max: 0.9,
    description: { en: 'Share of the rows set aside', fr: 'Part des lignes mises de côté' },
  }),
  momentum: parameter('number', {
    name: 'momentum',
    sklearnName: 'momentum',
    default: 0.9,
    min: 0,
    max: 1,
    description: { en: 'How much of the last step goes on (sgd)', fr: 'Part du dernier pas qui continue (sgd)' },
  }),
  beta1: parameter('number', {
    name: 'beta1',
    sklearnName: 'beta_1',
    default: 0.9,
    min: 0,
    max: 0.999999,
    description: { en: 'Memory of the mean gradient (adam)', fr: 'Mémoire du gradient moyen (adam)' },
  }),
  beta2: parameter('number', {
    name: 'beta2',
    sklearnName: 'beta_2',
    default: 0.999,
    min: 0,
    max: 0.999999999,
    description: { en: 'Memory of its square (adam)', fr: 'Mémoire de son carré (adam)' },
  }),
  seed: seedParameter,
}
