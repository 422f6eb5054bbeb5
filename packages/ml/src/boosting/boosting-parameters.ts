import { type ParameterTable, parameter, seedParameter } from '../parameters/parameter-spec.js'

/** Parameters of both estimators, with the meaning they have in scikit-learn. */
export interface BoostingParameters {
  readonly learningRate: number
  readonly maxIter: number
  readonly maxLeafNodes: number | null
  readonly maxDepth: number | null
  readonly minSamplesLeaf: number
  readonly l2Regularization: number
  readonly maxFeatures: number
  readonly maxBins: number
  readonly categoricalFeatures: 'from_dtype' | null
  readonly monotonicCst: Readonly<Record<string, number>> | null
  readonly earlyStopping: boolean | 'auto'
  readonly scoring: 'loss'
  readonly validationFraction: number | null
  readonly nIterNoChange: number
  readonly tol: number
  readonly seed: number
}

export interface BoostingClassifierParameters extends BoostingParameters {
  readonly loss: 'log_loss'
  readonly classWeight: 'balanced' | Readonly<Record<string, number>> | null
}

export interface BoostingRegressorParameters extends BoostingParameters {
  readonly loss: 'squared_error' | 'absolute_error' | 'poisson' | 'quantile'
  readonly quantile: number | null
}

const boostingParameters: ParameterTable<BoostingParameters> = {
  learningRate: parameter('number', {
    name: 'learningRate',
    sklearnName: 'learning_rate',
    default: 0.1,
    min: 0,
    isMinOpen: true,
    search: { low: 0.01, high: 0.5, isLog: true },
    description: {
      en: 'Share of its step that each tree makes; smaller ones want more iterations',
      fr: 'Part de son pas que fait chaque arbre ; plus elle est petite, plus il faut d’itérations',
    },
  }),
  maxIter: parameter('integer', {
    name: 'maxIter',
    sklearnName: 'max_iter',
    default: 100,
    min: 1,
    max: 10_000,
    search: { low: 50, high: 500, isLog: true },
    description: {
      en: 'Most iterations; each adds a tree, or one per class when there are more than two',
      fr: 'Nombre maximal d’itérations ; chacune ajoute un arbre, ou un par classe au-delà de deux classes',
    },
  }),
  maxLeafNodes: parameter('integer', {
    name: 'maxLeafNodes',
    sklearnName: 'max_leaf_nodes',
    default: 31,
    nullable: true,
    min: 2,
    max: 65_536,
    search: { low: 7, high: 127, isLog: true },
    description: {
      en: 'Most leaves of a tree; null sets no limit',
      fr: 'Nombre maximal de feuilles d’un arbre ; null ne fixe aucune limite',
    },
  }),
  maxDepth: parameter('integer', {
    name: 'maxDepth',
    sklearnName: 'max_depth',
    default: null,
    nullable: true,
    min: 1,
    description: {
      en: 'Largest number of splits from the root to a leaf; null sets no limit',
      fr: 'Plus grand nombre de coupures de la racine à une feuille ; null ne fixe aucune limite',
    },
  }),
  minSamplesLeaf: parameter('integer', {
    name: 'minSamplesLeaf',
    sklearnName: 'min_samples_leaf',
    default: 20,
    min: 1,
    search: { low: 5, high: 100, isLog: true },
    description: {
      en: 'Fewest rows of a leaf; fewer suit small sets',
      fr: 'Nombre minimal de lignes d’une feuille ; moins convient aux petits jeux de données',
    },
  }),
  l2Regularization: parameter('number', {
    name: 'l2Regularization',
    sklearnName: 'l2_regularization',
    default: 0,
    min: 0,
    search: { low: 1e-6, high: 100, isLog: true },
    description: {
      en: 'Added to the second derivatives of a leaf, which draws its value towards 0',
      fr: 'Ajouté aux dérivées secondes d’une feuille, ce qui ramène sa valeur vers 0',
    },
  }),
  maxFeatures: parameter('number', {
    name: 'maxFeatures',
    sklearnName: 'max_features',
    default: 1,
    min: 0,
    isMinOpen: true,
    max: 1,
    description: {
      en: 'Share of the features that each split may choose from, drawn anew each time',
      fr: 'Part des variables parmi lesquelles chaque coupure choisit, tirée à chaque fois',
    },
  }),
  maxBins: parameter('integer', {
    name: 'maxBins',
    sklearnName: 'max_bins',
    default: 255,
    min: 2,
    max: 255,
    description: {
      en: 'Most ranges that the values of a feature are grouped into; missing values have their own',
      fr: 'Nombre maximal d’intervalles où sont groupées les valeurs d’une variable ; les valeurs manquantes ont le leur',
    },
  }),
  categoricalFeatures: parameter('choice', {
    name: 'categoricalFeatures',
    sklearnName: 'categorical_features',
    default: 'from_dtype',
    nullable: true,
    choices: ['from_dtype'],
    description: {
      en: 'Whether columns of categories are split as such; null takes their codes as numbers',
      fr: 'Si les colonnes de catégories sont coupées comme telles ; null prend leurs codes pour des nombres',
    },
  }),
  monotonicCst: parameter('weights', {
    name: 'monotonicCst',
    sklearnName: 'monotonic_cst',
    default: null,
    nullable: true,
    min: -1,
    max: 1,
    description: {
      en: 'By feature: 1 where the prediction must not fall with it, -1 where it must not rise, 0 where it is free',
      fr: 'Par variable : 1 si la prédiction ne doit pas baisser avec elle, -1 si elle ne doit pas monter, 0 si elle est libre',
    },
  }),
  earlyStopping: parameter('boolean', {
    name: 'earlyStopping',
    sklearnName: 'early_stopping',
    default: 'auto',
    choices: ['auto'],
    description: {
      en: 'Stops when rows held out are predicted no better; auto does so above 10,000 rows',
      fr: 'Arrête quand des lignes mises de côté ne sont plus mieux prédites ; auto le fait au-delà de 10 000 lignes',
    },
  }),
  scoring: parameter('choice', {
    name: 'scoring',
    sklearnName: 'scoring',
    default: 'loss',
    choices: ['loss'],
    description: {
      en: 'What early stopping watches: the loss',
      fr: 'Ce que surveille l’arrêt anticipé : la perte',
    },
  }),
  validationFraction: parameter('count_or_share', {
    name: 'validationFraction',
    sklearnName: 'validation_fraction',
    default: 0.1,
    nullable: true,
    min: 1,
    description: {
      en: 'Rows held out for early stopping, or their share; null watches the training rows',
      fr: 'Lignes mises de côté pour l’arrêt anticipé, ou leur part ; null surveille les lignes d’entraînement',
    },
  }),
  nIterNoChange: parameter('integer', {
    name: 'nIterNoChange',
    sklearnName: 'n_iter_no_change',
    default: 10,
    min: 1,
    max: 10_000,
    description: {
      en: 'Iterations without a better loss after which training stops early',
      fr: 'Itérations sans meilleure perte après lesquelles l’entraînement s’arrête',
    },
  }),
  tol: parameter('number', {
    name: 'tol',
    sklearnName: 'tol',
    default: 1e-7,
    min: 0,
    description: {
      en: 'By how much a loss must be lower to count as better',
      fr: 'De combien une perte doit être plus basse pour compter comme meilleure',
    },
  }),
  seed: seedParameter,
}

