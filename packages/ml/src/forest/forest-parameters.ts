import { type ParameterSpec, type ParameterTable, parameter, seedParameter } from '../parameters/parameter-spec.js'

/** Parameters that all trees and forests have, with the meaning they have in scikit-learn. */
export interface TreeParameters {
  readonly maxDepth: number | null
  readonly minSamplesSplit: number
  readonly minSamplesLeaf: number
  readonly minWeightFractionLeaf: number
  readonly maxFeatures: 'sqrt' | 'log2' | number | null
  readonly maxLeafNodes: number | null
  readonly minImpurityDecrease: number
  readonly seed: number
}

/** Those of one tree: whether its thresholds are the best or drawn at random. */
export interface SplitterParameters {
  readonly splitter: 'best' | 'random'
}

/** What forests have besides. */
export interface SamplingParameters {
  readonly nEstimators: number
  readonly bootstrap: boolean
  readonly maxSamples: number | null
  readonly oobScore: boolean
}

/** What classification trees have besides. */
export interface ClassCriterion {
  readonly criterion: 'gini' | 'entropy' | 'log_loss'
  readonly classWeight: 'balanced' | 'balanced_subsample' | Readonly<Record<string, number>> | null
}

/** What regression trees have besides. */
export interface ValueCriterion {
  readonly criterion: 'squared_error'
}

export type ForestParameters = SamplingParameters & ClassCriterion & TreeParameters
export type ForestRegressorParameters = SamplingParameters & ValueCriterion & TreeParameters
export type TreeClassifierParameters = SplitterParameters & ClassCriterion & TreeParameters
export type TreeRegressorParameters = SplitterParameters & ValueCriterion & TreeParameters

const classCriterion: ParameterSpec = parameter('choice', {
  name: 'criterion',
  sklearnName: 'criterion',
  default: 'gini',
  choices: ['gini', 'entropy', 'log_loss'],
  description: { en: 'Impurity that a split reduces', fr: 'Impureté qu’une coupure réduit' },
})

const valueCriterion: ParameterSpec = parameter('choice', {
  name: 'criterion',
  sklearnName: 'criterion',
  default: 'squared_error',
  choices: ['squared_error'],
  description: { en: 'Error that a split reduces', fr: 'Erreur qu’une coupure réduit' },
})

function classWeight(choices: readonly string[]): ParameterSpec {
  return parameter('weights', {
    name: 'classWeight',
    sklearnName: 'class_weight',
    default: null,
    nullable: true,
    choices,
    min: 0,
    description: {
      en: 'Weight of each class by name; balanced weighs rows inversely to the size of their class, balanced_subsample to its size in the sample of each tree; null weighs all alike',
      fr: 'Poids de chaque classe par son nom ; balanced pèse les lignes à l’inverse de la taille de leur classe, balanced_subsample de sa taille dans l’échantillon de chaque arbre ; null les pèse toutes de même',
    },
  })
}

const nEstimators: ParameterSpec = parameter('integer', {
  name: 'nEstimators',
  sklearnName: 'n_estimators',
  default: 100,
  min: 1,
  max: 10_000,
  search: { low: 50, high: 500, isLog: true },
  description: { en: 'Number of trees', fr: 'Nombre d’arbres' },
})

function sampling(bootstrap: boolean): ParameterTable<Omit<SamplingParameters, 'nEstimators'>> {
  return {
    bootstrap: parameter('boolean', {
      name: 'bootstrap',
      sklearnName: 'bootstrap',
      default: bootstrap,
      description: {
        en: 'Whether each tree sees a sample drawn with replacement instead of all rows',
        fr: 'Si chaque arbre voit un échantillon tiré avec remise au lieu de toutes les lignes',
      },
    }),
    maxSamples: parameter('count_or_share', {
      name: 'maxSamples',
      sklearnName: 'max_samples',
      default: null,
      nullable: true,
      min: 1,
      description: {
        en: 'Rows drawn for each tree, or their share of the training rows; null draws as many as there are',
        fr: 'Nombre de lignes tirées pour chaque arbre, ou leur part des lignes d’entraînement ; null en tire autant qu’il y en a',
      },
    }),
    oobScore: parameter('boolean', {
      name: 'oobScore',
      sklearnName: 'oob_score',
      default: false,
      description: {
        en: 'Whether the forest is measured on the rows that its trees did not see (needs bootstrap)',
        fr: 'Si la forêt est mesurée sur les lignes que ses arbres n’ont pas vues (exige bootstrap)',
      },
    }),
  }
}

