import type { ScoredClasses } from './read-scored.js'

/**
 * Both sides by the same codes. The classes of the current rows come first, as in their figures, so that recall is told of the same class;
 * where those have one class only, the reference knows the order. What a side gives no probability for has none.
 */
export function sameClasses(
  now: ScoredClasses,
  before: ScoredClasses,
): { readonly now: ScoredClasses; readonly before: ScoredClasses } {
  const [first, second] = now.classes.length < 2 ? [before, now] : [now, before]
  const classes = [...new Set([...first.classes, ...second.classes])]
  return { now: onto(now, classes), before: onto(before, classes) }
}

function onto(rows: ScoredClasses, classes: readonly string[]): ScoredClasses {
  const codeOf = new Map(classes.map((name, code) => [name, code]))
  const codes = rows.classes.map((name) => codeOf.get(name) ?? -1)
  const toCodes = (values: Int32Array) => values.map((code) => codes[code] ?? -1)
  const { probabilities } = rows
  return {
    ...rows,
    classes,
    truth: toCodes(rows.truth),
    predicted: toCodes(rows.predicted),
    probabilities:
      probabilities === null
        ? null
        : classes.map((name) => probabilities[rows.classes.indexOf(name)] ?? new Float64Array(rows.truth.length)),
  }
}
