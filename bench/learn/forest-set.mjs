// Seeded classification sets as scikit-learn's make_classification makes them: ten informative features in clusters at the corners of
// a cube, four that mix those, the rest noise; two classes of four clusters each, 3 % of the labels random.
import { createRandom } from '@fabrique/ml'

const informative = 10
const redundant = 4
const clustersPerClass = 4
const noise = 0.03

/** @returns columns (Float32Array each), codes (Int32Array of 0 and 1), of `rowCount` rows */
export function clusteredSet({ rowCount, featureCount = 20, seed }) {
  const random = createRandom(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())
  const table = (rows, columns) =>
    Array.from({ length: rows }, () => Float64Array.from({ length: columns }, () => 2 * random.float() - 1))
  const clusters = Array.from({ length: 2 * clustersPerClass }, () => ({
    centre: Float64Array.from({ length: informative }, () => (random.float() < 0.5 ? -1 : 1)),
    mix: table(informative, informative),
  }))
  const weights = table(redundant, informative)
  const columns = Array.from({ length: featureCount }, () => new Float32Array(rowCount))
  const codes = new Int32Array(rowCount)
  const drawn = new Float64Array(informative)
  const values = new Float64Array(informative)
  for (let row = 0; row < rowCount; row++) {
    const cluster = random.intBelow(clusters.length)
    const { centre, mix } = clusters[cluster]
    for (let index = 0; index < informative; index++) drawn[index] = normal()
    for (let index = 0; index < informative; index++) values[index] = centre[index] + dot(mix[index], drawn)
    for (let index = 0; index < informative; index++) columns[index][row] = values[index]
    for (let index = 0; index < redundant; index++) columns[informative + index][row] = dot(weights[index], values)
    for (let index = informative + redundant; index < featureCount; index++) columns[index][row] = normal()
    codes[row] = random.float() < noise ? random.intBelow(2) : cluster % 2
  }
  return { columns, codes }
}

function dot(left, right) {
  let sum = 0
  for (let index = 0; index < left.length; index++) sum += left[index] * right[index]
  return sum
}

/** The first rows and the others: generated together, so that both come from the same clusters. */
export function splitAt({ columns, codes }, trainRows) {
  const part = (start, end) => ({
    columns: columns.map((values) => values.slice(start, end)),
    codes: codes.slice(start, end),
  })
  return { train: part(0, trainRows), test: part(trainRows, codes.length) }
}
