import { float64At, itemAt } from '../data/element.js'
import { MlError } from '../ml-error.js'
import { wasm } from '../wasm/wasm-runtime.js'
import { linkMatrixKernel, tile } from './matrix-kernel.js'
import type { MlpLayer } from './mlp-network.js'

/** A matrix in the memory of the kernel, row after row; rows and columns are filled up to whole tiles. */
export interface TiledMatrix {
  readonly values: Float64Array
  /** Columns with those that fill up: the distance of two rows. 0: one number stands for all. */
  readonly stride: number
}

/** Up to so many rows on their way through a network. */
export interface MlpBuffers {
  readonly inputs: TiledMatrix
  /** By layer: sums, which `activate` turns in place; and errors of them. */
  readonly sums: readonly TiledMatrix[]
  readonly errors: readonly TiledMatrix[]
  /** By layer: gradients of the weights, by input and output; and of the biases, in the first row. */
  readonly gradients: readonly TiledMatrix[]
  readonly biasGradients: readonly TiledMatrix[]
  /** Takes the weights over, before the first of the next two and whenever they have changed. */
  readWeights(): void
  /** Sums of a layer from what stands before it. */
  forward(layer: number, rows: number): void
  /** Gradients of a layer from its errors and what stands before it; and the errors of what stands before it, where that is a layer. */
  backward(layer: number, rows: number): void
}

/** c = a b, and every row of c has the row `start` added first. */
interface Product {
  readonly start: TiledMatrix
  readonly a: TiledMatrix
  /** Its columns count as rows. */
  readonly isTurned?: boolean
  readonly b: TiledMatrix
  readonly c: TiledMatrix
  /** Of c. */
  readonly rows: number
  readonly inner: number
}

const pageBytes = 65_536
const pageLimit = 65_536

/**
 * @param rowLimit rows at a time
 * @throws MlError `memory_limit` beyond 4 GiB
 */
export function createMlpBuffers(layers: readonly MlpLayer[], rowLimit: number): MlpBuffers {
  const { inputs: inputCount } = itemAt(layers, 0)
  const shape = (rows: number, columns: number) => ({ stride: whole(columns), length: whole(rows) * whole(columns) })
  const plan = {
    inputs: shape(rowLimit, inputCount),
    zeros: shape(1, Math.max(...layers.flatMap(({ inputs, outputs }) => [inputs, outputs]))),
    ones: shape(1, 1),
    layers: layers.map(({ inputs, outputs }) => ({
      sums: shape(rowLimit, outputs),
      errors: shape(rowLimit, outputs),
      gradients: shape(inputs, outputs),
      weights: shape(inputs, outputs),
      turned: shape(outputs, inputs),
      biases: shape(1, outputs),
      biasGradients: shape(1, outputs),
    })),
  }
  const all = [plan.inputs, plan.zeros, plan.ones, ...plan.layers.flatMap((layer) => Object.values(layer))]
  const memory = allocate(8 * all.reduce((sum, { length }) => sum + length, 0), rowLimit)
  const kernel = linkMatrixKernel(memory)
  let start = 0
  const place = ({ stride, length }: { readonly stride: number; readonly length: number }): TiledMatrix => {
    const values = new Float64Array(memory.buffer, start, length)
    start += values.byteLength
    return { values, stride }
  }
  const inputs = place(plan.inputs)
  const zeros = place(plan.zeros)
  const ones: TiledMatrix = { ...place(plan.ones), stride: 0 }
  ones.values.fill(1)
  const sums = plan.layers.map((layer) => place(layer.sums))
  const errors = plan.layers.map((layer) => place(layer.errors))
  const gradients = plan.layers.map((layer) => place(layer.gradients))
  const weights = plan.layers.map((layer) => place(layer.weights))
  const turned = plan.layers.map((layer) => place(layer.turned))
  const biases = plan.layers.map((layer) => place(layer.biases))
  const biasGradients = plan.layers.map((layer) => place(layer.biasGradients))

  function multiply({ start, a, isTurned = false, b, c, rows, inner }: Product): void {
    const [rowStep, innerStep] = isTurned ? [8, 8 * a.stride] : [8 * a.stride, a.stride > 0 ? 8 : 0]
    const [first, second, product] = [a.values.byteOffset, b.values.byteOffset, c.values.byteOffset]
    const added = start.values.byteOffset
    kernel.multiply(added, first, rowStep, innerStep, second, product, whole(rows), inner, 8 * c.stride)
  }

  const before = (layer: number) => (layer === 0 ? inputs : itemAt(sums, layer - 1))

  return {
    ...{ inputs, sums, errors, gradients, biasGradients },
    readWeights() {
      for (const [index, layer] of layers.entries()) {
        copyWeights(layer, itemAt(weights, index))
        copyRow(layer.biases, itemAt(biases, index))
        if (index > 0) turnWeights(layer, itemAt(turned, index))
      }
    },
    forward(layer, rows) {
      const [from, to, own] = [before(layer), itemAt(sums, layer), itemAt(weights, layer)]
      const { inputs: inner } = itemAt(layers, layer)
      multiply({ start: itemAt(biases, layer), a: from, b: own, c: to, rows, inner })
    },
    backward(layer, rows) {
      const [from, own, to] = [before(layer), itemAt(errors, layer), itemAt(gradients, layer)]
      const { inputs: count, outputs } = itemAt(layers, layer)
      multiply({ start: zeros, a: from, isTurned: true, b: own, c: to, rows: count, inner: rows })
      multiply({ start: zeros, a: ones, b: own, c: itemAt(biasGradients, layer), rows: 1, inner: rows })
      if (layer === 0) return
      const [below, other] = [itemAt(errors, layer - 1), itemAt(turned, layer)]
      multiply({ start: zeros, a: own, b: other, c: below, rows, inner: outputs })
    },
  }
}

/** Filled up to whole tiles. */
function whole(count: number): number {
  return tile * Math.ceil(count / tile)
}

function allocate(bytes: number, rowLimit: number) {
  const pages = Math.ceil(bytes / pageBytes)
  const tooLarge = (cause?: unknown) =>
    new MlError(
      'memory_limit',
      `The network needs ${(bytes / 2 ** 30).toFixed(1)} GiB for batches of ${rowLimit} rows: lower batch_size or hidden_layer_sizes`,
      { value: bytes, cause },
    )
  if (pages > pageLimit) throw tooLarge()
  try {
    return new wasm.Memory({ initial: pages, maximum: pages, shared: true })
  } catch (cause) {
    throw tooLarge(cause)
  }
}

/** Element by element, as below: `set` of a typed array is slow where memory is shared. */
function copyRow(row: Float64Array, { values }: TiledMatrix): void {
  for (let column = 0; column < row.length; column++) values[column] = float64At(row, column)
}

function copyWeights({ inputs, outputs, weights }: MlpLayer, to: TiledMatrix): void {
  for (let input = 0; input < inputs; input++) {
    const [start, place] = [input * outputs, input * to.stride]
    for (let output = 0; output < outputs; output++) to.values[place + output] = float64At(weights, start + output)
  }
}

function turnWeights({ inputs, outputs, weights }: MlpLayer, to: TiledMatrix): void {
  for (let input = 0; input < inputs; input++) {
    for (let output = 0; output < outputs; output++) {
      to.values[output * to.stride + input] = float64At(weights, input * outputs + output)
    }
  }
}
