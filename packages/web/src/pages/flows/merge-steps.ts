import type { FlowStep } from '@fabrique/contract'
import type { Steps } from './flow-queries.js'

/** The steps with those that changed in their place; items of maps are not among them. */
export function mergeSteps(before: Steps | undefined, changed: readonly FlowStep[]): Steps | undefined {
  if (before === undefined) return undefined
  const byName = new Map(before.items.map((step) => [step.name, step]))
  for (const step of changed) if (step.map === undefined) byName.set(step.name, step)
  return { ...before, items: [...byName.values()].sort((a, b) => a.position - b.position) }
}
