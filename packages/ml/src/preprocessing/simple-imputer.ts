import { float32Values, type NumericColumn } from '../data/design-matrix.js'
import { int32At, itemAt } from '../data/element.js'
import type { TableColumn } from '../data/table.js'
import { MlError } from '../ml-error.js'
import type { GraphBuilder } from '../onnx/onnx-graph.js'
import { parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { denseColumns, denseFlow, flowRows, isColumns } from '../pipeline/flow.js'
import { apply, castTo, denseGraph, sideBySide, takeColumns } from '../pipeline/graph-flow.js'
import type { FittedTransformer, Flow, GraphFlow, Transformer } from '../pipeline/pipeline.js'
import { assertPresent, momentsOf, presentOf, quantileOf, sortedPresent } from './column-statistics.js'
import { mapPaced } from './map-paced.js'

/** The constant that texts are filled with, as in scikit-learn. */
const constantText = 'missing_value'

export interface SimpleImputerParameters {
  readonly strategy: 'mean' | 'median' | 'most_frequent' | 'constant'
  readonly fillValue: number
  readonly addIndicator: boolean
}

export interface FittedImputer extends FittedTransformer {
  /** What each column is filled with: float32 numbers, or texts. */
  readonly fills: Float32Array | readonly string[]
  /** Columns, by position, that had missing values in training and get an indicator. */
  readonly indicated: Int32Array
}

type TextColumn = Extract<TableColumn, { kind: 'text' }>

/** Puts a value where one is missing. Throws MlError `all_missing`, `invalid_parameter` or `invalid_pipeline`. */
export const simpleImputer: Transformer<FittedImputer, SimpleImputerParameters> = {
  kind: 'simple_imputer',
  sklearnName: 'SimpleImputer',
  takes: ['number', 'text', 'dense'],
  parameters: {
    strategy: parameter('choice', {
      name: 'strategy',
      sklearnName: 'strategy',
      default: 'mean',
      choices: ['mean', 'median', 'most_frequent', 'constant'],
      description: { en: 'What a missing value becomes', fr: 'Ce que devient une valeur manquante' },
    }),
    fillValue: parameter('number', {
      name: 'fillValue',
      sklearnName: 'fill_value',
      default: 0,
      description: { en: 'The constant, of numbers', fr: 'La constante, pour les nombres' },
    }),
    addIndicator: parameter('boolean', {
      name: 'addIndicator',
      sklearnName: 'add_indicator',
      default: false,
      description: {
        en: 'Whether columns are added that say where a number was missing',
        fr: 'Si des colonnes disent où un nombre manquait',
      },
    }),
  },
  async fit({ input, signal, parameters = {} }) {
    const resolved = resolveParameters<SimpleImputerParameters>(simpleImputer.parameters, parameters)
    const texts = textsOf(input)
    if (texts !== null)
      return { kind: 'simple_imputer', fills: fillTexts(texts, resolved), indicated: new Int32Array(0) }
    const columns = denseColumns(input, 'simple_imputer')
    const hasMissing = (column: NumericColumn) => float32Values(column).some(Number.isNaN)
    return {
      kind: 'simple_imputer',
      fills: Float32Array.from(await mapPaced(columns, { input, signal }, (column) => fillNumber(column, resolved))),
      indicated: Int32Array.from(
        resolved.addIndicator ? columns.flatMap((column, index) => (hasMissing(column) ? [index] : [])) : [],
      ),
    }
  },
  transform({ fills, indicated }, input) {
    if (!(fills instanceof Float32Array))
      return (textsOf(input) ?? []).map((column, index) => filled(column, itemAt(fills, index)))
    const columns = denseColumns(input, 'simple_imputer')
    const complete = columns.map((column, index): NumericColumn => {
      const fill = itemAt(fills, index)
      return { ...column, values: float32Values(column).map((value) => (Number.isNaN(value) ? fill : value)) }
    })
    const indicators = Array.from(indicated, (index): NumericColumn => {
      const { name, values } = itemAt(columns, index)
      return {
        kind: 'numeric',
        name: `${name}_missing`,
        values: Float32Array.from(values, (value) => (Number.isNaN(value) ? 1 : 0)),
      }
    })
    return denseFlow([...complete, ...indicators], flowRows(input))
  },
  addToGraph({ fills, indicated }, graph, flow) {
    if (!(fills instanceof Float32Array)) return fillTextsInGraph(fills, graph, flow)
    const { value, count } = denseGraph(graph, flow)
    const isMissing = apply(graph, 'IsNaN', value)
    const row = graph.constant('fills', { elementType: 'float32', shape: [1, count], values: fills })
    const complete = apply(graph, 'Where', isMissing, row, value)
    if (indicated.length === 0) return { kind: 'dense', value: complete, columnCount: count }
    const indicators = takeColumns(graph, castTo(graph, isMissing, 'float32'), indicated)
    return { kind: 'dense', value: sideBySide(graph, [complete, indicators]), columnCount: count + indicated.length }
  },
}

/** The columns when they are texts; null when they are numbers. */
function textsOf(input: Flow): TextColumn[] | null {
  if (!isColumns(input)) return null
  const texts = input.filter((column) => column.kind === 'text')
  if (texts.length === 0) return null
  if (texts.length === input.length) return texts
  throw new MlError(
    'invalid_pipeline',
    'simple_imputer has texts and numbers in one group: give each a group of its own',
  )
}

function fillNumber(column: NumericColumn, { strategy, fillValue }: SimpleImputerParameters): number {
  if (strategy === 'constant') return fillValue
  const values = float32Values(column)
  const sorted = strategy === 'mean' ? presentOf(values) : sortedPresent(values)
  assertPresent(column.name, sorted.length)
  if (strategy === 'mean') return momentsOf(sorted).mean
  return strategy === 'median' ? quantileOf(sorted, 0.5) : mostFrequent(sorted)
}

/** The least among the values that come most often. */
function mostFrequent(sorted: Float32Array): number {
  let best = Number.NaN
  let longest = 0
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    while (end < sorted.length && sorted[end] === sorted[start]) end++
    if (end - start <= longest) continue
    longest = end - start
    best = itemAt(sorted, start)
  }
  return best
}

