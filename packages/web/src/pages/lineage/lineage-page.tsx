import type { LineageGraph, LineageNode } from '@fabrique/contract'
import { NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Load, SkeletonLines } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { lineageDirections } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { nodeKey } from './layout.js'
import { addressOf } from './node-address.js'
import { labelOf } from './node-label.js'
import '../datasets/dataset-page.css'
import './lineage.css'

const route = getRouteApi(patterns.lineage)
const Drawing = lazy(async () => ({ default: (await import('./lineage-graph.jsx')).LineageDrawing }))
/** Beyond this many things a drawing is no longer read: the list comes first. */
const drawnMax = 120

/** What something was made from, and what was made from it: as a drawing and as a list. */
export function LineagePage() {
  const { t } = useI18n()
  const { kind, id } = route.useParams()
  const search = route.useSearch()
  const changeSearch = useSearchChange()
  const direction = search.direction ?? 'both'
  const query = useQuery(queries.lineage(kind, id, direction))
  const start = query.data?.nodes.find((node) => isNamed(node, kind, id))
  return (
    <Page
      title={start === undefined ? t.nav.lineage : t.lineage.titleOf(labelOf(start, t))}
      crumbs={[{ label: t.nav.lineage }]}
    >
      <Load query={query} lines={8}>
        {(graph) => {
          const isList = search.view === 'list' || graph.nodes.length > drawnMax
          const address = paths.lineage({ kind, id })
          return (
            <>
              <div className="profile-controls">
                <NativeSelect
                  label={t.lineage.direction}
                  value={direction}
                  data={lineageDirections.map((value) => ({ value: `${value}`, label: t.lineage.directions[value] }))}
                  onChange={(event) => {
                    const value = event.currentTarget.value
                    changeSearch({ ...search, direction: value === 'both' ? undefined : value })
                  }}
                />
                <p className="muted">
                  {t.lineage.things(graph.nodes.length)}
                  {graph.is_complete ? '' : ` · ${t.lineage.incomplete}`}
                </p>
              </div>
              <Tabs
                label={t.lineage.views}
                current={isList ? 'list' : 'graph'}
                tabs={[
                  { id: 'graph', label: t.lineage.asGraph, to: address, search: { direction: search.direction } },
                  {
                    id: 'list',
                    label: t.lineage.asList,
                    to: address,
                    search: { direction: search.direction, view: 'list' },
                  },
                ]}
              />
              {isList ? (
                <LineageList graph={graph} start={start === undefined ? '' : nodeKey(start)} />
              ) : (
                <Suspense fallback={<SkeletonLines lines={8} />}>
                  <Drawing graph={graph} start={start === undefined ? '' : nodeKey(start)} />
                </Suspense>
              )}
            </>
          )
        }}
      </Load>
      <Snippet title={t.common.fromCli} code={`fabrique lineage ${kind} ${id}`} />
    </Page>
  )
}

/** A version of a model may also be asked for by its name and number. */
function isNamed(node: LineageNode, kind: string, id: string): boolean {
  return node.kind === kind && (node.id === id || `${node.detail.model}/${node.detail.version}` === id)
}

/** The same as a table: each thing with what it was made from. */
function LineageList({ graph, start }: { readonly graph: LineageGraph; readonly start: string }) {
  const { t } = useI18n()
  const labels = new Map(graph.nodes.map((node) => [nodeKey(node), labelOf(node, t)]))
  const relations: Readonly<Record<string, string>> = t.lineage.relations
  return (
    <DataTable
      label={t.nav.lineage}
      rows={graph.nodes}
      rowKey={nodeKey}
      isChosen={(node) => nodeKey(node) === start}
      columns={[
        { id: 'kind', header: t.lineage.kind, render: ({ kind }) => t.lineage.kinds[kind] },
        {
          id: 'label',
          header: t.lineage.name,
          render: (node) => {
            const address = addressOf(node)
            return address === undefined ? labelOf(node, t) : <AppLink to={address}>{labelOf(node, t)}</AppLink>
          },
        },
        {
          id: 'from',
          header: t.lineage.madeFrom,
          isWide: true,
          render: (node) => {
            const steps = graph.links.filter(({ to }) => nodeKey(to) === nodeKey(node))
            if (steps.length === 0) return <span className="muted">–</span>
            return (
              <ul>
                {steps.map(({ from, relation }) => (
                  <li key={`${nodeKey(from)} ${relation}`}>
                    {labels.get(nodeKey(from))} <span className="muted">{relations[relation] ?? relation}</span>
                  </li>
                ))}
              </ul>
            )
          },
        },
        { id: 'created', header: t.lineage.since, render: ({ created_at }) => <Moment at={created_at} /> },
      ]}
    />
  )
}
