import type { LineageGraph as Graph, LineageNode } from '@fabrique/contract'
import { useMediaQuery } from '@mantine/hooks'
import { Background, Controls, type Edge, Handle, type Node, type NodeProps, Position, ReactFlow } from '@xyflow/react'
import { useEffect, useState } from 'react'
import { SkeletonLines } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type LineageFlow, layOut, nodeKey, nodeSize, type Placed } from './layout.js'
import { NodeCard } from './node-card.jsx'
import '@xyflow/react/dist/style.css'

type CardNode = Node<{ readonly node: LineageNode; readonly isStart: boolean; readonly flow: LineageFlow }, 'card'>

function Card({ data }: NodeProps<CardNode>) {
  return (
    <>
      <Handle type="target" position={data.flow === 'right' ? Position.Left : Position.Top} isConnectable={false} />
      <NodeCard node={data.node} isStart={data.isStart} />
      <Handle type="source" position={data.flow === 'right' ? Position.Right : Position.Bottom} isConnectable={false} />
    </>
  )
}

const nodeTypes = { card: Card }

const margin = 120
const heights = { min: 280, max: 640 } as const
const narrow = '(max-width: 900px)'

/** As high as what is drawn, within reason: in pixels. */
function heightOf(placed: readonly Placed[]): number {
  const bottom = Math.max(...placed.map(({ y }) => y + nodeSize.height), 0)
  return Math.min(Math.max(bottom + margin, heights.min), heights.max)
}

/** The lineage drawn left to right, downwards where there is no room. Nothing in it can be moved: it is to be read. */
export function LineageDrawing({ graph, start }: { readonly graph: Graph; readonly start: string }) {
  const { t } = useI18n()
  const flow: LineageFlow =
    useMediaQuery(narrow, undefined, { getInitialValueInEffect: false }) === true ? 'down' : 'right'
  const [placed, setPlaced] = useState<readonly Placed[]>()
  useEffect(() => {
    let isCurrent = true
    void layOut(graph, flow).then((found) => {
      if (isCurrent) setPlaced(found)
    })
    return () => {
      isCurrent = false
    }
  }, [graph, flow])
  if (placed === undefined) return <SkeletonLines lines={8} />
  const relations: Readonly<Record<string, string>> = t.lineage.relations
  const nodes = placed.map(
    ({ node, x, y }): CardNode => ({
      id: nodeKey(node),
      type: 'card',
      position: { x, y },
      data: { node, isStart: nodeKey(node) === start, flow },
      ...nodeSize,
    }),
  )
  const edges = graph.links.map(
    ({ from, to, relation }): Edge => ({
      id: `${nodeKey(from)} ${relation} ${nodeKey(to)}`,
      source: nodeKey(from),
      target: nodeKey(to),
      label: relations[relation] ?? relation,
    }),
  )
  return (
    <div className="lineage-drawing" style={{ height: heightOf(placed) }}>
      <ReactFlow
        key={`${flow} ${nodes.length}`}
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        fitView
        // Smaller, links would be too small to press; what does not fit is moved to.
        fitViewOptions={{ minZoom: 0.75, maxZoom: 1 }}
        minZoom={0.1}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        preventScrolling={false}
        proOptions={{ hideAttribution: true }}
        aria-label={t.lineage.graph}
      >
        <Background gap={24} />
        <Controls showInteractive={false} aria-label={t.lineage.controls} />
      </ReactFlow>
    </div>
  )
}
