import { Button, TextInput } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { Component, lazy, type ReactNode, Suspense } from 'react'
import { Icon } from '../../components/icon.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { readList, writeList } from '../../routing/search-lists.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import type { Steps } from './flow-queries.js'
import { openNodesMax, runGraph } from './run-graph.js'
import { StepTable } from './step-table.jsx'

const route = getRouteApi(patterns.flowRun)
const Drawing = lazy(async () => ({ default: (await import('./run-graph-drawing.jsx')).RunGraphDrawing }))

/** The steps as a graph. Where it is too large, or drawing it fails, they are a list. */
export function RunGraphPart({ steps }: { readonly steps: Steps }) {
  const { t } = useI18n()
  const params = route.useParams()
  const search = route.useSearch()
  const changeSearch = useSearchChange()
  const { find = '', open = '' } = search
  const opened = new Set(readList(open))
  const graph = runGraph(steps.items, { find, open: opened })
  const address = paths.flowRun(params)
  const words = t.flows.graph
  const list = <StepTable steps={graph.nodes.flatMap((node) => node.steps)} />
  return (
    <div className="stack">
      {(steps.items.length > openNodesMax || find !== '') && (
        <div className="row">
          <TextInput
            aria-label={t.flows.steps.find}
            placeholder={t.flows.steps.find}
            leftSection={<Icon name="search" size={14} />}
            value={find}
            onChange={(event) => changeSearch({ ...search, find: event.currentTarget.value })}
          />
          {graph.groups.length > 0 && <p className="small muted">{words.grouped(graph.groups.length)}</p>}
          {opened.size > 0 && (
            <Button variant="subtle" onClick={() => changeSearch({ ...search, open: undefined })}>
              {words.closeAll}
            </Button>
          )}
        </div>
      )}
      {graph.isTooLarge ? (
        <>
          <p role="status">{words.tooLarge(graph.nodes.length)}</p>
          {list}
        </>
      ) : graph.nodes.length === 0 ? (
        <p className="muted">{t.flows.noMatch}</p>
      ) : (
        <ListOnFailure
          list={
            <>
              <p role="status">{words.failed}</p>
              {list}
            </>
          }
        >
          <Suspense fallback={<SkeletonLines lines={6} />}>
            <Drawing
              graph={graph}
              address={address}
              onOpen={(group) => changeSearch({ ...search, open: writeList([...opened, group]) }, 'push')}
            />
          </Suspense>
        </ListOnFailure>
      )}
    </div>
  )
}

/** Shows the list instead when the drawing breaks. */
class ListOnFailure extends Component<
  { readonly list: ReactNode; readonly children: ReactNode },
  { readonly hasFailed: boolean }
> {
  override state = { hasFailed: false }

  static getDerivedStateFromError() {
    return { hasFailed: true }
  }

  override render() {
    return this.state.hasFailed ? this.props.list : this.props.children
  }
}
