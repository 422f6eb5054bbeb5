/** A step of a run that is to be run again. */
export interface EarlierStep {
  readonly name: string
  readonly map: string | null
  /** Steps that were over when it began. */
  readonly after: readonly string[]
  readonly isCompleted: boolean
}

/**
 * The steps whose results a run that is run again takes over: those that completed and that nothing which is done again came before.
 * `steps` in the order in which they began; `from` is done again as well.
 */
export function keptSteps(steps: readonly EarlierStep[], from?: string): readonly string[] {
  const again = new Set(steps.filter(({ name, isCompleted }) => !isCompleted || name === from).map(({ name }) => name))
  // All of a map whose items may be others now; one that only failed keeps the items that completed.
  const whole = new Set(from === undefined ? [] : [from])
  for (const { name, map } of steps) if (map !== null && again.has(name)) again.add(map)
  for (const { name, map, after } of steps) {
    const follows = after.some((earlier) => again.has(earlier) && earlier !== map)
    if (!follows && !(map !== null && whole.has(map))) continue
    again.add(name)
    whole.add(name)
  }
  return steps.map(({ name }) => name).filter((name) => !again.has(name))
}
