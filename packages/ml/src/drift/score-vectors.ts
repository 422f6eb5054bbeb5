import { embeddingDrift } from '../monitoring/embedding-drift.js'
import { type Embeddings, kernelRowsMax, separability, taken } from '../monitoring/embedding-scores.js'
import { normalQuantile } from '../preprocessing/normal-quantile.js'
import { normalUpper } from '../statistics/tails.js'
import { type DriftSettings, upperFivePercent } from './column-drift.js'
import { evenPlaces } from './even-places.js'
import type { ColumnDrift, ComparedVectors, VectorSample } from './model.js'
import { shuffledProbability, shuffledThreshold } from './shuffled-counts.js'
import { type ShuffledScore, shuffledDiscrepancy, shuffledDistance, shuffledShare } from './shuffled-vectors.js'
import { type EmbeddingDriftMethod, embeddingThresholds } from './vector-methods.js'

export interface ScoreVectors {
  readonly asked: {
    readonly method: EmbeddingDriftMethod
    /** Somebody named it. */
    readonly isNamed: boolean
    readonly threshold: number | undefined
  }
  readonly settings: DriftSettings
  readonly signal: AbortSignal | undefined
}

/** What a method came to. */
export interface ScoredVectors {
  readonly score: number
  readonly threshold: number
  readonly drift: boolean
  readonly looked: ComparedVectors['looked']
  readonly calibration?: NonNullable<ColumnDrift['calibration']>
}

/**
 * The score of two sets of vectors of one length and its decision; undefined where a number of it is not finite.
 * @throws MlError as the estimators
 */
export async function scoreVectors(
  reference: VectorSample,
  current: VectorSample,
  given: ScoreVectors,
): Promise<ScoredVectors | undefined> {
  const sides = [embeddingsOf(reference), embeddingsOf(current)] as const
  const found = await (given.settings.mode === 'calibrated' ? withNull(sides, given) : plainly(sides, given))
  const { score, threshold, calibration: { pValue, effect } = { pValue: 0, effect: 0 } } = found
  return [score, threshold, pValue, effect].every(Number.isFinite) ? found : undefined
}

type Sides = readonly [Embeddings, Embeddings]

const embeddingsOf = ({ dimension, values }: VectorSample): Embeddings => ({
  rowCount: values.length / dimension,
  dimension,
  values,
})

const lookedAt = ([reference, current]: Sides) => ({ reference: reference.rowCount, current: current.rowCount })

/** Of fewer reference rows Evidently takes the threshold of its classifier from random scores. */
const fewRows = 1000

async function plainly(
  sides: Sides,
  { asked: { method, isNamed, threshold }, settings: { seed }, signal }: ScoreVectors,
): Promise<ScoredVectors> {
  const run = signal === undefined ? {} : { signal }
  const [reference, current] = sides
  if (method === 'model' && !isNamed && threshold === undefined && reference.rowCount < fewRows) {
    const { area, deviation } = await separability(reference, current, { seed, ...run })
    const byChance = 0.5 + upperFivePercent * deviation
    return { score: area, threshold: byChance, drift: area > byChance, looked: lookedAt(sides) }
  }
  const limit = threshold ?? embeddingThresholds[method]
  const looked = method === 'mmd' ? thinnedBoth(sides) : sides
  const { score } = await embeddingDrift(...looked, { method, threshold: limit, seed, ...run })
  return {
    score: score ?? Number.NaN,
    threshold: limit,
    drift: (score ?? Number.NaN) > limit,
    looked: lookedAt(looked),
  }
}

async function withNull(sides: Sides, { asked: { method }, settings, signal }: ScoreVectors): Promise<ScoredVectors> {
  const { level, seed } = settings
  if (method === 'model') {
    const run = signal === undefined ? { seed } : { seed, signal }
    const { area, deviation } = await separability(...sides, run)
    return decided(settings, {
      score: area,
      threshold: 0.5 + normalQuantile(1 - level) * deviation,
      pValue: normalUpper((area - 0.5) / deviation),
      effect: Math.max(0, 2 * area - 1),
      looked: lookedAt(sides),
    })
  }
  const looked = method === 'distance' ? sides : thinnedBoth(sides)
  const { score, shuffled, effect } = await shuffledScoreOf[method](...looked, { seed, signal })
  return decided(settings, {
    score,
    threshold: shuffledThreshold(shuffled, level),
    pValue: Math.max(chanceMin, shuffledProbability(score, shuffled)),
    effect,
    looked: lookedAt(looked),
  })
}

/** Beyond a millionth the curve through a few hundred shuffles says no more. */
const chanceMin = 1e-6

const shuffledScoreOf: Readonly<
  Record<
    Exclude<EmbeddingDriftMethod, 'model'>,
    (...given: Parameters<typeof shuffledDistance>) => Promise<ShuffledScore>
  >
> = { distance: shuffledDistance, mmd: shuffledDiscrepancy, ratio: shuffledShare }

/** Each pair of rows takes a step for each number: no more than so many, or as many as so few rows of very long vectors take. */
const pairStepsMax = 600_000_000
const pairedRowsMin = 200

function pairedRowsMax(dimension: number): number {
  const fitting = Math.floor(Math.sqrt(pairStepsMax / (2 * dimension)))
  return Math.max(pairedRowsMin, Math.min(kernelRowsMax, fitting))
}

function thinnedBoth([reference, current]: Sides): Sides {
  const rowsMax = pairedRowsMax(reference.dimension)
  return [thinned(reference, rowsMax), thinned(current, rowsMax)]
}

function thinned(vectors: Embeddings, rowsMax: number): Embeddings {
  if (vectors.rowCount <= rowsMax) return vectors
  return taken(vectors, evenPlaces(vectors.rowCount, rowsMax))
}

interface Decided extends Pick<ScoredVectors, 'score' | 'threshold' | 'looked'> {
  readonly pValue: number
  readonly effect: number
}

function decided({ level, effectMin }: DriftSettings, { pValue, effect, ...found }: Decided): ScoredVectors {
  const calibration = { pValue, adjusted: pValue, effect, effectMin }
  return { ...found, drift: pValue <= level && effect >= effectMin, calibration }
}
