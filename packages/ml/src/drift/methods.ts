import { binNumbers, type NumbersToBin } from './binned-shares.js'
import { chiSquareFit, fisherTest, likelihoodTest, shareTest } from './count-tests.js'
import {
  distinctBins,
  divergence,
  energyDistance,
  hellinger,
  jensenShannon,
  normedWasserstein,
  stabilityIndex,
  totalVariation,
} from './distances.js'
import { kernelTest } from './kernel-test.js'
import { kolmogorovSmirnov } from './kolmogorov-smirnov.js'
import type { ColumnPair, DriftKind, PairedCounts } from './model.js'
import { eppsSingleton, studentTest } from './moment-tests.js'
import { andersonDarling, cramerVonMises, mannWhitneyLess } from './rank-tests.js'
import { pairCategories, pairNumbers } from './samples.js'
import { shuffledStatistics } from './shuffled-counts.js'

/** Names of Evidently, which users know them by. */
export type DriftMethodName =
  | 'ks'
  | 'wasserstein'
  | 'psi'
  | 'jensenshannon'
  | 'kl_div'
  | 'hellinger'
  | 'chisquare'
  | 'z'
  | 't_test'
  | 'mannw'
  | 'anderson'
  | 'cramer_von_mises'
  | 'es'
  | 'ed'
  | 'g_test'
  | 'fisher_exact'
  | 'TVD'
  | 'empirical_mmd'
  | 'abs_text_content_drift'
  | 'perc_text_content_drift'

export type Decision = 'at_most' | 'below' | 'at_least' | 'above'

/** A method that compares numbers or labels. */
export interface DriftMethod {
  readonly name: DriftMethodName
  readonly takes: readonly DriftKind[]
  /** How the score says drift, against the threshold. */
  readonly decision: Decision
  readonly threshold: number
  /** Undefined where the rows do not allow it. */
  readonly score: (pair: ColumnPair) => number | undefined
  /** What the calibrated mode takes instead. */
  readonly calibrated?: (pair: ColumnPair) => number | undefined
  /** Of a distance: the counts it is made of, so that its threshold can be found by shuffling. */
  readonly counts?: (pair: ColumnPair) => PairedCounts
  readonly distance?: (counts: PairedCounts) => number
}

const shuffles = 1000

function sortedOf(pair: ColumnPair): NumbersToBin | undefined {
  if (pair.kind !== 'num') return undefined
  const [reference, current] = [pair.reference.sorted, pair.current.sorted]
  return { reference, current, isWhole: pair.isWhole }
}

/** Rows of each value or label. */
export function valueCounts(pair: ColumnPair): PairedCounts {
  if (pair.kind === 'cat') return pairCategories(pair.reference, pair.current)
  const numbers = sortedOf(pair)
  const paired = numbers === undefined ? undefined : pairNumbers(numbers.reference, numbers.current)
  return paired ?? { labels: [], reference: new Float64Array(), current: new Float64Array() }
}

/** Rows of each bin of numbers, or of each label. */
export function binCounts(pair: ColumnPair): PairedCounts {
  const numbers = sortedOf(pair)
  return numbers === undefined ? valueCounts(pair) : binNumbers(numbers)
}

function hellingerCounts(pair: ColumnPair): PairedCounts {
  const numbers = sortedOf(pair)
  return numbers === undefined ? valueCounts(pair) : distinctBins(numbers.reference, numbers.current, numbers.isWhole)
}

const onNumbers = (score: (a: Float64Array, b: Float64Array) => number | undefined) => (pair: ColumnPair) =>
  pair.kind === 'num' ? score(pair.reference.sorted, pair.current.sorted) : undefined

const ofCounts = (
  counts: (pair: ColumnPair) => PairedCounts,
  distance: (counts: PairedCounts) => number,
): Pick<DriftMethod, 'score' | 'counts' | 'distance'> => ({
  counts,
  distance,
  score: (pair) => distance(counts(pair)),
})

const numbers: readonly DriftKind[] = ['num']
/** Tests of counts take numbers as well: Evidently chooses them for numbers with few values. */
const labels: readonly DriftKind[] = ['cat', 'num']

