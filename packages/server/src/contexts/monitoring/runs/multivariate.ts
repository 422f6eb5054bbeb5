import type { MonitorDefinition, ReportMultivariate } from '@fabrique/contract'
import { multivariateMethods } from '@fabrique/contract'
import { MlError, type Table, takeTableRows } from '@fabrique/ml'
import { evenPlaces, type Said } from '@fabrique/ml/drift'
import { domainClassifierDrift, domainRowsMin, fitReconstruction, reconstructionDrift } from '@fabrique/ml/monitoring'
import { describeMultivariate, notComputed, onlyProfile } from './multivariate-words.js'
import type { OpenedSides } from './open-sides.js'
import { rowsBehind } from './opened-side.js'
import { type SampledTables, sampleTables } from './sampled-tables.js'

/** What one method came to, with its sentence in both languages. */
export type FoundMultivariate = Omit<ReportMultivariate, 'sentence'> & { readonly sentence: Said }

type Method = ReportMultivariate['method']
type Asked = Pick<MonitorDefinition, 'columns' | 'types' | 'multivariate' | 'embeddings' | 'level' | 'rows_min'>

/** Parts of the reference that a bound comes from, and what each needs. */
const parts = 10
const partRowsMin = 10
/** Half of the reference is compressed, and the bound comes from the other half. */
const reconstructionRowsMin = 2 * parts * partRowsMin
/** Current rows whose mean says something. */
const meanRowsMin = 30
const importancesMax = 10

/**
 * Whether columns go together as they did. Of many rows a sample is looked at, always the same one. What could not be compared has no
 * decision, nor has what looks alike where columns had to be left out. Undefined where nobody asks.
 */
export async function measureMultivariate(
  sides: OpenedSides,
  asked: Asked,
  signal: AbortSignal | undefined,
): Promise<readonly FoundMultivariate[] | undefined> {
  const { multivariate = false } = asked
  if (multivariate === false) return undefined
  const { methods = multivariateMethods, auc_min: areaMin } = multivariate === true ? {} : multivariate
  const tables = await sampleTables(sides, asked)
  const found: FoundMultivariate[] = []
  for (const method of multivariateMethods.filter((one) => methods.includes(one))) {
    signal?.throwIfAborted()
    if (tables === undefined) found.push(untested(method, 'not_testable', sides, onlyProfile))
    else found.push(await compare(method, tables, { sides, asked, signal, areaMin }))
  }
  return found
}

interface Comparing {
  readonly sides: OpenedSides
  readonly asked: Asked
  readonly signal: AbortSignal | undefined
  readonly areaMin: number | undefined
}

async function compare(method: Method, tables: SampledTables, comparing: Comparing): Promise<FoundMultivariate> {
  const { sides } = comparing
  if (sharedOf(tables).names.length === 0)
    return finish(method, tables, { state: 'not_testable', rowsMin: 0, asked: comparing.asked })
  try {
    return method === 'domain_classifier'
      ? await byClassifier(tables, comparing)
      : await byReconstruction(tables, comparing)
  } catch (error) {
    comparing.signal?.throwIfAborted()
    if (!(error instanceof MlError)) throw error
    return untested(method, 'not_testable', sides, notComputed(error.message))
  }
}

async function byClassifier(tables: SampledTables, comparing: Comparing): Promise<FoundMultivariate> {
  const { reference, current } = tables
  const { asked, signal, areaMin } = comparing
  const run = { seed: 0, level: asked.level, ...(areaMin === undefined ? {} : { areaMin }) }
  const shared = sharedOf(tables)
  const enough = hasRows(comparing) && Math.min(reference.rowCount, current.rowCount) >= domainRowsMin
  if (!enough) return tooFew('domain_classifier', tables, { ...comparing, rowsMin: domainRowsMin })
  const found = await domainClassifierDrift(only(reference, shared.names), only(current, shared.names), {
    ...run,
    ...(signal === undefined ? {} : { signal }),
  })
  return finish('domain_classifier', tables, {
    state: found.state,
    score: found.area,
    low: found.low,
    high: found.high,
    threshold: found.threshold,
    pValue: found.pValue,
    isAlarm: found.drift === true,
    importances: found.importances,
    rowsMin: domainRowsMin,
    asked,
  })
}

