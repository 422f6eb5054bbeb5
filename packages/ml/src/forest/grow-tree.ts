import { float32At, itemAt } from '../data/element.js'
import { createRandom, type Random } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { missingBin } from './bin-column.js'
import { createClassScanner } from './class-scanner.js'
import { createFeatureSearch } from './feature-search.js'
import type { ClassTask, ForestTask, GrownTree } from './forest-task.js'
import { growBestFirst } from './grow-best-first.js'
import { growDepthFirst } from './grow-depth-first.js'
import type { Growth, GrowthOrder } from './growth.js'
import { createLocalBins } from './local-bins.js'
import { type FoundSplit, missingRows } from './node-scanner.js'
import { splitThreshold } from './split-threshold.js'
import { createLeafBuffer, createSplitBuffer } from './tree-buffer.js'
import { createValueScanner } from './value-scanner.js'

/** Grows the tree of the given number; which tree that is depends on nothing else than the task. */
export interface TreeGrower {
  /** Begins a tree. */
  start(treeIndex: number): void
  /** Goes on for about so many rows and says whether the tree is complete; between two calls, other work may run. */
  step(rowBudget: number): boolean
  finish(): GrownTree
}

/** A grower for one thread: it reuses its scratch memory (about 50 bytes per row) from tree to tree. */
export function createTreeGrower(task: ForestTask): TreeGrower {
  const { settings } = task
  const local = createLocalBins(task)
  const leaves = createLeafBuffer(task)
  const splits = createSplitBuffer(task)
  const scanner = isClassTask(task)
    ? createClassScanner(task, local.view, leaves)
    : createValueScanner(task, local.view, leaves)
  const search = createFeatureSearch(task, scanner)
  const growth: Growth = { task, scanner, splits, local, find, thresholdOf }
  const order: GrowthOrder = settings.maxLeaves === Infinity ? growDepthFirst : growBestFirst
  let steps: Generator<number, void> | null = null
  let minGain = 0

  function find(depth: number, random: Random): FoundSplit | null {
    const split = depth >= settings.maxDepth || scanner.isPure() ? null : search.find(random)
    // As scikit-learn, which allows for rounding.
    return split !== null && split.gain + Number.EPSILON * scanner.totalWeight() >= minGain ? split : null
  }

  function thresholdOf({ feature, leftBin, rightBin, missing, drawn }: FoundSplit): number {
    if (!Number.isNaN(drawn)) return drawn
    const { lower, upper, hasMissing } = itemAt(task.columns, feature)
    // All rows that have a value are on the left.
    if (missing === missingRows.right && hasMissing && rightBin === missingBin) return Infinity
    return splitThreshold(float32At(upper, leftBin), float32At(lower, rightBin))
  }

  return {
    start(treeIndex) {
      const random = createRandom(deriveSeed(settings.seed, treeIndex))
      local.enter(0)
      const rowCount = scanner.begin(random)
      minGain = settings.minImpurityDecrease * scanner.totalWeight()
      search.reset()
      splits.clear()
      leaves.clear()
      steps = order(growth, random, rowCount)
    },
    step(rowBudget) {
      for (let left = rowBudget; left > 0; ) {
        const next = steps?.next()
        if (next === undefined || next.done === true) return true
        left -= next.value
      }
      return false
    },
    finish: () => ({ ...splits.finish(), ...leaves.finish() }),
  }
}

function isClassTask(task: ForestTask): task is ForestTask & { readonly target: ClassTask } {
  return task.target.kind === 'classes'
}
