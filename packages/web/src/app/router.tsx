import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { loadTexts } from '../i18n/language.js'
import type { PartName } from '../i18n/parts.js'
import { NotFoundPage } from '../pages/not-found/not-found-page.jsx'
import { patterns } from '../routing/paths.js'
import {
  artifactsSearch,
  compareSearch,
  datasetSearch,
  diffSearch,
  endpointSearch,
  experimentsSearch,
  featuresSearch,
  featureViewSearch,
  flowRunSearch,
  flowSearch,
  flowsSearch,
  flowWorkersSearch,
  ingestSearch,
  jobsSearch,
  keysSearch,
  lineageSearch,
  lookUpSearch,
  metricsHistorySearch,
  metricsSearch,
  modelSearch,
  modelsSearch,
  monitoringSearch,
  monitorSearch,
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
/** A page that comes with the parts of the catalogue that it shows. */
function withTexts<Page>(load: () => Promise<Page>, ...names: readonly PartName[]): () => Promise<Page> {
  return async () => (await Promise.all([load(), loadTexts(names)]))[0]
}

const runPage = withTexts(() => import('../pages/run/run-pages.jsx'), 'runs', 'data', 'models', 'trash')

const homeRoute = createRoute({
  ...parent,
  path: patterns.home,
  component: lazyRouteComponent(() => import('../pages/home/home-page.jsx'), 'HomePage'),
})
const runsRoute = createRoute({
  ...parent,
  path: patterns.runs,
  validateSearch: runsSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/runs/runs-page.jsx'), 'runs'),
    'RunsPage',
  ),
})
const experimentsRoute = createRoute({
  ...parent,
  path: patterns.experiments,
  validateSearch: experimentsSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/experiments/experiments-page.jsx'), 'runs'),
    'ExperimentsPage',
  ),
})
const compareRoute = createRoute({
  ...parent,
  path: patterns.compare,
  validateSearch: compareSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/compare/compare-page.jsx'), 'runs'),
    'ComparePage',
  ),
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
  component: lazyRouteComponent(
    withTexts(() => import('../pages/run/run-reports.jsx'), 'runs', 'trash'),
    'RunReportsPage',
  ),
})
const runReproduceRoute = createRoute({
  ...parent,
  path: patterns.runReproduce,
  component: lazyRouteComponent(runPage, 'RunReproducePage'),
})
const datasetsRoute = createRoute({
  ...parent,
  path: patterns.datasets,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/datasets/datasets-page.jsx'), 'data'),
    'DatasetsPage',
  ),
})
const datasetRoute = createRoute({
  ...parent,
  path: patterns.dataset,
  validateSearch: datasetSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/datasets/dataset-page.jsx'), 'data', 'trash'),
    'DatasetPage',
  ),
})
const snapshotRoute = createRoute({
  ...parent,
  path: patterns.snapshot,
  validateSearch: snapshotSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/datasets/snapshot-page.jsx'), 'data'),
    'SnapshotPage',
  ),
})
const snapshotDiffRoute = createRoute({
  ...parent,
  path: patterns.snapshotDiff,
  validateSearch: diffSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/datasets/diff-page.jsx'), 'data'),
    'DiffPage',
  ),
})
const ingestRoute = createRoute({
  ...parent,
  path: patterns.ingest,
  validateSearch: ingestSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/datasets/ingest-page.jsx'), 'data'),
    'IngestPage',
  ),
})
const validationRoute = createRoute({
  ...parent,
  path: patterns.validation,
  validateSearch: validationSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/validations/validation-page.jsx'), 'data'),
    'ValidationPage',
  ),
})
const featuresRoute = createRoute({
  ...parent,
  path: patterns.features,
  validateSearch: featuresSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/features/features-page.jsx'), 'features'),
    'FeaturesPage',
  ),
})
const featureViewRoute = createRoute({
  ...parent,
  path: patterns.featureView,
  validateSearch: featureViewSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/features/feature-view-page.jsx'), 'features', 'data', 'runs'),
    'FeatureViewPage',
  ),
})
const featureServiceRoute = createRoute({
  ...parent,
  path: patterns.featureService,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/features/feature-service-page.jsx'), 'features'),
    'FeatureServicePage',
  ),
})
const lookUpRoute = createRoute({
  ...parent,
  path: patterns.lookUp,
  validateSearch: lookUpSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/features/look-up-page.jsx'), 'features'),
    'LookUpPage',
  ),
})
const trainRoute = createRoute({
  ...parent,
  path: patterns.train,
  validateSearch: trainSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/train/train-page.jsx'), 'data'),
    'TrainPage',
  ),
})
const trainingRoute = createRoute({
  ...parent,
  path: patterns.training,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/train/training-page.jsx'), 'runs', 'models', 'trash'),
    'TrainingPage',
  ),
})
const lineageRoute = createRoute({
  ...parent,
  path: patterns.lineage,
  validateSearch: lineageSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/lineage/lineage-page.jsx'), 'lineage'),
    'LineagePage',
  ),
})
const flowsRoute = createRoute({
  ...parent,
  path: patterns.flows,
  validateSearch: flowsSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/flows/flows-page.jsx'), 'flows'),
    'FlowsPage',
  ),
})
const flowWorkersRoute = createRoute({
  ...parent,
  path: patterns.flowWorkers,
  validateSearch: flowWorkersSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/flows/workers-page.jsx'), 'flows'),
    'WorkersPage',
  ),
})
const flowRoute = createRoute({
  ...parent,
  path: patterns.flow,
  validateSearch: flowSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/flows/flow-page.jsx'), 'flows', 'runs'),
    'FlowPage',
  ),
})
const flowRunRoute = createRoute({
  ...parent,
  path: patterns.flowRun,
  validateSearch: flowRunSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/flows/run-page.jsx'), 'flows', 'runs'),
    'FlowRunPage',
  ),
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
  component: lazyRouteComponent(
    withTexts(() => import('../pages/models/models-page.jsx'), 'models', 'monitoring'),
    'ModelsPage',
  ),
})
const modelRoute = createRoute({
  ...parent,
  path: patterns.model,
  validateSearch: modelSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/models/model-page.jsx'), 'runs', 'models'),
    'ModelPage',
  ),
})
const modelVersionRoute = createRoute({
  ...parent,
  path: patterns.modelVersion,
  validateSearch: versionSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/models/model-version-page.jsx'), 'runs', 'data', 'models'),
    'ModelVersionPage',
  ),
})
const endpointsRoute = createRoute({
  ...parent,
  path: patterns.endpoints,
  component: lazyRouteComponent(() => import('../pages/endpoints/endpoints-page.jsx'), 'EndpointsPage'),
})
const endpointRoute = createRoute({
  ...parent,
  path: patterns.endpoint,
  validateSearch: endpointSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/endpoints/endpoint-page.jsx'), 'serving', 'runs', 'monitoring'),
    'EndpointPage',
  ),
})
const rolloutRoute = createRoute({
  ...parent,
  path: patterns.rollout,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/endpoints/rollout-page.jsx'), 'serving'),
    'RolloutPage',
  ),
})
const tryRoute = createRoute({
  ...parent,
  path: patterns.tryEndpoint,
  validateSearch: trySearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/endpoints/try-page.jsx'), 'models', 'features'),
    'TryPage',
  ),
})
const metricsRoute = createRoute({
  ...parent,
  path: patterns.metrics,
  validateSearch: metricsHistorySearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/metrics-history/metrics-page.jsx'), 'metrics', 'runs'),
    'MetricsPage',
  ),
})
const monitoringRoute = createRoute({
  ...parent,
  path: patterns.monitoring,
  validateSearch: monitoringSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/monitoring/monitoring-page.jsx'), 'monitoring'),
    'MonitoringPage',
  ),
})
const monitorRoute = createRoute({
  ...parent,
  path: patterns.monitor,
  validateSearch: monitorSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/monitoring/monitor-page.jsx'), 'monitoring', 'runs'),
    'MonitorPage',
  ),
})
const monitorColumnRoute = createRoute({
  ...parent,
  path: patterns.monitorColumn,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/monitoring/column-page.jsx'), 'monitoring', 'runs'),
    'MonitorColumnPage',
  ),
})
const tracesRoute = createRoute({
  ...parent,
  path: patterns.traces,
  validateSearch: tracesSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/traces/traces-page.jsx'), 'traces'),
    'TracesPage',
  ),
})
const traceRoute = createRoute({
  ...parent,
  path: patterns.trace,
  validateSearch: traceSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/traces/trace-page.jsx'), 'runs', 'models', 'traces'),
    'TracePage',
  ),
})
const trashRoute = createRoute({
  ...parent,
  path: patterns.trash,
  validateSearch: trashSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/trash/trash-page.jsx'), 'runs', 'models', 'trash'),
    'TrashPage',
  ),
})
const webhooksRoute = createRoute({
  ...parent,
  path: patterns.webhooks,
  validateSearch: webhooksSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/settings/webhooks-page.jsx'), 'settings'),
    'WebhooksPage',
  ),
})
const remotesRoute = createRoute({
  ...parent,
  path: patterns.remotes,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/settings/remotes-page.jsx'), 'settings'),
    'RemotesPage',
  ),
})
const settingsRoute = createRoute({
  ...parent,
  path: patterns.settings,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/settings/settings-page.jsx'), 'settings'),
    'SettingsPage',
  ),
})
const accountRoute = createRoute({
  ...parent,
  path: patterns.account,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/settings/account-page.jsx'), 'settings', 'access'),
    'AccountPage',
  ),
})
const keysRoute = createRoute({
  ...parent,
  path: patterns.keys,
  validateSearch: keysSearch,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/settings/keys-page.jsx'), 'settings', 'access'),
    'KeysPage',
  ),
})
const usersRoute = createRoute({
  ...parent,
  path: patterns.users,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/settings/users-page.jsx'), 'settings', 'access'),
    'UsersPage',
  ),
})
const aboutRoute = createRoute({
  ...parent,
  path: patterns.about,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/settings/about-page.jsx'), 'settings'),
    'AboutPage',
  ),
})

const loginRoute = createRoute({
  ...parent,
  path: patterns.login,
  component: lazyRouteComponent(
    withTexts(() => import('../pages/login/login-page.jsx'), 'login'),
    'LoginPage',
  ),
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
  featuresRoute,
  featureViewRoute,
  featureServiceRoute,
  lookUpRoute,
  trainRoute,
  trainingRoute,
  lineageRoute,
  flowsRoute,
  flowWorkersRoute,
  flowRoute,
  flowRunRoute,
  jobsRoute,
  modelsRoute,
  modelRoute,
  modelVersionRoute,
  endpointsRoute,
  endpointRoute,
  rolloutRoute,
  tryRoute,
  metricsRoute,
  monitoringRoute,
  monitorRoute,
  monitorColumnRoute,
  tracesRoute,
  traceRoute,
  trashRoute,
  settingsRoute,
  accountRoute,
  keysRoute,
  usersRoute,
  remotesRoute,
  webhooksRoute,
  aboutRoute,
  loginRoute,
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
