// The sets on which every estimator stands beside scikit-learn: tables, their targets, and how often each is split.
import { existsSync, readFileSync } from 'node:fs'
import { createRandom, table, textColumn } from '@fabrique/ml'

const root = new URL('../../../', import.meta.url)
const shared = new URL('../shared/data/', root)

const number = (name, values) => ({ kind: 'number', name, values: Float64Array.from(values) })
const time = (name, values) => ({ kind: 'time', name, values: Float64Array.from(values) })

function pick(random, items) {
  return items[random.intBelow(items.length)]
}

function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())
}

/** Iris and diabetes, as scikit-learn ships them. */
function shippedSet(name) {
  const file = new URL('packages/ml/test/parity/data-sets.json', root)
  const { features, columns, codes, classes, target } = JSON.parse(readFileSync(file, 'utf8'))[name]
  const learnt =
    target === undefined
      ? textColumn(
          'target',
          codes.map((code) => classes[code]),
        )
      : number('target', target)
  return table([...features.map((feature, index) => number(feature, columns[index])), learnt])
}

/** Five families of rows, three of them one class; numbers with gaps, categories, texts and moments. */
function generatedClasses(rowCount) {
  const random = createRandom(41)
  const centres = Array.from({ length: 5 }, () => Array.from({ length: 8 }, () => 2.2 * normal(random)))
  const classes = ['calm', 'calm', 'good', 'angry', 'calm']
  const words = ['livraison', 'RAPIDE', 'très', 'content', 'de', 'la', 'été', 'l’arrivée', 'retour', '☃', '12']
  const tells = { calm: 'normal', good: 'parfait', angry: 'cassé' }
  const families = Array.from({ length: rowCount }, () => random.intBelow(centres.length))
  const labels = families.map((family) => (random.float() < 0.03 ? pick(random, classes) : classes[family]))
  const value = (family, feature) => centres[family][feature] + (feature % 2 === 0 ? 1 : 2) * normal(random)
  const features = centres[0].map((_, feature) =>
    number(
      `x${feature}`,
      families.map((family) => (feature > 5 && random.float() < 0.1 ? Number.NaN : value(family, feature))),
    ),
  )
  const review = labels.map((label) => {
    if (random.float() < 0.05) return null
    const sentence = Array.from({ length: 3 + random.intBelow(6) }, () => pick(random, words))
    if (random.float() < 0.3) sentence.push(tells[label])
    return sentence.join(pick(random, [' ', '  ', ', ']))
  })
  const city = families.map((family) =>
    random.float() < 0.05 ? null : pick(random, family < 2 ? ['Paris', 'Lyon'] : ['Nice', 'Metz', 'Lyon']),
  )
  const since = labels.map((label) =>
    random.float() < 0.05 ? Number.NaN : Math.floor((0.2 + random.float() - (label === 'good' ? 0.1 : 0)) * 1.5e12),
  )
  return table([
    ...features,
    textColumn('city', city),
    textColumn('review', review),
    time('since', since),
    textColumn('target', labels),
  ])
}

/** Friedman's first function, with a season, shops of which there are many, and gaps. */
function generatedValues(rowCount) {
  const random = createRandom(42)
  const draws = Array.from({ length: 8 }, () => Float64Array.from({ length: rowCount }, () => random.float()))
  const moments = Array.from({ length: rowCount }, () => Date.UTC(2024, 0, 1) + random.intBelow(731 * 24) * 3_600_000)
  const shops = Array.from({ length: rowCount }, () => random.intBelow(300))
  const target = moments.map((moment, row) => {
    const [a, b, c, d, e] = draws.map((values) => values[row])
    const smooth = 10 * Math.sin(Math.PI * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e
    const season = 3 * Math.cos((2 * Math.PI * new Date(moment).getUTCMonth()) / 12)
    return smooth + season + (shops[row] % 7) + normal(random)
  })
  const withGaps = (values) => values.map((value) => (random.float() < 0.05 ? Number.NaN : value))
  return table([
    ...draws.map((values, index) => number(`x${index}`, index === 4 ? withGaps(values) : values)),
    textColumn(
      'shop',
      shops.map((shop) => `shop ${shop}`),
    ),
    time('moment', moments),
    number('target', target),
  ])
}

/** The rows of a CSV file without quotes: numbers where every value is one, moments in the columns named, texts otherwise. */
function readCsv(file, { target, times, drop }) {
  const [head = '', ...lines] = readFileSync(file, 'utf8').trim().split(/\r?\n/)
  const rows = lines.map((line) => line.split(','))
  const columns = head.split(',').flatMap((name, index) => {
    if (drop.includes(name)) return []
    const cells = rows.map((row) => (row[index] ?? '').trim())
    const known = name === target ? 'target' : name
    const missing = (convert) => (cell) => (cell === '' ? Number.NaN : convert(cell))
    if (times.includes(name)) return [time(known, cells.map(missing(Date.parse)))]
    if (cells.every((cell) => cell === '' || Number.isFinite(Number(cell))))
      return [number(known, cells.map(missing(Number)))]
    return [
      textColumn(
        known,
        cells.map((cell) => (cell === '' ? null : cell)),
      ),
    ]
  })
  return table(columns)
}

/**
 * Every set: its rows with the column `target`; the share that is tested; how often it is split, and trained on where training has chance
 * (the fewer rows, the more often); and whether its values may be committed. Files that are not there are left out.
 */
export function paritySets() {
  const bike = { target: 'cnt', times: ['dteday'], drop: ['casual', 'registered'] }
  const churn = { target: 'Churn', times: [], drop: [] }
  const files = [
    { name: 'bike', task: 'regression', file: new URL('bike_sharing_hour.csv', shared), as: bike },
    { name: 'telco', task: 'classification', file: new URL('telco_churn.csv', shared), as: churn },
  ]
  const small = [
    { name: 'iris', task: 'classification', splits: 5, seeds: 25, rows: () => shippedSet('iris') },
    { name: 'diabetes', task: 'regression', splits: 5, seeds: 25, rows: () => shippedSet('diabetes') },
    { name: 'generated_classes', task: 'classification', splits: 3, seeds: 5, rows: () => generatedClasses(2000) },
    { name: 'generated_values', task: 'regression', splits: 3, seeds: 5, rows: () => generatedValues(2000) },
  ]
  const large = files
    .filter(({ file }) => existsSync(file))
    .map(({ file, as, ...set }) => ({ ...set, splits: 1, seeds: 3, rows: () => readCsv(file, as) }))
  return [
    ...small.map((set) => ({ ...set, testShare: 0.3, isCommitted: true })),
    ...large.map((set) => ({ ...set, testShare: 0.75, isCommitted: false })),
  ]
}
