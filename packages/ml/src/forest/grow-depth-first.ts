import { int32At } from '../data/element.js'
import type { Random } from '../random/create-random.js'
import type { Growth } from './growth.js'
import { missingRows } from './node-scanner.js'

/** What is kept of a node that waits. */
interface Entry {
  readonly start: number
  readonly end: number
  readonly depth: number
  /** Level of the bins that its rows point into. */
  readonly level: number
  /** Whose right child it is; -1 for a left child. */
  readonly parent: number
}

const entrySize = 5

/** Grows a tree node after node in preorder, each as far as it goes. */
export function* growDepthFirst(growth: Growth, random: Random, rowCount: number): Generator<number, void> {
  const { task, scanner, splits, local } = growth
  const { minRowsSplit, minRowsLeaf } = task.settings
  const span = { start: 0, end: 0 }
  let pending = new Int32Array(64 * entrySize)
  let size = 0

  function push(entry: Entry): void {
    if (size + entrySize > pending.length) {
      const wider = new Int32Array(2 * pending.length)
      wider.set(pending)
      pending = wider
    }
    pending[size] = entry.start
    pending[size + 1] = entry.end
    pending[size + 2] = entry.depth
    pending[size + 3] = entry.level
    pending[size + 4] = entry.parent
    size += entrySize
  }

  push({ start: 0, end: rowCount, depth: 0, level: 0, parent: -1 })
  while (size > 0) {
    size -= entrySize
    const start = int32At(pending, size)
    const end = int32At(pending, size + 1)
    const depth = int32At(pending, size + 2)
    const level = int32At(pending, size + 3)
    const parent = int32At(pending, size + 4)
    span.start = start
    span.end = end
    local.enter(level)
    scanner.weigh(start, end)
    const rowsInNode = end - start
    const isSmall = rowsInNode < minRowsSplit || rowsInNode < 2 * minRowsLeaf
    let own = level
    if (!isSmall && !scanner.isPure() && depth < task.settings.maxDepth) own = local.narrow(level, scanner.rows(), span)
    const split = isSmall ? null : growth.find(depth, random)
    const id = split ? splits.addSplit(split, growth.thresholdOf(split)) : splits.addLeaf()
    if (parent >= 0) splits.setRight(parent, id)
    if (split) {
      const middle = scanner.partition(split)
      const goesLeft =
        split.missing === missingRows.none ? middle - start > end - middle : split.missing === missingRows.left
      if (goesLeft) splits.setMissingLeft(id)
      push({ start: middle, end, depth: depth + 1, level: own, parent: id })
      push({ start, end: middle, depth: depth + 1, level: own, parent: -1 })
    } else scanner.addLeaf()
    yield rowsInNode
  }
}
