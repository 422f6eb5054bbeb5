import { float64At, int32At } from '../data/element.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { baselineOf } from './baseline.js'
import { binSampleRows } from './bin-bounds.js'
import type { BoostingFeature, BoostingSettings, BoostingTask } from './boosting-task.js'
import { leavesPossible, slotsNeeded } from './histogram-slots.js'
import { compileKernels } from './kernels.js'
import { allocateMemory, boostingPlaces, readyLimit } from './memory-places.js'

export interface BoostingInput {
  readonly settings: BoostingSettings
  readonly features: readonly BoostingFeature[]
  /** By original row: the number to predict or the code of the class. */
  readonly targets: Float64Array
  readonly weights: Float64Array | null
  /** 1, or the number of classes when there are more than two. */
  readonly outputCount: number
  /** Original rows: those to train on, then those held out. */
  readonly order: Int32Array
  readonly trainCount: number
  /** At least 1. */
  readonly threads: number
}

/**
 * Puts everything that the threads share into shared memory.
 * @throws MlError `memory_limit`
 */
export function prepareTask(input: BoostingInput): BoostingTask {
  const { settings, outputCount, order, trainCount, threads } = input
  const shape = { trainCount, ...settings }
  const places = boostingPlaces({
    ...{ rowCount: order.length, trainCount, threads, outputCount, featureCount: input.features.length },
    slotCount: slotsNeeded(shape) + (threads > 1 ? readyLimit : 0),
    leafLimit: leavesPossible(shape),
  })
  const memory = allocateMemory(places)
  const targets = new Float64Array(memory.buffer, places.targets, order.length)
  const weights = new Float64Array(memory.buffer, places.weights, order.length)
  let weightMax = 1
  for (let position = 0; position < order.length; position++) {
    targets[position] = float64At(input.targets, int32At(order, position))
    if (input.weights === null) continue
    const weight = float64At(input.weights, int32At(order, position))
    weights[position] = weight
    if (position < trainCount) weightMax = Math.max(weightMax, weight)
  }
  const trainWeights = input.weights === null ? null : weights.slice(0, trainCount)
  return {
    module: compileKernels(places.recordWidth),
    ...{ memory, places, settings, weightMax, isWeighted: input.weights !== null },
    features: threads > 1 ? input.features.map(sharedFeature) : input.features,
    order,
    sample: drawSample(settings.seed, trainCount, trainWeights),
    baseline: baselineOf({ ...settings, targets: targets.slice(0, trainCount), weights: trainWeights, outputCount }),
  }
}

function sharedFeature(feature: BoostingFeature): BoostingFeature {
  if (feature.values.buffer instanceof SharedArrayBuffer) return feature
  const values = new Float32Array(new SharedArrayBuffer(4 * feature.values.length))
  values.set(feature.values)
  return { ...feature, values }
}

/** Positions of many training rows, drawn by weight, with replacement as in scikit-learn; null when there are few rows. */
function drawSample(seed: number, trainCount: number, weights: Float64Array | null): Int32Array | null {
  if (trainCount <= binSampleRows) return null
  const random = createRandom(deriveSeed(seed, 1))
  if (weights === null) return Int32Array.from({ length: binSampleRows }, () => random.intBelow(trainCount)).sort()
  const sums = new Float64Array(trainCount)
  let sum = 0
  for (let row = 0; row < trainCount; row++) {
    sum += float64At(weights, row)
    sums[row] = sum
  }
  return Int32Array.from({ length: binSampleRows }, () => firstAbove(sums, random.float() * sum)).sort()
}

/** First position whose sum exceeds `value`, which is below the last. */
function firstAbove(sums: Float64Array, value: number): number {
  let [low, high] = [0, sums.length - 1]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (float64At(sums, middle) > value) high = middle
    else low = middle + 1
  }
  return low
}