const methods: readonly DriftMethod[] = [
  {
    name: 'ks',
    takes: numbers,
    decision: 'at_most',
    threshold: 0.05,
    score: onNumbers((a, b) => kolmogorovSmirnov(a, b).p),
  },
  { name: 'wasserstein', takes: numbers, decision: 'at_least', threshold: 0.1, score: onNumbers(normedWasserstein) },
  { name: 'psi', takes: labels, decision: 'at_least', threshold: 0.1, ...ofCounts(binCounts, stabilityIndex) },
  { name: 'jensenshannon', takes: labels, decision: 'at_least', threshold: 0.1, ...ofCounts(binCounts, jensenShannon) },
  { name: 'kl_div', takes: labels, decision: 'at_least', threshold: 0.1, ...ofCounts(binCounts, divergence) },
  { name: 'hellinger', takes: labels, decision: 'at_least', threshold: 0.1, ...ofCounts(hellingerCounts, hellinger) },
  {
    name: 'chisquare',
    takes: labels,
    decision: 'below',
    threshold: 0.05,
    score: (pair) => chiSquareFit(valueCounts(pair)),
  },
  { name: 'z', takes: labels, decision: 'below', threshold: 0.05, score: (pair) => shareTest(valueCounts(pair)) },
  { name: 't_test', takes: numbers, decision: 'below', threshold: 0.05, score: onNumbers(studentTest) },
  { name: 'mannw', takes: numbers, decision: 'below', threshold: 0.05, score: onNumbers(mannWhitneyLess) },
  { name: 'anderson', takes: numbers, decision: 'below', threshold: 0.1, score: onNumbers(andersonDarling) },
  { name: 'cramer_von_mises', takes: numbers, decision: 'at_most', threshold: 0.1, score: onNumbers(cramerVonMises) },
  { name: 'es', takes: numbers, decision: 'below', threshold: 0.05, score: onNumbers(eppsSingleton) },
  { name: 'ed', takes: numbers, decision: 'above', threshold: 0.1, score: onNumbers(energyDistance) },
  {
    name: 'g_test',
    takes: labels,
    decision: 'below',
    threshold: 0.1,
    score: (pair) => likelihoodTest(valueCounts(pair)),
  },
  { name: 'fisher_exact', takes: labels, decision: 'below', threshold: 0.1, score: fisherOf },
  { name: 'TVD', takes: labels, decision: 'below', threshold: 0.1, score: variationTest },
  {
    name: 'empirical_mmd',
    takes: numbers,
    decision: 'below',
    threshold: 0.1,
    score: onNumbers((a, b) => kernelTest(a, b, { seed: 0, widthOf: 'all' })),
    calibrated: onNumbers((a, b) => kernelTest(a, b, { seed: 0, widthOf: 'different' })),
  },
  // Their scores come from a classifier, which `textDrift` fits.
  { name: 'abs_text_content_drift', takes: ['text'], decision: 'above', threshold: 0.55, score: () => undefined },
  { name: 'perc_text_content_drift', takes: ['text'], decision: 'above', threshold: 0.95, score: () => undefined },
]

function fisherOf(pair: ColumnPair): number | undefined {
  if (pair.reference.missing + pair.current.missing > 0) return undefined
  return fisherTest(valueCounts(pair))
}

/** Share of 1000 shuffles that are as far apart; the shuffles are ours, so the last digits are not those of Evidently. */
function variationTest(pair: ColumnPair): number {
  const counts = valueCounts(pair)
  const observed = totalVariation(counts)
  const shuffled = shuffledStatistics(counts, totalVariation, { rounds: shuffles, seed: 0 })
  return shuffled.reduce((sum, other) => sum + (observed <= other + 1e-12 ? 1 : 0), 0) / shuffles
}

const byName: ReadonlyMap<string, DriftMethod> = new Map(methods.map((method) => [method.name, method]))

/** Names of all methods, in the order of documents. */
export const driftMethodNames: readonly DriftMethodName[] = methods.map(({ name }) => name)

/** A method by its name: those of Evidently. */
export function driftMethod(name: string): DriftMethod | undefined {
  return byName.get(name)
}

/** Whether a score says drift. */
export function saysDrift(decision: Decision, score: number, threshold: number): boolean {
  switch (decision) {
    case 'at_most':
      return score <= threshold
    case 'below':
      return score < threshold
    case 'at_least':
      return score >= threshold
    case 'above':
      return score > threshold
  }
}

/** Whether the score is a probability: small where there is drift. */
export function isProbability(method: DriftMethod): boolean {
  return method.decision === 'at_most' || method.decision === 'below'
}
