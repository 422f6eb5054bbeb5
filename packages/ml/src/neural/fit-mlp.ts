import type { FitRun } from '../estimators/estimator.js'
import { createPace } from '../estimators/pace.js'
import { MlError } from '../ml-error.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { createBatch, type MlpTask } from './mlp-batch.js'
import { createLayers, type MlpLayer } from './mlp-network.js'
import { createUpdater } from './mlp-updater.js'

export interface FittedNetwork {
  readonly layers: readonly MlpLayer[]
  readonly iterations: number
  /** Loss of the last pass, with the penalty. */
  readonly loss: number
  readonly hasConverged: boolean
}

/**
 * Trains by mini-batches, with the stopping rules of scikit-learn: no gain of more than `tol` for some passes.
 * @throws MlError `training_aborted` or `not_converging` when the weights grow beyond all bounds
 */
export async function fitMlp(task: MlpTask, { signal, onProgress }: FitRun): Promise<FittedNetwork> {
  const { rows, parameters, outputs, trainRows, validationRows } = task
  const { maxIter, tol, nIterNoChange, earlyStopping } = parameters
  const random = createRandom(parameters.seed)
  let layers = createLayers([rows.columnCount, ...parameters.hiddenLayerSizes, outputs], parameters.activation, random)
  const batch = createBatch(task, layers)
  const updater = createUpdater(layers, parameters)
  const pace = createPace(signal)
  const order = trainRows.slice()
  const batchOperations = batch.size * 6 * layers.reduce((sum, { weights }) => sum + weights.length, 0)
  let best = earlyStopping ? -Infinity : Infinity
  let bestLayers = layers
  let withoutGain = 0
  let iterations = 0
  let loss = Number.NaN
  while (iterations < maxIter && withoutGain <= nIterNoChange) {
    createRandom(deriveSeed(parameters.seed, iterations + 1)).shuffle(order)
    let total = 0
    for (let start = 0; start < order.length; start += batch.size) {
      await pace.spend(batchOperations)
      const own = order.subarray(start, Math.min(start + batch.size, order.length))
      total += batch.learn(own) * own.length
      updater.step(batch.gradients)
    }
    iterations++
    loss = total / order.length
    if (!Number.isFinite(loss)) {
      throw new MlError(
        'not_converging',
        'The weights grow beyond all bounds: scale the features or lower learning_rate_init',
        {
          value: loss,
        },
      )
    }
    const measured = earlyStopping ? task.score(batch.predict(validationRows), validationRows) : loss
    const gain = earlyStopping ? measured > best + tol : measured < best - tol
    withoutGain = gain ? 0 : withoutGain + 1
    if (earlyStopping ? measured > best : measured < best) {
      best = measured
      if (earlyStopping) bestLayers = copyOf(layers)
    }
    onProgress?.({
      done: iterations,
      total: maxIter,
      metrics: { training_loss: loss, ...(earlyStopping ? { validation_score: measured } : {}) },
    })
  }
  if (earlyStopping) layers = bestLayers
  return { layers, iterations, loss, hasConverged: withoutGain > nIterNoChange }
}

function copyOf(layers: readonly MlpLayer[]): MlpLayer[] {
  return layers.map((layer) => ({ ...layer, weights: layer.weights.slice(), biases: layer.biases.slice() }))
}
