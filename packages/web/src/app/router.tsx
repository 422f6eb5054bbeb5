import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { NotFoundPage } from '../pages/not-found/not-found-page.jsx'
import { patterns } from '../routing/paths.js'
import {
  artifactsSearch,
  compareSearch,
  datasetSearch,
  diffSearch,
  experimentsSearch,
  ingestSearch,
  jobsSearch,
  lineageSearch,
  metricsSearch,
  modelSearch,
  modelsSearch,
  runsSearch,
  snapshotSearch,
  traceSearch,
  tracesSearch,
  trainSearch,
  trashSearch,
  trySearch,
  validationSearch,
  versionSearch,
  webhooksSearch,
} from '../routing/search.js'
import { PageFailure } from './page-failure.jsx'
import { Shell } from './shell.jsx'

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage })
const parent = { getParentRoute: () => rootRoute }
const runPage = () => import('../pages/run/run-pages.jsx')

const homeRoute = createRoute({
  ...parent,
  path: patterns.home,
  component: lazyRouteComponent(() => import('../pages/home/home-page.jsx'), 'HomePage'),
})
const runsRoute = createRoute({
  ...parent,
  path: patterns.runs,
  validateSearch: runsSearch,
  component: lazyRouteComponent(() => import('../pages/runs/runs-page.jsx'), 'RunsPage'),
})
const experimentsRoute = createRoute({
  ...parent,
  path: patterns.experiments,
  validateSearch: experimentsSearch,
  component: lazyRouteComponent(() => import('../pages/experiments/experiments-page.jsx'), 'ExperimentsPage'),
})
const compareRoute = createRoute({
  ...parent,
  path: patterns.compare,
  validateSearch: compareSearch,
  component: lazyRouteComponent(() => import('../pages/compare/compare-page.jsx'), 'ComparePage'),
})
const runRoute = createRoute({
  ...parent,
  path: patterns.run,
  component: lazyRouteComponent(runPage, 'RunOverviewPage'),
})
const runMetricsRoute = createRoute({
  ...parent,
  path: patterns.runMetrics,
  validateSearch: metricsSearch,
  component: lazyRouteComponent(runPage, 'RunMetricsPage'),
})
const runArtifactsRoute = createRoute({
  ...parent,
  path: patterns.runArtifacts,
  validateSearch: artifactsSearch,
  component: lazyRouteComponent(runPage, 'RunArtifactsPage'),
})
const runReportsRoute = createRoute({
  ...parent,
  path: patterns.runReports,
  component: lazyRouteComponent(() => import('../pages/run/run-reports.jsx'), 'RunReportsPage'),
})
const runReproduceRoute = createRoute({
  ...parent,
  path: patterns.runReproduce,
  component: lazyRouteComponent(runPage, 'RunReproducePage'),
})
const datasetsRoute = createRoute({
  ...parent,
  path: patterns.datasets,
  component: lazyRouteComponent(() => import('../pages/datasets/datasets-page.jsx'), 'DatasetsPage'),
})
const datasetRoute = createRoute({
  ...parent,
  path: patterns.dataset,
  validateSearch: datasetSearch,
  component: lazyRouteComponent(() => import('../pages/datasets/dataset-page.jsx'), 'DatasetPage'),
})
const snapshotRoute = createRoute({
  ...parent,
  path: patterns.snapshot,
  validateSearch: snapshotSearch,
  component: lazyRouteComponent(() => import('../pages/datasets/snapshot-page.jsx'), 'SnapshotPage'),
})
const snapshotDiffRoute = createRoute({
  ...parent,
  path: patterns.snapshotDiff,
  validateSearch: diffSearch,
  component: lazyRouteComponent(() => import('../pages/datasets/diff-page.jsx'), 'DiffPage'),
})
const ingestRoute = createRoute({
  ...parent,
  path: patterns.ingest,
  validateSearch: ingestSearch,
  component: lazyRouteComponent(() => import('../pages/datasets/ingest-page.jsx'), 'IngestPage'),
})
const validationRoute = createRoute({
  ...parent,
  path: patterns.validation,
  validateSearch: validationSearch,
  component: lazyRouteComponent(() => import('../pages/validations/validation-page.jsx'), 'ValidationPage'),
})
const trainRoute = createRoute({
  ...parent,
  path: patterns.train,
  validateSearch: trainSearch,
  component: lazyRouteComponent(() => import('../pages/train/train-page.jsx'), 'TrainPage'),
})
const trainingRoute = createRoute({
  ...parent,
  path: patterns.training,
  component: lazyRouteComponent(() => import('../pages/train/training-page.jsx'), 'TrainingPage'),
})
const lineageRoute = createRoute({
  ...parent,
  path: patterns.lineage,
  validateSearch: lineageSearch,
  component: lazyRouteComponent(() => import('../pages/lineage/lineage-page.jsx'), 'LineagePage'),
})
const jobsRoute = createRoute({
  ...parent,
  path: patterns.jobs,
  validateSearch: jobsSearch,
  component: lazyRouteComponent(() => import('../pages/jobs/jobs-page.jsx'), 'JobsPage'),
})
const modelsRoute = createRoute({
  ...parent,
  path: patterns.models,
  validateSearch: modelsSearch,
  component: lazyRouteComponent(() => import('../pages/models/models-page.jsx'), 'ModelsPage'),
})
const modelRoute = createRoute({
  ...parent,
  path: patterns.model,
  validateSearch: modelSearch,
  component: lazyRouteComponent(() => import('../pages/models/model-page.jsx'), 'ModelPage'),
})
const modelVersionRoute = createRoute({
  ...parent,
  path: patterns.modelVersion,
  validateSearch: versionSearch,
  component: lazyRouteComponent(() => import('../pages/models/model-version-page.jsx'), 'ModelVersionPage'),
})
const endpointsRoute = createRoute({
  ...parent,
  path: patterns.endpoints,
  component: lazyRouteComponent(() => import('../pages/endpoints/endpoints-page.jsx'), 'EndpointsPage'),
})
const tryRoute = createRoute({
  ...parent,
  path: patterns.tryEndpoint,
  validateSearch: trySearch,
  component: lazyRouteComponent(() => import('../pages/endpoints/try-page.jsx'), 'TryPage'),
})
const tracesRoute = createRoute({
  ...parent,
  path: patterns.traces,
  validateSearch: tracesSearch,
  component: lazyRouteComponent(() => import('../pages/traces/traces-page.jsx'), 'TracesPage'),
})
const traceRoute = createRoute({
  ...parent,
  path: patterns.trace,
  validateSearch: traceSearch,
  component: lazyRouteComponent(() => import('../pages/traces/trace-page.jsx'), 'TracePage'),
})
const trashRoute = createRoute({
  ...parent,
  path: patterns.trash,
  validateSearch: trashSearch,
  component: lazyRouteComponent(() => import('../pages/trash/trash-page.jsx'), 'TrashPage'),
})
const webhooksRoute = createRoute({
  ...parent,
  path: patterns.webhooks,
  validateSearch: webhooksSearch,
  component: lazyRouteComponent(() => import('../pages/settings/webhooks-page.jsx'), 'WebhooksPage'),
})
const remotesRoute = createRoute({
  ...parent,
  path: patterns.remotes,
  component: lazyRouteComponent(() => import('../pages/settings/remotes-page.jsx'), 'RemotesPage'),
})
const settingsRoute = createRoute({
  ...parent,
  path: patterns.settings,
  component: lazyRouteComponent(() => import('../pages/settings/settings-page.jsx'), 'SettingsPage'),
})
const aboutRoute = createRoute({
  ...parent,
  path: patterns.about,
  component: lazyRouteComponent(() => import('../pages/settings/about-page.jsx'), 'AboutPage'),
})

const routeTree = rootRoute.addChildren([
  homeRoute,
  experimentsRoute,
  runsRoute,
  compareRoute,
  runRoute,
  runMetricsRoute,
  runArtifactsRoute,
  runReportsRoute,
  runReproduceRoute,
  datasetsRoute,
  datasetRoute,
  snapshotRoute,
  snapshotDiffRoute,
  ingestRoute,
  validationRoute,
  trainRoute,
  trainingRoute,
  lineageRoute,
  jobsRoute,
  modelsRoute,
  modelRoute,
  modelVersionRoute,
  endpointsRoute,
  tryRoute,
  tracesRoute,
  traceRoute,
  trashRoute,
  settingsRoute,
  remotesRoute,
  webhooksRoute,
  aboutRoute,
])

/** Addresses are plain: every value after the `?` is text, never JSON. */
export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultErrorComponent: PageFailure,
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: (search) => {
    const query = new URLSearchParams()
    for (const [key, value] of Object.entries(search)) if (value !== undefined) query.set(key, String(value))
    return query.size === 0 ? '' : `?${query}`
  },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
