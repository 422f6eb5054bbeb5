import type { RunGraph } from './run-graph.js'

/** Width and height of a node in pixels. */
export const nodeSize = { width: 224, height: 56 } as const

export interface Place {
  readonly x: number
  readonly y: number
}

/** Where each node stands: what began first left, or above. */
export async function layOutSteps(graph: RunGraph, direction: 'right' | 'down'): Promise<ReadonlyMap<string, Place>> {
  const { default: dagre } = await import('@dagrejs/dagre')
  const drawn = new dagre.graphlib.Graph()
  drawn.setGraph({ rankdir: direction === 'right' ? 'LR' : 'TB', nodesep: 16, ranksep: 44 })
  drawn.setDefaultEdgeLabel(() => ({}))
  for (const { id } of graph.nodes) drawn.setNode(id, { ...nodeSize })
  for (const { from, to } of graph.links) drawn.setEdge(from, to)
  dagre.layout(drawn)
  return new Map(
    graph.nodes.map(({ id }) => {
      const { x, y } = drawn.node(id)
      return [id, { x: x - nodeSize.width / 2, y: y - nodeSize.height / 2 }]
    }),
  )
}
