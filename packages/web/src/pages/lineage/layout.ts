import type { LineageGraph, LineageNode } from '@fabrique/contract'

/** The name of a node among others. */
export const nodeKey = ({ kind, id }: Pick<LineageNode, 'kind' | 'id'>): string => `${kind}:${id}`

export interface Placed {
  readonly node: LineageNode
  readonly x: number
  readonly y: number
}

/** Width and height of a node in pixels. */
export const nodeSize = { width: 196, height: 72 } as const

/** Where what comes later stands: right of what was before it, or below it. */
export type LineageFlow = 'right' | 'down'

const betweenRanks: Readonly<Record<LineageFlow, number>> = { right: 64, down: 44 }

/** Places each node: what came first stands left, or above. */
export async function layOut(graph: LineageGraph, flow: LineageFlow = 'right'): Promise<readonly Placed[]> {
  const { default: dagre } = await import('@dagrejs/dagre')
  const drawn = new dagre.graphlib.Graph()
  drawn.setGraph({ rankdir: flow === 'right' ? 'LR' : 'TB', nodesep: 24, ranksep: betweenRanks[flow] })
  drawn.setDefaultEdgeLabel(() => ({}))
  for (const node of graph.nodes) drawn.setNode(nodeKey(node), { ...nodeSize })
  for (const { from, to } of graph.links) drawn.setEdge(nodeKey(from), nodeKey(to))
  dagre.layout(drawn)
  return graph.nodes.map((node) => {
    const { x, y } = drawn.node(nodeKey(node))
    return { node, x: x - nodeSize.width / 2, y: y - nodeSize.height / 2 }
  })
}
