import { MlError } from '../ml-error.js'
import { int32At, itemAt } from './element.js'
import { assertUniqueNames } from './unique-names.js'

/** The class of every row: `codes[row]` is a position in `classes`. A class may have no row. */
export interface ClassLabels {
  readonly kind: 'class_labels'
  readonly codes: Int32Array
  readonly classes: readonly string[]
}

/**
 * Labels from codes that are already known.
 * @throws MlError `invalid_label` when a code is not a position in `classes`; `duplicate_name` or `invalid_name` of a class
 */
export function classLabels(codes: Int32Array, classes: readonly string[]): ClassLabels {
  assertUniqueNames('class', classes)
  assertCodes(codes, classes.length)
  return { kind: 'class_labels', codes, classes }
}

/**
 * Labels from the values of a column. The classes are the distinct values in ascending order, numbers as numbers and
 * text by code unit, as scikit-learn orders them. A mixed column counts as text.
 * @throws MlError `invalid_label` for a value that is NaN or infinite, `invalid_name` for an empty text
 */
export function encodeLabels(values: readonly (string | number)[]): ClassLabels {
  const allNumbers = values.every((value) => typeof value === 'number')
  const invalid = values.findIndex((value) => typeof value === 'number' && !Number.isFinite(value))
  if (invalid >= 0) {
    throw new MlError(
      'invalid_label',
      `The label of row ${invalid} is ${itemAt(values, invalid)}: drop the row or give it a class`,
      {
        value: itemAt(values, invalid),
      },
    )
  }
  const classes = [...new Set(values.map(String))].sort(allNumbers ? (a, b) => Number(a) - Number(b) : undefined)
  const codeOf = new Map(classes.map((name, code) => [name, code]))
  return classLabels(
    Int32Array.from(values, (value) => codeOf.get(String(value)) ?? -1),
    classes,
  )
}

/** The given rows, in the given order, with the same classes. */
export function takeLabels(labels: ClassLabels, rows: Int32Array): ClassLabels {
  return { ...labels, codes: rows.map((row) => int32At(labels.codes, row)) }
}

/** How many rows each class has. */
export function countClasses(codes: Int32Array, classCount: number): Int32Array {
  const counts = new Int32Array(classCount)
  for (let row = 0; row < codes.length; row++) {
    const code = int32At(codes, row)
    counts[code] = int32At(counts, code) + 1
  }
  return counts
}

/**
 * Refuses a code that is not a class.
 * @throws MlError `invalid_label`
 */
export function assertCodes(codes: Int32Array, classCount: number): void {
  const row = codes.findIndex((code) => code < 0 || code >= classCount)
  if (row < 0) return
  const code = int32At(codes, row)
  throw new MlError(
    'invalid_label',
    `The label code of row ${row} is ${code}: codes must lie in 0..${classCount - 1}`,
    { value: code },
  )
}
