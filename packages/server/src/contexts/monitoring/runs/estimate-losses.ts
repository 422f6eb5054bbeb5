import { designMatrix, MlError, numericColumn } from '@fabrique/ml'
import type { Said } from '@fabrique/ml/drift'
import { estimatedValueMetrics, estimateRegression, fitRegressionEstimator } from '@fabrique/ml/monitoring'
import { evenlyTaken, sqlName } from '../../../platform/duckdb/index.js'
import type { Measured } from './figures.js'
import type { OpenedSides } from './open-sides.js'
import type { OpenedSide } from './opened-side.js'

/** Rows and columns that the loss is learnt from: of more rows some at even distances, of more columns the first ones. */
const rowsMax = 50_000
const columnsMax = 100

/** How far a regressor is expected to be off, from how far it was off on rows like these (DLE). Numbers alone are looked at. */
export async function estimateLosses(
  { reference, current }: OpenedSides,
  signal: AbortSignal | undefined,
): Promise<readonly Measured[]> {
  const names = numbersOfBoth(reference, current)
  const before = await readRows(reference, names, true)
  const now = await readRows(current, names, false)
  if (now === undefined || before === undefined) return nothing(current)
  try {
    const learnt = { features: before.features, truth: before.truth, predicted: before.predicted }
    const estimator = await fitRegressionEstimator(learnt, { seed: 0, ...(signal === undefined ? {} : { signal }) })
    const { metrics } = estimateRegression(estimator, { features: now.features, predicted: now.predicted })
    return estimatedValueMetrics.map((metric) => ({
      kind: 'estimated_performance',
      metric,
      value: metrics?.[metric].value,
      low: metrics?.[metric].low,
      high: metrics?.[metric].high,
      rows: now.predicted.length,
      whyNot: noTruth,
    }))
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof MlError)) throw error
    // The reference has too few rows for an estimate, or numbers that none can be made of.
    return nothing(current)
  }
}

const noTruth: Said = {
  en: 'An estimate needs a reference of at least 100 predictions whose truth is known',
  fr: 'Une estimation demande une référence d’au moins 100 prédictions dont la vérité est connue',
}

function nothing({ told }: OpenedSide): readonly Measured[] {
  return estimatedValueMetrics.map((metric) => ({
    kind: 'estimated_performance',
    metric,
    value: undefined,
    rows: told.rows,
    whyNot: noTruth,
  }))
}

function numbersOfBoth(reference: OpenedSide, current: OpenedSide): readonly string[] {
  const isNumber = (side: OpenedSide, name: string) => {
    const family = side.features.columns.get(name)?.family
    return family === 'number' || family === 'integer'
  }
  return [...current.features.columns.keys()]
    .filter((name) => isNumber(current, name) && isNumber(reference, name))
    .slice(0, columnsMax)
}

/** Rows with a prediction, and where it is wanted with the truth; undefined where there are none. */
export async function readRows({ scored }: OpenedSide, names: readonly string[], withTruth: boolean) {
  if (scored === undefined) return undefined
  const { connection, table, prediction, truth, features } = scored
  const number = (name: string) => `try_cast(${sqlName(name)} as double)`
  const known = [prediction, ...(withTruth ? [truth] : [])].map((name) => `isfinite(${number(name)})`)
  const taken = [prediction, truth, ...names.map((name) => features?.get(name) ?? name)]
  const values = taken.map((name, index) => `${number(name)} as v${index}`)
  const read = await connection.runAndReadAll(
    `select * exclude (place, total) from (
        select ${values.join(', ')}, row_number() over () as place, count(*) over () as total from ${table} where ${known.join(' and ')}
      ) where total <= ${rowsMax} or ${evenlyTaken('place', 'total', rowsMax)} order by place`,
  )
  const [predictions = [], truths = [], ...columns] = read.getColumns()
  if (predictions.length === 0) return undefined
  const numbers = (values: readonly unknown[]) =>
    Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)))
  return {
    features: designMatrix(names.map((name, index) => numericColumn(name, numbers(columns[index] ?? [])))),
    predicted: numbers(predictions),
    truth: numbers(truths),
  }
}
