import type { Run } from '@fabrique/contract'

export interface CurveGroup {
  readonly title: string
  readonly names: readonly string[]
}

/** The metrics of a run that have more than one value, `training_loss` together with `validation_loss`. */
export function curveGroups(metrics: Run['metrics']): readonly CurveGroup[] {
  const names = Object.entries(metrics)
    .filter(([, { count = 1, step }]) => count > 1 || step > 1)
    .map(([name]) => name)
    .sort()
  const groups = new Map<string, string[]>()
  for (const name of names) {
    const title = name.replace(/^(training|validation)_/, '')
    groups.set(title, [...(groups.get(title) ?? []), name])
  }
  return [...groups].map(([title, members]) => ({
    title: members.length === 1 ? (members[0] ?? title) : title,
    names: members,
  }))
}
