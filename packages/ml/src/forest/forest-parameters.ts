import type { ParameterTable } from '../parameters/parameter-spec.js'

/** Parameters of a random forest of classification trees, with the meaning they have in scikit-learn. */
export interface ForestParameters {
  readonly nEstimators: number
  readonly criterion: 'gini' | 'entropy'
  readonly maxDepth: number | null
  readonly minSamplesSplit: number
  readonly minSamplesLeaf: number
  readonly maxFeatures: 'sqrt' | 'log2' | number | null
  readonly bootstrap: boolean
  readonly classWeight: 'balanced' | null
  readonly seed: number
}

/** The parameters as a form, a log or a command line needs them. */
export const forestParameters: ParameterTable<ForestParameters> = {
  nEstimators: {
    name: 'nEstimators',
    sklearnName: 'n_estimators',
    type: 'integer',
    default: 100,
    nullable: false,
    choices: [],
    min: 1,
    max: 10_000,
    description: 'Number of trees',
  },
  criterion: {
    name: 'criterion',
    sklearnName: 'criterion',
    type: 'choice',
    default: 'gini',
    nullable: false,
    choices: ['gini', 'entropy'],
    min: null,
    max: null,
    description: 'Impurity that a split reduces',
  },
  maxDepth: {
    name: 'maxDepth',
    sklearnName: 'max_depth',
    type: 'integer',
    default: null,
    nullable: true,
    choices: [],
    min: 1,
    max: null,
    description: 'Largest number of splits from the root to a leaf; null grows trees until leaves are pure',
  },
  minSamplesSplit: {
    name: 'minSamplesSplit',
    sklearnName: 'min_samples_split',
    type: 'count_or_share',
    default: 2,
    nullable: false,
    choices: [],
    min: 2,
    max: null,
    description: 'Fewest distinct rows that a node needs to be split, or their share of the training rows',
  },
  minSamplesLeaf: {
    name: 'minSamplesLeaf',
    sklearnName: 'min_samples_leaf',
    type: 'count_or_share',
    default: 1,
    nullable: false,
    choices: [],
    min: 1,
    max: null,
    description: 'Fewest distinct rows on each side of a split, or their share of the training rows',
  },
  maxFeatures: {
    name: 'maxFeatures',
    sklearnName: 'max_features',
    type: 'count_or_share',
    default: 'sqrt',
    nullable: true,
    choices: ['sqrt', 'log2'],
    min: 1,
    max: null,
    description: 'Number of features tried at each split, or their share; null tries all',
  },
  bootstrap: {
    name: 'bootstrap',
    sklearnName: 'bootstrap',
    type: 'boolean',
    default: true,
    nullable: false,
    choices: [],
    min: null,
    max: null,
    description: 'Whether each tree sees a sample drawn with replacement instead of all rows',
  },
  classWeight: {
    name: 'classWeight',
    sklearnName: 'class_weight',
    type: 'choice',
    default: null,
    nullable: true,
    choices: ['balanced'],
    min: null,
    max: null,
    description: 'Balanced weighs rows inversely to the size of their class; null weighs all alike',
  },
  seed: {
    name: 'seed',
    sklearnName: 'random_state',
    type: 'integer',
    default: 0,
    nullable: false,
    choices: [],
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    description: 'Start of the random numbers: the same seed gives the same model, byte by byte',
  },
}
