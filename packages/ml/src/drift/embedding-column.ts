import { MlError } from '../ml-error.js'
import { type DriftSettings, squaredMax, untestedColumn, whyOf } from './column-drift.js'
import type { Untested } from './describe-drift.js'
import type { ColumnDrift, VectorSample } from './model.js'
import { type EmbeddingDriftMethod, embeddingRowsMin, isEmbeddingMethod } from './vector-methods.js'

/** Vectors of both sides to compare. */
export interface EmbeddingToCompare {
  readonly name: string
  readonly reference: VectorSample
  readonly current: VectorSample
  /** A method that takes vectors; that of the mode without it. */
  readonly method?: string
  /** In the mode of Evidently. */
  readonly threshold?: number
}

/** What the calibrated mode takes where no method is named: it sees any change of the vectors, not of their means alone. */
export const calibratedEmbeddingMethod: EmbeddingDriftMethod = 'mmd'

/**
 * Compares the vectors of both sides, as `compareColumn` does columns. Rows without a whole vector are counted and left out; where some hold
 * something else, or the sides have vectors of other lengths, nothing is decided.
 */
export async function compareEmbedding(
  { name, reference, current, method: wanted, threshold }: EmbeddingToCompare,
  settings: DriftSettings,
  signal?: AbortSignal,
): Promise<ColumnDrift> {
  const missing = { reference: reference.missing, current: current.missing }
  const rows = { reference: reference.rows, current: current.rows }
  const refuse = (why: Untested) => untestedColumn(name, 'embedding', why, { ...rows, missing })
  const method = wanted ?? (settings.mode === 'calibrated' ? calibratedEmbeddingMethod : 'model')
  if (!isEmbeddingMethod(method))
    return refuse({ state: 'not_testable', reason: 'method_type', method, type: 'embedding' })
  const why = refusalOf(reference, current, settings)
  if (why !== undefined) return refuse(why)
  // Loaded at use: most tables have no vectors, and classifiers are much to load.
  const { scoreVectors } = await import('./score-vectors.js')
  const asked = { method, isNamed: wanted !== undefined, threshold }
  const found = await scoreVectors(reference, current, { asked, settings, signal }).catch((error: unknown) => {
    signal?.throwIfAborted()
    if (error instanceof MlError) return undefined
    throw error
  })
  if (found === undefined) return refuse(refusalOfMethod(method, [reference, current]))
  const column: ColumnDrift = {
    name,
    type: 'embedding',
    state: 'tested',
    method,
    score: found.score,
    threshold: found.threshold,
    drift: found.drift,
    referenceRows: rows.reference,
    currentRows: rows.current,
    missing,
    broken: false,
    vectors: { dimension: reference.dimension, looked: found.looked },
    ...(found.calibration === undefined ? {} : { calibration: found.calibration }),
    why: { en: '', fr: '' },
  }
  return { ...column, why: whyOf(column, settings) }
}

function refusalOf(reference: VectorSample, current: VectorSample, settings: DriftSettings): Untested | undefined {
  const rows = { reference: reference.rows, current: current.rows }
  if (reference.others + current.others > 0) {
    const counts = { reference: reference.others, current: current.others }
    return { state: 'not_testable', reason: 'not_vectors', counts }
  }
  if (rows.reference === 0 || rows.current === 0) return { state: 'no_values', rows }
  if (reference.dimension !== current.dimension) {
    const counts = { reference: reference.dimension, current: current.dimension }
    return { state: 'not_testable', reason: 'dimensions', counts }
  }
  if (reference.isTooLong === true || current.isTooLong === true) {
    const counts = { reference: reference.dimension, current: current.dimension }
    return { state: 'not_testable', reason: 'long_vectors', counts }
  }
  const rowsMin = Math.max(embeddingRowsMin, settings.rowsMin)
  return Math.min(rows.reference, rows.current) < rowsMin ? { state: 'not_enough_data', rows, rowsMin } : undefined
}

function refusalOfMethod(method: string, sides: readonly VectorSample[]): Untested {
  const isHuge = sides.some(({ values }) => values.some((value) => Math.abs(value) > squaredMax))
  return { state: 'not_testable', reason: isHuge ? 'huge_numbers' : 'method_refuses', method }
}
