import type { TrainSearch } from '../../routing/search.js'
import { readList, writeList } from '../../routing/search-lists.js'

export const modes = ['one', 'search', 'auto'] as const
export type Mode = (typeof modes)[number]
export const splits = ['random', 'group', 'time'] as const
export type Split = (typeof splits)[number]
export const searchMethods = ['tpe', 'random', 'grid', 'halving', 'hyperband'] as const
export type SearchMethod = (typeof searchMethods)[number]
export const promotions = ['never', 'if_better', 'always'] as const
export type Promotion = (typeof promotions)[number]
export const calibrations = ['sigmoid', 'isotonic'] as const
export type Calibration = (typeof calibrations)[number]
export const thresholdGoals = [
  'f1',
  'balanced_accuracy',
  'youden',
  'f_beta',
  'cost',
  'precision_at_recall',
  'fixed',
] as const
export type ThresholdGoal = (typeof thresholdGoals)[number]
export type Task = 'classification' | 'regression'

/** The form of a training as its fields hold it: texts as they were typed, and '' for what nobody chose. */
export interface TrainDraft {
  readonly dataset: string
  /** '' is the newest. */
  readonly snapshot: string
  readonly target: string
  /** '' is what the target looks like. */
  readonly task: Task | ''
  readonly features: FeatureChoice
  readonly weight: string
  readonly mode: Mode
  /** '' is the first of the task. */
  readonly estimator: string
  /** By scikit-learn's name; only those that were changed. */
  readonly params: Readonly<Record<string, string>>
  readonly method: SearchMethod
  readonly trials: string
  /** '' is the usual one of the task. */
  readonly metric: string
  readonly prune: boolean
  /** '' leaves probabilities as the estimator gives them. */
  readonly calibration: Calibration | ''
  /** '' takes the class with the highest probability. */
  readonly threshold: ThresholdGoal | ''
  readonly beta: string
  readonly falsePositive: string
  readonly falseNegative: string
  readonly recall: string
  readonly cut: string
  /** Seconds. */
  readonly budget: string
  readonly split: Split
  /** Of groups or times. */
  readonly column: string
  /** Percent of the rows. */
  readonly test: string
  readonly isStratified: boolean
  readonly seed: string
  readonly folds: string
  readonly hasCurve: boolean
  readonly name: string
  readonly register: string
  readonly promote: Promotion
  readonly promoteMetric: string
}

/** The columns to predict from: all others, all but some, or some. */
export type FeatureChoice =
  | { readonly kind: 'all' }
  | { readonly kind: 'without'; readonly names: readonly string[] }
  | { readonly kind: 'only'; readonly names: readonly string[] }

export const emptyDraft: TrainDraft = {
  dataset: '',
  snapshot: '',
  target: '',
  task: '',
  features: { kind: 'all' },
  weight: '',
  mode: 'one',
  estimator: '',
  params: {},
  method: 'tpe',
  trials: '20',
  metric: '',
  prune: false,
  calibration: '',
  threshold: '',
  beta: '2',
  falsePositive: '1',
  falseNegative: '5',
  recall: '0.9',
  cut: '0.5',
  budget: '60',
  split: 'random',
  column: '',
  test: '20',
  isStratified: true,
  seed: '1',
  folds: '',
  hasCurve: false,
  name: '',
  register: '',
  promote: 'never',
  promoteMetric: '',
}

const oneOf = <Value extends string>(value: string | undefined, values: readonly Value[], other: Value): Value =>
  values.find((one) => one === value) ?? other

