import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { FailingFlows } from './failing-flows-panel.jsx'
import { MonitorAlerts } from './monitor-alerts.jsx'
import { ProjectLoops } from './project-loops.jsx'
import { RecentEvents } from './recent-events.jsx'
import { ServedModels } from './served-models.jsx'
import { SystemParts } from './system-parts.jsx'

/** The overview: the loop of each model as connected stages, live. */
export function HomePage() {
  const { t } = useI18n()
  const projects = useQuery(queries.projects())
  return (
    <Page title={t.home.title} lead={<SystemParts />}>
      <Load query={projects} lines={6}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={t.home.emptyTitle}
              text={t.home.emptyText}
              snippets={[{ title: t.common.fromCli, code: 'fabrique up examples/iris' }]}
            />
          ) : (
            items
              // A project of flows alone has no loops to show, and needs no advice on models.
              .filter(({ definition: { models, flows = [] } }) => models.length > 0 || flows.length === 0)
              .map(({ name }) => <ProjectLoops key={name} project={name} />)
          )
        }
      </Load>
      <MonitorAlerts />
      <FailingFlows />
      <div className="columns">
        <RecentEvents />
        <ServedModels />
      </div>
    </Page>
  )
}
