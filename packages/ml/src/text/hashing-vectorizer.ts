import { float32At, int32At, itemAt } from '../data/element.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import { type ParameterTable, parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { flowRows, joinFlows } from '../pipeline/flow.js'
import { columnsGraph, sideBySide } from '../pipeline/graph-flow.js'
import type { FittedTransformer, Transformer } from '../pipeline/pipeline.js'
import { addHashedTerms } from './add-hashed-terms.js'
import { addNorm } from './add-weighting.js'
import {
  countTerms,
  createTermTables,
  distinctTexts,
  learnTerms,
  type TermSettings,
  type TermTables,
  type TextColumn,
} from './count-terms.js'
import { foldCharacter, isWordCharacter, spaceCharacter } from './fold-character.js'
import { hashTerms } from './hash-terms.js'
import { type TermParameters, termParameters, termSettings } from './vectorizer-parameters.js'
import { textColumns } from './vocabulary-vectorizer.js'

export interface HashingParameters extends TermParameters {
  readonly nFeatures: number
  readonly alternateSign: boolean
  readonly norm: 'l1' | 'l2' | null
}

export interface FittedHashing extends FittedTransformer {
  readonly settings: TermSettings
  readonly width: number
  readonly alternateSign: boolean
  readonly norm: 'l1' | 'l2' | null
  /** Folded characters that are told apart; all others count as one. */
  readonly alphabets: readonly Int32Array[]
}

const parameters: ParameterTable<HashingParameters> = {
  ...termParameters,
  analyzer: { ...termParameters.analyzer, choices: ['word', 'char'] },
  nFeatures: parameter('integer', {
    name: 'nFeatures',
    sklearnName: 'n_features',
    default: 2 ** 18,
    min: 2,
    max: 2 ** 24,
    description: {
      en: 'Number of columns that terms are dealt to',
      fr: 'Nombre de colonnes entre lesquelles les termes sont répartis',
    },
  }),
  alternateSign: parameter('boolean', {
    name: 'alternateSign',
    sklearnName: 'alternate_sign',
    default: true,
    description: {
      en: 'Whether half of the terms count negatively, so that terms in one column cancel out on average',
      fr: 'Si la moitié des termes comptent négativement, pour que ceux d’une même colonne se compensent en moyenne',
    },
  }),
  norm: parameter('choice', {
    name: 'norm',
    sklearnName: 'norm',
    default: 'l2',
    nullable: true,
    choices: ['l1', 'l2'],
    description: { en: 'What is made 1 in every row', fr: 'Ce qui est ramené à 1 dans chaque ligne' },
  }),
}

/**
 * Counts of terms in as many columns as told, with no vocabulary to keep. The hash is our own, because a file has no MurmurHash of folded
 * text: columns are not those of scikit-learn. Throws MlError `invalid_parameter` or `training_aborted`.
 */
export const hashingVectorizer: Transformer<FittedHashing, HashingParameters> = {
  kind: 'hashing_vectorizer',
  sklearnName: 'HashingVectorizer',
  takes: ['text'],
  parameters,
  async fit({ input, signal, parameters: given = {} }) {
    const resolved = resolveParameters<HashingParameters>(parameters, given)
    const settings = termSettings(resolved)
    const alphabets: Int32Array[] = []
    for (const column of textColumns(input, 'hashing_vectorizer')) {
      const tables = createTermTables()
      await learnTerms(distinctTexts(column).texts, { ...settings, nMin: 1, nMax: 1 }, tables, signal)
      alphabets.push(alphabetOf(tables, settings))
    }
    const { nFeatures: width, alternateSign, norm } = resolved
    return { kind: 'hashing_vectorizer', settings, width, alternateSign, norm, alphabets }
  },
  transform(fitted, input) {
    const parts = textColumns(input, 'hashing_vectorizer').map((column, index) => hashColumn(fitted, column, index))
    return joinFlows(parts, flowRows(input), true)
  },
  addToGraph(fitted, graph, flow) {
    const { settings, width, alternateSign, norm, alphabets } = fitted
    const parts = columnsGraph(flow).map(({ value }, index) => {
      const alphabet = new Set(itemAt(alphabets, index))
      const counts = addHashedTerms(graph, value, settings, { alphabet, width, alternateSign })
      return norm === null ? counts : addNorm(graph, counts, norm)
    })
    return { kind: 'dense', value: sideBySide(graph, parts), columnCount: width * alphabets.length }
  },
}

