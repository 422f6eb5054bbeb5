import type { Flow } from '@fabrique/contract'
import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { flowQueries } from './flow-queries.js'
import { flowSnippet } from './flow-snippets.js'
import { matchesFlow } from './match-flow.js'
import { PausedWord } from './paused-word.jsx'
import { RunBars } from './run-bars.jsx'
import { ScheduleWords } from './schedule-words.jsx'
import { StartFlowButton } from './start-flow.jsx'
import './flows.css'

const route = getRouteApi(patterns.flows)

/** Every flow: how its newest runs ended, when it runs next, and a button that runs it now. */
export function FlowsPage() {
  const { t } = useI18n()
  const { filter = '' } = route.useSearch()
  const query = useQuery(flowQueries.flows())
  return (
    <Page
      title={t.nav.flows}
      actions={
        <AppLink to={paths.flowWorkers()} className="button-link">
          {t.nav.flowWorkers}
        </AppLink>
      }
    >
      <Load query={query} lines={6}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={t.flows.emptyTitle}
              text={t.flows.emptyText}
              snippets={[{ title: 'fabrique.config.ts', code: flowSnippet }]}
            />
          ) : (
            <>
              <FlowList flows={items} filter={filter} />
              <Snippet title={t.common.fromCli} code="fabrique flows ls" />
            </>
          )
        }
      </Load>
    </Page>
  )
}

function FlowList({ flows, filter }: { readonly flows: readonly Flow[]; readonly filter: string }) {
  const { t, f } = useI18n()
  const changeSearch = useSearchChange()
  const found = flows.filter((flow) => matchesFlow(flow, filter))
  return (
    <div className="stack">
      <div className="row">
        <TextInput
          aria-label={t.flows.find}
          placeholder={t.flows.find}
          leftSection={<Icon name="search" size={14} />}
          value={filter}
          onChange={(event) => changeSearch({ filter: event.currentTarget.value })}
          style={{ flex: '0 1 420px' }}
        />
        <p className="small muted" role="status">
          {found.length < flows.length
            ? t.common.showingOf(f.integer(found.length), f.integer(flows.length))
            : t.flows.count(flows.length)}
        </p>
      </div>
      {found.length === 0 ? (
        <div className="row">
          <p className="muted">{t.flows.noMatch}</p>
          <Button variant="subtle" onClick={() => changeSearch({})}>
            {t.common.clearFilter}
          </Button>
        </div>
      ) : (
        <FlowTable flows={found} />
      )}
    </div>
  )
}

function FlowTable({ flows }: { readonly flows: readonly Flow[] }) {
  const { t, f } = useI18n()
  return (
    <DataTable
      label={t.nav.flows}
      rows={flows}
      rowKey={({ project, name }) => `${project}/${name}`}
      columns={[
        {
          id: 'name',
          header: t.flows.name,
          isWide: true,
          render: ({ project, name, definition: { description } }) => (
            <div>
              <span className="row flow-name">
                <AppLink to={paths.flow({ project, flow: name })}>{name}</AppLink>
                <span className="small muted">{project}</span>
              </span>
              {description !== undefined && (
                <p className="small muted">
                  <span className="clamp">{description}</span>
                </p>
              )}
            </div>
          ),
        },
        { id: 'bars', header: t.flows.history, render: (flow) => <RunBars flow={flow} /> },
        { id: 'schedule', header: t.flows.schedule, isWide: true, render: (flow) => <ScheduleWords flow={flow} /> },
        {
          id: 'next',
          header: t.flows.nextRun,
          render: (flow) =>
            flow.paused ? <PausedWord /> : flow.next_at === undefined ? '–' : <Moment at={flow.next_at} />,
        },
        {
          id: 'average',
          header: t.flows.average,
          isNumber: true,
          render: ({ average_ms: ms }) => (ms === undefined ? '–' : f.duration(ms)),
        },
        {
          id: 'open',
          header: t.flows.openRuns,
          isNumber: true,
          render: ({ open_runs: open }) => f.integer(open),
        },
        {
          id: 'start',
          header: t.flows.start.title,
          hidesHeader: true,
          isNarrow: true,
          render: (flow) => <StartFlowButton flow={flow} />,
        },
      ]}
    />
  )
}
