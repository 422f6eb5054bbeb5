import type { Monitor } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { AppLink } from '../../components/app-link.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { MonitorStateWord } from '../../components/monitor-state.jsx'
import { Page } from '../../components/page.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { monitorTabs } from '../../routing/search.js'
import { FiguresPart } from './figures-part.jsx'
import { MonitorActions } from './monitor-actions.jsx'
import { NextRun } from './monitor-list.jsx'
import { monitoringQueries } from './monitoring-queries.js'
import { lookOf } from './order-monitors.js'
import { ReportPart } from './report-part.jsx'
import { ReportsPart } from './reports-part.jsx'
import { SettingsPart } from './settings-part.jsx'
import { watchesText } from './state-text.js'
import { TimelinePart } from './timeline-part.jsx'
import './monitoring.css'

const route = getRouteApi(patterns.monitor)

/** One monitor: its newest report first, then everything over time, and how it is set. */
export function MonitorPage() {
  const { t } = useI18n()
  const { monitor: name } = route.useParams()
  const query = useQuery(monitoringQueries.monitor(name))
  const [told, tell] = useState('')
  const monitor = query.data
  return (
    <Page
      title={name}
      crumbs={[{ label: t.nav.monitoring, to: paths.monitoring() }]}
      lead={monitor === undefined ? undefined : <Lead monitor={monitor} />}
      actions={
        monitor === undefined ? undefined : (
          <MonitorActions monitor={monitor} onAsked={() => tell(t.monitoring.asked)} />
        )
      }
    >
      <p role="status" className={told === '' ? 'visually-hidden' : 'muted'}>
        {told}
      </p>
      <Load query={query} lines={8}>
        {(found) => <Body monitor={found} />}
      </Load>
    </Page>
  )
}

function Lead({ monitor }: { readonly monitor: Monitor }) {
  const { t, f } = useI18n()
  const words = t.monitoring
  const { project, model, open_findings: open, state_since: since, name } = monitor
  return (
    <>
      <span className="row">
        <MonitorStateWord state={lookOf(monitor)} />
        {since !== undefined && <span>{words.since(f.moment(since))}</span>}
      </span>
      <span>{watchesText(monitor, t)}</span>
      {model !== undefined && <AppLink to={paths.model({ model })}>{model}</AppLink>}
      <span>{project}</span>
      <span>
        {monitor.next_at !== undefined && monitor.enabled && monitor.job_id === undefined && `${words.nextRun} `}
        <NextRun monitor={monitor} />
      </span>
      {open > 0 && (
        <AppLink to={paths.monitoring()} search={{ tab: 'findings', of: name }}>
          {t.common.labelled(words.openFindings, f.integer(open))}
        </AppLink>
      )}
    </>
  )
}

function Body({ monitor }: { readonly monitor: Monitor }) {
  const { t } = useI18n()
  const { tab = 'report', ...rest } = route.useSearch()
  const { name, last_report: last, definition } = monitor
  const to = paths.monitor({ monitor: name })
  const shown = rest.report ?? last?.id
  return (
    <>
      {definition.description !== '' && <p className="muted prose">{definition.description}</p>}
      <Tabs
        label={t.monitoring.monitorTabs.label}
        current={tab}
        tabs={monitorTabs.map((id) => ({
          id,
          label: t.monitoring.monitorTabs[id],
          to,
          search: id === 'report' ? (tab === 'report' ? rest : {}) : { tab: id },
        }))}
      />
      {tab === 'report' &&
        (shown === undefined ? (
          <EmptyState
            title={t.monitoring.notYet}
            text={t.monitoring.neverText}
            snippets={[{ title: t.common.fromCli, code: `fabrique monitor run ${name}` }]}
          />
        ) : (
          <ReportPart id={shown} newest={last?.id} />
        ))}
      {tab === 'figures' && <FiguresPart monitor={name} newest={last?.id} />}
      {tab === 'reports' && <ReportsPart monitor={name} />}
      {tab === 'timeline' && <TimelinePart monitor={monitor} />}
      {tab === 'settings' && <SettingsPart monitor={monitor} />}
      {shown !== undefined && (
        <Snippet
          title={t.common.fromCli}
          code={tab === 'report' ? `fabrique drift show ${shown}` : `fabrique drift ls --monitor ${name}`}
        />
      )}
    </>
  )
}
