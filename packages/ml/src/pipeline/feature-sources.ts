import { int32At } from '../data/element.js'
import { MlError } from '../ml-error.js'
import { columnsOf } from './fit-pipeline.js'
import { flowNames, flowWidth, isDense, isSparse, joinFlows } from './flow.js'
import type { EstimatorLookup, FittedPipeline, FittedTransformer, Flow } from './pipeline.js'
import { runSteps } from './run-steps.js'
import { entryColumns } from './table-entry.js'

/** A flow of one row, and by column the input that it comes from. */
interface Traced {
  readonly flow: Flow
  readonly sources: Int32Array
}

/**
 * By feature that the estimator sees: the position of the input that it is made of. Null where a step mixes several inputs in one feature,
 * as a decomposition or products do.
 */
export function featureSources(pipeline: FittedPipeline, estimators: EstimatorLookup): Int32Array | null {
  try {
    return traceFeatures(pipeline, estimators)
  } catch (error) {
    // A step that cannot take a blank row keeps its secret: whoever asks has a way without it.
    if (error instanceof MlError) return null
    throw error
  }
}

function traceFeatures({ inputs, columns, features, keepsSparse }: FittedPipeline, estimators: EstimatorLookup) {
  const blank = {
    rowCount: 1,
    columns: inputs.map(({ name, column }) =>
      column === 'text'
        ? { kind: column, name, codes: Int32Array.of(-1), categories: [] }
        : { kind: column, name, values: new Float64Array(1) },
    ),
  }
  const entry = entryColumns(blank, inputs)
  const groups: Traced[] = []
  for (const { names, steps } of columns) {
    const sources = Int32Array.from(names, (name) => inputs.findIndex((input) => input.name === name))
    const traced = traceSteps({ flow: columnsOf(names, entry), sources }, steps, estimators)
    if (traced === null) return null
    groups.push(traced)
  }
  const joined = joinFlows(
    groups.map(({ flow }) => flow),
    1,
    keepsSparse,
  )
  const sources = Int32Array.from(groups.flatMap((group) => [...group.sources]))
  return traceSteps({ flow: joined, sources }, features, estimators)?.sources ?? null
}

function traceSteps(start: Traced, steps: readonly FittedTransformer[], estimators: EstimatorLookup): Traced | null {
  let traced = start
  for (const step of steps) {
    const flow = runSteps([step], tokened(traced), estimators)
    const sources = sourcesAfter(step, traced.sources, flow)
    if (sources === null) return null
    traced = { flow, sources }
  }
  return traced
}

/** What a step made, from what: by the widths that it has learnt, or by the names that it gave to what it made. */
function sourcesAfter(step: FittedTransformer, before: Int32Array, made: Flow): Int32Array | null {
  const width = flowWidth(made)
  const only = before[0]
  if (only !== undefined && before.every((source) => source === only)) return new Int32Array(width).fill(only)
  const widths = learntWidths(step)
  if (widths !== null) {
    const sources = widths.flatMap((count, index) => new Array<number>(count).fill(int32At(before, index)))
    return sources.length === width && widths.length === before.length ? Int32Array.from(sources) : null
  }
  const sources = flowNames(made)?.map(sourceOfName)
  return sources === undefined || sources.some((source) => source === null)
    ? null
    : Int32Array.from(sources, (source) => source ?? -1)
}

/** Encoders name what they make when they are fitted; by column they know how much that is. */
function learntWidths(step: FittedTransformer & FittedWidths): readonly number[] | null {
  const { columns, alphabets, width = 0 } = step
  if (alphabets !== undefined) return alphabets.map(() => width)
  if (!Array.isArray(columns)) return null
  const widths = columns.map(({ names, terms }) => (names ?? terms)?.length ?? -1)
  return widths.includes(-1) ? null : widths
}

interface FittedWidths {
  /** Of one-hot encoding and of vocabularies. */
  readonly columns?: readonly { readonly names?: readonly string[]; readonly terms?: readonly string[] }[]
  /** Of hashed terms. */
  readonly alphabets?: readonly unknown[]
  readonly width?: number
}

/** No name that a step adds has this character. */
const mark = '\u0001'

function tokened({ flow, sources }: Traced): Flow {
  const tokenAt = (index: number) => `${mark}${int32At(sources, index)}${mark}`
  if (isSparse(flow)) return { ...flow, columnNames: Array.from(sources, (_, index) => tokenAt(index)) }
  if (isDense(flow)) {
    return { ...flow, columns: flow.columns.map((column, index) => ({ ...column, name: tokenAt(index) })) }
  }
  return flow.map((column, index) => ({ ...column, name: tokenAt(index) }))
}

function sourceOfName(name: string): number | null {
  const found = new Set(name.split(mark).filter((_, index) => index % 2 === 1))
  const [only] = found
  return found.size === 1 ? Number(only) : null
}
