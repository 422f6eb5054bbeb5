import { float64At, int32At } from '../data/element.js'
import { MlError } from '../ml-error.js'
import type { Random } from '../random/create-random.js'
import type { SamplingParameters } from './forest-parameters.js'

/** How rows are drawn, with replacement, for each tree of a forest. */
export interface RowDraws {
  readonly count: number
  /** Null where every row is equally likely. */
  readonly alias: AliasTable | null
}

/**
 * Vose's alias method: a row chosen evenly stands for itself with its own probability, else for its alias, so that a draw takes the same
 * short time for any number of rows.
 */
export interface AliasTable {
  readonly ownShares: Float64Array
  readonly aliases: Int32Array
}

/**
 * How many rows each tree draws and with which probabilities: in proportion to the weights, as scikit-learn 1.9 draws, so that
 * drawn rows weigh whole numbers. Null without bootstrap.
 * @throws MlError `invalid_parameter`
 */
export function rowDraws(
  { bootstrap, maxSamples, oobScore }: SamplingParameters,
  rowCount: number,
  weights: Float64Array | null,
): RowDraws | null {
  if (!bootstrap) {
    const needless = maxSamples !== null ? 'max_samples' : oobScore ? 'oob_score' : null
    if (needless === null) return null
    throw new MlError('invalid_parameter', `${needless} needs bootstrap: set it to true, or leave ${needless} out`, {
      value: maxSamples ?? oobScore,
    })
  }
  const count = drawCount(maxSamples, rowCount, weights)
  const most = Math.max(drawsMin, 10 * rowCount)
  if (count > most) {
    throw new MlError('invalid_parameter', `max_samples draws ${count} rows: draw at most ${most} of ${rowCount}`, {
      value: maxSamples,
    })
  }
  return { count, alias: weights === null ? null : aliasTable(weights) }
}

/** So many draws are allowed for a set of any size; beyond, ten times its rows. */
const drawsMin = 1_000_000

/** A share is one of the weight of all rows. */
function drawCount(maxSamples: number | null, rowCount: number, weights: Float64Array | null): number {
  if (maxSamples === null) return rowCount
  if (maxSamples >= 1) return maxSamples
  const total = weights === null ? rowCount : weights.reduce((sum, weight) => sum + weight, 0)
  return Math.max(1, Math.floor(maxSamples * total))
}

function aliasTable(weights: Float64Array): AliasTable {
  const rowCount = weights.length
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const heaviest = weights.reduce((best, weight, row) => (weight > float64At(weights, best) ? row : best), 0)
  const ownShares = new Float64Array(new SharedArrayBuffer(8 * rowCount))
  const aliases = new Int32Array(new SharedArrayBuffer(4 * rowCount))
  // Of rows that rounding leaves without a giver, none may stand for itself that weighs nothing.
  aliases.fill(heaviest)
  const poor: number[] = []
  const rich: number[] = []
  for (let row = 0; row < rowCount; row++) {
    ownShares[row] = (float64At(weights, row) / total) * rowCount
    if (float64At(ownShares, row) < 1) poor.push(row)
    else rich.push(row)
  }
  let giver = rich.pop()
  for (let taker = poor.pop(); taker !== undefined && giver !== undefined; taker = poor.pop()) {
    aliases[taker] = giver
    ownShares[giver] = float64At(ownShares, giver) - (1 - float64At(ownShares, taker))
    if (float64At(ownShares, giver) >= 1) continue
    poor.push(giver)
    giver = rich.pop()
  }
  return { ownShares, aliases }
}

/** Writes how often each row is drawn. */
export function countDraws({ count, alias }: RowDraws, random: Random, counts: Int32Array): void {
  const rowCount = counts.length
  counts.fill(0)
  for (let draw = 0; draw < count; draw++) {
    let row = random.intBelow(rowCount)
    if (alias !== null && random.float() >= float64At(alias.ownShares, row)) row = int32At(alias.aliases, row)
    counts[row] = int32At(counts, row) + 1
  }
}
