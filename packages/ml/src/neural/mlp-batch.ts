import { float64At, int32At, itemAt } from '../data/element.js'
import type { DenseRows } from '../data/feature-rows.js'
import { createMlpBuffers } from './mlp-buffers.js'
import { activate, applyOutputLink, deactivate, type MlpLayer, type OutputLink } from './mlp-network.js'
import type { MlpParameters } from './mlp-parameters.js'
import type { LayerGradient } from './mlp-updater.js'

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

/** What goes through the network of a task in mini-batches. */
export interface MlpBatch {
  readonly size: number
  readonly gradients: readonly LayerGradient[]
  /** Fills the gradients, and gives the mean loss with the penalty. */
  learn(own: Int32Array): number
  /** Predictions of rows, row after row. */
  predict(own: Int32Array): Float64Array
}

export function createBatch(
  { rows, targets, outputs, link, parameters, trainRows }: MlpTask,
  layers: readonly MlpLayer[],
): MlpBatch {
  const { activation, alpha, batchSize } = parameters
  const size = Math.min(batchSize === 'auto' ? 200 : batchSize, trainRows.length)
  const { columnCount, values } = rows
  const buffers = createMlpBuffers(layers, size)
  const { inputs, sums, errors } = buffers
  const predicted = new Float64Array(size * outputs)
  const gradients = layers.map((layer) => ({
    weights: new Float64Array(layer.weights.length),
    biases: new Float64Array(layer.biases.length),
  }))

  /** Predictions, which stand until the next run. */
  function run(own: Int32Array): Float64Array {
    for (let index = 0; index < own.length; index++) {
      const [from, to] = [int32At(own, index) * columnCount, index * inputs.stride]
      for (let column = 0; column < columnCount; column++) inputs.values[to + column] = float64At(values, from + column)
    }
    buffers.readWeights()
    for (let index = 0; index < layers.length; index++) {
      buffers.forward(index, own.length)
      const to = itemAt(sums, index)
      if (index < layers.length - 1) activate(to.values, own.length * to.stride, activation)
    }
    const last = itemAt(sums, layers.length - 1)
    for (let index = 0; index < own.length; index++) {
      for (let output = 0; output < outputs; output++) {
        predicted[index * outputs + output] = float64At(last.values, index * last.stride + output)
      }
    }
    applyOutputLink(predicted, own.length, outputs, link)
    return predicted
  }

  function learn(own: Int32Array): number {
    run(own)
    const last = itemAt(errors, layers.length - 1)
    let loss = 0
    for (let index = 0; index < own.length; index++) {
      for (let output = 0; output < outputs; output++) {
        const truth = float64At(targets, int32At(own, index) * outputs + output)
        const guess = float64At(predicted, index * outputs + output)
        loss += lossOf(truth, guess, link)
        last.values[index * last.stride + output] = guess - truth
      }
    }
    for (let index = layers.length - 1; index >= 0; index--) {
      buffers.backward(index, own.length)
      if (index > 0) {
        const below = itemAt(errors, index - 1)
        deactivate(below.values, itemAt(sums, index - 1).values, own.length * below.stride, activation)
      }
      loss += finish(index, own.length)
    }
    return loss / own.length
  }

  /** Adds the penalty to the gradients of a layer, divides by the rows, and gives the penalty of the loss. */
  function finish(index: number, count: number): number {
    const { inputs: inputCount, outputs: outputCount, weights } = itemAt(layers, index)
    const sum = itemAt(buffers.gradients, index)
    const gradient = itemAt(gradients, index)
    let squares = 0
    for (let input = 0; input < inputCount; input++) {
      for (let output = 0; output < outputCount; output++) {
        const at = input * outputCount + output
        const weight = float64At(weights, at)
        squares += weight * weight
        gradient.weights[at] = (float64At(sum.values, input * sum.stride + output) + alpha * weight) / count
      }
    }
    const biases = itemAt(buffers.biasGradients, index).values
    for (let at = 0; at < gradient.biases.length; at++) gradient.biases[at] = float64At(biases, at) / count
    return 0.5 * alpha * squares
  }

  function predict(own: Int32Array): Float64Array {
    const all = new Float64Array(own.length * outputs)
    for (let start = 0; start < own.length; start += size) {
      const part = own.subarray(start, Math.min(start + size, own.length))
      all.set(run(part).subarray(0, part.length * outputs), start * outputs)
    }
    return all
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