function treeParameters(maxFeatures: 'sqrt' | null): ParameterTable<TreeParameters> {
  return {
    maxDepth: parameter('integer', {
      name: 'maxDepth',
      sklearnName: 'max_depth',
      default: null,
      nullable: true,
      min: 1,
      search: { low: 3, high: 30, isLog: false },
      description: {
        en: 'Largest number of splits from the root to a leaf; null grows trees until leaves are pure',
        fr: 'Plus grand nombre de coupures de la racine à une feuille ; null laisse croître les arbres jusqu’à des feuilles pures',
      },
    }),
    minSamplesSplit: parameter('count_or_share', {
      name: 'minSamplesSplit',
      sklearnName: 'min_samples_split',
      default: 2,
      min: 2,
      description: {
        en: 'Fewest distinct rows that a node needs to be split, or their share of the training rows',
        fr: 'Nombre minimal de lignes distinctes d’un nœud pour être coupé, ou leur part des lignes d’entraînement',
      },
    }),
    minSamplesLeaf: parameter('count_or_share', {
      name: 'minSamplesLeaf',
      sklearnName: 'min_samples_leaf',
      default: 1,
      min: 1,
      search: { low: 1, high: 20, isLog: true },
      description: {
        en: 'Fewest distinct rows on each side of a split, or their share of the training rows',
        fr: 'Nombre minimal de lignes distinctes de chaque côté d’une coupure, ou leur part des lignes d’entraînement',
      },
    }),
    minWeightFractionLeaf: parameter('number', {
      name: 'minWeightFractionLeaf',
      sklearnName: 'min_weight_fraction_leaf',
      default: 0,
      min: 0,
      max: 0.5,
      description: {
        en: 'Smallest share of the weight of all rows on each side of a split',
        fr: 'Plus petite part du poids de toutes les lignes de chaque côté d’une coupure',
      },
    }),
    maxFeatures: parameter('count_or_share', {
      name: 'maxFeatures',
      sklearnName: 'max_features',
      default: maxFeatures,
      nullable: true,
      choices: ['sqrt', 'log2'],
      min: 1,
      search: { low: 0.1, high: 0.99, isLog: false },
      description: {
        en: 'Number of features tried at each split, or their share; null tries all',
        fr: 'Nombre de variables essayées à chaque coupure, ou leur part ; null les essaie toutes',
      },
    }),
    maxLeafNodes: parameter('integer', {
      name: 'maxLeafNodes',
      sklearnName: 'max_leaf_nodes',
      default: null,
      nullable: true,
      min: 2,
      description: {
        en: 'Most leaves of a tree, which then splits its best node first; null sets no limit',
        fr: 'Nombre maximal de feuilles d’un arbre, qui coupe alors son meilleur nœud d’abord ; null n’en fixe pas',
      },
    }),
    minImpurityDecrease: parameter('number', {
      name: 'minImpurityDecrease',
      sklearnName: 'min_impurity_decrease',
      default: 0,
      min: 0,
      description: {
        en: 'Smallest decrease of impurity of a split, weighted by the share of rows in its node',
        fr: 'Plus petite baisse d’impureté d’une coupure, pondérée par la part de lignes de son nœud',
      },
    }),
    seed: seedParameter,
  }
}

const splitter: ParameterSpec = parameter('choice', {
  name: 'splitter',
  sklearnName: 'splitter',
  default: 'best',
  choices: ['best', 'random'],
  description: {
    en: 'Whether a feature is split at its best threshold or at a random one',
    fr: 'Si une variable est coupée à son meilleur seuil ou à un seuil aléatoire',
  },
})

/** The parameters as a form, a log or a command line needs them. */
export const forestParameters: ParameterTable<ForestParameters> = {
  nEstimators,
  criterion: classCriterion,
  ...treeParameters('sqrt'),
  ...sampling(true),
  classWeight: classWeight(['balanced', 'balanced_subsample']),
  seed: seedParameter,
}

export const forestRegressorParameters: ParameterTable<ForestRegressorParameters> = {
  nEstimators,
  criterion: valueCriterion,
  ...treeParameters(null),
  ...sampling(true),
}

export const extraTreesClassifierParameters: ParameterTable<ForestParameters> = {
  ...forestParameters,
  ...sampling(false),
}

export const extraTreesRegressorParameters: ParameterTable<ForestRegressorParameters> = {
  ...forestRegressorParameters,
  ...sampling(false),
}

export const treeClassifierParameters: ParameterTable<TreeClassifierParameters> = {
  criterion: classCriterion,
  splitter,
  ...treeParameters(null),
  classWeight: classWeight(['balanced']),
}

export const treeRegressorParameters: ParameterTable<TreeRegressorParameters> = {
  criterion: valueCriterion,
  splitter,
  ...treeParameters(null),
}
