import type { ExpectationKwargs, Json, KnownExpectation } from '@fabrique/contract'
import { betaLower, chiSquareUpper, gammaUpper, kolmogorovUpper, normalCdf } from '@fabrique/ml/distributions'
import { createRandom } from '@fabrique/ml/random'
import { limit } from '../../../kernel/index.js'
import { columnOf, numberSql, numericColumn, type TableColumn, type Value } from './columns.js'
import { asCount, groupedSource, jsonValue, type Outcome } from './evaluate-rows.js'
import { lookedAt } from './evaluate-whole.js'
import { cannotEvaluate } from './model.js'
import { rowsOf } from './row-checks.js'
import type { Scan } from './scan.js'

/** Evaluates an expectation that compares a column with a distribution; undefined where it is of another kind. */
export async function evaluateDistribution(scan: Scan, known: KnownExpectation): Promise<Outcome | undefined> {
  switch (known.type) {
    case 'expect_column_kl_divergence_to_be_less_than':
      return divergence(scan, known.type, known.kwargs)
    case 'expect_column_chisquare_test_p_value_to_be_greater_than':
      return chiSquare(scan, known.type, known.kwargs)
    case 'expect_column_bootstrapped_ks_test_p_value_to_be_greater_than':
      return bootstrappedKs(scan, known.type, known.kwargs)
    case 'expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than':
      return parameterizedKs(scan, known.type, known.kwargs)
    case 'expect_column_pair_cramers_phi_value_to_be_less_than':
      return cramersPhi(scan, known.type, known.kwargs)
    default:
      return undefined
  }
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
const isOne = (sum: number) => Math.abs(sum - 1) <= 1e-8 + 1e-5

interface Bins {
  readonly bins: readonly number[]
  readonly weights: readonly number[]
  readonly tail_weights?: readonly number[] | undefined
}

interface Categories {
  readonly values: readonly Value[]
  readonly weights: readonly number[]
}

function edgesOf(bins: readonly (number | string)[]): readonly number[] {
  return bins.map((edge) => (typeof edge === 'number' ? edge : edge.startsWith('-') ? -Infinity : Infinity))
}

function checkCategories({ values, weights }: Categories): Categories {
  if (values.length !== weights.length || !isOne(sumOf(weights))) return cannotEvaluate('Invalid partition object.')
  return { values, weights }
}

function checkBins(partition: {
  readonly bins: readonly (number | string)[]
  readonly weights: readonly number[]
  readonly tail_weights?: readonly number[] | undefined
}): Bins {
  const bins = edgesOf(partition.bins)
  const rises = bins.every((edge, index) => index === 0 || edge > (bins[index - 1] ?? 0))
  const total = sumOf(partition.weights) + sumOf(partition.tail_weights ?? [])
  if (bins.length !== partition.weights.length + 1 || !rises || !isOne(total))
    return cannotEvaluate('Invalid partition object.')
  return { ...partition, bins }
}

/** The counts of values between edges, the last bin closed, and of those below and above. */
async function histogram(scan: Scan, column: TableColumn, looked: string, bins: readonly number[]) {
  const last = bins.length - 2
  const { sql } = column
  const inBin = bins.slice(0, -1).map((edge, index) => {
    const upper = `${sql} ${index === last ? '<=' : '<'} ${numberSql(bins[index + 1] ?? 0)}`
    return `${sql} >= ${numberSql(edge)} and ${upper}`
  })
  const conditions = [...inBin, `${sql} < ${numberSql(bins[0] ?? 0)}`, `${sql} > ${numberSql(bins.at(-1) ?? 0)}`]
  const asked = conditions.map((condition) => scan.ask(scan.base, `count_if((${looked}) and ${condition})::DOUBLE`))
  const counts = (await Promise.all(asked)).map(asCount)
  const [below = 0, above = 0] = counts.slice(-2)
  return { counts: counts.slice(0, -2), below, above }
}

/** The distinct values of a column with their counts, by value. More than a bound of them are no categories. */
async function valueCounts(scan: Scan, column: TableColumn, looked: string) {
  const most = limit('checks.categories_max')
  const rows = await scan.rows(
    `select v, n::DOUBLE from ${groupedSource(scan, column, looked)} order by v limit ${most + 1}`,
  )
  if (rows.length > most) cannotEvaluate(`Column ${column.name} has more than ${most} distinct values`)
  return rows.map(([value = null, count = null]) => ({ value: jsonValue(column, value), count: asCount(count) }))
}

/** Relative entropy of two lists that are brought to a sum of 1 first, as `scipy.stats.entropy`. */
function entropy(observed: readonly number[], expected: readonly number[]): number {
  const [all, allExpected] = [sumOf(observed), sumOf(expected)]
  return sumOf(
    observed.map((weight, index) => {
      const p = weight / all
      const q = (expected[index] ?? 0) / allExpected
      if (p === 0) return q >= 0 ? 0 : Infinity
      return q === 0 ? Infinity : p * Math.log(p / q)
    }),
  )
}

type DivergenceKwargs = ExpectationKwargs<'expect_column_kl_divergence_to_be_less_than'>

async function divergence(scan: Scan, type: string, kwargs: DivergenceKwargs): Promise<Outcome> {
  const { partition_object: given, bucketize_data = true } = kwargs
  const column = columnOf(scan.columns, kwargs.column)
  const looked = lookedAt(scan, type, kwargs, column)
  if (given !== undefined && 'values' in given)
    return categoricalDivergence(checkCategories(given), await valueCounts(scan, column, looked), kwargs)
  if (given === undefined && !bucketize_data) {
    const counts = await valueCounts(scan, column, looked)
    const total = sumOf(counts.map(({ count }) => count))
    const own = { values: counts.map(({ value }) => value as Value), weights: counts.map(({ count }) => count / total) }
    return categoricalDivergence(own, counts, kwargs)
  }
  if (!bucketize_data)
    cannotEvaluate(
      'KL Divergence cannot be computed with a continuous partition object and the bucketize_data parameter set to false.',
    )
  const numeric = numericColumn(scan.columns, kwargs.column)
  const count = asCount(await scan.ask(scan.base, `count_if(${looked})::DOUBLE`))
  const partition = given === undefined ? await ownPartition(scan, numeric, looked, count) : checkBins(given)
  return continuousDivergence(
    partition,
    { ...(await histogram(scan, numeric, looked, partition.bins)), total: count },
    kwargs,
  )
}

/** The partition of a column itself, by the rule that GX calls auto. */
async function ownPartition(scan: Scan, column: TableColumn, looked: string, count: number): Promise<Bins> {
  const found = await scan.ask(
    scan.base,
    `quantile_cont(${column.sql}::DOUBLE, [0, 0.25, 0.75, 1]) filter (where ${looked})`,
  )
  const [min = 0, low = 0, high = 0, max = 0] = (found ??
    cannotEvaluate(`Column ${column.name} has no values`)) as readonly number[]
  const sturges = Math.ceil(Math.log2(count + 1))
  const spread = high - low
  const wanted =
    spread < 1e-10 ? sturges : Math.max(sturges, Math.ceil((max - min) / ((2 * spread) / Math.cbrt(count))))
  const number = Math.max(1, Math.min(wanted, 10_000))
  const bins = Array.from({ length: number + 1 }, (_, index) =>
    index === number ? max : min + (index * (max - min)) / number,
  )
  const { counts } = await histogram(scan, column, looked, bins)
  const weights = counts.map((inBin) => inBin / count)
  const tail = (1 - sumOf(weights)) / 2
  return { bins, weights, tail_weights: [tail, tail] }
}

function judgeDivergence(value: number, threshold: number | undefined, details: Json): Outcome {
  const observed = Number.isFinite(value) ? value : null
  return { success: threshold === undefined || value <= threshold, result: { observed_value: observed, details } }
}

function categoricalDivergence(
  partition: Categories,
  counts: readonly { readonly value: Json; readonly count: number }[],
  { tail_weight_holdout: tail = 0, internal_weight_holdout: internal = 0, threshold }: DivergenceKwargs,
): Outcome {
  if (internal > 0) cannotEvaluate('Internal weight holdout cannot be used for discrete data.')
  const total = sumOf(counts.map(({ count }) => count))
  const { values, observed, expected } = aligned(partition, counts)
  const unforeseen = expected.filter((weight) => weight === undefined).length
  const p = observed.map((count) => count / total)
  const q = expected.map((weight) =>
    weight === undefined ? tail / unforeseen : unforeseen > 0 ? weight * (1 - tail) : weight,
  )
  return judgeDivergence(entropy(p, q), threshold, {
    observed_partition: { values, weights: p },
    expected_partition: { values, weights: q },
  })
}

/** Expected and found categories side by side: those of the partition first. */
function aligned(partition: Categories, counts: readonly { readonly value: Json; readonly count: number }[]) {
  const known = new Map(counts.map(({ value, count }) => [JSON.stringify(value), count]))
  const expectedKeys = new Set(partition.values.map((value) => JSON.stringify(value)))
  const others = counts.filter(({ value }) => !expectedKeys.has(JSON.stringify(value)))
  return {
    values: [...partition.values, ...others.map(({ value }) => value)],
    observed: [
      ...partition.values.map((value) => known.get(JSON.stringify(value)) ?? 0),
      ...others.map(({ count }) => count),
    ],
    expected: [...partition.weights, ...others.map(() => undefined)] as readonly (number | undefined)[],
  }
}

interface Found {
  readonly counts: readonly number[]
  readonly below: number
  readonly above: number
  readonly total: number
}

function continuousDivergence(
  { bins, weights, tail_weights: tails }: Bins,
  found: Found,
  kwargs: DivergenceKwargs,
): Outcome {
  const { tail_weight_holdout: tail = 0, internal_weight_holdout: internal = 0, threshold } = kwargs
  if (tail !== 0 && tails !== undefined)
    cannotEvaluate('tail_weight_holdout must be 0 when using tail_weights in partition object')
  const isOpenBelow = bins[0] === -Infinity
  const isOpenAbove = bins.at(-1) === Infinity
  if ((isOpenBelow || isOpenAbove) && tails !== undefined)
    cannotEvaluate('There can be no tail weights for partitions with one or both endpoints at infinity')
  if (isOpenBelow && isOpenAbove && tail > 0)
    cannotEvaluate('tail_weight_holdout cannot be used for partitions with infinite endpoints.')
  const scaled = weights.map((weight) => weight * (1 - tail - internal))
  const empty = scaled.filter((weight) => weight === 0).length
  const expected = scaled.map((weight) => (weight === 0 && internal > 0 ? internal / empty : weight))
  const observed = found.counts.map((count) => count / found.total)
  const outside = [found.below / found.total, found.above / found.total]
  // An open end is a tail of its own; a closed one has what lies beyond it.
  const half = isOpenBelow || isOpenAbove ? tail : tail / 2
  const [expectedBelow, expectedAbove] = tails ?? [half, half]
  const from = isOpenBelow ? 1 : 0
  const to = expected.length - (isOpenAbove ? 1 : 0)
  const ends = (list: readonly number[], below: number, above: number) => [
    isOpenBelow ? (list[0] ?? 0) : below,
    isOpenAbove ? (list.at(-1) ?? 0) : above,
  ]
  const observedTails = ends(observed, outside[0] ?? 0, outside[1] ?? 0)
  const expectedTails = ends(expected, expectedBelow ?? 0, expectedAbove ?? 0)
  const inner = (list: readonly number[]) => list.slice(from, to)
  const joined = (list: readonly number[], [below = 0, above = 0]: readonly number[]) => [below, ...inner(list), above]
  const value = entropy(joined(observed, observedTails), joined(expected, expectedTails))
  const shownBins = bins.slice(from, bins.length - (isOpenAbove ? 1 : 0))
  return judgeDivergence(value, threshold, {
    observed_partition: { bins: shownBins, weights: inner(observed), tail_weights: observedTails },
    expected_partition: { bins: shownBins, weights: inner(expected), tail_weights: expectedTails },
  })
}

async function chiSquare(
  scan: Scan,
  type: string,
  kwargs: ExpectationKwargs<'expect_column_chisquare_test_p_value_to_be_greater_than'>,
): Promise<Outcome> {
  const { partition_object: given, p = 0.05, tail_weight_holdout: tail = 0 } = kwargs
  if (!('values' in given)) return cannotEvaluate('Invalid partition object: categories and weights are needed.')
  const partition = checkCategories(given)
  const column = columnOf(scan.columns, kwargs.column)
  const counts = await valueCounts(scan, column, lookedAt(scan, type, kwargs, column))
  const total = sumOf(counts.map(({ count }) => count))
  if (total === 0) return { success: false, result: { observed_value: null } }
  const { values, observed, expected } = aligned(partition, counts)
  const unforeseen = expected.filter((weight) => weight === undefined).length
  const frequencies = expected.map((weight) =>
    weight === undefined ? total * (tail / unforeseen) : total * weight * (unforeseen > 0 ? 1 - tail : 1),
  )
  const statistic = sumOf(observed.map((count, index) => chiTerm(count, frequencies[index] ?? 0)))
  const value = chiSquareUpper(statistic, values.length - 1)
  const shares = (list: readonly number[]) => list.map((item) => item / sumOf(list))
  return {
    success: value > p,
    result: {
      observed_value: value,
      details: {
        observed_partition: { values, weights: shares(observed) },
        expected_partition: { values, weights: shares(frequencies) },
      },
    },
  }
}

function chiTerm(observed: number, expected: number): number {
  if (expected === 0) return observed === 0 ? 0 : Infinity
  return (observed - expected) ** 2 / expected
}

/** The largest distance between the distribution of sorted values with counts and a distribution function. */
function distance(
  sorted: readonly (readonly [value: number, count: number])[],
  cdf: (value: number) => number,
): number {
  const n = sumOf(sorted.map(([, count]) => count))
  let before = 0
  let most = 0
  for (const [value, count] of sorted) {
    const expected = cdf(value)
    most = Math.max(most, expected - before / n, (before + count) / n - expected)
    before += count
  }
  return most
}

async function parameterizedKs(
  scan: Scan,
  type: string,
  kwargs: ExpectationKwargs<'expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than'>,
): Promise<Outcome> {
  const { p_value: p = 0.05, distribution } = kwargs
  const params = paramsOf(distribution, kwargs.params)
  const column = numericColumn(scan.columns, kwargs.column)
  const looked = lookedAt(scan, type, kwargs, column)
  const n = asCount(await scan.ask(scan.base, `count_if(${looked})::DOUBLE`))
  if (n === 0) return { success: false, result: { observed_value: null } }
  const cdf = cdfOf(distribution, params)
  // The distance is a maximum over the values in order, so that they need not be held together.
  let before = 0
  let most = 0
  await scan.each(
    `select v::DOUBLE, n::DOUBLE from ${groupedSource(scan, column, looked)} order by v`,
    (value, count) => {
      const expected = cdf(value)
      most = Math.max(most, expected - before / n, (before + count) / n - expected)
      before += count
    },
  )
  const value = kolmogorovUpper(most, n)
  return {
    success: value >= p,
    result: { observed_value: value, details: { expected_params: params, observed_ks_result: [most, value] } },
  }
}

const distributionParams = {
  norm: [
    ['mean', 'std_dev'],
    [0, 1],
  ],
  beta: [
    ['alpha', 'beta', 'loc', 'scale'],
    [undefined, undefined, 0, 1],
  ],
  gamma: [
    ['alpha', 'loc', 'scale'],
    [undefined, 0, 1],
  ],
  uniform: [
    ['min', 'max'],
    [0, 1],
  ],
  chi2: [
    ['df', 'loc', 'scale'],
    [undefined, 0, 1],
  ],
  expon: [
    ['loc', 'scale'],
    [0, 1],
  ],
} as const

type Distribution = keyof typeof distributionParams

/** Parameters in the order of scipy. Those that have to be positive are checked. */
function paramsOf(
  distribution: Distribution,
  given: Readonly<Record<string, number>> | readonly number[],
): readonly number[] {
  const [names, defaults] = distributionParams[distribution]
  if (Array.isArray(given) && given.length > names.length)
    cannotEvaluate(`Too many parameters for the distribution ${distribution}`)
  const params = names.map((name, index) => {
    const byName = Array.isArray(given) ? given[index] : (given as Readonly<Record<string, number>>)[name]
    return byName ?? defaults[index] ?? cannotEvaluate(`The distribution ${distribution} needs the parameter ${name}`)
  })
  for (const [index, name] of names.entries()) {
    const isPositive =
      ['std_dev', 'alpha', 'beta', 'scale', 'df'].includes(name) || (distribution === 'uniform' && name === 'max')
    if (isPositive && !((params[index] ?? 0) > 0))
      cannotEvaluate(`The parameter ${name} of the distribution ${distribution} must be positive`)
  }
  return params
}

function cdfOf(distribution: Distribution, params: readonly number[]): (value: number) => number {
  const [a = 0, b = 1, c = 0, d = 1] = params
  switch (distribution) {
    case 'norm':
      return (value) => normalCdf((value - a) / b)
    case 'beta':
      return (value) => betaLower((value - c) / d, a, b)
    case 'gamma':
      return (value) => 1 - gammaUpper(a, (value - b) / (params[2] ?? 1))
    case 'uniform':
      // scipy takes the second number as the width.
      return (value) => Math.min(1, Math.max(0, (value - a) / b))
    case 'chi2':
      return (value) => 1 - gammaUpper(a / 2, (value - b) / (params[2] ?? 1) / 2)
    case 'expon':
      return (value) => (value <= a ? 0 : -Math.expm1(-(value - a) / b))
  }
}

/** Values that samples are drawn from; of more a sample of this size stands for all. */
const bootstrapValuesMax = 1_000_000
const bootstrapSeed = 1

async function bootstrappedKs(
  scan: Scan,
  type: string,
  kwargs: ExpectationKwargs<'expect_column_bootstrapped_ks_test_p_value_to_be_greater_than'>,
): Promise<Outcome> {
  const { partition_object: given, p = 0.05, bootstrap_samples: samples = 1000 } = kwargs
  if ('values' in given) return cannotEvaluate('Invalid continuous partition object.')
  const { bins, weights, tail_weights } = checkBins(given)
  if (!Number.isFinite(bins[0]) || !Number.isFinite(bins.at(-1))) cannotEvaluate('Partition endpoints must be finite.')
  if (sumOf(tail_weights ?? []) > 0) cannotEvaluate('Partition cannot have tail weights -- endpoints must be finite.')
  const column = numericColumn(scan.columns, kwargs.column)
  const looked = lookedAt(scan, type, kwargs, column)
  const values: number[] = []
  await scan.each(
    `select v, 1 from (select ${column.sql}::DOUBLE as v from ${scan.base} where ${looked}) using sample reservoir(${bootstrapValuesMax} rows) repeatable (${bootstrapSeed})`,
    (value) => values.push(value),
  )
  if (values.length === 0) return { success: false, result: { observed_value: null } }
  const cumulated = [0]
  for (const weight of weights) cumulated.push((cumulated.at(-1) ?? 0) + weight)
  const cdf = (value: number) => interpolated(value, bins, cumulated)
  const size = kwargs.bootstrap_sample_size ?? weights.length * 2
  const random = createRandom(bootstrapSeed)
  let passed = 0
  for (let sample = 0; sample < samples; sample += 1) {
    const drawn = Array.from({ length: size }, () => values[random.intBelow(values.length)] ?? 0).sort((a, b) => a - b)
    const d = distance(
      drawn.map((value) => [value, 1] as const),
      cdf,
    )
    if (kolmogorovUpper(d, size) >= p) passed += 1
  }
  const value = (1 + passed) / (samples + 1)
  const found = await histogram(scan, column, looked, bins)
  const total = values.length
  return {
    success: value > p,
    result: {
      observed_value: value,
      details: {
        bootstrap_samples: samples,
        bootstrap_sample_size: size,
        observed_partition: { bins: [...bins], weights: found.counts.map((count) => count / total) },
        expected_partition: { bins: [...bins], weights: [...weights] },
        expected_cdf: { x: [...bins], cdf_values: cumulated },
      },
    },
  }
}

function interpolated(value: number, x: readonly number[], y: readonly number[]): number {
  if (value <= (x[0] ?? 0)) return y[0] ?? 0
  const index = x.findIndex((edge) => value < edge)
  if (index < 0) return y.at(-1) ?? 0
  const [x0 = 0, x1 = 0, y0 = 0, y1 = 0] = [x[index - 1], x[index], y[index - 1], y[index]]
  return y0 + ((y1 - y0) * (value - x0)) / (x1 - x0)
}

async function cramersPhi(
  scan: Scan,
  type: string,
  kwargs: ExpectationKwargs<'expect_column_pair_cramers_phi_value_to_be_less_than'>,
): Promise<Outcome> {
  const { threshold = 0.1 } = kwargs
  const rows = rowsOf(type, kwargs, scan.columns)
  const binned = (name: string, bins: readonly number[] | undefined) =>
    bins === undefined ? columnOf(scan.columns, name).sql : binSql(numericColumn(scan.columns, name), bins)
  const a = binned(kwargs.column_A, kwargs.bins_A)
  const b = binned(kwargs.column_B, kwargs.bins_B)
  const most = limit('checks.categories_max')
  const found = await scan.rows(
    `select a::VARCHAR, b::VARCHAR, count(*)::DOUBLE from (select ${a} as a, ${b} as b from ${scan.base} where ${rows})
     where a is not null and b is not null group by 1, 2 order by 1, 2 limit ${most + 1}`,
  )
  if (found.length > most)
    cannotEvaluate(`Columns ${kwargs.column_A} and ${kwargs.column_B} have more than ${most} combinations of values`)
  const all = asCount(await scan.ask(scan.base, `count_if(${rows})::DOUBLE`))
  const left = [...new Set(found.map(([value]) => String(value)))]
  const right = [...new Set(found.map(([, value]) => String(value)))].sort()
  const cells = new Map(found.map(([x, y, count = null]) => [JSON.stringify([x, y]), asCount(count)]))
  const table = left.map((x) => right.map((y) => cells.get(JSON.stringify([x, y])) ?? 0))
  if (Math.min(left.length, right.length) < 2) return { success: false, result: { observed_value: null } }
  const phi = Math.min(1, Math.sqrt(contingency(table) / all / (Math.min(left.length, right.length) - 1)))
  return {
    success: phi <= threshold,
    result: { observed_value: phi, details: { crosstab: { rows: left, columns: right, counts: table } } },
  }
}

/** Bins as `pandas.cut`: open below and closed above; what lies outside is missing. */
function binSql({ sql }: TableColumn, bins: readonly number[]): string {
  const cases = bins
    .slice(0, -1)
    .map(
      (edge, index) =>
        `when ${sql} > ${numberSql(edge)} and ${sql} <= ${numberSql(bins[index + 1] ?? 0)} then ${index}`,
    )
  return `(case ${cases.join(' ')} end)`
}

/** The statistic of `scipy.stats.chi2_contingency`: corrected for continuity where the table has two rows and two columns. */
function contingency(table: readonly (readonly number[])[]): number {
  const ofRows = table.map(sumOf)
  const ofColumns = (table[0] ?? []).map((_, index) => sumOf(table.map((row) => row[index] ?? 0)))
  const total = sumOf(ofRows)
  const isSmall = ofRows.length === 2 && ofColumns.length === 2
  return sumOf(
    table.flatMap((row, x) =>
      row.map((count, y) => {
        const expected = ((ofRows[x] ?? 0) * (ofColumns[y] ?? 0)) / total
        const off = Math.abs(count - expected)
        return (isSmall ? off - Math.min(0.5, off) : off) ** 2 / expected
      }),
    ),
  )
}