/** Reads the form back from what stands after the `?`. */
export function readDraft(search: TrainSearch): TrainDraft {
  const { dataset, snapshot, target, weight, estimator, metric, column, folds, name, register } = search
  const pairs = readList(search.params ?? '')
  return {
    ...emptyDraft,
    ...given({ dataset, snapshot, target, weight, estimator, metric, column, folds, name, register }),
    ...given({ trials: search.trials, budget: search.budget, test: search.test, seed: search.seed }),
    ...given({ promoteMetric: search.by, beta: search.beta, recall: search.recall, cut: search.cut }),
    ...given({ falsePositive: search.falsePositive, falseNegative: search.falseNegative }),
    task: search.task === 'classification' || search.task === 'regression' ? search.task : '',
    features:
      search.features !== undefined
        ? { kind: 'only', names: readList(search.features) }
        : search.without !== undefined
          ? { kind: 'without', names: readList(search.without) }
          : { kind: 'all' },
    mode: oneOf(search.mode, modes, 'one'),
    params: Object.fromEntries(
      Array.from({ length: Math.floor(pairs.length / 2) }, (_, index) => [
        pairs[index * 2] ?? '',
        pairs[index * 2 + 1] ?? '',
      ]),
    ),
    method: oneOf(search.method, searchMethods, 'tpe'),
    prune: search.prune === '1',
    calibration: oneOf<Calibration | ''>(search.calibration, calibrations, ''),
    threshold: oneOf<ThresholdGoal | ''>(search.threshold, thresholdGoals, ''),
    split: oneOf(search.split, splits, 'random'),
    isStratified: search.plain !== '1',
    hasCurve: search.curve === '1',
    promote: oneOf(search.promote, promotions, 'never'),
  }
}

/** What stands after the `?` for a form; what is as it was at the beginning is left out. */
export function writeDraft(draft: TrainDraft): TrainSearch {
  const { features, params, isStratified, hasCurve, prune, promoteMetric, ...texts } = draft
  const plain = Object.fromEntries(
    Object.entries(texts).filter(([key, value]) => value !== '' && value !== emptyDraft[key as keyof typeof texts]),
  )
  const chosen = Object.entries(params).filter(([, value]) => value !== '')
  return {
    ...plain,
    ...(features.kind === 'without' && features.names.length > 0 ? { without: writeList(features.names) } : {}),
    ...(features.kind === 'only' ? { features: writeList(features.names) } : {}),
    ...(chosen.length > 0 ? { params: writeList(chosen.flat()) } : {}),
    ...(prune ? { prune: '1' } : {}),
    ...(isStratified ? {} : { plain: '1' }),
    ...(hasCurve ? { curve: '1' } : {}),
    ...(promoteMetric === '' ? {} : { by: promoteMetric }),
  }
}

function given(texts: Readonly<Record<string, string | undefined>>): Partial<TrainDraft> {
  return Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined))
}

/** The names of a choice among columns, in their order. */
export function chosenFeatures(choice: FeatureChoice, candidates: readonly string[]): readonly string[] {
  if (choice.kind === 'all') return candidates
  const names = new Set(choice.names)
  return candidates.filter((name) => names.has(name) === (choice.kind === 'only'))
}

/** The shortest way to say which columns are chosen. */
export function featureChoice(chosen: ReadonlySet<string>, candidates: readonly string[]): FeatureChoice {
  const without = candidates.filter((name) => !chosen.has(name))
  if (without.length === 0) return { kind: 'all' }
  if (without.length <= candidates.length / 2) return { kind: 'without', names: without }
  return { kind: 'only', names: candidates.filter((name) => chosen.has(name)) }
}

/** What a change takes with it: columns belong to a dataset, estimators to a task, parameters to an estimator. */
export function settle(before: TrainDraft, part: Partial<TrainDraft>): TrainDraft {
  const after = { ...before, ...part }
  const isNew = (key: keyof TrainDraft) => part[key] !== undefined && part[key] !== before[key]
  if (isNew('dataset')) {
    Object.assign(after, { snapshot: '', target: '', features: { kind: 'all' }, column: '', weight: '' })
  }
  if (isNew('dataset') || isNew('target')) after.task = ''
  if (isNew('dataset') || isNew('target') || isNew('task')) {
    Object.assign(after, { estimator: '', metric: '', promoteMetric: '' })
  }
  if (isNew('split') && part.column === undefined) after.column = ''
  if (after.estimator !== before.estimator) after.params = part.params ?? {}
  return after
}
