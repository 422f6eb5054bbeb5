import { int32At, itemAt } from '../data/element.js'
import { MlError } from '../ml-error.js'
import { type TermCounts, type TermTables, termText } from './count-terms.js'
import type { Analysis } from './scan-text.js'

/** Which terms become features: bounds on the number of rows (or the share of rows, below 1 or exactly 1.0 as a share is 100 %). */
export interface VocabularyLimits {
  readonly minDf: number
  readonly maxDf: number | null
  readonly maxFeatures: number | null
}

export interface Vocabulary {
  /** Ascending by code unit. */
  readonly terms: readonly string[]
  /** Rows that have the term. */
  readonly rowCounts: Float64Array
  /** Number of each term among the features, by its number in the tables; -1 for none. */
  readonly positions: Int32Array
}

interface Usage {
  readonly counts: TermCounts
  /** Rows by distinct text. */
  readonly rowsOfText: Int32Array
  readonly rowCount: number
}

/** @throws MlError `empty_set` when no term is left */
export function chooseVocabulary(
  { counts, rowsOfText, rowCount }: Usage,
  tables: TermTables,
  settings: Analysis & VocabularyLimits,
): Vocabulary {
  const termCount = tables.terms.size
  const documents = new Float64Array(termCount)
  const totals = new Float64Array(termCount)
  for (let text = 0; text < rowsOfText.length; text++) {
    const rows = int32At(rowsOfText, text)
    for (let entry = int32At(counts.starts, text); entry < int32At(counts.starts, text + 1); entry++) {
      const term = int32At(counts.terms, entry)
      documents[term] = itemAt(documents, term) + rows
      totals[term] = itemAt(totals, term) + rows * int32At(counts.counts, entry)
    }
  }
  const least = settings.minDf < 1 ? settings.minDf * rowCount : settings.minDf
  const most = settings.maxDf === null ? rowCount : settings.maxDf < 1 ? settings.maxDf * rowCount : settings.maxDf
  let chosen: { id: number; text: string }[] = []
  for (let id = 0; id < termCount; id++) {
    const rows = itemAt(documents, id)
    if (rows > 0 && rows >= least && rows <= most) chosen.push({ id, text: termText(id, tables, settings.analyzer) })
  }
  chosen.sort((a, b) => (a.text < b.text ? -1 : 1))
  if (settings.maxFeatures !== null && chosen.length > settings.maxFeatures) {
    const byUse = chosen
      .map((term, index) => ({ ...term, index }))
      .sort((a, b) => itemAt(totals, b.id) - itemAt(totals, a.id) || a.index - b.index)
    chosen = byUse.slice(0, settings.maxFeatures).sort((a, b) => a.index - b.index)
  }
  if (chosen.length === 0) {
    throw new MlError('empty_set', 'No term of the texts is left: lower min_df, raise max_df or keep stop words', {
      value: 0,
    })
  }
  const positions = new Int32Array(termCount).fill(-1)
  for (const [position, { id }] of chosen.entries()) positions[id] = position
  return {
    terms: chosen.map(({ text }) => text),
    rowCounts: Float64Array.from(chosen, ({ id }) => itemAt(documents, id)),
    positions,
  }
}
