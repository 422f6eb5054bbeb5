import type { DriftMethodName } from './methods.js'
import type { ColumnPair } from './model.js'
import { numberRows, pairNumbers } from './samples.js'

/** Up to so many rows in the reference Evidently tests, beyond it measures distances; it does not look at the current rows. */
const testedRowsMax = 1000

/** Numbers of up to so many distinct values on both sides are compared as labels. */
const fewValuesMax = 5

/** The method that Evidently takes when none is named, after missing and infinite values are left out. */
export function defaultMethod(pair: ColumnPair): DriftMethodName {
  if (pair.kind === 'text') {
    return pair.reference.rows <= testedRowsMax ? 'perc_text_content_drift' : 'abs_text_content_drift'
  }
  const rows = pair.kind === 'num' ? numberRows(pair.reference) : rowsOf(pair.reference.counts)
  const distinct = pair.kind === 'num' ? fewDistinct(pair) : labelsOf(pair)
  if (pair.kind === 'num' && distinct > fewValuesMax) return rows <= testedRowsMax ? 'ks' : 'wasserstein'
  if (rows > testedRowsMax) return 'jensenshannon'
  return distinct > 2 ? 'chisquare' : 'z'
}

function rowsOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}

function labelsOf({ reference, current }: Extract<ColumnPair, { kind: 'cat' }>): number {
  let labels = reference.counts.size
  for (const label of current.counts.keys()) if (!reference.counts.has(label)) labels++
  return labels
}

function fewDistinct({ reference, current }: Extract<ColumnPair, { kind: 'num' }>): number {
  return pairNumbers(reference.sorted, current.sorted, fewValuesMax)?.labels.length ?? fewValuesMax + 1
}