async function byReconstruction(tables: SampledTables, comparing: Comparing): Promise<FoundMultivariate> {
  const { asked, signal } = comparing
  const shared = sharedOf(tables)
  const [reference, current] = [only(tables.reference, shared.names), only(tables.current, shared.names)]
  const enough = hasRows(comparing) && reference.rowCount >= reconstructionRowsMin && current.rowCount >= meanRowsMin
  if (!enough) return tooFew('reconstruction', tables, { ...comparing, rowsMin: reconstructionRowsMin })
  const half = (remainder: number) =>
    takeTableRows(
      reference,
      Int32Array.from({ length: reference.rowCount }, (_, row) => row).filter((row) => row % 2 === remainder),
    )
  // The parts are no longer than the current rows: the mean of fewer rows moves more, and would alarm by itself.
  const apart = evenly(half(1), parts * current.rowCount)
  const model = await fitReconstruction(half(0), { apart, ...(signal === undefined ? {} : { signal }) })
  const found = reconstructionDrift(model, current)
  const { thresholds } = found
  return finish('reconstruction', tables, {
    state: thresholds === null ? 'not_testable' : 'tested',
    score: found.value,
    low: found.low,
    high: found.high,
    threshold: thresholds?.high ?? null,
    thresholdLow: thresholds?.low,
    isAlarm: found.alarm,
    unseen: model.leftOut,
    rowsMin: reconstructionRowsMin,
    asked,
  })
}

/** What people ask of a side is asked of all its rows, of which a sample may be looked at. */
const hasRows = ({ sides: { reference, current }, asked }: Comparing): boolean =>
  Math.min(rowsBehind(reference.told), rowsBehind(current.told)) >= asked.rows_min

/** Told of the rows that there are: none was looked at. */
function tooFew(
  method: Method,
  tables: SampledTables,
  { sides, asked, rowsMin }: Comparing & { readonly rowsMin: number },
): FoundMultivariate {
  const rows = { reference: rowsBehind(sides.reference.told), current: rowsBehind(sides.current.told) }
  return finish(method, tables, { state: 'not_enough_data', rowsMin, asked, rows })
}

interface Outcome {
  readonly state: FoundMultivariate['state']
  readonly score?: number | null
  readonly low?: number | null
  readonly high?: number | null
  readonly threshold?: number | null
  readonly thresholdLow?: number | undefined
  readonly pValue?: number | null
  readonly isAlarm?: boolean
  readonly importances?: readonly { readonly name: string; readonly share: number }[]
  /** Columns that the reference has no value of. */
  readonly unseen?: readonly string[]
  readonly rowsMin: number
  readonly asked: Asked
  /** Those of the tables unless told otherwise. */
  readonly rows?: { readonly reference: number; readonly current: number }
}

function finish(method: Method, tables: SampledTables, outcome: Outcome): FoundMultivariate {
  const { state, score = null, low, high, threshold = null, thresholdLow, pValue, isAlarm = false } = outcome
  const { rows = { reference: tables.reference.rowCount, current: tables.current.rowCount } } = outcome
  const shared = sharedOf(tables)
  const unseen = new Set(outcome.unseen ?? [])
  const leftOut = [...shared.leftOut, ...unseen, ...tables.beyond]
  const found = {
    method,
    state,
    score,
    ...(low == null ? {} : { low }),
    ...(high == null ? {} : { high }),
    ...(thresholdLow === undefined ? {} : { threshold_low: thresholdLow }),
    threshold,
    ...(pValue == null ? {} : { p_value: pValue }),
    drift: state !== 'tested' ? null : isAlarm ? true : leftOut.length === 0 ? false : null,
    columns: shared.names.length - unseen.size,
    left_out: leftOut,
    reference_rows: rows.reference,
    current_rows: rows.current,
    importances: (outcome.importances ?? [])
      .filter(({ share }) => share > 0)
      .slice(0, importancesMax)
      .map(({ name, share }) => ({ column: name, share })),
  }
  const rowsMin = Math.max(outcome.rowsMin, outcome.asked.rows_min)
  return { ...found, sentence: describeMultivariate({ ...found, rowsMin, skipped: tables.skipped.length }) }
}

function untested(
  method: Method,
  state: 'not_testable',
  { reference, current }: OpenedSides,
  sentence: Said,
): FoundMultivariate {
  return {
    method,
    state,
    score: null,
    threshold: null,
    drift: null,
    columns: 0,
    left_out: [],
    reference_rows: reference.told.rows,
    current_rows: current.told.rows,
    importances: [],
    sentence,
  }
}

/** Columns that both sides have as the same kind, and the others. */
function sharedOf({ reference, current }: SampledTables) {
  const kinds = new Map(current.columns.map(({ name, kind }) => [name, kind]))
  const names = reference.columns.filter(({ name, kind }) => kinds.get(name) === kind).map(({ name }) => name)
  const all = new Set([...reference.columns, ...current.columns].map(({ name }) => name))
  return { names, leftOut: [...all].filter((name) => !names.includes(name)) }
}

const only = (rows: Table, names: readonly string[]): Table => ({
  ...rows,
  columns: rows.columns.filter(({ name }) => names.includes(name)),
})

function evenly(rows: Table, rowsMax: number): Table {
  if (rows.rowCount <= rowsMax) return rows
  return takeTableRows(rows, evenPlaces(rows.rowCount, rowsMax))
}
