import type { SearchDimension, TrainingRequestInput } from '@fabrique/contract'
import type { Dimension, ExperimentDefinition } from '@fabrique/ml'
import { definitionOf, modeOf, oneOf, type TrainFlags, thresholdFlag } from './train-flags.js'
import { wrongUse } from './wrong-use.js'

/** Flags of `fabrique train --snapshot`, which a server carries out. */
export interface TrainSnapshotFlags extends TrainFlags {
  readonly runName?: string
  readonly register?: string
  readonly promote?: string
  readonly promoteMetric?: string
}

/** Flags as a training over HTTP takes them. Throws `invalid_request` for a flag that cannot be meant. */
export function trainingRequest(snapshot: string, flags: TrainSnapshotFlags): TrainingRequestInput {
  if (flags.out !== undefined) throw wrongUse('--out', 'the server keeps the file with the run; leave it out')
  if (flags.threads !== undefined) throw wrongUse('--threads', 'the worker uses its own; leave it out')
  const { target, task, features, estimator, split, seed, weight, folds, calibration } = definitionOf(flags)
  const { register, runName, promote, promoteMetric, threshold } = flags
  return {
    snapshot,
    target,
    ...(task === undefined ? {} : { task }),
    ...(features === undefined ? {} : { features: [...features] }),
    ...(flags.auto === true ? {} : { estimator: { kind: estimator.kind, params: { ...estimator.params } } }),
    split: splitOf(split),
    seed,
    ...(weight === undefined ? {} : { weight }),
    ...(folds === undefined ? {} : { folds }),
    ...(calibration === undefined ? {} : { calibration }),
    ...(threshold === undefined ? {} : { threshold: thresholdFlag(threshold) }),
    ...(flags.learningCurve === true ? { learning_curve: true } : {}),
    ...modeParts(flags),
    ...(runName === undefined ? {} : { run_name: runName }),
    ...(register === undefined ? {} : { register }),
    ...(promote === undefined
      ? {}
      : { promote: oneOf('--promote', promote, ['never', 'if_better', 'always'] as const) }),
    ...(promoteMetric === undefined ? {} : { promote_metric: promoteMetric }),
  }
}

function splitOf(split: ExperimentDefinition['split']): TrainingRequestInput['split'] {
  const test_share = split.testShare
  if (split.kind === 'random') return { kind: split.kind, test_share }
  return { kind: split.kind, column: split.column, test_share }
}

/** A search or a competition, where one is asked for; without a metric the server takes that of the task. */
function modeParts(flags: TrainFlags): Pick<TrainingRequestInput, 'auto' | 'search'> {
  const mode = modeOf(flags, '')
  const metric = flags.metric === undefined ? {} : { metric: flags.metric }
  switch (mode.kind) {
    case 'one':
      return {}
    case 'auto':
      return { auto: { budget_seconds: mode.budgetSeconds, ...metric } }
    case 'search': {
      const { method, trials, space, prune } = mode.search
      return {
        search: {
          method,
          trials,
          ...metric,
          ...(prune === undefined ? {} : { prune }),
          ...(space === undefined
            ? {}
            : { space: Object.fromEntries(Object.entries(space).map(([name, given]) => [name, dimensionOf(given)])) }),
        },
      }
    }
  }
}

function dimensionOf(dimension: Dimension): SearchDimension {
  if (dimension.kind === 'choice') {
    const values = dimension.values.map((value) => {
      if (typeof value !== 'object' || value === null) return value
      throw wrongUse('--space', `numbers, words and none in ${JSON.stringify(value)}`)
    })
    return { kind: 'choice', values }
  }
  const { low, high, isLog = false, isInteger = false } = dimension
  return { kind: 'number', low, high, is_log: isLog, is_integer: isInteger }
}
