import { float64At, itemAt } from '../data/element.js'
import { sum } from '../metrics/check-pairs.js'

/** Classes above which errors are not computed: they take a step for each pair of cells. */
export const confusionClassesMax = 60

const names = [
  'balancedAccuracy',
  'macroPrecision',
  'macroRecall',
  'macroF1',
  'weightedPrecision',
  'weightedRecall',
  'weightedF1',
  'matthews',
  'kappa',
] as const

/** A number for each metric of a confusion matrix. */
type MatrixMetrics = Readonly<Record<(typeof names)[number], number>>

/**
 * Standard errors of what is made of a confusion matrix: how far each cell moves the metric, times how often it occurs (the infinitesimal
 * jackknife, Efron 1982, by small differences). Null of very many classes.
 */
export function confusionErrors(confusion: readonly Float64Array[]): MatrixMetrics | null {
  const size = confusion.length
  if (size > confusionClassesMax) return null
  const total = sum(confusion.map((line) => sum(line)))
  const shares = confusion.map((line) => line.map((count) => count / total))
  const step = 1e-6
  const base = metricsOf(shares)
  const squares = new Map<string, number>()
  const means = new Map<string, number>()
  for (const [own, line] of shares.entries()) {
    for (const [told, share] of line.entries()) {
      if (share === 0) continue
      // All shares shrink and the cell takes what they lose, as one row more of it would.
      const moved = shares.map((other) => other.map((value) => value * (1 - step)))
      const cell = itemAt(moved, own)
      cell[told] = float64At(cell, told) + step
      const after = metricsOf(moved)
      for (const name of names) {
        const slope = (after[name] - base[name]) / step
        means.set(name, (means.get(name) ?? 0) + share * slope)
        squares.set(name, (squares.get(name) ?? 0) + share * slope * slope)
      }
    }
  }
  const errorOf = (name: string) => {
    const mean = means.get(name) ?? 0
    return Math.sqrt(Math.max(0, (squares.get(name) ?? 0) - mean * mean) / total)
  }
  return {
    balancedAccuracy: errorOf('balancedAccuracy'),
    macroPrecision: errorOf('macroPrecision'),
    macroRecall: errorOf('macroRecall'),
    macroF1: errorOf('macroF1'),
    weightedPrecision: errorOf('weightedPrecision'),
    weightedRecall: errorOf('weightedRecall'),
    weightedF1: errorOf('weightedF1'),
    matthews: errorOf('matthews'),
    kappa: errorOf('kappa'),
  }
}

function metricsOf(shares: readonly Float64Array[]): MatrixMetrics {
  const support = shares.map((line) => sum(line))
  const claimed = shares.map((_, code) => sum(shares.map((line) => float64At(line, code))))
  const hits = shares.map((line, code) => float64At(line, code))
  const total = sum(support)
  const codes = [...shares.keys()]
  const occurring = codes.filter((code) => itemAt(support, code) > 0 || itemAt(claimed, code) > 0)
  const inTruth = codes.filter((code) => itemAt(support, code) > 0)
  const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)
  const precision = (code: number) => ratio(itemAt(hits, code), itemAt(claimed, code))
  const recall = (code: number) => ratio(itemAt(hits, code), itemAt(support, code))
  const f1 = (code: number) => ratio(2 * itemAt(hits, code), itemAt(support, code) + itemAt(claimed, code))
  const mean = (of: readonly number[], score: (code: number) => number) => sum(of.map(score)) / of.length
  const weighted = (score: (code: number) => number) =>
    sum(codes.map((code) => itemAt(support, code) * score(code))) / total
  const right = sum(hits)
  const both = sum(codes.map((code) => itemAt(support, code) * itemAt(claimed, code)))
  const spreadOf = (values: readonly number[]) => total ** 2 - sum(values.map((value) => value ** 2))
  return {
    balancedAccuracy: mean(inTruth, recall),
    macroPrecision: mean(occurring, precision),
    macroRecall: mean(occurring, recall),
    macroF1: mean(occurring, f1),
    weightedPrecision: weighted(precision),
    weightedRecall: weighted(recall),
    weightedF1: weighted(f1),
    matthews: ratio(right * total - both, Math.sqrt(spreadOf(support) * spreadOf(claimed))),
    kappa: 1 - ratio(total - right, total - both / total),
  }
}
