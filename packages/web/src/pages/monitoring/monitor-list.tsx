import type { Monitor } from '@fabrique/contract'
import { Button, NativeSelect, TextInput } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Icon } from '../../components/icon.jsx'
import { Moment } from '../../components/moment.jsx'
import { MonitorStateWord } from '../../components/monitor-state.jsx'
import { StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { monitorOrders, monitorStates } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { lookOf, matchesMonitor, orderMonitors } from './order-monitors.js'
import { RunButton } from './run-button.jsx'
import { stateText, watchesText } from './state-text.js'

const route = getRouteApi(patterns.monitoring)

/** The monitors: what asks for a look first. */
export function MonitorList({ monitors }: { readonly monitors: readonly Monitor[] }) {
  const { t, f } = useI18n()
  const words = t.monitoring
  const search = route.useSearch()
  const { filter = '', state, sort = 'severity' } = search
  const changeSearch = useSearchChange()
  const found = monitors.filter(
    (monitor) => matchesMonitor(monitor, filter) && (state === undefined || lookOf(monitor) === state),
  )
  return (
    <div className="stack">
      <div className="monitor-filter">
        <TextInput
          aria-label={words.find}
          placeholder={words.find}
          leftSection={<Icon name="search" size={14} />}
          value={filter}
          onChange={(event) => changeSearch({ ...search, filter: event.currentTarget.value })}
        />
        <NativeSelect
          aria-label={words.state}
          value={state ?? ''}
          onChange={(event) => changeSearch({ ...search, state: event.currentTarget.value })}
          data={[
            { value: '', label: words.anyState },
            ...monitorStates.map((value) => ({ value, label: t.monitorStates[value] })),
          ]}
        />
        <NativeSelect
          aria-label={words.order}
          value={sort}
          onChange={({ currentTarget: { value } }) =>
            changeSearch({ ...search, sort: value === 'severity' ? undefined : value })
          }
          data={monitorOrders.map((value) => ({ value, label: words.orders[value] }))}
        />
        <p className="small muted" role="status">
          {found.length < monitors.length
            ? t.common.showingOf(f.integer(found.length), f.integer(monitors.length))
            : words.count(monitors.length)}
        </p>
      </div>
      {found.length === 0 ? (
        <div className="row">
          <p className="muted">{words.noMatch}</p>
          <Button variant="subtle" onClick={() => changeSearch({})}>
            {t.common.clearFilter}
          </Button>
        </div>
      ) : (
        <MonitorTable monitors={orderMonitors(found, sort)} />
      )}
    </div>
  )
}

function MonitorTable({ monitors }: { readonly monitors: readonly Monitor[] }) {
  const { t, f } = useI18n()
  const words = t.monitoring
  return (
    <div className="monitor-table">
      <DataTable
        label={words.tabs.monitors}
        rows={monitors}
        rowKey={({ name }) => name}
        columns={[
          { id: 'state', header: words.state, render: (monitor) => <MonitorStateWord state={lookOf(monitor)} /> },
          {
            id: 'name',
            header: words.name,
            isWide: true,
            render: (monitor) => (
              <div>
                <span className="monitor-name">
                  <AppLink to={paths.monitor({ monitor: monitor.name })}>{monitor.name}</AppLink>
                </span>
                <p className="small">{`${monitor.project} · ${watchesText(monitor, t)}`}</p>
                {monitor.definition.description !== '' && (
                  <p className="small muted">
                    <span className="clamp">{monitor.definition.description}</span>
                  </p>
                )}
              </div>
            ),
          },
          { id: 'found', header: words.found, isWide: true, render: (monitor) => stateText(monitor, t, f) },
          {
            id: 'last',
            header: words.lastReport,
            render: ({ last_report: last }) => (last === undefined ? '–' : <Moment at={last.at} />),
          },
          { id: 'next', header: words.nextRun, render: (monitor) => <NextRun monitor={monitor} /> },
          {
            id: 'findings',
            header: words.openFindings,
            isNumber: true,
            render: ({ name, open_findings: open }) =>
              open === 0 ? (
                '0'
              ) : (
                <AppLink
                  to={paths.monitoring()}
                  search={{ tab: 'findings', of: name }}
                  aria-label={words.openFindingsOf(f.integer(open), name)}
                >
                  {f.integer(open)}
                </AppLink>
              ),
          },
          {
            id: 'run',
            header: words.run,
            hidesHeader: true,
            isNarrow: true,
            render: (monitor) => <RunButton monitor={monitor} />,
          },
        ]}
      />
    </div>
  )
}

/** When a monitor runs by itself next, or why it does not. */
export function NextRun({ monitor }: { readonly monitor: Monitor }) {
  const { t } = useI18n()
  const { job_id: job, enabled, next_at: next, definition } = monitor
  const words = t.monitoring
  if (job !== undefined) return <StateWord state="running">{words.running}</StateWord>
  if (!enabled) return <span className="muted">{words.off}</span>
  if (next !== undefined) return <Moment at={next} />
  return <span className="muted">{definition.after_snapshot ? words.afterSnapshot : words.byHand}</span>
}
