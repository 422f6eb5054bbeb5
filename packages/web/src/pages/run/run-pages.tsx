import { getRouteApi } from '@tanstack/react-router'
import { patterns } from '../../routing/paths.js'
import { RunArtifacts } from './run-artifacts.jsx'
import { RunFrame } from './run-frame.jsx'
import { RunMetrics } from './run-metrics.jsx'
import { RunOverview } from './run-overview.jsx'
import { RunReproduce } from './run-reproduce.jsx'

const overview = getRouteApi(patterns.run)
const metrics = getRouteApi(patterns.runMetrics)
const artifacts = getRouteApi(patterns.runArtifacts)
const reproduce = getRouteApi(patterns.runReproduce)

export function RunOverviewPage() {
  const { project, run: id } = overview.useParams()
  return (
    <RunFrame project={project} run={id} tab="overview">
      {(run) => <RunOverview project={project} run={run} />}
    </RunFrame>
  )
}

export function RunMetricsPage() {
  const { project, run: id } = metrics.useParams()
  const search = metrics.useSearch()
  return (
    <RunFrame project={project} run={id} tab="metrics">
      {(run) => <RunMetrics project={project} run={run} search={search} />}
    </RunFrame>
  )
}

export function RunArtifactsPage() {
  const { project, run: id } = artifacts.useParams()
  const { path } = artifacts.useSearch()
  return (
    <RunFrame project={project} run={id} tab="artifacts">
      {(run) => <RunArtifacts project={project} run={run} wanted={path} />}
    </RunFrame>
  )
}

export function RunReproducePage() {
  const { project, run: id } = reproduce.useParams()
  return (
    <RunFrame project={project} run={id} tab="reproduce">
      {(run) => <RunReproduce project={project} run={run} />}
    </RunFrame>
  )
}
