import { float64At, int32At, itemAt } from '../data/element.js'
import type { DenseRows } from '../data/feature-rows.js'
import type { FitRun } from '../estimators/estimator.js'
import { createPace } from '../estimators/pace.js'
import { MlError } from '../ml-error.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import {
  activate,
  applyOutputLink,
  backward,
  createLayers,
  deactivate,
  forward,
  type MlpLayer,
  type OutputLink,
} from './mlp-network.js'
import type { MlpParameters } from './mlp-parameters.js'
import { createUpdater } from './mlp-updater.js'

/** What a network learns: rows, and one or more numbers for each (classes as 0 and 1). */
export interface MlpTask {
  readonly rows: DenseRows
  /** Row after row. */
  readonly targets: Float64Array
  readonly outputs: number
  readonly link: OutputLink
  readonly parameters: MlpParameters
  /** Rows to learn from, and rows to measure the gain on (empty without early stopping). */
  readonly trainRows: Int32Array
  readonly validationRows: Int32Array
  /** Higher is better; of the predictions of the validation rows. */
  readonly score: (predicted: Float64Array, rows: Int32Array) => number
}

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

/** Predictions of all rows, row after row. */
export function predictNetwork(
  layers: readonly MlpLayer[],
  rows: DenseRows,
  { activation, link }: { readonly activation: MlpParameters['activation']; readonly link: OutputLink },
): Float64Array {
  const block = 256
  const outputs = layers.at(-1)?.outputs ?? 0
  const predicted = new Float64Array(rows.rowCount * outputs)
  const buffers = layers.map((layer) => new Float64Array(block * layer.outputs))
  for (let start = 0; start < rows.rowCount; start += block) {
    const count = Math.min(block, rows.rowCount - start)
    let from = rows.values.subarray(start * rows.columnCount, (start + count) * rows.columnCount)
    for (const [index, layer] of layers.entries()) {
      const to = itemAt(buffers, index)
      forward(layer, from, to, count)
      if (index < layers.length - 1) activate(to, count * layer.outputs, activation)
      from = to
    }
    applyOutputLink(from, count, outputs, link)
    predicted.set(from.subarray(0, count * outputs), start * outputs)
  }
  return predicted
}

function copyOf(layers: readonly MlpLayer[]): MlpLayer[] {
  return layers.map((layer) => ({ ...layer, weights: layer.weights.slice(), biases: layer.biases.slice() }))
}

/** The buffers of one mini-batch. */
function createBatch({ rows, targets, outputs, link, parameters, trainRows }: MlpTask, layers: readonly MlpLayer[]) {
  const { activation, alpha, batchSize } = parameters
  const size = Math.min(batchSize === 'auto' ? 200 : batchSize, trainRows.length)
  const { columnCount, values } = rows
  const inputs = new Float64Array(size * columnCount)
  const sums = layers.map((layer) => new Float64Array(size * layer.outputs))
  const errors = layers.map((layer) => new Float64Array(size * layer.outputs))
  const gradients = layers.map((layer) => ({
    weights: new Float64Array(layer.weights.length),
    biases: new Float64Array(layer.biases.length),
  }))

  function run(own: Int32Array): Float64Array {
    for (let index = 0; index < own.length; index++) {
      const row = int32At(own, index)
      inputs.set(values.subarray(row * columnCount, (row + 1) * columnCount), index * columnCount)
    }
    let from = inputs
    for (const [index, layer] of layers.entries()) {
      const to = itemAt(sums, index)
      forward(layer, from, to, own.length)
      if (index < layers.length - 1) activate(to, own.length * layer.outputs, activation)
      from = to
    }
    applyOutputLink(from, own.length, outputs, link)
    return from
  }

  /** Fills the gradients, and gives the mean loss with the penalty. */
  function learn(own: Int32Array): number {
    const predicted = run(own)
    const last = itemAt(errors, layers.length - 1)
    let loss = 0
    for (let index = 0; index < own.length; index++) {
      for (let output = 0; output < outputs; output++) {
        const truth = float64At(targets, int32At(own, index) * outputs + output)
        const guess = float64At(predicted, index * outputs + output)
        loss += lossOf(truth, guess, link)
        last[index * outputs + output] = guess - truth
      }
    }
    for (let index = layers.length - 1; index >= 0; index--) {
      const layer = itemAt(layers, index)
      const { weights, biases } = itemAt(gradients, index)
      weights.fill(0)
      biases.fill(0)
      const inputErrors = index === 0 ? null : itemAt(errors, index - 1)
      const from = index === 0 ? inputs : itemAt(sums, index - 1)
      backward(layer, {
        from,
        errors: itemAt(errors, index),
        rows: own.length,
        weightGradients: weights,
        biasGradients: biases,
        inputErrors,
      })
      if (inputErrors !== null) deactivate(inputErrors, from, own.length * layer.inputs, activation)
      loss += finish(layer, { weights, biases }, own.length)
    }
    return loss / own.length
  }

  /** Adds the penalty to the gradients, divides by the rows, and gives the penalty of the loss. */
  function finish(layer: MlpLayer, gradient: { weights: Float64Array; biases: Float64Array }, count: number): number {
    let squares = 0
    for (let at = 0; at < layer.weights.length; at++) {
      const weight = float64At(layer.weights, at)
      squares += weight * weight
      gradient.weights[at] = (float64At(gradient.weights, at) + alpha * weight) / count
    }
    for (let at = 0; at < layer.biases.length; at++) gradient.biases[at] = float64At(gradient.biases, at) / count
    return 0.5 * alpha * squares
  }

  function predict(own: Int32Array): Float64Array {
    const predicted = new Float64Array(own.length * outputs)
    for (let start = 0; start < own.length; start += size) {
      const part = own.subarray(start, Math.min(start + size, own.length))
      predicted.set(run(part).subarray(0, part.length * outputs), start * outputs)
    }
    return predicted
  }

  return { size, gradients, learn, predict }
}

function lossOf(truth: number, guess: number, link: OutputLink): number {
  if (link === 'identity') return 0.5 * (guess - truth) ** 2
  const least = 2 ** -52
  const kept = Math.min(Math.max(guess, least), 1 - least)
  if (link === 'softmax') return truth === 0 ? 0 : -truth * Math.log(kept)
  return -(truth * Math.log(kept) + (1 - truth) * Math.log(1 - kept))
}
