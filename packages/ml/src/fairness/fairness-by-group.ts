import { int32At, itemAt } from '../data/element.js'
import { assertPaired } from '../metrics/check-pairs.js'

/** How a classifier of two classes treats the rows of one group; rates are NaN where they have no rows. */
export interface GroupTreatment {
  readonly group: string
  readonly rowCount: number
  /** Share of the rows predicted as the positive class. */
  readonly selectionRate: number
  /** Share of the rows that are of it. */
  readonly baseRate: number
  readonly accuracy: number
  readonly precision: number
  /** Recall: share of the positive rows that are found. */
  readonly truePositiveRate: number
  readonly falsePositiveRate: number
}

/** Rates by group, and how far the groups are apart; names and meanings as Fairlearn has them. */
export interface FairnessTable {
  readonly groups: readonly GroupTreatment[]
  /** Greatest minus least selection rate; 0 is equal. */
  readonly demographicParityDifference: number
  /** Least over greatest selection rate; 1 is equal, below 0.8 breaks the four-fifths rule. */
  readonly demographicParityRatio: number
  /** The greater of the differences of true and of false positive rates. */
  readonly equalizedOddsDifference: number
  /** The lesser of the ratios of true and of false positive rates. */
  readonly equalizedOddsRatio: number
}

/**
 * Compares groups of rows.
 * @param positive code of the class that is the favoured outcome
 * @param groupCodes position in `groups` of each row; -1 is no group
 * @throws MlError `length_mismatch` or `empty_set`
 */
export function fairnessByGroup(rows: {
  readonly truth: Int32Array
  readonly predicted: Int32Array
  readonly positive: number
  readonly groupCodes: Int32Array
  readonly groups: readonly string[]
}): FairnessTable {
  const { truth, predicted, groupCodes } = rows
  assertPaired(truth.length, predicted.length)
  assertPaired(truth.length, groupCodes.length)
  const groups = rows.groups.map((group, code) => treatment(group, rows, code)).filter(({ rowCount }) => rowCount > 0)
  const selection = spread(groups.map(({ selectionRate }) => selectionRate))
  const hits = spread(groups.map(({ truePositiveRate }) => truePositiveRate))
  const alarms = spread(groups.map(({ falsePositiveRate }) => falsePositiveRate))
  return {
    groups,
    demographicParityDifference: selection.difference,
    demographicParityRatio: selection.ratio,
    equalizedOddsDifference: Math.max(hits.difference, alarms.difference),
    equalizedOddsRatio: Math.min(hits.ratio, alarms.ratio),
  }
}

function treatment(
  group: string,
  rows: {
    readonly truth: Int32Array
    readonly predicted: Int32Array
    readonly positive: number
    readonly groupCodes: Int32Array
  },
  code: number,
): GroupTreatment {
  // Rows by truth (0 negative, 1 positive) and prediction.
  const counts = [0, 0, 0, 0]
  for (let row = 0; row < rows.truth.length; row++) {
    if (int32At(rows.groupCodes, row) !== code) continue
    const cell =
      (int32At(rows.truth, row) === rows.positive ? 2 : 0) + (int32At(rows.predicted, row) === rows.positive ? 1 : 0)
    counts[cell] = itemAt(counts, cell) + 1
  }
  const [trueNegatives = 0, falsePositives = 0, falseNegatives = 0, truePositives = 0] = counts
  const rowCount = trueNegatives + falsePositives + falseNegatives + truePositives
  return {
    group,
    rowCount,
    selectionRate: (truePositives + falsePositives) / rowCount,
    baseRate: (truePositives + falseNegatives) / rowCount,
    accuracy: (truePositives + trueNegatives) / rowCount,
    precision: truePositives / (truePositives + falsePositives),
    truePositiveRate: truePositives / (truePositives + falseNegatives),
    falsePositiveRate: falsePositives / (falsePositives + trueNegatives),
  }
}

function spread(rates: readonly number[]): { difference: number; ratio: number } {
  const known = rates.filter((rate) => !Number.isNaN(rate))
  const [least, greatest] = [Math.min(...known), Math.max(...known)]
  return { difference: greatest - least, ratio: greatest === 0 ? 1 : least / greatest }
}