function fillTexts(columns: readonly TextColumn[], { strategy }: SimpleImputerParameters): string[] {
  if (strategy === 'constant') return columns.map(() => constantText)
  if (strategy !== 'most_frequent') {
    throw new MlError(
      'invalid_parameter',
      `strategy is "${strategy}" for texts: it must be "most_frequent" or "constant"`,
      {
        value: strategy,
      },
    )
  }
  return columns.map(({ name, codes, categories }) => {
    const counts = new Map<string, number>()
    for (let row = 0; row < codes.length; row++) {
      const code = int32At(codes, row)
      if (code >= 0) counts.set(itemAt(categories, code), (counts.get(itemAt(categories, code)) ?? 0) + 1)
    }
    assertPresent(name, counts.size)
    const greatest = [...counts.values()].reduce((most, count) => Math.max(most, count))
    return itemAt([...counts].flatMap(([text, count]) => (count === greatest ? [text] : [])).sort(), 0)
  })
}

function filled(column: TextColumn, fill: string): TextColumn {
  if (column.codes.every((code) => code >= 0)) return column
  const known = column.categories.indexOf(fill)
  const code = known < 0 ? column.categories.length : known
  return {
    ...column,
    categories: known < 0 ? [...column.categories, fill] : column.categories,
    codes: column.codes.map((one) => (one < 0 ? code : one)),
  }
}

/** Equal does not compare texts in this operator set: a lookup says where a text is empty. */
function fillTextsInGraph(fills: readonly string[], graph: GraphBuilder, flow: GraphFlow): GraphFlow {
  if (flow.kind !== 'columns') return flow
  return {
    kind: 'columns',
    columns: flow.columns.map((column, index) => {
      const isMissing = graph.node({
        operator: 'LabelEncoder',
        domain: 'ai.onnx.ml',
        inputs: [column.value],
        attributes: {
          keys_strings: { kind: 'strings', values: [''] },
          values_int64s: { kind: 'ints', values: [1] },
          default_int64: { kind: 'int', value: 0 },
        },
      })
      const fill = graph.constant('fill', { elementType: 'string', shape: [], values: [itemAt(fills, index)] })
      return { ...column, value: apply(graph, 'Where', castTo(graph, isMissing, 'bool'), fill, column.value) }
    }),
  }
}
