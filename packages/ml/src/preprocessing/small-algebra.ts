import { float64At, itemAt } from '../data/element.js'
import type { Pace } from '../estimators/pace.js'

/**
 * Makes vectors orthonormal in place, each against those before it, twice over so that rounding leaves nothing.
 * @throws MlError `training_aborted`
 */
export async function orthonormalise(vectors: readonly Float64Array[], pace: Pace): Promise<void> {
  for (let index = 0; index < vectors.length; index++) {
    const vector = itemAt(vectors, index)
    await pace.spend(4 * index * vector.length)
    const before = norm(vector)
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < index; other++) takeOff(vector, itemAt(vectors, other))
    }
    const length = norm(vector)
    // What is left of a dependent vector is noise: it counts as zero.
    const scale = length > 1e-12 * before ? 1 / length : 0
    for (let at = 0; at < vector.length; at++) vector[at] = float64At(vector, at) * scale
  }
}

function takeOff(vector: Float64Array, direction: Float64Array): void {
  let share = 0
  for (let at = 0; at < vector.length; at++) share += float64At(vector, at) * float64At(direction, at)
  for (let at = 0; at < vector.length; at++) vector[at] = float64At(vector, at) - share * float64At(direction, at)
}

function norm(vector: Float64Array): number {
  let sum = 0
  for (let at = 0; at < vector.length; at++) sum += float64At(vector, at) ** 2
  return Math.sqrt(sum)
}

export interface SymmetricEigen {
  /** Descending. */
  readonly values: Float64Array
  /** Of unit length, in the order of the values. */
  readonly vectors: readonly Float64Array[]
}

const sweepsMax = 60

/** Eigenvalues and vectors of a small symmetric matrix, by Jacobi rotations. The matrix is overwritten. */
export function symmetricEigen(matrix: readonly Float64Array[]): SymmetricEigen {
  const size = matrix.length
  const vectors = Array.from({ length: size }, (_, row) =>
    Float64Array.from({ length: size }, (_, at) => (at === row ? 1 : 0)),
  )
  let total = 0
  for (const row of matrix) for (const value of row) total += value * value
  for (let sweep = 0; sweep < sweepsMax; sweep++) {
    let off = 0
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) off += float64At(itemAt(matrix, p), q) ** 2
    if (off <= 1e-32 * total) break
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(matrix, vectors, p, q)
  }
  const order = Array.from({ length: size }, (_, index) => index).sort(
    (a, b) => float64At(itemAt(matrix, b), b) - float64At(itemAt(matrix, a), a),
  )
  return {
    values: Float64Array.from(order, (index) => float64At(itemAt(matrix, index), index)),
    vectors: order.map((index) => itemAt(vectors, index)),
  }
}

/** Turns rows and columns p and q so that the entry between them vanishes; vectors are kept as rows. */
function rotate(matrix: readonly Float64Array[], vectors: readonly Float64Array[], p: number, q: number): void {
  const [rowP, rowQ] = [itemAt(matrix, p), itemAt(matrix, q)]
  const entry = float64At(rowP, q)
  if (entry === 0) return
  const ratio = (float64At(rowQ, q) - float64At(rowP, p)) / (2 * entry)
  const tangent = (ratio >= 0 ? 1 : -1) / (Math.abs(ratio) + Math.sqrt(ratio * ratio + 1))
  const cosine = 1 / Math.sqrt(tangent * tangent + 1)
  const sine = tangent * cosine
  for (const row of matrix) turn(row, p, row, q, cosine, sine)
  for (let at = 0; at < matrix.length; at++) turn(rowP, at, rowQ, at, cosine, sine)
  const [vectorP, vectorQ] = [itemAt(vectors, p), itemAt(vectors, q)]
  for (let at = 0; at < matrix.length; at++) turn(vectorP, at, vectorQ, at, cosine, sine)
}

function turn(a: Float64Array, i: number, b: Float64Array, j: number, cosine: number, sine: number): void {
  const [first, second] = [float64At(a, i), float64At(b, j)]
  a[i] = cosine * first - sine * second
  b[j] = sine * first + cosine * second
}
