import type { EstimatorInfo, Run } from '@fabrique/contract'
import { parameterText } from './parameter-text.js'
import { readGoal } from './read-decision.js'
import { calibrations, emptyDraft, type FeatureChoice, type Split, type TrainDraft } from './train-draft.js'

/** The column that a run predicts; loops of earlier versions called it the label. */
export const targetOf = ({ params }: Run): string | undefined => params.target ?? params.label

/** A form that asks again for what a run did, as far as its parameters tell it. */
export function draftOfRun(run: Run, estimators: readonly EstimatorInfo[]): TrainDraft {
  const { params } = run
  const kind = params.estimator ?? ''
  const info = estimators.find((one) => one.kind === kind)
  const isAuto = params['auto.budget_seconds'] !== undefined
  const isSearch = params['search.method'] !== undefined
  const [, split = 'random', column = ''] = /^(random|group|time)(?:: (.*))?$/s.exec(params.split ?? '') ?? []
  const share = Number(params.test_share)
  const method = params['search.method'] as TrainDraft['method'] | undefined
  const task = params.task
  return {
    ...emptyDraft,
    dataset: run.datasets.find(({ snapshot_id }) => snapshot_id !== undefined)?.name ?? '',
    target: targetOf(run) ?? '',
    task: task === 'classification' || task === 'regression' ? task : (taskOfEstimator(info) ?? ''),
    features: featuresOf(params.features),
    mode: isAuto ? 'auto' : isSearch ? 'search' : 'one',
    estimator: isAuto ? '' : kind,
    params: isAuto || isSearch || info === undefined ? {} : changedParameters(params, info),
    method: method ?? emptyDraft.method,
    trials: params['search.trials'] ?? emptyDraft.trials,
    metric: params['search.metric'] ?? params['auto.metric'] ?? '',
    ...decisionOf(params),
    budget: params['auto.budget_seconds'] ?? emptyDraft.budget,
    split: split as Split,
    column,
    test: Number.isFinite(share) ? String(Number((share * 100).toPrecision(6))) : emptyDraft.test,
    seed: params.seed ?? emptyDraft.seed,
    folds: params.folds ?? '',
    register: run.model_versions[0]?.name ?? run.tags['fabrique.model'] ?? '',
  }
}

function taskOfEstimator(info: EstimatorInfo | undefined): TrainDraft['task'] | undefined {
  return info?.task === 'classification' || info?.task === 'regression' ? info.task : undefined
}

function decisionOf({ calibration, threshold }: Run['params']): Partial<TrainDraft> {
  const { goal, numbers } = readGoal(threshold)
  const [first = '', second = ''] = numbers
  return {
    calibration: calibrations.find((each) => each === calibration) ?? '',
    threshold: goal,
    ...(goal === 'fixed' ? { cut: first } : {}),
    ...(goal === 'f_beta' ? { beta: first } : {}),
    ...(goal === 'precision_at_recall' ? { recall: first } : {}),
    ...(goal === 'cost' ? { falsePositive: first, falseNegative: second } : {}),
  }
}

/** More names than this would be too long for an address. */
const featuresTextMax = 3000

/** The run names its features with commas. */
function featuresOf(text: string | undefined): FeatureChoice {
  if (text === undefined || text === '' || text.length > featuresTextMax) return { kind: 'all' }
  return { kind: 'only', names: text.split(', ') }
}

/** Parameters that differ from their defaults, as the form writes them; those of a run are as Python writes them. */
function changedParameters(params: Run['params'], { parameters }: EstimatorInfo): Record<string, string> {
  return Object.fromEntries(
    parameters.flatMap((spec) => {
      const logged = params[spec.name]
      if (logged === undefined || spec.name === 'random_state') return []
      const text = formText(logged)
      return text === formText(parameterText(spec.default)) ? [] : [[spec.name, text]]
    }),
  )
}

function formText(logged: string): string {
  if (/^(none|true|false)$/i.test(logged)) return logged.toLowerCase()
  if (logged.startsWith('[') || logged.startsWith('(')) return logged.slice(1, -1).replace(/\s*,\s*/g, ', ')
  if (logged.startsWith('{')) return weightsText(logged)
  return logged
}

function weightsText(logged: string): string {
  try {
    return parameterText(JSON.parse(logged.replaceAll("'", '"')))
  } catch {
    return logged
  }
}
