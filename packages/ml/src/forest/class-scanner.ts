import { int32At } from '../data/element.js'
import { createClassNode } from './class-node.js'
import type { ClassTask, ForestTask } from './forest-task.js'
import type { BinView, FeatureRange, FoundSplit, NodeScanner } from './node-scanner.js'
import { movePartition } from './partition-side.js'
import { createBinScan } from './scan-class-bins.js'
import { createRandomScan } from './scan-class-random.js'
import { createRowScan } from './scan-class-rows.js'
import { sortLimit } from './sort-keys.js'
import type { LeafBuffer } from './tree-buffer.js'

/** Scans nodes of classification trees. */
export function createClassScanner(
  task: ForestTask & { readonly target: ClassTask },
  view: BinView,
  leaves: LeafBuffer,
): NodeScanner {
  const { columns, settings, target, rowCount } = task
  const { entropy, minRowsLeaf, randomSplits } = settings
  const node = createClassNode(task)
  const input = { node, view, columns, minRowsLeaf }
  // With many classes a bin costs more to move than a row, which has one class.
  const rowScanLimit = Math.max(sortLimit, Math.min(8 * target.classCount, 1024))
  const scanRows = createRowScan(input, rowScanLimit)
  const scanBins = createBinScan(input, { classCount: target.classCount, entropy })
  const scanRandom = createRandomScan(input, randomSplits ? rowCount : 0)
  const moved = movePartition(node.sample)

  function scan(features: FeatureRange, best: FoundSplit): boolean {
    if (node.span.end - node.span.start > rowScanLimit) return scanBins(features, best)
    let separated = false
    for (let index = features.start; index < features.end; index++) {
      if (scanRows(int32At(features.list, index), best)) separated = true
    }
    return separated
  }

  return {
    begin: node.begin,
    weigh: node.weigh,
    scan,
    scanRandom,
    totalWeight: node.total,
    isPure: node.isPure,
    purity: node.purity,
    partition: (split) => moved.partition(view, node.span, split),
    rows: () => node.sample.rows,
    addLeaf: () => leaves.addClasses(node.weights, node.weight()),
  }
}
