import type { Bins, SearchReport as Report, SearchTrial } from './read-reports.js'

/** The best first: by value in the direction in which the best one lies; those without a value last. */
export function orderTrials({ trials, best }: Report): readonly SearchTrial[] {
  const values = trials.flatMap(({ value, resource }) => (value === null || resource < 1 ? [] : [value]))
  const bestValue = trials.find(({ number }) => number === best)?.value ?? undefined
  const isSmallest = bestValue !== undefined && values.every((value) => bestValue <= value)
  const isGreatest = bestValue === undefined || values.every((value) => bestValue >= value)
  const sign = isSmallest && !isGreatest ? 1 : -1
  const rank = ({ value, state, number, resource }: SearchTrial): readonly number[] => [
    number === best ? 0 : 1,
    value === null ? 1 : 0,
    state === 'finished' ? 0 : 1,
    -resource,
    sign * (value ?? 0),
    number,
  ]
  return [...trials].sort((first, second) => {
    const [one, other] = [rank(first), rank(second)]
    const at = one.findIndex((value, index) => value !== other[index])
    return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0)
  })
}

/** The ends of the bins that hold the middle eight tenths of the rows. */
export function middlePart({ edges, counts }: Bins): readonly [number, number] {
  const total = counts.reduce((sum, count) => sum + count, 0)
  let before = 0
  let [from, to] = [edges[0] ?? 0, edges.at(-1) ?? 0]
  let hasFrom = false
  for (const [index, count] of counts.entries()) {
    before += count
    if (!hasFrom && before > total * 0.1) {
      from = edges[index] ?? from
      hasFrom = true
    }
    if (before >= total * 0.9) {
      to = edges[index + 1] ?? to
      break
    }
  }
  return [from, to]
}
