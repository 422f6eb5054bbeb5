import { float32At, int32At } from '../data/element.js'
import type { TreeEnsemble } from '../trees/tree-ensemble.js'
import type { BoostedModel } from './boosted-model.js'
import { setWords } from './split-record.js'

/** The trees in the form that explanations read; what it says of a row is the output before the link. */
export function boostedTreeEnsemble(model: BoostedModel): TreeEnsemble {
  const { roots, featureIds, thresholds, rightChildren, missingLeft, categoryStarts, categorySets } = model
  const outputCount = model.baseline.length
  const nodeCount = featureIds.length
  const valueStarts = new Int32Array(nodeCount + 1)
  const outputs: number[] = []
  const values: number[] = []
  let tree = 0
  for (let node = 0; node < nodeCount; node++) {
    if (node >= int32At(roots, tree + 1)) tree++
    valueStarts[node] = values.length
    if (int32At(featureIds, node) >= 0) continue
    outputs.push(tree % outputCount)
    values.push(float32At(model.leafValues, node))
  }
  valueStarts[nodeCount] = values.length
  return {
    ...{ featureCount: model.featureNames.length, outputCount, roots, featureIds, thresholds, missingLeft },
    base: Float64Array.from(model.baseline),
    leftChildren: featureIds.map((feature, node) => (feature < 0 ? -1 : node + 1)),
    rightChildren,
    categories:
      categorySets.length === 0
        ? null
        : {
            starts: categoryStarts,
            lengths: categoryStarts.map((start) => (start < 0 ? 0 : setWords)),
            words: categorySets,
          },
    covers: Float64Array.from(model.counts),
    valueStarts,
    valueOutputs: Int32Array.from(outputs),
    values: Float64Array.from(values),
  }
}
