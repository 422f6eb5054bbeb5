import { type ParameterTable, seedParameter } from '../parameters/parameter-spec.js'

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
    description: {
      en: 'Number of trees',
      fr: 'Nombre d’arbres',
    },
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
    description: {
      en: 'Impurity that a split reduces',
      fr: 'Impureté qu’une coupure réduit',
    },
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
    description: {
      en: 'Largest number of splits from the root to a leaf; null grows trees until leaves are pure',
      fr: 'Plus grand nombre de coupures de la racine à une feuille ; null laisse croître les arbres jusqu’à des feuilles pures',
    },
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
    description: {
      en: 'Fewest distinct rows that a node needs to be split, or their share of the training rows',
      fr: 'Nombre minimal de lignes distinctes d’un nœud pour être coupé, ou leur part des lignes d’entraînement',
    },
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
    description: {
      en: 'Fewest distinct rows on each side of a split, or their share of the training rows',
      fr: 'Nombre minimal de lignes distinctes de chaque côté d’une coupure, ou leur part des lignes d’entraînement',
    },
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
    description: {
      en: 'Number of features tried at each split, or their share; null tries all',
      fr: 'Nombre de variables essayées à chaque coupure, ou leur part ; null les essaie toutes',
    },
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
    description: {
      en: 'Whether each tree sees a sample drawn with replacement instead of all rows',
      fr: 'Si chaque arbre voit un échantillon tiré avec remise au lieu de toutes les lignes',
    },
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
    description: {
      en: 'Balanced weighs rows inversely to the size of their class; null weighs all alike',
      fr: 'balanced pèse les lignes à l’inverse de la taille de leur classe ; null les pèse toutes de même',
    },
  },
  seed: seedParameter,
}
