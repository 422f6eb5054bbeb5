import { float64At } from '../data/element.js'
import type { Random } from '../random/create-random.js'
import type { MlpParameters } from './mlp-parameters.js'

export type Activation = MlpParameters['activation']
export type OutputLink = 'identity' | 'logistic' | 'softmax'

/** One layer: `weights[input * outputs + output]`. */
export interface MlpLayer {
  readonly inputs: number
  readonly outputs: number
  readonly weights: Float64Array
  readonly biases: Float64Array
}

/** Layers with weights drawn evenly within the bounds of Glorot and Bengio (2010), as scikit-learn draws them. */
export function createLayers(sizes: readonly number[], activation: Activation, random: Random): MlpLayer[] {
  return sizes.slice(1).map((outputs, index) => {
    const inputs = sizes[index] ?? 0
    const bound = Math.sqrt((activation === 'logistic' ? 2 : 6) / (inputs + outputs))
    const draw = () => bound * (2 * random.float() - 1)
    return {
      inputs,
      outputs,
      weights: Float64Array.from({ length: inputs * outputs }, draw),
      biases: Float64Array.from({ length: outputs }, draw),
    }
  })
}

/** Writes `rows` lines of inputs through a layer: sums, not yet activated. */
export function forward(
  { inputs, outputs, weights, biases }: MlpLayer,
  from: Float64Array,
  to: Float64Array,
  rows: number,
): void {
  for (let row = 0; row < rows; row++) {
    const target = row * outputs
    for (let output = 0; output < outputs; output++) to[target + output] = float64At(biases, output)
    for (let input = 0; input < inputs; input++) {
      const value = float64At(from, row * inputs + input)
      if (value === 0) continue
      const base = input * outputs
      for (let output = 0; output < outputs; output++) {
        to[target + output] = float64At(to, target + output) + value * float64At(weights, base + output)
      }
    }
  }
}

export function activate(values: Float64Array, length: number, activation: Activation): void {
  switch (activation) {
    case 'relu':
      for (let at = 0; at < length; at++) if (float64At(values, at) < 0) values[at] = 0
      break
    case 'tanh':
      for (let at = 0; at < length; at++) values[at] = Math.tanh(float64At(values, at))
      break
    case 'logistic':
      for (let at = 0; at < length; at++) values[at] = 1 / (1 + Math.exp(-float64At(values, at)))
      break
    case 'identity':
      break
  }
}

/** Multiplies errors by the derivative of the activation, given what it gave. */
export function deactivate(errors: Float64Array, values: Float64Array, length: number, activation: Activation): void {
  switch (activation) {
    case 'relu':
      for (let at = 0; at < length; at++) if (float64At(values, at) === 0) errors[at] = 0
      break
    case 'tanh':
      for (let at = 0; at < length; at++) errors[at] = float64At(errors, at) * (1 - float64At(values, at) ** 2)
      break
    case 'logistic':
      for (let at = 0; at < length; at++) {
        const value = float64At(values, at)
        errors[at] = float64At(errors, at) * value * (1 - value)
      }
      break
    case 'identity':
      break
  }
}

/** Turns the sums of the last layer into predictions, in place. */
export function applyOutputLink(values: Float64Array, rows: number, outputs: number, link: OutputLink): void {
  if (link === 'logistic') activate(values, rows * outputs, 'logistic')
  if (link !== 'softmax') return
  for (let start = 0; start < rows * outputs; start += outputs) {
    let top = -Infinity
    for (let at = start; at < start + outputs; at++) top = Math.max(top, float64At(values, at))
    let sum = 0
    for (let at = start; at < start + outputs; at++) {
      const share = Math.exp(float64At(values, at) - top)
      values[at] = share
      sum += share
    }
    for (let at = start; at < start + outputs; at++) values[at] = float64At(values, at) / sum
  }
}
