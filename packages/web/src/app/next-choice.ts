/**
 * The place that a key leads to in a list of choices, from the place that has the focus (-1 for none): up and down go round,
 * a letter goes to the next choice that begins with it. Undefined where the key leads nowhere.
 */
export function nextChoice(key: string, at: number, labels: readonly string[]): number | undefined {
  const count = labels.length
  if (count === 0) return undefined
  if (key === 'ArrowDown') return (at + 1) % count
  if (key === 'ArrowUp') return at <= 0 ? count - 1 : at - 1
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  if (key.length !== 1 || key === ' ') return undefined
  const places = labels.map((_, step) => (at + 1 + step) % count)
  return places.find((place) => labels[place]?.toLocaleLowerCase().startsWith(key.toLocaleLowerCase()))
}
