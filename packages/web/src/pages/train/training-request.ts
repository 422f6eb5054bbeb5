import type { EstimatorInfo, Json, SnapshotColumn, TrainingRequestInput } from '@fabrique/contract'
import { parseNumber } from '../../i18n/parse-number.js'
import { type FieldProblem, readParameter } from './parameter-text.js'
import { chosenFeatures, type Task, type TrainDraft } from './train-draft.js'

/** Fields of the form that something can be wrong with; those of parameters are `param.NAME`. */
export type FieldName =
  | 'dataset'
  | 'target'
  | 'features'
  | 'estimator'
  | 'trials'
  | 'budget'
  | 'beta'
  | 'falsePositive'
  | 'falseNegative'
  | 'recall'
  | 'cut'
  | 'column'
  | 'test'
  | 'seed'
  | 'folds'
  | 'register'
  | 'name'
  | 'metric'
  | 'weight'
  | `param.${string}`

/** The order in which fields stand, for going to the first that is wrong. */
export const fieldOrder: readonly FieldName[] = [
  'dataset',
  'target',
  'features',
  'estimator',
  'trials',
  'budget',
  'metric',
  'beta',
  'falsePositive',
  'falseNegative',
  'recall',
  'cut',
  'test',
  'column',
  'seed',
  'folds',
  'weight',
  'name',
  'register',
]

export interface FormContext {
  readonly columns: readonly SnapshotColumn[]
  /** What is learnt: chosen, or guessed from the target. */
  readonly task: Task
  /** How many values the target has, where that is known. */
  readonly classes?: number | undefined
  /** The chosen one; undefined while the list is not there, or where several are tried. */
  readonly estimator: EstimatorInfo | undefined
}

export interface ReadForm {
  /** What is sent; undefined while a field is wrong. */
  readonly request: TrainingRequestInput | undefined
  readonly problems: Readonly<Partial<Record<FieldName, FieldProblem>>>
}

const trialsMax = 1000
const seedMax = 4_294_967_295
const foldsMax = 100
const budgetMax = 86_400

/** The columns that can be features: all but the target, the weight and the groups that rows are split by. */
export function featureCandidates(draft: TrainDraft, columns: readonly SnapshotColumn[]): readonly string[] {
  const reserved = new Set([draft.target, draft.weight, draft.split === 'group' ? draft.column : ''])
  return columns.map(({ name }) => name).filter((name) => !reserved.has(name))
}

/** Whether a threshold can be chosen: it lies between two classes. */
export const takesThreshold = ({ task, classes }: Pick<FormContext, 'task' | 'classes'>): boolean =>
  task === 'classification' && (classes === undefined || classes === 2)

/** Makes of the form what the server is asked for, or says which fields are wrong. */
export function readForm(draft: TrainDraft, { columns, task, classes, estimator }: FormContext): ReadForm {
  const problems: Partial<Record<FieldName, FieldProblem>> = {}
  const wrong = (field: FieldName, problem: FieldProblem) => {
    problems[field] ??= problem
  }
  const number: ReadNumber = (field, text, bounds) => {
    const value = parseNumber(text)
    if (text.trim() === '') wrong(field, { kind: 'needed' })
    else if (value === undefined) wrong(field, { kind: 'number' })
    else if (bounds.isWhole === true && !Number.isSafeInteger(value)) wrong(field, { kind: 'whole' })
    else if (bounds.isOpen === true && value <= bounds.least) wrong(field, { kind: 'above', bound: bounds.least })
    else if (value < bounds.least) wrong(field, { kind: 'least', bound: bounds.least })
    else if (value > bounds.most) wrong(field, { kind: 'most', bound: bounds.most })
    return value ?? bounds.least
  }
  if (draft.dataset === '') wrong('dataset', { kind: 'needed' })
  if (draft.target === '') wrong('target', { kind: 'needed' })
  else if (columns.length > 0 && !columns.some(({ name }) => name === draft.target)) wrong('target', { kind: 'choice' })
  const candidates = featureCandidates(draft, columns)
  const features = chosenFeatures(draft.features, candidates)
  if (columns.length > 0 && features.length === 0) wrong('features', { kind: 'needed' })
  if (draft.mode !== 'auto' && estimator === undefined) wrong('estimator', { kind: 'needed' })
  if (draft.split !== 'random' && draft.column === '') wrong('column', { kind: 'needed' })
  const params: Record<string, Json> = {}
  for (const spec of draft.mode === 'auto' ? [] : (estimator?.parameters ?? [])) {
    const text = draft.params[spec.name] ?? ''
    if (text.trim() === '') continue
    const read = readParameter(spec, text)
    if ('problem' in read) wrong(`param.${spec.name}`, read.problem)
    else params[spec.name] = read.value
  }
  const test_share = number('test', draft.test, { least: 0.1, most: 99.9 }) / 100
  const seed = number('seed', draft.seed, { least: 0, most: seedMax, isWhole: true })
  const hasFolds = draft.folds.trim() !== '' && draft.split === 'random'
  const folds = hasFolds ? number('folds', draft.folds, { least: 2, most: foldsMax, isWhole: true }) : undefined
  const metric = draft.metric === '' ? {} : { metric: draft.metric }
  const register = draft.register.trim()
  const isRefined = draft.features.kind !== 'all' && features.length < candidates.length
  const request: TrainingRequestInput = {
    snapshot: draft.snapshot === '' ? `${draft.dataset}@latest` : draft.snapshot,
    target: draft.target,
    task,
    ...(isRefined ? { features: [...features] } : {}),
    ...(draft.mode === 'auto' || estimator === undefined ? {} : { estimator: { kind: estimator.kind, params } }),
    split:
      draft.split === 'random'
        ? { kind: 'random', test_share, ...(task === 'classification' ? { stratify: draft.isStratified } : {}) }
        : { kind: draft.split, column: draft.column, test_share },
    seed,
    ...(draft.weight === '' ? {} : { weight: draft.weight }),
    ...(folds === undefined ? {} : { folds }),
    ...(draft.mode === 'search'
      ? {
          search: {
            method: draft.method,
            trials: number('trials', draft.trials, { least: 1, most: trialsMax, isWhole: true }),
            ...metric,
            ...(draft.prune ? { prune: true } : {}),
          },
        }
      : {}),
    ...(draft.mode === 'auto'
      ? { auto: { budget_seconds: number('budget', draft.budget, { least: 1, most: budgetMax }), ...metric } }
      : {}),
    ...(task === 'regression' || draft.calibration === '' ? {} : { calibration: draft.calibration }),
    ...(takesThreshold({ task, classes }) ? thresholdOf(draft, number) : {}),
    ...(draft.name.trim() === '' ? {} : { run_name: draft.name.trim() }),
    ...(register === '' ? {} : { register }),
    ...(register === '' || draft.promote === 'never' ? {} : promotion(draft)),
    ...(draft.hasCurve ? { learning_curve: true } : {}),
  }
  return { request: Object.keys(problems).length === 0 ? request : undefined, problems }
}

