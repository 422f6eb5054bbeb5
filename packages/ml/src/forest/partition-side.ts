import { float64At, int32At, uint8At } from '../data/element.js'
import type { TreeSample } from './draw-sample.js'
import { type BinView, type FoundSplit, missingRows } from './node-scanner.js'

/** Positions of the sample that a node holds: start..end-1. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Divides the rows of a sample; it owns the memory for that. */
export interface Partition {
  /** Brings the rows of the left side to the front, both sides in their old order, and says where the right one begins. */
  partition(view: BinView, span: Span, split: FoundSplit): number
}

/**
 * Every row is written to both sides, of which only one goes on: which side a row takes is as good as random to the processor, and a
 * wrong guess costs more than a write.
 */
export function movePartition(sample: TreeSample): Partition {
  const { rows, packed, weights, values } = sample
  const rightRows = new Int32Array(rows.length)
  const rightPacked = new Int32Array(rows.length)
  const sides = weights === null && values === null ? null : new Uint8Array(rows.length)
  const rightFloats = sides === null ? null : new Float64Array(rows.length)

  function partition(view: BinView, { start, end }: Span, { feature, leftBin, missing }: FoundSplit): number {
    const { bins } = view
    const base = feature * view.stride
    // One more wraps the bin of missing rows, 255, to 0, which is left of all others.
    const shift = missing === missingRows.left ? 1 : 0
    const limit = leftBin + shift
    if (sides !== null) markSides(view, { start, end }, { base, shift, limit, sides })
    let leftEnd = start
    let rightCount = 0
    for (let index = start; index < end; index++) {
      const row = int32At(rows, index)
      const word = int32At(packed, index)
      const isRight = (limit - ((uint8At(bins, base + row) + shift) & 255)) >>> 31
      rows[leftEnd] = row
      packed[leftEnd] = word
      rightRows[rightCount] = row
      rightPacked[rightCount] = word
      leftEnd += 1 - isRight
      rightCount += isRight
    }
    for (let index = 0; index < rightCount; index++) {
      rows[leftEnd + index] = int32At(rightRows, index)
      packed[leftEnd + index] = int32At(rightPacked, index)
    }
    if (weights !== null) moveFloats(weights, start, end)
    if (values !== null) moveFloats(values, start, end)
    return leftEnd
  }

  function markSides(
    { bins }: BinView,
    { start, end }: Span,
    cut: { readonly base: number; readonly shift: number; readonly limit: number; readonly sides: Uint8Array },
  ): void {
    const { base, shift, limit, sides: marks } = cut
    for (let index = start; index < end; index++) {
      marks[index] = (limit - ((uint8At(bins, base + int32At(rows, index)) + shift) & 255)) >>> 31
    }
  }

  function moveFloats(floats: Float64Array, start: number, end: number): void {
    if (sides === null || rightFloats === null) return
    let leftEnd = start
    let rightCount = 0
    for (let index = start; index < end; index++) {
      const value = float64At(floats, index)
      const isRight = uint8At(sides, index)
      floats[leftEnd] = value
      rightFloats[rightCount] = value
      leftEnd += 1 - isRight
      rightCount += isRight
    }
    for (let index = 0; index < rightCount; index++) floats[leftEnd + index] = float64At(rightFloats, index)
  }

  return { partition }
}
