import { float64At, int32At } from '../data/element.js'
import type { Random } from '../random/create-random.js'
import { purityOf, purityOfSides, type Sides, spread } from './class-impurity.js'
import { classBitsFor, createSample, drawSample, type TreeSample } from './draw-sample.js'
import type { ClassTask, ForestTask } from './forest-task.js'
import type { FoundSplit } from './node-scanner.js'

/** A split to offer besides its purity. */
export interface OfferedSplit {
  feature: number
  leftBin: number
  rightBin: number
  missing: number
}

/** The current node of a classification tree: weights of its rows by class, on both sides of a split that is being tried. */
export interface ClassNode {
  readonly sample: TreeSample
  readonly classBits: number
  readonly classWeights: Float64Array
  /** Weight by class: of all rows, and of those on the left side. */
  readonly weights: Float64Array
  readonly left: Float64Array
  /** Positions of its rows in the sample. */
  readonly span: { start: number; end: number }
  /** Weight of the node, and of the whole tree. */
  weight(): number
  total(): number
  /** Least weight of a side. */
  minWeight(): number
  isPure(): boolean
  purity(): number
  /** Draws a sample and says how many distinct rows it has. */
  begin(random: Random): number
  weigh(start: number, end: number): void
  /** Puts everything on the right side again. */
  reset(): void
  /** Moves weight of a class from the right side to the left. */
  move(code: number, weight: number): void
  /** Works out both sides from the draws in `left`. */
  takeSides(): void
  /** Keeps the split in `best` if it is better, and says whether it is. */
  offer(best: FoundSplit, split: OfferedSplit): boolean
}

export function createClassNode(task: ForestTask & { readonly target: ClassTask }): ClassNode {
  const { settings, target } = task
  const { classCount } = target
  const { entropy } = settings
  const classBits = classBitsFor(classCount)
  const classMask = (1 << classBits) - 1
  const sample = createSample(task)
  const { packed } = sample
  const classWeights = Float64Array.from(target.classWeights)
  const weights = new Float64Array(classCount)
  const left = new Float64Array(classCount)
  const sides: Sides = { leftSpread: 0, leftWeight: 0, rightSpread: 0, rightWeight: 0 }
  const span = { start: 0, end: 0 }
  const node = { weight: 0, spreadSum: 0, present: 0 }
  let total = 0
  let minWeightLeaf = 0

  function begin(random: Random): number {
    drawSample(task, random, sample)
    if (target.isBalancedBySample) balance()
    weigh(0, sample.length)
    total = node.weight
    minWeightLeaf = settings.minWeightShareLeaf * total
    return sample.length
  }

  /** Weighs each class inversely to its draws in this sample. */
  function balance(): void {
    classWeights.fill(1)
    weigh(0, sample.length)
    for (let code = 0; code < classCount; code++) {
      const weight = float64At(weights, code)
      classWeights[code] = weight > 0 ? node.weight / (node.present * weight) : 1
    }
  }

  function weigh(start: number, end: number): void {
    span.start = start
    span.end = end
    countDraws()
    node.present = 0
    node.weight = 0
    node.spreadSum = 0
    for (let code = 0; code < classCount; code++) {
      const draws = float64At(weights, code)
      if (draws === 0) continue
      const weight = draws * float64At(classWeights, code)
      weights[code] = weight
      node.present++
      node.weight += weight
      node.spreadSum += spread(weight, entropy)
    }
  }

  /** Draws of the rows by class, times their own weights. */
  function countDraws(): void {
    const rowWeights = sample.weights
    if (rowWeights === null && classCount === 2) {
      countTwo()
      return
    }
    weights.fill(0)
    for (let index = span.start; index < span.end; index++) {
      const word = int32At(packed, index)
      const code = word & classMask
      const weight = rowWeights === null ? word >> classBits : (word >> classBits) * float64At(rowWeights, index)
      weights[code] = float64At(weights, code) + weight
    }
  }

  /** The same of two classes, whose sums need not wait for each other in memory. */
  function countTwo(): void {
    const { start, end } = span
    let draws = 0
    let draws1 = 0
    for (let index = start; index < end; index++) {
      const word = int32At(packed, index)
      draws += word >> 1
      draws1 += (word >> 1) & -(word & 1)
    }
    weights[0] = draws - draws1
    weights[1] = draws1
  }

  function reset(): void {
    left.fill(0)
    sides.leftSpread = 0
    sides.leftWeight = 0
    sides.rightSpread = node.spreadSum
    sides.rightWeight = node.weight
  }

  function move(code: number, weight: number): void {
    const before = float64At(left, code)
    const rest = float64At(weights, code) - before
    left[code] = before + weight
    sides.leftWeight += weight
    sides.rightWeight = node.weight - sides.leftWeight
    sides.leftSpread += entropy ? spread(before + weight, true) - spread(before, true) : weight * (2 * before + weight)
    sides.rightSpread += entropy ? spread(rest - weight, true) - spread(rest, true) : weight * (weight - 2 * rest)
  }

  function takeSides(): void {
    sides.leftSpread = 0
    sides.rightSpread = 0
    sides.leftWeight = 0
    for (let code = 0; code < classCount; code++) {
      const weight = float64At(left, code) * float64At(classWeights, code)
      sides.leftWeight += weight
      sides.leftSpread += spread(weight, entropy)
      sides.rightSpread += spread(Math.max(0, float64At(weights, code) - weight), entropy)
    }
    sides.rightWeight = node.weight - sides.leftWeight
  }

  function offer(best: FoundSplit, { feature, leftBin, rightBin, missing }: OfferedSplit): boolean {
    if (sides.leftWeight < minWeightLeaf || sides.rightWeight < minWeightLeaf) return false
    const purity = purityOfSides(sides, entropy)
    if (!(purity > best.purity) || purity === Infinity) return false
    best.purity = purity
    best.feature = feature
    best.leftBin = leftBin
    best.rightBin = rightBin
    best.missing = missing
    best.drawn = Number.NaN
    return true
  }

  return {
    sample,
    classBits,
    classWeights,
    weights,
    left,
    span,
    weight: () => node.weight,
    total: () => total,
    minWeight: () => minWeightLeaf,
    isPure: () => node.present === 1,
    purity: () => purityOf(node.spreadSum, node.weight, entropy),
    begin,
    weigh,
    reset,
    move,
    takeSides,
    offer,
  }
}
