import type { ClassesPredicted, ValuesPredicted } from '@fabrique/ml'
import { atEvenRanks } from '@fabrique/ml/drift'
import { limit } from '../../kernel/index.js'

/**
 * What a model answered to the rows that it was tested on, as monitoring compares later answers with: a part of the profile of the training.
 * Of more numbers than are kept, values at even ranks stand for them.
 */
export interface AnswersOfTest {
  readonly rows: number
  readonly columns: readonly {
    readonly name: string
    readonly family: 'text' | 'number'
    readonly filled: number
    readonly labels?: { readonly values: readonly string[]; readonly counts: readonly number[] }
    readonly numbers?: { readonly values: readonly number[]; readonly missing: number; readonly infinite: number }
    readonly distinct?: number
  }[]
}

/** Probabilities of so many classes; those beyond are left out. */
const classesMax = 100

/** Undefined where a model has answered to none. */
export function answersOfTest(
  predicted: ClassesPredicted | ValuesPredicted,
  classes: readonly string[],
): AnswersOfTest | undefined {
  const rows = predicted.kind === 'classes' ? predicted.codes.length : predicted.values.length
  if (rows === 0) return undefined
  if (predicted.kind === 'values') return { rows, columns: [numbersOf('prediction', predicted.values)] }
  const counts = new Map<number, number>()
  for (const code of predicted.codes) counts.set(code, (counts.get(code) ?? 0) + 1)
  const told = [...counts].sort(([a, m], [b, n]) => n - m || a - b)
  const labels = { values: told.map(([code]) => classes[code] ?? ''), counts: told.map(([, count]) => count) }
  const probabilities = (predicted.probabilities ?? []).slice(0, classesMax)
  return {
    rows,
    columns: [
      { name: 'prediction', family: 'text', filled: rows, labels, distinct: told.length },
      ...probabilities.map((values, code) => numbersOf(`probability_${classes[code] ?? ''}`, values)),
    ],
  }
}

function numbersOf(name: string, given: Float32Array | Float64Array): AnswersOfTest['columns'][number] {
  const sorted = Float64Array.from(given.filter(Number.isFinite)).sort()
  const values = [...atEvenRanks(sorted, limit('monitoring.profile_values_max'))]
  const infinite = given.filter((value) => Math.abs(value) === Number.POSITIVE_INFINITY).length
  const missing = given.length - sorted.length - infinite
  return { name, family: 'number', filled: given.length - missing, numbers: { values, missing, infinite } }
}
