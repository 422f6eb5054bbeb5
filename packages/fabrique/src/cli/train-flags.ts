import { type Language, type TrainingThreshold, thresholdFromText } from '@fabrique/contract'
import {
  calibrationMethods,
  type Dimension,
  type ExperimentDefinition,
  type ParameterValue,
  parameterFromText,
  type SearchMethod,
  type SearchSpace,
  searchMethods,
  thresholdChoice,
} from '@fabrique/ml'
import type { TrainMode } from '@fabrique/server/files'
import { wrongUse } from './wrong-use.js'

/** Flags of `fabrique train`, as they are typed. */
export interface TrainFlags {
  readonly target?: string
  readonly estimator?: string
  readonly param?: readonly string[]
  readonly task?: string
  readonly features?: string
  readonly test?: string
  readonly testByTime?: string
  readonly testByGroup?: string
  readonly seed?: string
  readonly weight?: string
  readonly folds?: string
  readonly calibrate?: string
  readonly threshold?: string
  readonly learningCurve?: boolean
  readonly search?: string
  readonly space?: readonly string[]
  readonly trials?: string
  readonly metric?: string
  readonly prune?: boolean
  readonly auto?: boolean
  readonly budget?: string
  readonly threads?: string
  readonly out?: string
  readonly json?: boolean
  readonly lang?: Language
}

/** What is to be learnt. Throws `invalid_request` for a flag that cannot be meant. */
export function definitionOf(flags: TrainFlags): ExperimentDefinition {
  const { target, estimator, auto = false } = flags
  if (target === undefined) throw wrongUse('--target', 'name the column to predict')
  if (estimator === undefined && !auto) throw wrongUse('--estimator', 'name an estimator, or --auto to try several')
  if (flags.testByTime !== undefined && flags.testByGroup !== undefined) {
    throw wrongUse('--test-by-time', 'give it or --test-by-group, not both')
  }
  const params = Object.fromEntries((flags.param ?? []).map((text) => keyValue('--param', text)))
  const features = flags.features?.split(',').map((name) => name.trim())
  const folds = flags.folds === undefined ? undefined : wholeNumber('--folds', flags.folds, 2)
  return {
    target,
    estimator: { kind: estimator ?? 'dummy_classifier', params },
    ...(flags.task === undefined
      ? {}
      : { task: oneOf('--task', flags.task, ['classification', 'regression'] as const) }),
    ...(features === undefined ? {} : { features }),
    split: splitOf(flags),
    seed: flags.seed === undefined ? 1 : wholeNumber('--seed', flags.seed, 0),
    ...(flags.weight === undefined ? {} : { weight: flags.weight }),
    ...(folds === undefined ? {} : { folds }),
    ...(flags.calibrate === undefined
      ? {}
      : { calibration: oneOf('--calibrate', flags.calibrate, calibrationMethods) }),
    ...(flags.threshold === undefined ? {} : { threshold: thresholdChoice(thresholdFlag(flags.threshold)) }),
  }
}

/** A threshold as it is typed. Throws `invalid_request`. */
export function thresholdFlag(text: string): TrainingThreshold {
  const threshold = thresholdFromText(text)
  if (threshold !== undefined) return threshold
  throw wrongUse(
    '--threshold',
    'f1, balanced_accuracy, youden, f_beta:2, cost:1:5, precision_at_recall:0.9 or a probability, as 0.35',
  )
}

/** One estimator, a search, or several. Throws `invalid_request`. */
export function modeOf(flags: TrainFlags, defaultMetric: string): TrainMode {
  const { auto = false, search, metric } = flags
  if (auto && search !== undefined) throw wrongUse('--auto', 'give it or --search, not both')
  if (auto) {
    const budgetSeconds = flags.budget === undefined ? 60 : positiveNumber('--budget', flags.budget)
    return { kind: 'auto', budgetSeconds, ...(metric === undefined ? {} : { metric }) }
  }
  if (search === undefined) return { kind: 'one' }
  const space = spaceOf(flags.space ?? [])
  return {
    kind: 'search',
    search: {
      method: oneOf('--search', search, searchMethods) satisfies SearchMethod,
      trials: flags.trials === undefined ? 20 : wholeNumber('--trials', flags.trials, 1),
      metric: metric ?? defaultMetric,
      ...(space === undefined ? {} : { space }),
      prune: flags.prune ?? false,
    },
  }
}

export function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= least) return value
  throw wrongUse(flag, `a whole number of at least ${least}`)
}

function positiveNumber(flag: string, text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw wrongUse(flag, 'a number above 0')
}

function splitOf({ test = '0.2', testByTime, testByGroup }: TrainFlags): ExperimentDefinition['split'] {
  const testShare = Number(test)
  if (!(testShare > 0 && testShare < 1)) throw wrongUse('--test', 'a share between 0 and 1, as 0.2')
  if (testByTime !== undefined) return { kind: 'time', column: testByTime, testShare }
  if (testByGroup !== undefined) return { kind: 'group', column: testByGroup, testShare }
  return { kind: 'random', testShare }
}

function keyValue(flag: string, text: string): [string, ParameterValue] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) throw wrongUse(flag, 'name=value, as n_estimators=200')
  return [name.trim(), parameterFromText(value.trim())]
}

/** `C=0.01..100` (`C=0.01..100:log`), `max_depth=2..10`, or `criterion=gini,entropy`. */
function spaceOf(texts: readonly string[]): SearchSpace | undefined {
  if (texts.length === 0) return undefined
  return Object.fromEntries(
    texts.map((text): [string, Dimension] => {
      const [, name, value] = /^([^=]+)=(.+)$/s.exec(text) ?? []
      if (name === undefined || value === undefined)
        throw wrongUse('--space', 'as C=0.01..100:log, max_depth=2..10 or criterion=gini,entropy')
      return [name.trim(), dimensionOf(value.trim())]
    }),
  )
}

function dimensionOf(text: string): Dimension {
  const [, low, high, log] = /^([^.,][^,]*?)\.\.([^,:]+)(:log)?$/.exec(text) ?? []
  if (low === undefined || high === undefined) {
    return { kind: 'choice', values: text.split(',').map((value) => parameterFromText(value.trim())) }
  }
  const [from, to] = [Number(low), Number(high)]
  if (Number.isNaN(from) || Number.isNaN(to)) throw wrongUse('--space', `numbers on both sides of .. in ${text}`)
  const isInteger = Number.isInteger(from) && Number.isInteger(to) && !/[.e]/i.test(`${low}${high}`)
  return { kind: 'number', low: from, high: to, isLog: log !== undefined, isInteger }
}

export function oneOf<Word extends string>(flag: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text)
  if (found !== undefined) return found
  throw wrongUse(flag, `one of ${words.join(', ')}`)
}