export const boostingClassifierParameters: ParameterTable<BoostingClassifierParameters> = {
  loss: parameter('choice', {
    name: 'loss',
    sklearnName: 'loss',
    default: 'log_loss',
    choices: ['log_loss'],
    description: {
      en: 'What is made small: the log loss, binary or of all classes together',
      fr: 'Ce qui est rendu petit : la perte logarithmique, binaire ou de toutes les classes ensemble',
    },
  }),
  ...boostingParameters,
  classWeight: parameter('weights', {
    name: 'classWeight',
    sklearnName: 'class_weight',
    default: null,
    nullable: true,
    choices: ['balanced'],
    min: 0,
    description: {
      en: 'Weight of the rows of each class; balanced makes all classes weigh the same',
      fr: 'Poids des lignes de chaque classe ; balanced donne le même poids à toutes les classes',
    },
  }),
}

export const boostingRegressorParameters: ParameterTable<BoostingRegressorParameters> = {
  loss: parameter('choice', {
    name: 'loss',
    sklearnName: 'loss',
    default: 'squared_error',
    choices: ['squared_error', 'absolute_error', 'poisson', 'quantile'],
    description: {
      en: 'What is made small: squared errors for the mean, absolute ones for the median, Poisson for counts, quantile for a share',
      fr: 'Ce qui est rendu petit : les carrés pour la moyenne, les valeurs absolues pour la médiane, poisson pour des comptes, quantile pour un quantile',
    },
  }),
  quantile: parameter('number', {
    name: 'quantile',
    sklearnName: 'quantile',
    default: null,
    nullable: true,
    min: 0,
    max: 1,
    description: {
      en: 'The share of targets that lie below the prediction, of the quantile loss',
      fr: 'La part des cibles situées sous la prédiction, pour la perte quantile',
    },
  }),
  ...boostingParameters,
}
