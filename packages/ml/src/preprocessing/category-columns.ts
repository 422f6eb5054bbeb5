import { float64At, int32At, itemAt } from '../data/element.js'
import type { TableColumn } from '../data/table.js'
import type { GraphBuilder } from '../onnx/onnx-graph.js'
import { denseColumns, isDense, isSparse } from '../pipeline/flow.js'
import { apply, castTo, scalar, takeColumns } from '../pipeline/graph-flow.js'
import type { Flow, GraphFlow } from '../pipeline/pipeline.js'

/** The categories of a column, ascending: numbers as numbers, texts by code unit; what is missing comes last. */
export interface Categories {
  readonly name: string
  readonly kind: 'text' | 'number'
  readonly texts: readonly string[]
  readonly numbers: Float64Array
  /** Whether a value was missing in training: that is then the last category. */
  readonly hasMissing: boolean
}

/** A column of a flow as something with categories. */
type CategoryInput = Extract<TableColumn, { kind: 'text' | 'number' }>

/** Number of categories, the missing one included. */
export function categoryCount({ kind, texts, numbers, hasMissing }: Categories): number {
  return (kind === 'text' ? texts.length : numbers.length) + (hasMissing ? 1 : 0)
}

/** A category as a text, for the name of a feature. */
export function categoryText({ kind, texts, numbers }: Categories, code: number): string {
  return (kind === 'text' ? texts[code] : numbers[code]?.toString()) ?? 'missing'
}

/** The columns of a flow, texts and numbers. Columns of times were refused before. */
export function categoryInputs(flow: Flow, step: string): CategoryInput[] {
  if (!isDense(flow) && !isSparse(flow)) return flow.filter((column) => column.kind !== 'time')
  return denseColumns(flow, step).map(({ name, values }) => ({
    kind: 'number',
    name,
    values: Float64Array.from(values),
  }))
}

export function learnCategories(column: CategoryInput): Categories {
  const { name, kind } = column
  if (kind === 'text') {
    const used = new Uint8Array(column.categories.length)
    let hasMissing = false
    for (let row = 0; row < column.codes.length; row++) {
      const code = int32At(column.codes, row)
      if (code < 0) hasMissing = true
      else used[code] = 1
    }
    const texts = [...new Set(column.categories.filter((_, code) => used[code] === 1))].sort()
    return { name, kind, texts, numbers: new Float64Array(0), hasMissing }
  }
  const present = new Set<number>()
  for (const value of column.values) if (!Number.isNaN(value)) present.add(value)
  const hasMissing = column.values.some(Number.isNaN)
  return { name, kind, texts: [], numbers: Float64Array.from(present).sort(), hasMissing }
}

/** The code of every row: a position among the categories, -1 for what was not seen in training. */
export function categoryCodes(column: CategoryInput, categories: Categories): Int32Array {
  const missing = categories.hasMissing ? categoryCount(categories) - 1 : -1
  if (column.kind === 'text') {
    const codeOf = new Map(categories.texts.map((text, code) => [text, code]))
    const codes = Int32Array.from(column.categories, (text) => codeOf.get(text) ?? -1)
    return column.codes.map((code) => (code < 0 ? missing : int32At(codes, code)))
  }
  const codeOf = new Map(Array.from(categories.numbers, (value, code) => [value, code]))
  const codes = new Int32Array(column.values.length)
  for (let row = 0; row < codes.length; row++) {
    const value = float64At(column.values, row)
    codes[row] = Number.isNaN(value) ? missing : (codeOf.get(value) ?? -1)
  }
  return codes
}

/** The columns of a graph flow, one by one, each [N]. */
export function categoryValues(graph: GraphBuilder, flow: GraphFlow): readonly string[] {
  if (flow.kind === 'columns') return flow.columns.map(({ value }) => value)
  return Array.from({ length: flow.columnCount }, (_, index) => {
    const axes = graph.constant('column_axis', { elementType: 'int64', shape: [1], values: [1] })
    return apply(graph, 'Squeeze', takeColumns(graph, flow.value, [index]), axes)
  })
}

/**
 * Adds the lookup of a float32 number by category: [N] of texts or numbers becomes float32 [N].
 * @param values by code, then the one for what was not seen in training
 */
export function addLookup(graph: GraphBuilder, input: string, categories: Categories, values: Float32Array): string {
  const { kind, texts, numbers, hasMissing } = categories
  const unseen = itemAt(values, categoryCount(categories))
  const missing = hasMissing ? itemAt(values, categoryCount(categories) - 1) : unseen
  const own = kind === 'text' ? texts.length : numbers.length
  if (kind === 'text') {
    return lookup(graph, input, { keys_strings: { kind: 'strings', values: [...texts, ''] } }, [
      ...values.slice(0, own),
      missing,
      unseen,
    ])
  }
  // A set without a single number has a key nevertheless, because the operator wants one.
  const keys = own === 0 ? [0] : numbers
  const found = own === 0 ? [unseen] : [...values.slice(0, own)]
  const known = lookup(graph, input, { keys_floats: { kind: 'floats', values: keys } }, [...found, unseen])
  const isMissing = apply(graph, 'IsNaN', input)
  return apply(graph, 'Where', isMissing, scalar(graph, 'float32', missing), known)
}

/** @param values of the keys, then the default */
function lookup(
  graph: GraphBuilder,
  input: string,
  keys: Parameters<GraphBuilder['node']>[0]['attributes'] & object,
  values: readonly number[],
): string {
  return graph.node({
    operator: 'LabelEncoder',
    domain: 'ai.onnx.ml',
    inputs: [input],
    attributes: {
      ...keys,
      values_floats: { kind: 'floats', values: values.slice(0, -1) },
      default_float: { kind: 'float', value: values.at(-1) ?? 0 },
    },
  })
}

/** float32 [N, W]: 1 where the position equals the column. */
export function addIndicators(graph: GraphBuilder, positions: string, width: number): string {
  const columns = graph.constant('positions', {
    elementType: 'float32',
    shape: [1, width],
    values: Array.from({ length: width }, (_, index) => index),
  })
  return castTo(graph, apply(graph, 'Equal', positions, columns), 'float32')
}
