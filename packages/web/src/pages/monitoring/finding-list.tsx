import type { Finding } from '@fabrique/contract'
import { Button, NativeSelect } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { MonitorStateWord } from '../../components/monitor-state.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { findingShows } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { DecideFinding, type Decision } from './decide-finding.jsx'
import { FindingStateWord } from './finding-state.jsx'
import { monitoringQueries } from './monitoring-queries.js'

const route = getRouteApi(patterns.monitoring)

/** What people are to look at, the newest first; those that are not resolved unless others are asked for. */
export function FindingList() {
  const { t, f } = useI18n()
  const words = t.monitoring.findings
  const search = route.useSearch()
  const { show = 'unresolved', of } = search
  const changeSearch = useSearchChange()
  const query = useInfiniteQuery(monitoringQueries.findings({ state: show === 'all' ? undefined : show, monitor: of }))
  const [asked, setAsked] = useState<{ readonly finding: Finding; readonly how: Decision }>()
  const items = query.data?.pages.flatMap((page) => page.items)
  return (
    <div className="stack">
      <div className="monitor-filter">
        <NativeSelect
          aria-label={words.show}
          value={show}
          onChange={({ currentTarget: { value } }) =>
            changeSearch({ ...search, show: value === 'unresolved' ? undefined : value })
          }
          data={findingShows.map((value) => ({ value, label: words.shows[value] }))}
        />
        {of !== undefined && (
          <p className="row">
            <span>{words.ofMonitor(of)}</span>
            <AppLink to={paths.monitoring()} search={{ ...search, of: undefined }}>
              {words.ofAll}
            </AppLink>
          </p>
        )}
      </div>
      {items === undefined ? (
        query.error === null ? (
          <SkeletonLines lines={5} />
        ) : (
          <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
        )
      ) : items.length === 0 ? (
        <EmptyState title={words.none} text={words.noneText} />
      ) : (
        <FindingTable findings={items} onDecide={(finding, how) => setAsked({ finding, how })} />
      )}
      {query.hasNextPage && (
        <div className="row">
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t.common.loadMore}
          </Button>
          <span className="small muted">{f.integer(items?.length ?? 0)}</span>
        </div>
      )}
      {asked !== undefined && <DecideFinding {...asked} onClose={() => setAsked(undefined)} />}
    </div>
  )
}

interface FindingTableProps {
  readonly findings: readonly Finding[]
  readonly onDecide: (finding: Finding, how: Decision) => void
}

function FindingTable({ findings, onDecide }: FindingTableProps) {
  const { t, f } = useI18n()
  const words = t.monitoring.findings
  return (
    <DataTable
      label={t.monitoring.tabs.findings}
      rows={findings}
      rowKey={({ id }) => id}
      columns={[
        { id: 'severity', header: words.severity, render: ({ severity }) => <MonitorStateWord state={severity} /> },
        {
          id: 'finding',
          header: words.finding,
          isWide: true,
          render: (finding) => <FindingText finding={finding} />,
        },
        {
          id: 'state',
          header: words.state,
          render: (finding) => <StateAndWho finding={finding} />,
        },
        { id: 'opened', header: words.opened, render: ({ opened_at: at }) => <Moment at={at} /> },
        {
          id: 'last',
          header: words.last,
          render: ({ monitor, last_at: at, last_report_id: report }) => (
            <AppLink to={paths.monitor({ monitor })} search={{ report }}>
              <Moment at={at} />
            </AppLink>
          ),
        },
        { id: 'reports', header: words.reports, isNumber: true, render: ({ reports }) => f.integer(reports) },
        {
          id: 'decide',
          header: words.resolve,
          hidesHeader: true,
          isNarrow: true,
          render: (finding) => <FindingButtons finding={finding} onDecide={onDecide} />,
        },
      ]}
    />
  )
}

function FindingText({ finding }: { readonly finding: Finding }) {
  const { t } = useI18n()
  const { monitor, sentence, blocks_promotion: blocks, note, state } = finding
  return (
    <div className="stack-tight">
      <AppLink to={paths.monitor({ monitor })}>{monitor}</AppLink>
      <p>{sentence}</p>
      {blocks && state !== 'resolved' && <p className="tone-warning small">{t.monitoring.findings.blocks}</p>}
      {note !== '' && <p className="small muted">{t.common.quote(note)}</p>}
    </div>
  )
}

function StateAndWho({ finding }: { readonly finding: Finding }) {
  const { t } = useI18n()
  const { state, acknowledged_by: acknowledged, resolved_by: resolved } = finding
  const who = state === 'resolved' ? resolved : state === 'acknowledged' ? acknowledged : undefined
  return (
    <div>
      <FindingStateWord state={state} />
      {who !== undefined && <p className="small muted">{t.monitoring.findings.by(who)}</p>}
    </div>
  )
}

/** What a person can decide about a finding: known, or over. */
export function FindingButtons({
  finding,
  onDecide,
}: {
  readonly finding: Finding
  readonly onDecide: (finding: Finding, how: Decision) => void
}) {
  const { t } = useI18n()
  const words = t.monitoring.findings
  const { monitor, state } = finding
  if (state === 'resolved') return null
  return (
    <span className="finding-buttons">
      {state === 'open' && (
        <Button
          variant="default"
          aria-label={words.acknowledgeOf(monitor)}
          onClick={() => onDecide(finding, 'acknowledge')}
        >
          {words.acknowledge}
        </Button>
      )}
      <Button variant="default" aria-label={words.resolveOf(monitor)} onClick={() => onDecide(finding, 'resolve')}>
        {words.resolve}
      </Button>
    </span>
  )
}
