import type { FlowLimit, FlowWorkerInfo } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { AppLink } from '../../components/app-link.jsx'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { type StateName, StateWord } from '../../components/state-word.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { flowWorkersTabs } from '../../routing/search.js'
import { flowQueries } from './flow-queries.js'
import { LimitDialog } from './limit-dialog.jsx'
import { RunLink } from './run-link.jsx'
import { spanText } from './schedule-text.js'
import { shortId } from './short-id.js'
import './flows.css'

const route = getRouteApi(patterns.flowWorkers)

/** The processes that run flows, and the named limits that runs and steps take slots of. */
export function WorkersPage() {
  const { t } = useI18n()
  const { tab = 'workers' } = route.useSearch()
  const [isAdding, setAdding] = useState(false)
  const words = t.flows.limits
  return (
    <Page
      title={t.nav.flowWorkers}
      crumbs={[{ label: t.nav.flows, to: paths.flows() }]}
      actions={
        tab === 'limits' ? (
          <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setAdding(true)}>
            {words.add}
          </Button>
        ) : undefined
      }
    >
      <Tabs
        label={t.nav.flowWorkers}
        current={tab}
        tabs={flowWorkersTabs.map((id) => ({
          id,
          label: t.flows.workerTabs[id],
          to: paths.flowWorkers(),
          search: id === 'workers' ? {} : { tab: id },
        }))}
      />
      {tab === 'workers' ? <Workers /> : <Limits />}
      {isAdding && <LimitDialog onClose={() => setAdding(false)} />}
    </Page>
  )
}

const workerStates: Readonly<Record<FlowWorkerInfo['state'], StateName>> = {
  alive: 'up',
  lost: 'failed',
  stopped: 'killed',
}

function Workers() {
  const { t, f } = useI18n()
  const words = t.flows.workers
  const query = useQuery(flowQueries.workers())
  return (
    <Load query={query} lines={4}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState
            title={words.none}
            text={words.noneText}
            snippets={[{ title: t.common.fromCli, code: 'fabrique worker' }]}
          />
        ) : (
          <DataTable
            label={t.flows.workerTabs.workers}
            rows={items}
            rowKey={({ id }) => id}
            isMarked={({ state }) => state === 'lost'}
            columns={[
              {
                id: 'worker',
                header: words.worker,
                render: ({ id, host, pid }) => (
                  <div>
                    <code title={id}>{shortId(id)}</code>
                    <p className="small muted">{words.process(host, pid)}</p>
                  </div>
                ),
              },
              {
                id: 'state',
                header: t.flows.runs.state,
                render: ({ state }) => <StateWord state={workerStates[state]}>{words.states[state]}</StateWord>,
              },
              {
                id: 'flows',
                header: t.nav.flows,
                isWide: true,
                render: ({ flows }) => <KnownFlows flows={flows} />,
              },
              {
                id: 'runs',
                header: words.runs,
                isWide: true,
                render: ({ runs, runs_max: max }) => (
                  <div>
                    {words.busy(f.integer(runs.length), f.integer(max))}
                    <ul>
                      {runs.map((id) => (
                        <li key={id}>
                          <RunLink id={id} />
                        </li>
                      ))}
                    </ul>
                  </div>
                ),
              },
              { id: 'started', header: words.started, render: ({ started_at: at }) => <Moment at={at} /> },
              { id: 'seen', header: words.seen, render: ({ seen_at: at }) => <Moment at={at} /> },
            ]}
          />
        )
      }
    </Load>
  )
}

/** The flows that a worker has, each with its version: a run goes on where its version is. */
function KnownFlows({ flows }: { readonly flows: FlowWorkerInfo['flows'] }) {
  const { t } = useI18n()
  if (flows.length === 0) return '–'
  return (
    <details>
      <summary>{t.flows.count(flows.length)}</summary>
      <ul>
        {flows.map(({ project, flow, version }) => (
          <li key={`${project}/${flow}`}>
            <AppLink to={paths.flow({ project, flow })}>{`${project}/${flow}`}</AppLink>{' '}
            <code className="small muted" title={version}>
              {version.slice(0, 12)}
            </code>
          </li>
        ))}
      </ul>
    </details>
  )
}

function Limits() {
  const { t, f } = useI18n()
  const words = t.flows.limits
  const query = useQuery(flowQueries.limits())
  return (
    <Load query={query} lines={3}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState
            title={words.none}
            text={words.noneText}
            snippets={[{ title: t.common.fromCli, code: 'fabrique flows limits set gpu 1' }]}
          />
        ) : (
          <DataTable
            label={t.flows.workerTabs.limits}
            rows={items}
            rowKey={({ name }) => name}
            columns={[
              { id: 'name', header: t.flows.name, render: ({ name }) => name },
              {
                id: 'held',
                header: words.held,
                render: ({ held, slots }) => words.of(f.integer(held), f.integer(slots)),
              },
              { id: 'waiting', header: words.waiting, isNumber: true, render: ({ waiting }) => f.integer(waiting) },
              {
                id: 'rate',
                header: words.rate,
                render: ({ rate }) =>
                  rate === undefined ? '–' : words.rateOf(f.integer(rate.takes), spanText(rate.per_ms, t, f)),
              },
              {
                id: 'actions',
                header: t.edit.actions,
                hidesHeader: true,
                isNarrow: true,
                render: (limit) => <LimitActions limit={limit} />,
              },
            ]}
          />
        )
      }
    </Load>
  )
}

function LimitActions({ limit }: { readonly limit: FlowLimit }) {
  const { t } = useI18n()
  const words = t.flows.limits
  const [asked, setAsked] = useState<'change' | 'remove'>()
  const remove = useChange(
    () => call('deleteFlowLimit', { params: { limit: limit.name } }),
    ['flow-limits'],
    () => setAsked(undefined),
  )
  return (
    <span className="row">
      <Button
        variant="default"
        aria-label={t.common.labelled(words.change, limit.name)}
        onClick={() => setAsked('change')}
      >
        {words.change}
      </Button>
      <Button
        variant="default"
        aria-label={t.common.labelled(t.edit.remove, limit.name)}
        onClick={() => setAsked('remove')}
      >
        {t.edit.remove}
      </Button>
      {asked === 'change' && <LimitDialog limit={limit} onClose={() => setAsked(undefined)} />}
      {asked === 'remove' && (
        <ConfirmDialog
          title={words.removeTitle(limit.name)}
          confirmLabel={t.edit.remove}
          isDangerous
          isPending={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(undefined)}
          onClose={() => setAsked(undefined)}
        >
          <p>{words.removeText}</p>
        </ConfirmDialog>
      )}
    </span>
  )
}
