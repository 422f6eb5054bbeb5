import type { ModelComparison } from '@fabrique/contract'
import {
  type ClassesPredicted,
  compareClassifiers,
  compareLosses,
  createRandom,
  deriveSeed,
  differenceIntervals,
  metricDirection,
  type Table,
  takeTableRows,
  type ValuesPredicted,
} from '@fabrique/ml'
import { limit } from '../../kernel/index.js'
import { metricsOf } from './explain-table.js'
import type { ExplainedModel } from './explained-model.js'
import { drawRows, isKnown, readTruth, rowsWhere, type Truth, takeTruth } from './model-rows.js'
import { notComparable } from './refused.js'

export interface CompareOnRowsInput {
  readonly first: ExplainedModel
  readonly second: ExplainedModel
  readonly table: Table
  /** The rows that may be drawn; all without. */
  readonly among?: Int32Array
  /** Of each that was trained on rows of this table: which ones. */
  readonly trainRows: { readonly first?: Int32Array; readonly second?: Int32Array }
  readonly seed: number
}

/** Metrics side by side, and a test of the difference. */
export type ComparedOnRows = Pick<ModelComparison, 'task' | 'rows' | 'seen_by' | 'metrics' | 'test'>

/** Below this chance a difference is not taken for chance. */
const significance = 0.05

/** Compares two models on the same rows, those with a known target. Throws `models_not_comparable`, `explanation_refused`. */
export async function compareOnRows(input: CompareOnRowsInput): Promise<ComparedOnRows> {
  const { first, second, table, seed } = input
  const truths = readTruth(table, second.signature)
  const { name } = second.signature.target
  if (truths === undefined) {
    throw notComparable(
      `the rows do not have the true values in column ${JSON.stringify(name)}`,
      `les lignes n’ont pas les vraies valeurs de la colonne ${JSON.stringify(name)}`,
    )
  }
  const all = (input.among ?? rowsWhere(table.rowCount, () => true)).filter((row) => isKnown(truths, row))
  if (all.length < 2) {
    throw notComparable(
      `there are ${all.length} rows with a known target: at least two are needed`,
      `il y a ${all.length} lignes dont la cible est connue : il en faut au moins deux`,
    )
  }
  const drawn = drawRows(all, limit('explanations.compared_rows_max'), createRandom(deriveSeed(seed, 1)))
  const rows = takeTableRows(table, drawn)
  const truth = takeTruth(truths, drawn)
  const one = await first.predict(first.rowsOf(rows))
  const other = inOrderOf(await second.predict(second.rowsOf(rows)), first, second)
  // The truth and both predictions have the classes in the order of the first.
  const own = truth.kind === 'classes' ? { ...truth, codes: recoded(truth.codes, first, second) } : truth
  return {
    task: second.signature.task,
    rows: drawn.length,
    seen_by: seenBy(drawn, input.trainRows),
    metrics: metricsSideBySide(first, { truth: own, one, other, seed }),
    test: testOf(own, one, other),
  }
}

/** Two models may have learnt their classes in another order. */
function recoded(codes: Int32Array, first: ExplainedModel, second: ExplainedModel): Int32Array {
  const positions = second.signature.target.classes.map((name) => first.signature.target.classes.indexOf(name))
  return codes.map((code) => positions[code] ?? -1)
}

function inOrderOf(
  predicted: ClassesPredicted | ValuesPredicted,
  first: ExplainedModel,
  second: ExplainedModel,
): ClassesPredicted | ValuesPredicted {
  if (predicted.kind === 'values') return predicted
  const positions = first.signature.target.classes.map((name) => second.signature.target.classes.indexOf(name))
  const { probabilities, scores } = predicted
  const pick = (columns: typeof probabilities) =>
    columns === null ? null : positions.map((position) => columns[position] ?? new Float64Array(0))
  return {
    ...predicted,
    codes: recoded(predicted.codes, first, second),
    probabilities: pick(probabilities),
    scores: pick(scores),
  }
}

function seenBy(drawn: Int32Array, { first, second }: CompareOnRowsInput['trainRows']): ComparedOnRows['seen_by'] {
  const overlaps = (rows: Int32Array | undefined) => {
    if (rows === undefined) return false
    const known = new Set(rows)
    return drawn.some((row) => known.has(row))
  }
  return [...(overlaps(first) ? ['first' as const] : []), ...(overlaps(second) ? ['second' as const] : [])]
}

interface Compared {
  readonly truth: Truth
  readonly one: ClassesPredicted | ValuesPredicted
  readonly other: ClassesPredicted | ValuesPredicted
  readonly seed: number
}

function metricsSideBySide(first: ExplainedModel, { truth, one, other, seed }: Compared): ComparedOnRows['metrics'] {
  const [own, others] = [metricsOf(first, truth, one), metricsOf(first, truth, other)]
  const intervals = differenceIntervals(truth, { first: one, second: other, seed: deriveSeed(seed, 2) })
  return [...new Set([...Object.keys(own), ...Object.keys(others)])].map((name) => {
    const difference = intervals.metrics[name]
    return {
      name,
      first: own[name] ?? null,
      second: others[name] ?? null,
      is_higher_better: metricDirection(name) === 'maximise',
      ...(difference === undefined ? {} : { difference: { ...difference } }),
    }
  })
}

function testOf(truth: Truth, one: Compared['one'], other: Compared['other']): ComparedOnRows['test'] {
  const { test, statistic, pValue, lead } = leadOf(truth, one, other)
  const isChance = !(pValue < significance) || lead === 0
  const winner = lead > 0 ? ('second' as const) : ('first' as const)
  return {
    name: test === 'corrected_t' ? 'paired_t' : test,
    // Without any spread a difference has no finite measure.
    statistic: Number.isFinite(statistic) ? statistic : Math.sign(statistic) * Number.MAX_VALUE,
    p_value: Number.isNaN(pValue) ? 1 : pValue,
    better: isChance ? 'neither' : winner,
  }
}

/** The test, and by how much the second is ahead. */
function leadOf(truth: Truth, one: Compared['one'], other: Compared['other']) {
  if (truth.kind === 'classes' && one.kind === 'classes' && other.kind === 'classes') {
    let lead = 0
    for (const [row, code] of truth.codes.entries()) {
      lead += Number(other.codes[row] === code) - Number(one.codes[row] === code)
    }
    return { ...compareClassifiers(truth.codes, one.codes, other.codes), lead }
  }
  if (truth.kind === 'values' && one.kind === 'values' && other.kind === 'values') {
    const losses = (predicted: ArrayLike<number>) =>
      truth.values.map((value, row) => (value - (predicted[row] ?? Number.NaN)) ** 2)
    const [own, others] = [losses(one.values), losses(other.values)]
    const lead = own.reduce((sum, loss, row) => sum + loss - (others[row] ?? Number.NaN), 0)
    return { ...compareLosses(own, others), lead }
  }
  throw notComparable('one predicts classes, the other numbers', 'l’une prédit des classes, l’autre des nombres')
}
