import { itemAt } from '../data/element.js'
import { pca } from '../decomposition/pca.js'
import { type EmbeddingDriftMethod, embeddingRowsMin, embeddingThresholds } from '../drift/vector-methods.js'
import type { FitRun } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import { createRandom } from '../random/create-random.js'
import { deriveSeed } from '../random/derive-seed.js'
import { percentile } from '../statistics/bootstrap.js'
import {
  discrepancy,
  distanceOf,
  driftedShare,
  type Embeddings,
  kernelRowsMax,
  matrixOf,
  meanVector,
  sampled,
  separability,
  taken,
  type VectorDistance,
} from './embedding-scores.js'

export interface EmbeddingDriftOptions extends FitRun {
  readonly seed: number
  /** `model` by default, as Evidently. */
  readonly method?: EmbeddingDriftMethod
  /** A number; or `resampled`, for `distance` and `mmd`: the 95th percentile of the score among sets drawn from the reference alone. */
  readonly threshold?: number | 'resampled'
  /** Of `distance`; euclidean by default. */
  readonly distance?: VectorDistance
  /** Principal components of the reference that are compared instead of the vectors. */
  readonly pcaComponents?: number
}

export interface EmbeddingDrift {
  readonly state: 'tested' | 'not_enough_data'
  readonly method: EmbeddingDriftMethod
  readonly score: number | null
  readonly threshold: number | null
  /** Null where nothing could be decided. */
  readonly drift: boolean | null
  readonly referenceRows: number
  readonly currentRows: number
}

const resamples = 100

/**
 * Compares two sets of vectors. The scores of `distance` and `ratio` are Evidently's to the digit; those of `model` and `mmd` depend on
 * rows drawn at random there and on another learner here, so decisions agree and digits need not. `mmd` looks at 1000 rows of each set.
 * @throws MlError `length_mismatch`, `non_finite_value`, `invalid_parameter`, and as the estimators
 */
export async function embeddingDrift(
  reference: Embeddings,
  current: Embeddings,
  options: EmbeddingDriftOptions,
): Promise<EmbeddingDrift> {
  const { method = 'model', threshold = embeddingThresholds[method] } = options
  assertVectors(reference)
  assertVectors(current)
  if (reference.dimension !== current.dimension) {
    throw new MlError(
      'length_mismatch',
      `The vectors have ${current.dimension} numbers and those of the reference ${reference.dimension}: give the same`,
      { value: current.dimension },
    )
  }
  if (threshold === 'resampled' && (method === 'model' || method === 'ratio')) {
    throw new MlError('invalid_parameter', `Only distance and mmd have a resampled threshold, not ${method}`, {
      value: method,
    })
  }
  const counts = { method, referenceRows: reference.rowCount, currentRows: current.rowCount }
  if (Math.min(reference.rowCount, current.rowCount) < embeddingRowsMin) {
    return { state: 'not_enough_data', ...counts, score: null, threshold: null, drift: null }
  }
  const [was, now] = await reduced(reference, current, options)
  const score = await scoreOf(method, [was, now], options)
  const limit = threshold === 'resampled' ? resampledThreshold(was, now.rowCount, { method, options }) : threshold
  return { state: 'tested', ...counts, score, threshold: limit, drift: score > limit }
}

function assertVectors({ rowCount, dimension, values }: Embeddings): void {
  if (values.length !== rowCount * dimension || dimension < 1) {
    throw new MlError(
      'length_mismatch',
      `${rowCount} vectors of ${dimension} numbers are not ${values.length} numbers`,
      {
        value: values.length,
      },
    )
  }
  const at = values.findIndex((value) => !Number.isFinite(value))
  if (at < 0) return
  throw new MlError('non_finite_value', `Vector ${Math.floor(at / dimension)} has the number ${values[at]}`, {
    value: values[at],
  })
}

async function reduced(
  reference: Embeddings,
  current: Embeddings,
  { pcaComponents, seed: _, ...run }: EmbeddingDriftOptions,
): Promise<readonly [Embeddings, Embeddings]> {
  if (pcaComponents === undefined) return [reference, current]
  const model = await pca.fit({
    features: matrixOf(reference),
    target: null,
    parameters: { n_components: pcaComponents },
    ...(run.signal === undefined ? {} : { signal: run.signal }),
  })
  const project = (vectors: Embeddings): Embeddings => {
    const { columns } = pca.predict(model, matrixOf(vectors))
    const values = new Float64Array(vectors.rowCount * columns.length)
    for (const [place, column] of columns.entries()) {
      for (let row = 0; row < vectors.rowCount; row++) values[row * columns.length + place] = itemAt(column, row)
    }
    return { rowCount: vectors.rowCount, dimension: columns.length, values }
  }
  return [project(reference), project(current)]
}

async function scoreOf(
  method: EmbeddingDriftMethod,
  [reference, current]: readonly [Embeddings, Embeddings],
  options: EmbeddingDriftOptions,
): Promise<number> {
  if (method === 'model') return (await separability(reference, current, options)).area
  if (method === 'ratio') return driftedShare(reference, current)
  if (method === 'distance') return distanceOf(meanVector(reference), meanVector(current), options.distance)
  return Math.max(0, discrepancy(sampled(reference, options.seed), sampled(current, options.seed)))
}

/** The score that sets of these sizes, both drawn from the reference, stay below in 95 of 100 draws. */
function resampledThreshold(
  reference: Embeddings,
  currentRows: number,
  { method, options }: { readonly method: EmbeddingDriftMethod; readonly options: EmbeddingDriftOptions },
): number {
  const total = reference.rowCount + currentRows
  const limit = method === 'mmd' ? kernelRowsMax / 4 : Infinity
  const size = (rows: number) => Math.max(2, Math.min(limit, Math.floor((rows * reference.rowCount) / total)))
  const random = createRandom(deriveSeed(options.seed, 3))
  const draw = (count: number) => Int32Array.from({ length: count }, () => random.intBelow(reference.rowCount))
  const scores = Float64Array.from({ length: resamples }, () => {
    const [own, other] = [draw(size(reference.rowCount)), draw(size(currentRows))]
    if (method === 'distance') {
      return distanceOf(meanVector(reference, own), meanVector(reference, other), options.distance)
    }
    return discrepancy(taken(reference, own), taken(reference, other))
  })
  return percentile(scores.sort(), 0.95)
}
