import { createRandom, deriveSeed, type Random } from '@fabrique/ml/random'
import type { z } from 'zod'
import type { ParquetColumn } from '../../../platform/index.js'
import {
  BlobsParams,
  ClassificationParams,
  RegressionParams,
  readParams,
  type SyntheticSource,
  TimeSeriesParams,
} from './synthetic-params.js'

/** Rows by column, as a writer of Parquet takes them. */
export type SyntheticRows = readonly (Float64Array | Int32Array | readonly (number | null)[])[]

/** Makes the rows of a data set that nobody measured. */
export interface SyntheticGenerator {
  readonly columns: readonly ParquetColumn[]
  /** The parameters with their defaults: what the rows depend on, beside the seed. */
  readonly params: unknown
  /** `count` rows from the row `start` on. `random` is that of a block of rows, and goes on from one call to the next. */
  make(random: Random, start: number, count: number): SyntheticRows
}

/** Numbers of a normal distribution with mean 0 and deviation 1, by the method of Box and Muller. */
function normalOf(random: Random): () => number {
  let spare: number | undefined
  return () => {
    if (spare !== undefined) {
      const kept = spare
      spare = undefined
      return kept
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random.float()))
    const angle = 2 * Math.PI * random.float()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}

/** A number drawn anew between -1 and 1. */
const eitherSide = (random: Random) => 2 * random.float() - 1

const featureColumns = (count: number): readonly ParquetColumn[] =>
  Array.from({ length: count }, (_, index) => ({ name: `feature_${index}`, given: 'DOUBLE' as const }))
const classColumn: ParquetColumn = { name: 'target', given: 'INTEGER' }

/** The generator of a source. Throws `source_options_invalid`. */
export function syntheticGenerator(source: SyntheticSource): SyntheticGenerator {
  // What all rows share is drawn from a stream of its own, so that it does not depend on how many rows there are.
  const structure = createRandom(deriveSeed(source.seed, 0))
  switch (source.generator) {
    case 'classification':
      return classification(readParams(ClassificationParams, source), structure)
    case 'regression':
      return regression(readParams(RegressionParams, source), structure)
    case 'blobs':
      return blobs(readParams(BlobsParams, source), structure)
    case 'time_series':
      return timeSeries(readParams(TimeSeriesParams, source), source.rows)
  }
}

/** A matrix by row, drawn between -1 and 1. */
function drawMatrix(random: Random, rows: number, columns: number): readonly Float64Array[] {
  return Array.from({ length: rows }, () => Float64Array.from({ length: columns }, () => eitherSide(random)))
}

/** Shares that add up: where the last is left out it has the rest. */
function cumulativeShares(weights: readonly number[] | undefined, classes: number): readonly number[] {
  let total = 0
  return Array.from({ length: classes }, (_, index) => {
    total += weights === undefined ? 1 / classes : (weights[index] ?? 1 - total)
    return total
  })
}

/** Distinct corners of a cube, as bits. */
function drawCorners(random: Random, count: number, dimensions: number): readonly (readonly number[])[] {
  const seen = new Set<string>()
  const corners: (readonly number[])[] = []
  // Few dimensions are nearly used up: then all corners are put in an order.
  if (dimensions <= 16) {
    const order = Int32Array.from({ length: 2 ** dimensions }, (_, index) => index)
    random.shuffle(order)
    return Array.from(order.slice(0, count), (bits) =>
      Array.from({ length: dimensions }, (_, bit) => (bits >> bit) & 1),
    )
  }
  while (corners.length < count) {
    const corner = Array.from({ length: dimensions }, () => random.intBelow(2))
    if (seen.has(corner.join(''))) continue
    seen.add(corner.join(''))
    corners.push(corner)
  }
  return corners
}

/**
 * Normally distributed clusters at the corners of a cube, each stretched by a matrix of its own (Guyon's design for NIPS 2003, as
 * scikit-learn has it). Columns in the order informative, redundant, repeated, noise; the classes of rows are drawn by their weights.
 */
