import { float64At, int32At, itemAt } from '../data/element.js'
import { averagePrecision, isClass } from '../metrics/ranking.js'
import { createRandom } from '../random/create-random.js'
import { orderRows } from './order-rows.js'

/** Metrics of a classifier that are estimated without labels. */
export const estimatedClassMetrics = [
  'accuracy',
  'precision',
  'recall',
  'specificity',
  'f1',
  'roc_auc',
  'average_precision',
] as const

export type EstimatedClassMetric = (typeof estimatedClassMetrics)[number]

/** Of one class: the spread of a metric over single rows, and the share of all rows that take part in it. */
interface Component {
  readonly variance: number
  readonly share: number
}

/** What the chance error of a metric on so many rows is computed from; plain JSON. */
export type SamplingErrors = Readonly<Record<EstimatedClassMetric, readonly Component[]>>

export interface ReferenceClasses {
  readonly truth: Int32Array
  readonly predicted: Int32Array
  readonly probabilities: readonly (Float32Array | Float64Array)[]
}

/** Samples from which the spread of an average precision comes, and rows of each at most. */
const resamples = 50
const resampledRowsMax = 50_000

/**
 * What NannyML's sampling errors are made of (nannyml.sampling_error): binary ones of the second class, multiclass ones of every class.
 * Average precision alone comes from drawing rows anew, seeded.
 */
export function samplingErrors(reference: ReferenceClasses, seed: number): SamplingErrors {
  const { truth, predicted, probabilities } = reference
  const isBinary = probabilities.length === 2
  const codes = isBinary ? [1] : [...probabilities.keys()]
  const right = truth.reduce((hits, code, row) => hits + (code === predicted[row] ? 1 : 0), 0) / truth.length
  const each = (component: (code: number) => Component) => codes.map(component)
  return {
    accuracy: [{ variance: right * (1 - right), share: 1 }],
    precision: each((code) => shareComponent(reference, (own, told) => (told === code ? own === code : null))),
    recall: each((code) => shareComponent(reference, (own, told) => (own === code ? told === code : null))),
    specificity: each((code) => shareComponent(reference, (own, told) => (own === code ? null : told !== code))),
    f1: each((code) => f1Component(reference, code, isBinary)),
    roc_auc: each((code) => areaComponent(isClass(truth, code), itemAt(probabilities, code))),
    average_precision: each((code) =>
      precisionComponent(isClass(truth, code), itemAt(probabilities, code), seed + code),
    ),
  }
}

/** The chance error of a metric on so many rows. */
export function samplingError(errors: SamplingErrors, metric: EstimatedClassMetric, rowCount: number): number {
  const components = errors[metric]
  const variances = components.map(({ variance, share }) => variance / (rowCount * share))
  const total = variances.reduce((sum, variance) => sum + variance, 0)
  const count = components.length
  if (metric === 'average_precision' && count > 1) return Math.sqrt(total / count)
  // NannyML found the area of several classes to vary by a fifth more than independent ones would.
  const correction = metric === 'roc_auc' && count > 1 ? 1.2 : 1
  return (Math.sqrt(total) / count) * correction
}

/** Rows that take part are hits (true) or misses (false); null is not in it. */
function shareComponent(
  { truth, predicted }: ReferenceClasses,
  hitOf: (own: number, told: number) => boolean | null,
): Component {
  let [hits, rows] = [0, 0]
  for (let row = 0; row < truth.length; row++) {
    const hit = hitOf(int32At(truth, row), int32At(predicted, row))
    if (hit === null) continue
    rows++
    if (hit) hits++
  }
  const share = hits / rows
  return { variance: share * (1 - share), share: rows / truth.length }
}

function f1Component(reference: ReferenceClasses, code: number, isBinary: boolean): Component {
  const joint = shareComponent(reference, (own, told) =>
    own === code || told === code ? own === code && told === code : null,
  )
  if (!isBinary) return joint
  // A hit counts twice in F1: NannyML stretches the rows of two classes by that, those of several not.
  const rows = joint.share * reference.truth.length
  let hits = 0
  for (let row = 0; row < reference.truth.length; row++) {
    if (reference.truth[row] === code && reference.predicted[row] === code) hits++
  }
  const stretch = rows / ((rows - hits) / 2 + hits)
  return { variance: joint.variance * stretch * stretch, share: joint.share }
}

/** The rarer kind of rows, each by the share of the other kind that it is above. */
function areaComponent(isPositive: Uint8Array, scores: Float32Array | Float64Array): Component {
  const rows = isPositive.length
  const positives = isPositive.reduce((sum, hit) => sum + hit, 0)
  const isFlipped = positives > rows / 2
  const values = Float64Array.from(scores, (score) => (isFlipped ? -score : score))
  const rarer = isFlipped ? rows - positives : positives
  const order = orderRows(values)
  let [others, sum, squares] = [0, 0, 0]
  for (let at = 0; at < order.length; at++) {
    const isRarer = (itemAt(isPositive, int32At(order, at)) === 1) !== isFlipped
    if (!isRarer) {
      others++
      continue
    }
    const share = others / (rows - rarer)
    sum += share
    squares += share * share
  }
  return { variance: squares / rarer - (sum / rarer) ** 2, share: rarer / rows }
}

function precisionComponent(isPositive: Uint8Array, scores: Float32Array | Float64Array, seed: number): Component {
  const size = Math.min(isPositive.length >> 1, resampledRowsMax)
  const random = createRandom(seed)
  const values = new Float64Array(resamples)
  const own = new Uint8Array(size)
  const drawn = new Float64Array(size)
  for (let sample = 0; sample < resamples; sample++) {
    for (let at = 0; at < size; at++) {
      const row = random.intBelow(isPositive.length)
      own[at] = itemAt(isPositive, row)
      drawn[at] = itemAt(scores, row)
    }
    values[sample] = averagePrecision(own, drawn)
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / resamples
  let squares = 0
  for (let sample = 0; sample < resamples; sample++) squares += (float64At(values, sample) - mean) ** 2
  // The spread is that of samples of this size: as a share it makes variance / (rows * share) theirs at `rows` rows.
  return { variance: squares / resamples, share: 1 / size }
}
