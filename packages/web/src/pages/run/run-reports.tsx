import type { Run } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { TrainingReports } from '../../components/reports/training-reports.jsx'
import { useReportTexts } from '../../components/reports/use-report-texts.js'
import { paths, patterns } from '../../routing/paths.js'
import { RunFrame } from './run-frame.jsx'

const route = getRouteApi(patterns.runReports)

/** The reports of a run, drawn: a chunk of its own, as few runs have them. */
export function RunReportsPage() {
  const { project, run: id } = route.useParams()
  return (
    <RunFrame project={project} run={id} tab="reports">
      {(run) => <TrainingReports runId={id} parallel={<ParallelLink project={project} run={run} />} />}
    </RunFrame>
  )
}

/** The trials are runs below this one, so the view of runs on parallel axes shows them. */
export function ParallelLink({ project, run }: { readonly project: string; readonly run: Run }) {
  const texts = useReportTexts()
  const { data } = useQuery(queries.childRuns(run))
  if ((data?.items.length ?? 0) < 2) return null
  const filter = `tags.\`mlflow.parentRunId\` = '${run.id}'`
  return (
    <AppLink to={paths.runs({ project })} search={{ view: 'parallel', filter }} className="button-link">
      {texts.search.parallel}
    </AppLink>
  )
}
