import type { Flow } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { FactRow } from '../../components/facts.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { flowTabs } from '../../routing/search.js'
import { BackfillDialog } from './backfill-dialog.jsx'
import { FlowDefinitionPart } from './flow-definition.jsx'
import { flowQueries } from './flow-queries.js'
import { FlowRuns } from './flow-runs.jsx'
import { FlowStarts } from './flow-starts.jsx'
import { PauseButton } from './pause-button.jsx'
import { PausedWord } from './paused-word.jsx'
import { RunBars } from './run-bars.jsx'
import { ScheduleWords } from './schedule-words.jsx'
import { StartFlowButton } from './start-flow.jsx'
import './flows.css'

const route = getRouteApi(patterns.flow)

/** One flow: its runs, what starts it, and how it is declared. */
export function FlowPage() {
  const { t } = useI18n()
  const { project, flow: name } = route.useParams()
  const query = useQuery(flowQueries.flow(project, name))
  const flow = query.data
  return (
    <Page
      title={name}
      crumbs={[{ label: t.nav.flows, to: paths.flows() }, { label: project }]}
      lead={flow?.definition.description === undefined ? undefined : <span>{flow.definition.description}</span>}
      actions={flow === undefined ? undefined : <Actions flow={flow} />}
    >
      <Load query={query} lines={8}>
        {(found) => <FlowBody flow={found} />}
      </Load>
    </Page>
  )
}

function Actions({ flow }: { readonly flow: Flow }) {
  const { t } = useI18n()
  const [isBackfilling, setBackfilling] = useState(false)
  return (
    <>
      {(flow.schedules.length > 0 || flow.definition.triggers.length > 0) && <PauseButton flow={flow} />}
      {flow.schedules.some(({ at }) => at === undefined) && (
        <Button variant="default" leftSection={<Icon name="refresh" size={14} />} onClick={() => setBackfilling(true)}>
          {t.flows.backfill.button}
        </Button>
      )}
      <StartFlowButton flow={flow} variant="filled" />
      {isBackfilling && <BackfillDialog flow={flow} onClose={() => setBackfilling(false)} />}
    </>
  )
}

function FlowBody({ flow }: { readonly flow: Flow }) {
  const { t, f } = useI18n()
  const { tab = 'runs', ...rest } = route.useSearch()
  const { project, name, average_ms: average, next_at: next } = flow
  const to = paths.flow({ project, flow: name })
  return (
    <>
      {!flow.has_worker && (
        <p className="tone-warning row" role="status">
          <Icon name="warning" size={14} />
          <span>{t.flows.noWorker}</span>
        </p>
      )}
      <FactRow
        facts={[
          { name: t.flows.schedule, value: <ScheduleWords flow={flow} /> },
          {
            name: t.flows.nextRun,
            value: flow.paused ? <PausedWord /> : next === undefined ? '–' : <Moment at={next} />,
          },
          { name: t.flows.average, value: average === undefined ? '–' : f.duration(average) },
          { name: t.flows.openRuns, value: f.integer(flow.open_runs) },
          { name: t.flows.history, value: <RunBars flow={flow} /> },
        ]}
      />
      <Tabs
        label={t.flows.tabs.label}
        current={tab}
        tabs={flowTabs.map((id) => ({
          id,
          label: t.flows.tabs[id],
          to,
          search: id === 'runs' ? rest : { tab: id },
        }))}
      />
      {tab === 'runs' && <FlowRuns flow={flow} />}
      {tab === 'starts' && <FlowStarts flow={flow} />}
      {tab === 'definition' && <FlowDefinitionPart flow={flow} />}
      <Snippet title={t.common.fromCli} code={`fabrique flows ${tab === 'runs' ? 'run' : 'show'} ${project}/${name}`} />
    </>
  )
}
