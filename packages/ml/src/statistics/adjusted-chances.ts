/**
 * Chances with all of them in mind (Benjamini and Hochberg, 1995): of what is called by an adjusted chance not above a level, at most that
 * share is expected to be chance alone. In the order given.
 */
export function adjustedChances(chances: readonly number[]): number[] {
  const order = chances.map((p, index) => ({ index, p })).sort((a, b) => b.p - a.p)
  const adjusted = chances.map(() => 1)
  let least = 1
  for (const [place, { index, p }] of order.entries()) {
    least = Math.min(least, (p * order.length) / (order.length - place))
    adjusted[index] = least
  }
  return adjusted
}
