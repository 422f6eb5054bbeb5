import { float64At, itemAt } from '../data/element.js'
import type { MlpLayer } from './mlp-network.js'
import type { MlpParameters } from './mlp-parameters.js'

export interface LayerGradient {
  readonly weights: Float64Array
  readonly biases: Float64Array
}

/** Moves the weights of all layers by one step. */
export interface Updater {
  step(gradients: readonly LayerGradient[]): void
}

/** Adam (Kingma and Ba 2015), or gradient descent with the momentum of Nesterov, as scikit-learn has them. */
export function createUpdater(layers: readonly MlpLayer[], parameters: MlpParameters): Updater {
  const places = layers.flatMap(({ weights, biases }) => [weights, biases])
  const first = places.map(({ length }) => new Float64Array(length))
  const second = places.map(({ length }) => new Float64Array(length))
  let time = 0
  return {
    step(gradients) {
      time++
      const flat = gradients.flatMap(({ weights, biases }) => [weights, biases])
      for (const [index, values] of places.entries()) {
        const gradient = itemAt(flat, index)
        if (parameters.solver === 'adam')
          adam(values, gradient, { mean: itemAt(first, index), square: itemAt(second, index), time }, parameters)
        else descend(values, gradient, itemAt(first, index), parameters)
      }
    },
  }
}

function adam(
  values: Float64Array,
  gradient: Float64Array,
  { mean, square, time }: { readonly mean: Float64Array; readonly square: Float64Array; readonly time: number },
  { beta1, beta2, learningRateInit }: MlpParameters,
): void {
  const rate = (learningRateInit * Math.sqrt(1 - beta2 ** time)) / (1 - beta1 ** time)
  for (let at = 0; at < values.length; at++) {
    const slope = float64At(gradient, at)
    const m = beta1 * float64At(mean, at) + (1 - beta1) * slope
    const v = beta2 * float64At(square, at) + (1 - beta2) * slope * slope
    mean[at] = m
    square[at] = v
    values[at] = float64At(values, at) - (rate * m) / (Math.sqrt(v) + 1e-8)
  }
}

function descend(
  values: Float64Array,
  gradient: Float64Array,
  velocity: Float64Array,
  parameters: MlpParameters,
): void {
  const { momentum, learningRateInit } = parameters
  for (let at = 0; at < values.length; at++) {
    const next = momentum * float64At(velocity, at) - learningRateInit * float64At(gradient, at)
    velocity[at] = next
    values[at] = float64At(values, at) + momentum * next - learningRateInit * float64At(gradient, at)
  }
}
