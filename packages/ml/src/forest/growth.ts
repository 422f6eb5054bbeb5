import type { Random } from '../random/create-random.js'
import type { ForestTask } from './forest-task.js'
import type { LocalBins } from './local-bins.js'
import type { FoundSplit, NodeScanner } from './node-scanner.js'
import type { SplitBuffer } from './tree-buffer.js'

/** What the two orders of growing have in common. */
export interface Growth {
  readonly task: ForestTask
  readonly scanner: NodeScanner
  readonly splits: SplitBuffer
  readonly local: LocalBins
  /** The best split of the current node, or null when it is to be a leaf; the same object each time. */
  find(depth: number, random: Random): FoundSplit | null
  thresholdOf(split: FoundSplit): number
}

/** An order of growing: a tree as a sequence of steps, each of which says how many rows it looked at. */
export type GrowthOrder = (growth: Growth, random: Random, rowCount: number) => Generator<number, void>
