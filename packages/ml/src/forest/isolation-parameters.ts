import { type ParameterTable, parameter, seedParameter } from '../parameters/parameter-spec.js'

/** Parameters of an isolation forest, with the meaning they have in scikit-learn. */
export interface IsolationForestParameters {
  readonly nEstimators: number
  readonly maxSamples: 'auto' | number
  readonly contamination: 'auto' | number
  readonly maxFeatures: number | null
  readonly bootstrap: boolean
  readonly seed: number
}

export const isolationForestParameters: ParameterTable<IsolationForestParameters> = {
  nEstimators: parameter('integer', {
    name: 'nEstimators',
    sklearnName: 'n_estimators',
    default: 100,
    min: 1,
    max: 10_000,
    description: { en: 'Number of trees', fr: 'Nombre d’arbres' },
  }),
  maxSamples: parameter('count_or_share', {
    name: 'maxSamples',
    sklearnName: 'max_samples',
    default: 'auto',
    choices: ['auto'],
    min: 1,
    description: {
      en: 'Rows drawn for each tree, or their share of the training rows; auto draws 256, or all rows when there are fewer',
      fr: 'Nombre de lignes tirées pour chaque arbre, ou leur part des lignes d’entraînement ; auto en tire 256, ou toutes s’il y en a moins',
    },
  }),
  contamination: parameter('number', {
    name: 'contamination',
    sklearnName: 'contamination',
    default: 'auto',
    choices: ['auto'],
    min: 0,
    isMinOpen: true,
    max: 0.5,
    description: {
      en: 'Share of the training rows that are taken to be outliers; auto sets the limit at the score 0.5 of the method’s authors',
      fr: 'Part des lignes d’entraînement tenues pour aberrantes ; auto place la limite au score 0,5 des auteurs de la méthode',
    },
  }),
  maxFeatures: parameter('count_or_share', {
    name: 'maxFeatures',
    sklearnName: 'max_features',
    default: null,
    nullable: true,
    min: 1,
    description: {
      en: 'Number of features drawn for each tree, or their share; null takes all',
      fr: 'Nombre de variables tirées pour chaque arbre, ou leur part ; null les prend toutes',
    },
  }),
  bootstrap: parameter('boolean', {
    name: 'bootstrap',
    sklearnName: 'bootstrap',
    default: false,
    description: {
      en: 'Whether rows are drawn with replacement',
      fr: 'Si les lignes sont tirées avec remise',
    },
  }),
  seed: seedParameter,
}
