import type { FeatureDistribution } from '@fabrique/contract'
import type { OnlineValue } from './model.js'

const bars = 20
const topMax = 10
/** Longer texts are cut. */
const textMax = 100
const quantiles = [0.05, 0.25, 0.5, 0.75, 0.95]

/** How the values of each feature are spread among rows. */
export function distributionsOf(
  names: readonly string[],
  rows: readonly { readonly values: readonly OnlineValue[] }[],
): FeatureDistribution[] {
  return names.map((name, place) =>
    distributionOf(
      name,
      rows.map(({ values }) => values[place] ?? null),
    ),
  )
}

function distributionOf(name: string, values: readonly OnlineValue[]): FeatureDistribution {
  const known = values.filter((value) => value !== null)
  const nulls = values.length - known.length
  const numbers = known.filter((value): value is number => typeof value === 'number').sort((one, two) => one - two)
  const counted = countsOf(known)
  return {
    name,
    nulls,
    null_rate: values.length === 0 ? 0 : nulls / values.length,
    distinct: counted.size,
    ...(numbers.length === 0 ? topOf(counted) : { numbers: figuresOf(numbers), histogram: histogramOf(numbers) }),
  }
}

function countsOf(values: readonly OnlineValue[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return counts
}

function topOf(counts: ReadonlyMap<string, number>): Pick<FeatureDistribution, 'top'> {
  if (counts.size === 0) return {}
  const top = [...counts]
    .sort(([one, many], [two, more]) => more - many || (one < two ? -1 : 1))
    .slice(0, topMax)
    .map(([value, count]) => ({ value: value.slice(0, textMax), count }))
  return { top }
}

/** Of sorted numbers, of which there is at least one. */
function figuresOf(numbers: readonly number[]): NonNullable<FeatureDistribution['numbers']> {
  const count = numbers.length
  const mean = meanOf(numbers)
  const variance = meanOf(numbers.map((number) => (number - mean) ** 2))
  return {
    finite: count,
    min: numbers[0] ?? 0,
    max: numbers[count - 1] ?? 0,
    mean,
    std: finite(Math.sqrt(variance)),
    quantiles: quantiles.map((share) => quantileOf(numbers, share)),
  }
}

/** The sum of great numbers is no number: then each is divided first. */
function meanOf(numbers: readonly number[]): number {
  const count = numbers.length
  const sum = numbers.reduce((total, number) => total + number, 0)
  return Number.isFinite(sum) ? sum / count : numbers.reduce((total, number) => total + number / count, 0)
}

/** Between neighbours as a straight line, as NumPy by default. */
function quantileOf(numbers: readonly number[], share: number): number {
  const at = (numbers.length - 1) * share
  const low = Math.floor(at)
  const [one = 0, two = one] = numbers.slice(low, low + 2)
  return one === two ? one : one * (1 - (at - low)) + two * (at - low)
}

function histogramOf(numbers: readonly number[]): NonNullable<FeatureDistribution['histogram']> {
  const [least = 0, most = 0] = [numbers[0], numbers[numbers.length - 1]]
  if (least === most) return { edges: [least, most], counts: [numbers.length] }
  const step = most / bars - least / bars
  const counts = Array.from({ length: bars }, () => 0)
  for (const number of numbers) {
    const bar = Math.min(bars - 1, Math.max(0, Math.floor(number / step - least / step)))
    counts[bar] = (counts[bar] ?? 0) + 1
  }
  const edges = Array.from({ length: bars + 1 }, (_, edge) => least * (1 - edge / bars) + most * (edge / bars))
  return { edges, counts }
}

/** JSON has no infinity. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.MAX_VALUE
}