/** Latin, Greek and Cyrillic letters and digits, and what the texts have besides. */
function alphabetOf({ words, terms }: TermTables, settings: TermSettings): Int32Array {
  const alphabet = new Set<number>([spaceCharacter])
  const common = [
    [0x21, 0x17f],
    [0x370, 0x4ff],
  ] as const
  for (const [from, to] of common) {
    for (let code = from; code <= to; code++) {
      if (settings.analyzer !== 'word' || isWordCharacter(code)) alphabet.add(foldCharacter(code, settings))
    }
  }
  const tables = settings.analyzer === 'word' ? words : terms
  for (let id = 0; id < tables.size; id++) for (const code of tables.items(id)) alphabet.add(code)
  return Int32Array.from(alphabet).sort()
}

function hashColumn(fitted: FittedHashing, column: TextColumn, index: number): SparseMatrix {
  const { settings, width, alternateSign, norm } = fitted
  const tables = createTermTables()
  const { texts, textOfRow } = distinctTexts(column)
  const counts = countTerms(texts, settings, tables, false)
  const { columns, signs } = hashTerms(tables, new Set(itemAt(fitted.alphabets, index)), {
    analyzer: settings.analyzer,
    width,
    alternateSign,
  })
  const rows = texts.map((_, text) => {
    const sums = new Map<number, number>()
    for (let entry = int32At(counts.starts, text); entry < int32At(counts.starts, text + 1); entry++) {
      const term = int32At(counts.terms, entry)
      const place = int32At(columns, term)
      sums.set(place, (sums.get(place) ?? 0) + itemAt(signs, term) * int32At(counts.counts, entry))
    }
    return normed(
      [...sums].filter(([, value]) => value !== 0).sort(([a], [b]) => a - b),
      norm,
    )
  })
  return stacked(rows, textOfRow, width)
}

interface HashedRow {
  readonly ids: Int32Array
  readonly values: Float32Array
}

function normed(entries: readonly (readonly [number, number])[], norm: FittedHashing['norm']): HashedRow {
  let total = 0
  for (const [, value] of entries) total += norm === 'l1' ? Math.abs(value) : value * value
  const size = norm === null || total === 0 ? 1 : norm === 'l1' ? total : Math.sqrt(total)
  return {
    ids: Int32Array.from(entries, ([id]) => id),
    values: Float32Array.from(entries, ([, value]) => value / size),
  }
}

/** The rows of texts as rows of a matrix; a missing text has no values. */
function stacked(rows: readonly HashedRow[], textOfRow: Int32Array, width: number): SparseMatrix {
  const rowStarts = new Int32Array(textOfRow.length + 1)
  for (let row = 0; row < textOfRow.length; row++) {
    rowStarts[row + 1] = int32At(rowStarts, row) + (rows[int32At(textOfRow, row)]?.ids.length ?? 0)
  }
  const columnIds = new Int32Array(int32At(rowStarts, textOfRow.length))
  const values = new Float32Array(columnIds.length)
  for (let row = 0; row < textOfRow.length; row++) {
    const own = rows[int32At(textOfRow, row)]
    if (own === undefined) continue
    const start = int32At(rowStarts, row)
    for (let at = 0; at < own.ids.length; at++) {
      columnIds[start + at] = int32At(own.ids, at)
      values[start + at] = float32At(own.values, at)
    }
  }
  return {
    kind: 'sparse',
    rowCount: textOfRow.length,
    columnCount: width,
    rowStarts,
    columnIds,
    values,
    columnNames: null,
  }
}
