import { itemAt } from '../data/element.js'
import type { DenseRows } from '../data/feature-rows.js'
import { activate, applyOutputLink, forward, type MlpLayer, type OutputLink } from './mlp-network.js'
import type { MlpParameters } from './mlp-parameters.js'

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
