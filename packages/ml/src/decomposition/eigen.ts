import { float64At } from '../data/element.js'

export interface Eigen {
  /** Descending. */
  readonly values: Float64Array
  /** Eigenvector after eigenvector. */
  readonly vectors: Float64Array
}

const sweepsMax = 100

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, by tridiagonal form (Householder) and the implicit QL algorithm (Wilkinson and
 * Reinsch, Handbook for Automatic Computation II, tred2 and tql2, 1971).
 * @param matrix row after row, size * size
 */
export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  const vectors = matrix.slice()
  const diagonal = new Float64Array(size)
  const beside = new Float64Array(size)
  reduce(vectors, size, diagonal, beside)
  iterate(vectors, size, diagonal, beside)
  const order = [...diagonal.keys()].sort((a, b) => float64At(diagonal, b) - float64At(diagonal, a))
  const sorted = new Float64Array(size * size)
  for (const [rank, column] of order.entries()) {
    for (let row = 0; row < size; row++) sorted[rank * size + row] = float64At(vectors, row * size + column)
  }
  return { values: Float64Array.from(order, (column) => float64At(diagonal, column)), vectors: sorted }
}

/** Turns the matrix into the transformation to tridiagonal form. */
function reduce(v: Float64Array, n: number, d: Float64Array, e: Float64Array): void {
  const at = (row: number, column: number) => float64At(v, row * n + column)
  const set = (row: number, column: number, value: number) => {
    v[row * n + column] = value
  }
  for (let j = 0; j < n; j++) d[j] = at(n - 1, j)
  for (let i = n - 1; i > 0; i--) {
    let scale = 0
    let h = 0
    for (let k = 0; k < i; k++) scale += Math.abs(float64At(d, k))
    if (scale === 0) {
      e[i] = float64At(d, i - 1)
      for (let j = 0; j < i; j++) {
        d[j] = at(i - 1, j)
        set(i, j, 0)
        set(j, i, 0)
      }
    } else {
      for (let k = 0; k < i; k++) {
        d[k] = float64At(d, k) / scale
        h += float64At(d, k) ** 2
      }
      const f = float64At(d, i - 1)
      let g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h)
      e[i] = scale * g
      h -= f * g
      d[i - 1] = f - g
      e.fill(0, 0, i)
      for (let j = 0; j < i; j++) {
        const own = float64At(d, j)
        set(j, i, own)
        g = float64At(e, j) + at(j, j) * own
        for (let k = j + 1; k < i; k++) {
          g += at(k, j) * float64At(d, k)
          e[k] = float64At(e, k) + at(k, j) * own
        }
        e[j] = g
      }
      let sum = 0
      for (let j = 0; j < i; j++) {
        e[j] = float64At(e, j) / h
        sum += float64At(e, j) * float64At(d, j)
      }
      const hh = sum / (h + h)
      for (let j = 0; j < i; j++) e[j] = float64At(e, j) - hh * float64At(d, j)
      for (let j = 0; j < i; j++) {
        const [own, other] = [float64At(d, j), float64At(e, j)]
        for (let k = j; k < i; k++) set(k, j, at(k, j) - (own * float64At(e, k) + other * float64At(d, k)))
        d[j] = at(i - 1, j)
        set(i, j, 0)
      }
    }
    d[i] = h
  }
  for (let i = 0; i < n - 1; i++) {
    set(n - 1, i, at(i, i))
    set(i, i, 1)
    const h = float64At(d, i + 1)
    if (h !== 0) {
      for (let k = 0; k <= i; k++) d[k] = at(k, i + 1) / h
      for (let j = 0; j <= i; j++) {
        let g = 0
        for (let k = 0; k <= i; k++) g += at(k, i + 1) * at(k, j)
        for (let k = 0; k <= i; k++) set(k, j, at(k, j) - g * float64At(d, k))
      }
    }
    for (let k = 0; k <= i; k++) set(k, i + 1, 0)
  }
  for (let j = 0; j < n; j++) {
    d[j] = at(n - 1, j)
    set(n - 1, j, 0)
  }
  set(n - 1, n - 1, 1)
  e[0] = 0
}

/** Diagonalises the tridiagonal form, turning the vectors with it. */
function iterate(v: Float64Array, n: number, d: Float64Array, e: Float64Array): void {
  e.copyWithin(0, 1)
  e[n - 1] = 0
  let shift = 0
  let norm = 0
  for (let low = 0; low < n; low++) {
    norm = Math.max(norm, Math.abs(float64At(d, low)) + Math.abs(float64At(e, low)))
    let m = low
    while (m < n - 1 && Math.abs(float64At(e, m)) > 2 ** -52 * norm) m++
    if (m > low) {
      for (let sweep = 0; sweep < sweepsMax && Math.abs(float64At(e, low)) > 2 ** -52 * norm; sweep++) {
        shift += qlStep(v, n, d, e, { low, m })
      }
    }
    d[low] = float64At(d, low) + shift
    e[low] = 0
  }
}

function qlStep(
  v: Float64Array,
  n: number,
  d: Float64Array,
  e: Float64Array,
  { low, m }: { readonly low: number; readonly m: number },
): number {
  const before = float64At(d, low)
  let p = (float64At(d, low + 1) - before) / (2 * float64At(e, low))
  const r = p < 0 ? -Math.hypot(p, 1) : Math.hypot(p, 1)
  d[low] = float64At(e, low) / (p + r)
  d[low + 1] = float64At(e, low) * (p + r)
  const next = float64At(d, low + 1)
  const h = before - float64At(d, low)
  for (let i = low + 2; i < n; i++) d[i] = float64At(d, i) - h
  p = float64At(d, m)
  let [c, c2, c3, s, s2] = [1, 1, 1, 0, 0]
  const second = float64At(e, low + 1)
  for (let i = m - 1; i >= low; i--) {
    c3 = c2
    c2 = c
    s2 = s
    const g = c * float64At(e, i)
    const hh = c * p
    const length = Math.hypot(p, float64At(e, i))
    e[i + 1] = s * length
    s = float64At(e, i) / length
    c = p / length
    p = c * float64At(d, i) - s * g
    d[i + 1] = hh + s * (c * g + s * float64At(d, i))
    for (let k = 0; k < n; k++) {
      const right = float64At(v, k * n + i + 1)
      const left = float64At(v, k * n + i)
      v[k * n + i + 1] = s * left + c * right
      v[k * n + i] = c * left - s * right
    }
  }
  p = (-s * s2 * c3 * second * float64At(e, low)) / next
  e[low] = s * p
  d[low] = c * p
  return h
}
