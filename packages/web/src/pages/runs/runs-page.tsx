import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Load } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { runsQueries } from './runs-queries.js'
import { RunsView } from './runs-view.jsx'

const route = getRouteApi(patterns.runs)

/** The runs of an experiment, which the address names; a project has the experiment of its name. */
export function RunsPage() {
  const { t } = useI18n()
  const { project } = route.useParams()
  const search = route.useSearch()
  const query = useQuery(runsQueries.experimentNamed(project))
  return (
    <Page title={t.runs.title} crumbs={[{ label: t.nav.experiments, to: paths.experiments() }, { label: project }]}>
      <Load query={query} lines={12}>
        {(experiment) => (
          <>
            {experiment.is_deleted && <p className="muted">{t.experiments.isDeleted(experiment.name)}</p>}
            <RunsView key={experiment.id} experiment={experiment} search={search} />
          </>
        )}
      </Load>
    </Page>
  )
}
