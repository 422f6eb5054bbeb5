import type { Monitor } from '@fabrique/contract'
import type { MonitorLook } from '../../components/monitor-state.jsx'

/** What asks for a look comes first; what could not be told comes before what is calm. */
const weights: Readonly<Record<MonitorLook, number>> = {
  alarm: 0,
  failed: 1,
  warning: 2,
  not_enough_data: 3,
  never: 4,
  ok: 5,
}

export const lookOf = ({ state }: Pick<Monitor, 'state'>): MonitorLook => state ?? 'never'

type Ordered = Pick<Monitor, 'name' | 'state' | 'open_findings'> & {
  readonly last_report?: { readonly at: string } | undefined
}

export type MonitorOrder = 'severity' | 'name' | 'newest'

const byName = (one: Pick<Monitor, 'name'>, other: Pick<Monitor, 'name'>) => one.name.localeCompare(other.name)

/** Monitors as a list has them; of one severity those with open findings first, then by name. */
export function orderMonitors<One extends Ordered>(monitors: readonly One[], order: MonitorOrder): readonly One[] {
  const compare = {
    name: byName,
    newest: (one: One, other: One) =>
      (other.last_report?.at ?? '').localeCompare(one.last_report?.at ?? '') || byName(one, other),
    severity: (one: One, other: One) =>
      weights[lookOf(one)] - weights[lookOf(other)] || other.open_findings - one.open_findings || byName(one, other),
  }[order]
  return monitors.toSorted(compare)
}

/** Those that people have to look at: not calm, and not merely short of data or new. */
export const needsLook = (monitor: Pick<Monitor, 'state' | 'open_findings'>): boolean =>
  weights[lookOf(monitor)] <= weights.warning || monitor.open_findings > 0

/** Whether a monitor has all words of a text in its name, project, model, data set or description. */
export function matchesMonitor(
  {
    name,
    project,
    model = '',
    dataset = '',
    definition,
  }: Pick<Monitor, 'name' | 'project' | 'model' | 'dataset'> & {
    readonly definition: { readonly description: string }
  },
  text: string,
): boolean {
  const all = [name, project, model, dataset, definition.description].join(' ').toLowerCase()
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word))
}
