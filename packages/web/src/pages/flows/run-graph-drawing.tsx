import { useMediaQuery } from '@mantine/hooks'
import { Background, Controls, type Edge, Handle, type Node, type NodeProps, Position, ReactFlow } from '@xyflow/react'
import { useEffect, useState } from 'react'
import { AppLink } from '../../components/app-link.jsx'
import { Icon } from '../../components/icon.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { AppPath } from '../../routing/paths.js'
import { lookOf, stateText } from './flow-state.jsx'
import { layOutSteps, nodeSize, type Place } from './lay-out-steps.js'
import { RunDuration } from './run-duration.jsx'
import type { GraphNode, RunGraph } from './run-graph.js'
import '@xyflow/react/dist/style.css'
import '../lineage/lineage.css'

type Direction = 'right' | 'down'
type StepNode = Node<
  { readonly node: GraphNode; readonly address: AppPath; readonly direction: Direction; readonly onOpen: () => void },
  'step'
>

function StepCard({ data: { node, address, direction, onOpen } }: NodeProps<StepNode>) {
  const isRight = direction === 'right'
  return (
    <>
      <Handle type="target" position={isRight ? Position.Left : Position.Top} isConnectable={false} />
      <Card node={node} address={address} onOpen={onOpen} />
      <Handle type="source" position={isRight ? Position.Right : Position.Bottom} isConnectable={false} />
    </>
  )
}

function Card({
  node: { label, state, steps },
  address,
  onOpen,
}: {
  readonly node: GraphNode
  readonly address: AppPath
  readonly onOpen: () => void
}) {
  const { t, f } = useI18n()
  const { tone, icon } = lookOf(state)
  const [step] = steps
  if (step === undefined) return null
  const { progress, kind } = step
  return (
    <div className="step-node nodrag" data-state={state.type}>
      <span className="step-node-name" title={label}>
        {steps.length > 1 ? (
          <button type="button" className="step-node-open" onClick={onOpen}>
            {t.flows.graph.group(label, steps.length)}
          </button>
        ) : (
          <AppLink to={address} search={kind === 'map' ? { tab: 'steps', map: label } : { tab: 'steps', step: label }}>
            {label}
          </AppLink>
        )}
      </span>
      <span className={`step-node-state tone-${tone}`}>
        <Icon name={icon} size={12} />
        <span>{stateText(state, t)}</span>
        {steps.length === 1 && (
          <span className="muted">
            {progress === undefined ? (
              <RunDuration run={step} />
            ) : progress.total === undefined ? (
              f.integer(progress.done)
            ) : (
              `${f.integer(progress.done)} / ${f.integer(progress.total)}`
            )}
            {kind === 'run' ? '' : ` · ${t.flows.stepKinds[kind]}`}
          </span>
        )}
      </span>
    </div>
  )
}

const nodeTypes = { step: StepCard }
const margin = 96
const heights = { min: 240, max: 640 } as const
const narrow = '(max-width: 900px)'

interface DrawingProps {
  readonly graph: RunGraph
  readonly address: AppPath
  readonly onOpen: (group: string) => void
}

/** The steps of a run drawn left to right, downwards where there is no room. Nothing in it can be moved: it is to be read. */
export function RunGraphDrawing({ graph, address, onOpen }: DrawingProps) {
  const { t } = useI18n()
  const isNarrow = useMediaQuery(narrow, undefined, { getInitialValueInEffect: false }) === true
  const direction: Direction = isNarrow ? 'down' : 'right'
  const [places, setPlaces] = useState<ReadonlyMap<string, Place>>()
  // States change all the time: the places change only with what there is.
  const shape = JSON.stringify([direction, graph.nodes.map(({ id }) => id), graph.links])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the shape says when
  useEffect(() => {
    let isCurrent = true
    void layOutSteps(graph, direction).then((found) => {
      if (isCurrent) setPlaces(found)
    })
    return () => {
      isCurrent = false
    }
  }, [shape])
  if (places === undefined) return <SkeletonLines lines={6} />
  const placed = graph.nodes.flatMap((node) => {
    const place = places.get(node.id)
    return place === undefined ? [] : [{ node, place }]
  })
  const bottom = Math.max(...placed.map(({ place }) => place.y + nodeSize.height), 0)
  const nodes = placed.map(
    ({ node, place }): StepNode => ({
      id: node.id,
      type: 'step',
      position: place,
      data: { node, address, direction, onOpen: () => onOpen(node.id) },
      ...nodeSize,
    }),
  )
  const edges = graph.links.map(({ from, to }): Edge => ({ id: `${from}\n${to}`, source: from, target: to }))
  return (
    <div className="lineage-drawing" style={{ height: Math.min(Math.max(bottom + margin, heights.min), heights.max) }}>
      <ReactFlow
        key={`${direction} ${placed.length}`}
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
        aria-label={t.flows.graph.label}
      >
        <Background gap={24} />
        <Controls showInteractive={false} aria-label={t.flows.graph.controls} />
      </ReactFlow>
    </div>
  )
}
