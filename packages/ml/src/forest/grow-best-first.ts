import type { Random } from '../random/create-random.js'
import type { Growth } from './growth.js'
import { type FoundSplit, missingRows } from './node-scanner.js'

/** A node of a tree that is not yet in preorder. */
interface Node {
  readonly start: number
  readonly end: number
  readonly depth: number
  /** What it would be split by; null of a leaf. */
  readonly split: FoundSplit | null
  children: readonly [Node, Node] | null
}

/** Grows a tree by splitting, again and again, the node whose split gains most, until it has as many leaves as allowed. */
export function* growBestFirst(growth: Growth, random: Random, rowCount: number): Generator<number, void> {
  const { maxLeaves } = growth.task.settings
  const root = open(growth, random, { start: 0, end: rowCount, depth: 0 })
  const frontier = root.split === null ? [] : [root]
  for (let leaves = 1; leaves < maxLeaves && frontier.length > 0; leaves++) {
    const node = takeBest(frontier)
    if (node.split === null) continue
    growth.scanner.weigh(node.start, node.end)
    const middle = growth.scanner.partition(node.split)
    const depth = node.depth + 1
    node.children = [
      open(growth, random, { start: node.start, end: middle, depth }),
      open(growth, random, { start: middle, end: node.end, depth }),
    ]
    for (const child of node.children) if (child.split !== null) frontier.push(child)
    yield node.end - node.start
  }
  write(growth, root)
}

/** Finds the split of a new node. */
function open(growth: Growth, random: Random, place: Pick<Node, 'start' | 'end' | 'depth'>): Node {
  const { minRowsSplit, minRowsLeaf } = growth.task.settings
  const rowsInNode = place.end - place.start
  growth.scanner.weigh(place.start, place.end)
  const isSmall = rowsInNode < minRowsSplit || rowsInNode < 2 * minRowsLeaf
  const split = isSmall ? null : growth.find(place.depth, random)
  return { ...place, split: split && { ...split }, children: null }
}

/** Takes out the node of greatest gain, the earliest among equals. */
function takeBest(frontier: Node[]): Node {
  let best = 0
  for (const [index, node] of frontier.entries()) {
    if ((node.split?.gain ?? 0) > (frontier[best]?.split?.gain ?? 0)) best = index
  }
  const [taken] = frontier.splice(best, 1)
  if (taken === undefined) throw new Error('The frontier of a tree was empty')
  return taken
}

/** Writes the nodes in preorder. */
function write(growth: Growth, root: Node): void {
  const { scanner, splits } = growth
  const pending: { node: Node; parent: number }[] = [{ node: root, parent: -1 }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, parent } = next
    const { split, children } = node
    const id = split && children ? splits.addSplit(split, growth.thresholdOf(split)) : splits.addLeaf()
    if (parent >= 0) splits.setRight(parent, id)
    if (split === null || children === null) {
      scanner.weigh(node.start, node.end)
      scanner.addLeaf()
      continue
    }
    const [left, right] = children
    const isLarger = left.end - left.start > right.end - right.start
    if (split.missing === missingRows.none ? isLarger : split.missing === missingRows.left) splits.setMissingLeft(id)
    pending.push({ node: right, parent: id }, { node: left, parent: -1 })
  }
}
