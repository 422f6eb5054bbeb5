import type { FlowState, FlowStep } from '@fabrique/contract'

/** With more steps than this, those whose names differ by numbers only are drawn as one. */
export const openNodesMax = 100
/** With more nodes than this a drawing is no longer read. */
export const drawnNodesMax = 250

export interface GraphNode {
  readonly id: string
  readonly label: string
  readonly state: FlowState
  /** One step, or all of a closed group. */
  readonly steps: readonly FlowStep[]
}

export interface RunGraph {
  readonly nodes: readonly GraphNode[]
  readonly links: readonly { readonly from: string; readonly to: string }[]
  /** Groups that there are, open or not. */
  readonly groups: readonly string[]
  readonly isTooLarge: boolean
}

/** What names have in common when they differ by numbers only: `load-2026-01` is of `load-…`. */
export const groupOf = (name: string): string => name.replace(/\d+([^\p{L}]*\d+)*/gu, '…')

/** From the state that needs a look first to the one that needs it last. */
const byUrgency: readonly FlowState['type'][] = [
  'FAILED',
  'CRASHED',
  'CANCELLING',
  'RUNNING',
  'PAUSED',
  'PENDING',
  'SCHEDULED',
  'CANCELLED',
  'COMPLETED',
]

function stateOf(steps: readonly FlowStep[]): FlowState {
  const states = steps.map(({ state }) => state)
  const rank = ({ type }: FlowState) => byUrgency.indexOf(type)
  return states.reduce((most, state) => (rank(state) < rank(most) ? state : most))
}

/** The steps as a graph: what came after what, groups closed where there are many steps, without what the search leaves out. */
export function runGraph(
  steps: readonly FlowStep[],
  { find = '', open = new Set<string>() }: { readonly find?: string; readonly open?: ReadonlySet<string> } = {},
): RunGraph {
  const shown = steps.filter(({ name }) => name.toLowerCase().includes(find.trim().toLowerCase()))
  const members = new Map<string, FlowStep[]>()
  for (const step of shown) {
    const group = groupOf(step.name)
    const of = members.get(group)
    if (of === undefined) members.set(group, [step])
    else of.push(step)
  }
  const isGrouped = shown.length > openNodesMax
  const groups = isGrouped ? [...members].filter(([, of]) => of.length > 1).map(([group]) => group) : []
  const closed = new Set(groups.filter((group) => !open.has(group)))
  const idOf = (name: string) => (closed.has(groupOf(name)) ? groupOf(name) : name)
  const nodes = new Map<string, GraphNode>()
  for (const step of shown) {
    const id = idOf(step.name)
    const of = closed.has(id) ? (members.get(id) ?? [step]) : [step]
    if (!nodes.has(id)) nodes.set(id, { id, label: id, state: stateOf(of), steps: of })
  }
  const links = new Map<string, { readonly from: string; readonly to: string }>()
  for (const { name, after } of shown) {
    for (const before of after) {
      const [from, to] = [idOf(before), idOf(name)]
      if (from !== to && nodes.has(from)) links.set(`${from}\n${to}`, { from, to })
    }
  }
  return {
    nodes: [...nodes.values()],
    links: [...links.values()],
    groups,
    isTooLarge: nodes.size > drawnNodesMax,
  }
}
