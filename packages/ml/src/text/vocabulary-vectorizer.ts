import { float64At, itemAt } from '../data/element.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import { MlError } from '../ml-error.js'
import type { GraphBuilder } from '../onnx/onnx-graph.js'
import { flowRows, isColumns, joinFlows, namedFeaturesMax } from '../pipeline/flow.js'
import { columnsGraph, sideBySide } from '../pipeline/graph-flow.js'
import type { FittedTransformer, Flow, GraphFlow, TransformerInput } from '../pipeline/pipeline.js'
import { addTermCounts } from './add-term-counts.js'
import { addWeighting } from './add-weighting.js'
import { chooseVocabulary, type VocabularyLimits } from './choose-vocabulary.js'
import {
  countTerms,
  createTermTables,
  distinctTexts,
  learnTerms,
  type TermSettings,
  type TermTables,
  type TextColumn,
  tablesOf,
} from './count-terms.js'
import { type TermMatrixInput, termMatrix, type Weighting } from './term-matrix.js'

/** What text vectors learn: the terms of each column, and how their counts are weighted. */
export interface FittedVectorizer extends FittedTransformer {
  readonly settings: TermSettings
  readonly columns: readonly FittedTerms[]
}

export interface FittedTerms {
  readonly name: string
  /** By feature, ascending. */
  readonly terms: readonly string[]
  readonly weighting: Weighting
}

/** How a vectorizer weighs, once it knows in how many rows each term is. */
export type WeightingOf = (rowsOfTerm: Float64Array, rowCount: number) => Weighting

export interface VectorizerPlan {
  readonly kind: string
  readonly settings: TermSettings
  readonly limits: VocabularyLimits
  readonly weightingOf: WeightingOf
}

/**
 * Learns the vocabulary of each column, and weighs the training rows on the way.
 * @throws MlError `empty_set`, `memory_limit` or `training_aborted`
 */
export async function fitVectorizer(
  { input, signal }: TransformerInput<Flow>,
  { kind, settings, limits, weightingOf }: VectorizerPlan,
): Promise<{ readonly fitted: FittedVectorizer; readonly output: Flow }> {
  const columns: FittedTerms[] = []
  const parts: SparseMatrix[] = []
  for (const column of textColumns(input, kind)) {
    const tables = createTermTables()
    const { texts, textOfRow, rowCounts } = distinctTexts(column)
    const counts = await learnTerms(texts, settings, tables, signal)
    const rowCount = column.codes.length
    const vocabulary = chooseVocabulary({ counts, rowsOfText: rowCounts, rowCount }, tables, { ...settings, ...limits })
    const fitted = {
      name: column.name,
      terms: vocabulary.terms,
      weighting: weightingOf(vocabulary.rowCounts, rowCount),
    }
    columns.push(fitted)
    parts.push(namedTerms(fitted, { counts, textOfRow, positions: vocabulary.positions }))
  }
  return { fitted: { kind, settings, columns }, output: joinFlows(parts, flowRows(input), true) }
}

/** What rows become; a missing text has no terms. */
export function transformVectorizer(fitted: FittedVectorizer, input: Flow): Flow {
  const parts = textColumns(input, fitted.kind).map((column, index) => {
    const own = itemAt(fitted.columns, index)
    const { texts, textOfRow } = distinctTexts(column)
    const counts = countTerms(texts, fitted.settings, knownTables(own, fitted.settings), true)
    return namedTerms(own, { counts, textOfRow, positions: null })
  })
  return joinFlows(parts, flowRows(input), true)
}

/** One dense matrix [N, V] for all columns: files have no sparse values. */
export function addVectorizer(fitted: FittedVectorizer, graph: GraphBuilder, flow: GraphFlow): GraphFlow {
  const parts = columnsGraph(flow).map(({ value }, index) => {
    const { terms, weighting } = itemAt(fitted.columns, index)
    return addWeighting(graph, addTermCounts(graph, value, terms, fitted.settings), weighting)
  })
  const columnCount = fitted.columns.reduce((total, { terms }) => total + terms.length, 0)
  return { kind: 'dense', value: sideBySide(graph, parts), columnCount }
}

/** The weight of a term by how rare it is, as scikit-learn computes it. */
export function inverseFrequencies(rowsOfTerm: Float64Array, rowCount: number, smooth: boolean): Float32Array {
  const extra = smooth ? 1 : 0
  return Float32Array.from({ length: rowsOfTerm.length }, (_, term) => {
    return Math.log((rowCount + extra) / (float64At(rowsOfTerm, term) + extra)) + 1
  })
}

/** Tables of a fitted vocabulary, made once: predictions of single rows come often. */
const tablesByTerms = new WeakMap<FittedTerms, TermTables>()

function knownTables(fitted: FittedTerms, { analyzer }: TermSettings): TermTables {
  const known = tablesByTerms.get(fitted) ?? tablesOf(fitted.terms, analyzer)
  tablesByTerms.set(fitted, known)
  return known
}

function namedTerms(
  { name, terms, weighting }: FittedTerms,
  input: Omit<TermMatrixInput, 'width' | 'weighting'>,
): SparseMatrix {
  const matrix = termMatrix({ ...input, width: terms.length, weighting })
  return terms.length > namedFeaturesMax ? matrix : { ...matrix, columnNames: terms.map((term) => `${name}_${term}`) }
}

/** The steps of a pipeline saw to it that these are texts; whoever calls a vectorizer by itself hears it here. */
export function textColumns(input: Flow, step: string): TextColumn[] {
  const columns = isColumns(input) ? input : []
  const texts = columns.filter((column) => column.kind === 'text')
  if (texts.length === columns.length && texts.length > 0) return texts
  throw new MlError('wrong_column_kind', `${step} takes texts: give it columns of texts`)
}
