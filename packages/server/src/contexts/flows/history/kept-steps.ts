import { stepsAfterMax } from '@fabrique/contract'

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
  // A map that an earlier retry began again stands behind the items that it kept: what is found of it counts for them as well.
  for (let found = -1; found < whole.size; ) {
    found = whole.size
    const passed = new Set<string>()
    for (const { name, map, after } of steps) {
      const isAgain = (earlier: string) => again.has(earlier) && earlier !== map
      const follows = after.some(isAgain) || (after.length >= stepsAfterMax && passed.size > Number(isIn(passed, map)))
      if (follows || isIn(whole, map)) {
        again.add(name)
        whole.add(name)
      }
      if (map === null && again.has(name)) passed.add(name)
    }
  }
  return steps.map(({ name }) => name).filter((name) => !again.has(name))
}

const isIn = (names: ReadonlySet<string>, map: string | null) => map !== null && names.has(map)
