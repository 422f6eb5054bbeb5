import { float64At, int32At, itemAt } from '../data/element.js'
import type { Random } from '../random/create-random.js'
import type { BoostingTask } from './boosting-task.js'
import type { GradientScales } from './gradients.js'
import type { GrowingNode } from './growing-node.js'
import type { NodeHistograms } from './node-histograms.js'
import { splitCategories } from './split-categories.js'
import { beginScan, splitNumbers } from './split-numbers.js'
import { bestSplit, noSplit, type SplitCandidate, writeSplit } from './split-record.js'
import type { BoostingThread } from './thread-memory.js'

interface FinderInput {
  readonly task: BoostingTask
  readonly thread: BoostingThread
  readonly barrier: () => void
  readonly histograms: NodeHistograms
  readonly scales: GradientScales
  /** The same in every thread. */
  readonly random: Random
}

export interface SplitFinder {
  /** Whether a node is large and high enough to be split. */
  isSplittable(node: Pick<GrowingNode, 'count' | 'depth'>): boolean
  /**
   * Gives nodes their best splits, each thread searching its share of the features. Every thread has summed its own rows of the smaller;
   * the larger one, a sibling, has the histograms of the parent until then. The root has none.
   */
  findSplits(smaller: GrowingNode, larger: GrowingNode | null, output: number): void
  /** The best split of a node with histograms, by all features. */
  findAlone(node: GrowingNode, output: number): SplitCandidate
}

/** Every `step`th feature from `first` on, of those drawn. */
interface FeatureShare {
  readonly first: number
  readonly step: number
  readonly drawn: Uint8Array | null
}

const everyFeature: FeatureShare = { first: 0, step: 1, drawn: null }

export function createSplitFinder({ task, thread, barrier, histograms, random, scales }: FinderInput): SplitFinder {
  const { places, settings, features } = task
  const { memory, index } = thread
  const { threads, featureCount } = places
  const scanner = { kernels: thread.kernels, list: memory.scan, countShift: scales.countShift }
  const own = { first: index, step: threads }
  const drawn = { smaller: new Uint8Array(featureCount), larger: new Uint8Array(featureCount) }

  function drawFeatures(into: Uint8Array): void {
    into.fill(0)
    into.fill(1, 0, settings.featuresPerSplit)
    if (settings.featuresPerSplit < featureCount) random.shuffle(into)
  }

  /** Searches those features of a node that are drawn: all, or the thread's share. */
  function search(node: GrowingNode, output: number, among: FeatureShare): SplitCandidate {
    const best = noSplit()
    if (!isSplittable(node)) return best
    const { lower, upper } = node
    const { l2Regularization: l2, minSamplesLeaf } = settings
    const gradientScale = float64At(scales.gradient, output)
    const hessianScale = float64At(scales.hessian, output)
    beginScan(scanner, node, { l2, minSamplesLeaf, lower, upper, gradientScale, hessianScale })
    for (let feature = among.first; feature < featureCount; feature += among.step) {
      if (among.drawn !== null && among.drawn[feature] === 0) continue
      const { categoryCount, monotonic } = itemAt(features, feature)
      const binCount = int32At(memory.binCounts, feature)
      const hasMissing = int32At(memory.hasMissing, feature) === 1
      if (categoryCount > 0) {
        const cells = histograms.unpack(node.slot, feature, output)
        const rules = { l2, minSamplesLeaf, lower, upper, monotonic }
        splitCategories(node, { feature, cells, binCount, hasMissing }, rules, best)
      } else {
        const cells = histograms.cellsOf(node.slot, feature)
        splitNumbers(scanner, { feature, cells, binCount, hasMissing, monotonic }, best)
      }
    }
    return best
  }

  const isSplittable = ({ count, depth }: Pick<GrowingNode, 'count' | 'depth'>) =>
    count >= 2 * settings.minSamplesLeaf && depth < settings.maxDepth

  return {
    isSplittable,
    findAlone: (node, output) => search(node, output, everyFeature),
    findSplits(smaller, larger, output) {
      drawFeatures(drawn.smaller)
      if (larger !== null) drawFeatures(drawn.larger)
      barrier()
      for (let feature = index; feature < featureCount; feature += threads) {
        histograms.gather(smaller.slot, feature)
        if (larger !== null) histograms.subtract(larger.slot, smaller.slot, feature)
      }
      writeSplit(memory.candidates, 2 * index, search(smaller, output, { ...own, drawn: drawn.smaller }))
      if (larger !== null)
        writeSplit(memory.candidates, 2 * index + 1, search(larger, output, { ...own, drawn: drawn.larger }))
      barrier()
      smaller.split = bestSplit(memory.candidates, 0)
      if (larger !== null) larger.split = bestSplit(memory.candidates, 1)
    },
  }
}
