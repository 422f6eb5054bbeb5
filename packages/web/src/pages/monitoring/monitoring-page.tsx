import type { Monitor } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { queries } from '../../api/queries.js'
import { EmptyState } from '../../components/empty-state.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { monitoringTabs } from '../../routing/search.js'
import { FindingList } from './finding-list.jsx'
import { MakeMonitor } from './make-monitor.jsx'
import { MonitorList } from './monitor-list.jsx'
import { monitorSnippet } from './monitor-snippet.js'
import './monitoring.css'

const route = getRouteApi(patterns.monitoring)

/** What is watched on this server, and what it found. */
export function MonitoringPage() {
  const { t } = useI18n()
  const { tab = 'monitors' } = route.useSearch()
  const query = useQuery(queries.monitors())
  const [isMaking, setMaking] = useState(false)
  return (
    <Page
      title={t.nav.monitoring}
      actions={
        <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setMaking(true)}>
          {t.monitoring.make}
        </Button>
      }
    >
      <Load query={query} lines={6}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={t.monitoring.emptyTitle}
              text={t.monitoring.emptyText}
              snippets={[{ title: 'fabrique.config.ts', code: monitorSnippet }]}
            />
          ) : (
            <Parts monitors={items} tab={tab} />
          )
        }
      </Load>
      {isMaking && <MakeMonitor onClose={() => setMaking(false)} />}
    </Page>
  )
}

function Parts({ monitors, tab }: { readonly monitors: readonly Monitor[]; readonly tab: 'monitors' | 'findings' }) {
  const { t, f } = useI18n()
  const open = monitors.reduce((sum, { open_findings: count }) => sum + count, 0)
  const counts = { monitors: monitors.length, findings: open }
  return (
    <>
      <Tabs
        label={t.monitoring.tabs.label}
        current={tab}
        tabs={monitoringTabs.map((id) => ({
          id,
          label: t.monitoring.tabs[id],
          to: paths.monitoring(),
          search: id === 'monitors' ? {} : { tab: id },
          count: f.integer(counts[id]),
        }))}
      />
      {tab === 'monitors' ? <MonitorList monitors={monitors} /> : <FindingList />}
      <Snippet title={t.common.fromCli} code="fabrique monitor ls" />
    </>
  )
}