function classification(params: z.output<typeof ClassificationParams>, structure: Random): SyntheticGenerator {
  const { n_features, n_informative, n_redundant, n_repeated, n_classes, n_clusters_per_class, class_sep } = params
  const clusterCount = n_classes * n_clusters_per_class
  const centroids = drawCorners(structure, clusterCount, n_informative).map((corner) =>
    corner.map((bit) => (2 * bit - 1) * class_sep),
  )
  const stretched = params.hypercube
    ? centroids
    : centroids.map((centroid) => {
        const factor = structure.float()
        return centroid.map((value) => value * factor * structure.float())
      })
  const mixes = stretched.map(() => drawMatrix(structure, n_informative, n_informative))
  const redundantMix = drawMatrix(structure, n_informative, n_redundant)
  const useful = n_informative + n_redundant
  const repeated = Array.from({ length: n_repeated }, () => structure.intBelow(useful))
  const shares = cumulativeShares(params.weights, n_classes)
  const classOf = (draw: number) => {
    const found = shares.findIndex((total) => draw < total)
    return found < 0 ? n_classes - 1 : found
  }
  return {
    params,
    columns: [...featureColumns(n_features), classColumn],
    make(random, _start, count) {
      const normal = normalOf(random)
      const features = Array.from({ length: n_features }, () => new Float64Array(count))
      const target = new Int32Array(count)
      const drawn = new Float64Array(n_informative)
      const row = new Float64Array(n_features)
      for (let at = 0; at < count; at += 1) {
        const label = classOf(random.float())
        // As in scikit-learn the clusters go to the classes in turn.
        const cluster = label + n_classes * random.intBelow(n_clusters_per_class)
        for (let index = 0; index < n_informative; index += 1) drawn[index] = normal()
        const mix = mixes[cluster] ?? []
        const centroid = stretched[cluster] ?? []
        for (let column = 0; column < n_informative; column += 1) {
          let value = centroid[column] ?? 0
          for (let index = 0; index < n_informative; index += 1)
            value += (drawn[index] ?? 0) * (mix[index]?.[column] ?? 0)
          row[column] = value
        }
        for (let column = 0; column < n_redundant; column += 1) {
          let value = 0
          for (let index = 0; index < n_informative; index += 1)
            value += (row[index] ?? 0) * (redundantMix[index]?.[column] ?? 0)
          row[n_informative + column] = value
        }
        for (let column = 0; column < n_repeated; column += 1) row[useful + column] = row[repeated[column] ?? 0] ?? 0
        for (let column = useful + n_repeated; column < n_features; column += 1) row[column] = normal()
        for (let column = 0; column < n_features; column += 1) {
          const values = features[column]
          if (values !== undefined) values[at] = ((row[column] ?? 0) + params.shift) * params.scale
        }
        // Drawn for each row, so that the share of flipped labels changes no other number.
        const flips = random.float() < params.flip_y
        const other = random.intBelow(n_classes)
        target[at] = flips ? other : label
      }
      return [...features, target]
    },
  }
}

/** A linear answer to normally distributed features; the first ones are informative. */
function regression(params: z.output<typeof RegressionParams>, structure: Random): SyntheticGenerator {
  const { n_features, bias, noise } = params
  const informative = Math.min(params.n_informative, n_features)
  const coefficients = params.coefficients ?? Array.from({ length: informative }, () => 100 * structure.float())
  return {
    params,
    columns: [...featureColumns(n_features), { name: 'target', given: 'DOUBLE' }],
    make(random, _start, count) {
      const normal = normalOf(random)
      const features = Array.from({ length: n_features }, () => new Float64Array(count))
      const target = new Float64Array(count)
      for (let at = 0; at < count; at += 1) {
        let answer = bias
        for (let column = 0; column < n_features; column += 1) {
          const value = normal()
          const values = features[column]
          if (values !== undefined) values[at] = value
          answer += value * (coefficients[column] ?? 0)
        }
        target[at] = answer + noise * normal()
      }
      return [...features, target]
    },
  }
}

/** Round clusters, each as likely. */
function blobs(params: z.output<typeof BlobsParams>, structure: Random): SyntheticGenerator {
  const { n_features, cluster_std } = params
  const [low, high] = params.center_box
  const centers =
    typeof params.centers === 'number'
      ? Array.from({ length: params.centers }, () =>
          Array.from({ length: n_features }, () => low + (high - low) * structure.float()),
        )
      : params.centers
  return {
    params,
    columns: [...featureColumns(n_features), classColumn],
    make(random, _start, count) {
      const normal = normalOf(random)
      const features = Array.from({ length: n_features }, () => new Float64Array(count))
      const target = new Int32Array(count)
      for (let at = 0; at < count; at += 1) {
        const cluster = random.intBelow(centers.length)
        const std = typeof cluster_std === 'number' ? cluster_std : (cluster_std[cluster] ?? 1)
        target[at] = cluster
        for (let column = 0; column < n_features; column += 1) {
          const values = features[column]
          if (values !== undefined) values[at] = (centers[cluster]?.[column] ?? 0) + std * normal()
        }
      }
      return [...features, target]
    },
  }
}

function timeSeries(params: z.output<typeof TimeSeriesParams>, rows: number): SyntheticGenerator {
  const first = Date.parse(params.start)
  const driftRow = params.drift_at === undefined ? rows : Math.round(params.drift_at * rows)
  // Where the period changes the season goes on from where it is.
  const phaseAtDrift = driftRow / params.season_period
  return {
    params: { ...params, rows },
    columns: [
      { name: 'time', given: 'DOUBLE', written: (value) => `make_timestamp(${value}::BIGINT)` },
      { name: 'value', given: 'DOUBLE' },
    ],
    make(random, start, count) {
      const normal = normalOf(random)
      const times = new Float64Array(count)
      const values: (number | null)[] = new Array(count)
      for (let index = 0; index < count; index += 1) {
        const at = start + index
        const drifted = at >= driftRow
        const phase = drifted
          ? phaseAtDrift + (at - driftRow) / (params.season_period * params.drift_period)
          : at / params.season_period
        const season = params.season_amplitude * (drifted ? params.drift_amplitude : 1) * Math.sin(2 * Math.PI * phase)
        const noise = params.noise * (drifted ? params.drift_noise : 1) * normal()
        const level = params.level + (drifted ? params.drift_mean : 0)
        // In microseconds: exact up to the year 2255.
        times[index] = Math.round(first * 1000 + at * params.step_seconds * 1_000_000)
        const value = level + params.trend * at + season + noise
        values[index] = random.float() < params.missing ? null : value
      }
      return [times, values]
    },
  }
}
