import type { LineageGraph, LineageNode } from '@fabrique/contract'

/** The name of a node among others. */
export const nodeKey = ({ kind, id }: Pick<LineageNode, 'kind' | 'id'>): string => `${kind}:${id}`

export interface Placed {
  readonly node: LineageNode
  readonly x: number
  readonly y: number
}

/** Width and height of a node in pixels. */
export const nodeSize = { width: 208, height: 72 } as const

/** Places each node left to right: what came first stands left. */
export async function layOut(graph: LineageGraph): Promise<readonly Placed[]> {
  const { default: dagre } = await import('@dagrejs/dagre')
  const drawn = new dagre.graphlib.Graph()
  drawn.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 64 })
  drawn.setDefaultEdgeLabel(() => ({}))
  for (const node of graph.nodes) drawn.setNode(nodeKey(node), { ...nodeSize })
  for (const { from, to } of graph.links) drawn.setEdge(nodeKey(from), nodeKey(to))
  dagre.layout(drawn)
  return graph.nodes.map((node) => {
    const { x, y } = drawn.node(nodeKey(node))
    return { node, x: x - nodeSize.width / 2, y: y - nodeSize.height / 2 }
  })
}