interface Bounds {
  readonly least: number
  readonly most: number
  readonly isWhole?: boolean
  /** The value must lie above the least. */
  readonly isOpen?: boolean
}

/** The number of a field; what is wrong with it is noted. */
type ReadNumber = (field: FieldName, text: string, bounds: Bounds) => number

const betaMax = 100

function thresholdOf(draft: TrainDraft, number: ReadNumber): Pick<TrainingRequestInput, 'threshold'> {
  const { threshold: goal, beta, falsePositive, falseNegative, recall, cut } = draft
  const cost = { least: 0, most: Number.MAX_VALUE }
  switch (goal) {
    case '':
      return {}
    case 'f_beta':
      return { threshold: { goal, beta: number('beta', beta, { least: 0, most: betaMax, isOpen: true }) } }
    case 'cost': {
      const false_negative = number('falseNegative', falseNegative, cost)
      // Where neither error costs anything, no threshold is better than another.
      const bounds = { ...cost, isOpen: false_negative === 0 }
      return { threshold: { goal, false_positive: number('falsePositive', falsePositive, bounds), false_negative } }
    }
    case 'precision_at_recall':
      return { threshold: { goal, recall: number('recall', recall, { least: 0, most: 1, isOpen: true }) } }
    case 'fixed':
      return { threshold: { goal, value: number('cut', cut, { least: 0, most: 1 }) } }
    default:
      return { threshold: { goal } }
  }
}

function promotion({ promote, promoteMetric }: TrainDraft) {
  const isCompared = promote === 'if_better' && promoteMetric !== ''
  return { promote, ...(isCompared ? { promote_metric: promoteMetric } : {}) }
}

/** The field that a refusal of the server is about, by the name that it gives or by its code. */
export function refusedField(problem: {
  readonly code: string
  readonly field: string | undefined
  readonly params: Readonly<Record<string, unknown>>
}): FieldName | undefined {
  const { code, field, params } = problem
  if (code === 'estimator_param_invalid' && typeof params.param === 'string') return `param.${params.param}`
  if (code === 'estimator_unknown') return 'estimator'
  if (code === 'snapshot_not_found' || code === 'snapshot_ref_not_found' || code === 'dataset_not_found')
    return 'dataset'
  if (code === 'training_refused' && typeof params.reason === 'string') return refusedColumn(params.code)
  return field === undefined ? undefined : byPath[field.replace(/\.\d+$/, '')]
}

function refusedColumn(code: unknown): FieldName | undefined {
  if (code === 'missing_feature') return 'features'
  if (code === 'invalid_target') return 'target'
  return undefined
}

const byPath: Readonly<Record<string, FieldName>> = {
  snapshot: 'dataset',
  target: 'target',
  features: 'features',
  estimator: 'estimator',
  'search.trials': 'trials',
  'search.metric': 'metric',
  'auto.budget_seconds': 'budget',
  'auto.metric': 'metric',
  threshold: 'falsePositive',
  'threshold.beta': 'beta',
  'threshold.false_positive': 'falsePositive',
  'threshold.false_negative': 'falseNegative',
  'threshold.recall': 'recall',
  'threshold.value': 'cut',
  'split.column': 'column',
  'split.test_share': 'test',
  seed: 'seed',
  folds: 'folds',
  weight: 'weight',
  run_name: 'name',
  register: 'register',
}
