import type { Experiment, Job, Run, TrashKind } from '@fabrique/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { currentCatalogue } from '../i18n/language.js'
import { ApiProblem } from './api-problem.js'
import { type Call, call, send } from './client.js'

/** Runs in the first answer of a search, which is waited for, and in those that scrolling asks for. */
const searchPageSizes = { first: 100, next: 1000 } as const

/** Which quarantined rows to show. */
export interface QuarantineFilter {
  readonly limit: number
  readonly offset: number
  readonly reason?: string | undefined
  readonly column?: string | undefined
  readonly file?: string | undefined
}

type Body<Name extends 'searchRuns' | 'groupRuns' | 'getMetricSeries'> = NonNullable<Call<Name>['body']>
export type RunSearch = Omit<Body<'searchRuns'>, 'limit' | 'page_token' | 'with_total' | 'with_position'>
export type RunGrouping = Body<'groupRuns'>
export type SeriesRequest = Body<'getMetricSeries'>

/** The experiment of a name. The search of the server finds parts of names, so the pages of it are gone through. */
async function experimentNamed(name: string, signal: AbortSignal): Promise<Experiment> {
  let token: string | undefined
  do {
    const query = { search: name, view: 'all', limit: 1000, page_token: token }
    const page = await call('listExperiments', { query, signal })
    const same = page.items.filter((experiment) => experiment.name === name)
    const found = same.find(({ is_deleted }) => !is_deleted) ?? same[0]
    if (found !== undefined) return found
    token = page.next_page_token
  } while (token !== undefined)
  const { noExperiment, noExperimentHint } = currentCatalogue().problems
  throw new ApiProblem({
    code: 'experiment_not_found',
    status: 404,
    message: noExperiment(name),
    hint: noExperimentHint,
  })
}

/** Points of a curve; the server keeps the lowest and highest of each part. */
const seriesPointsMax = 2000
/** Children that the page of a run shows. */
export const childRunsMax = 200

/** Every question the pages ask, with the key under which the answer is kept. The first word of a key is its topic. */
export const queries = {
  status: () => queryOptions({ queryKey: ['status'], queryFn: ({ signal }) => call('getStatus', { signal }) }),
  projects: () => queryOptions({ queryKey: ['projects'], queryFn: ({ signal }) => call('listProjects', { signal }) }),
  loops: (project: string) =>
    queryOptions({
      queryKey: ['loops', project],
      queryFn: ({ signal }) => call('listLoops', { params: { project }, signal }),
      refetchInterval: ({ state }) =>
        state.data?.items.some(({ flow_run }) => flow_run?.state === 'running' || flow_run?.state === 'queued')
          ? 1500
          : 15_000,
    }),
  events: (limit: number) =>
    queryOptions({
      queryKey: ['events', limit],
      queryFn: ({ signal }) => call('listEvents', { query: { limit }, signal }),
    }),
  datasets: (project: string) =>
    queryOptions({
      queryKey: ['datasets', project],
      queryFn: ({ signal }) => call('listDatasets', { params: { project }, signal }),
    }),
  dataset: (project: string, dataset: string) =>
    queryOptions({
      queryKey: ['datasets', project, dataset],
      queryFn: ({ signal }) => call('getDataset', { params: { project, dataset }, signal }),
    }),
  snapshots: (project: string, dataset: string) =>
    queryOptions({
      queryKey: ['datasets', project, dataset, 'snapshots'],
      queryFn: ({ signal }) => call('listSnapshots', { params: { project, dataset }, query: { limit: 200 }, signal }),
    }),
  snapshot: (snapshot: string) =>
    queryOptions({
      queryKey: ['snapshot', snapshot],
      queryFn: ({ signal }) => call('getSnapshot', { params: { snapshot }, signal }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  lineage: (kind: string, id: string, direction: string) =>
    queryOptions({
      queryKey: ['lineage', kind, id, direction],
      queryFn: ({ signal }) => call('getLineage', { params: { kind, id }, query: { direction }, signal }),
      placeholderData: (before) => before,
    }),
  profile: (snapshot: string) =>
    queryOptions({
      queryKey: ['snapshot', snapshot, 'profile'],
      queryFn: ({ signal }) => call('getProfile', { params: { snapshot }, signal }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  snapshotDiff: (snapshot: string, base: string) =>
    queryOptions({
      queryKey: ['snapshot', snapshot, 'diff', base],
      queryFn: ({ signal }) => call('diffSnapshots', { params: { snapshot }, query: { base, limit: 20 }, signal }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  snapshotFiles: (snapshot: string, prefix: string, label: string | undefined) =>
    infiniteQueryOptions({
      queryKey: ['snapshot', snapshot, 'files', prefix, label ?? null],
      queryFn: ({ signal, pageParam }) =>
        call('listSnapshotFiles', {
          params: { snapshot },
          query: { prefix, label, limit: 100, page_token: pageParam },
          signal,
        }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
      placeholderData: (before) => before,
    }),
  ingests: (project: string, dataset: string) =>
    infiniteQueryOptions({
      queryKey: ['ingests', project, dataset],
      queryFn: ({ signal, pageParam }) =>
        call('listIngests', { params: { project, dataset }, query: { limit: 100, page_token: pageParam }, signal }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
    }),
  ingest: (ingest: string) =>
    queryOptions({
      queryKey: ['ingests', ingest],
      queryFn: ({ signal }) => call('getIngest', { params: { ingest }, signal }),
      refetchInterval: ({ state }) => (state.data?.state === 'running' ? 1000 : false),
    }),
  quarantine: (ingest: string, filter: QuarantineFilter) =>
    queryOptions({
      queryKey: ['ingests', ingest, 'quarantine', filter],
      queryFn: ({ signal }) => call('listQuarantine', { params: { ingest }, query: { ...filter }, signal }),
      placeholderData: (before) => before,
      staleTime: Number.POSITIVE_INFINITY,
    }),
  preview: (snapshot: string, limit: number) =>
    queryOptions({
      queryKey: ['snapshot', snapshot, 'preview', limit],
      queryFn: ({ signal }) => call('previewSnapshot', { params: { snapshot }, query: { limit }, signal }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  remotes: () => queryOptions({ queryKey: ['remotes'], queryFn: ({ signal }) => call('listRemotes', { signal }) }),
  snapshotQuery: (snapshot: string, sql: string, limit: number) =>
    queryOptions({
      queryKey: ['snapshot', snapshot, 'query', sql, limit],
      queryFn: ({ signal }) => call('querySnapshot', { params: { snapshot }, body: { sql, limit }, signal }),
      enabled: sql !== '',
      retry: false,
      refetchOnWindowFocus: false,
      staleTime: Number.POSITIVE_INFINITY,
    }),
  jobs: (filter: { readonly state?: Job['state'] | undefined; readonly subject?: string; readonly kind?: string }) =>
    infiniteQueryOptions({
      queryKey: ['jobs', filter],
      queryFn: ({ signal, pageParam }) =>
        call('listJobs', { query: { ...filter, limit: 100, page_token: pageParam }, signal }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
      placeholderData: (before) => before,
      // Progress comes without an event, so that it costs nothing while nobody looks.
      refetchInterval: ({ state }) =>
        state.data?.pages.some(({ items }) => items.some(({ state: one }) => one === 'running' || one === 'queued'))
          ? 1000
          : false,
    }),
  validation: (validation: string) =>
    queryOptions({
      queryKey: ['validations', 'one', validation],
      queryFn: ({ signal }) => call('getValidation', { params: { validation }, signal }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  failingRows: (validation: string, check: number, offset: number) =>
    queryOptions({
      queryKey: ['validations', 'one', validation, 'rows', check, offset],
      queryFn: ({ signal }) =>
        call('listFailingRows', { params: { validation }, query: { check, offset, limit: 50 }, signal }),
      placeholderData: (before) => before,
      staleTime: Number.POSITIVE_INFINITY,
    }),
  expectationHistory: (project: string, dataset: string) =>
    queryOptions({
      queryKey: ['validations', 'history', project, dataset],
      queryFn: ({ signal }) =>
        call('listExpectationHistory', { params: { project, dataset }, query: { limit: 50 }, signal }),
    }),
  proposedSuite: (snapshot: string) =>
    queryOptions({
      queryKey: ['snapshot', snapshot, 'proposed'],
      queryFn: ({ signal }) => call('proposeSuite', { params: { snapshot }, signal }),
    }),
  suites: (project: string, dataset: string) =>
    queryOptions({
      queryKey: ['validations', 'suites', project, dataset],
      queryFn: ({ signal }) => call('listSuites', { params: { project, dataset }, signal }),
    }),
  validations: (snapshot: string) =>
    queryOptions({
      queryKey: ['validations', snapshot],
      queryFn: ({ signal }) => call('listValidations', { params: { snapshot }, signal }),
    }),
  searchExperiments: (search: string) =>
    infiniteQueryOptions({
      queryKey: ['experiments', 'search', search],
      queryFn: ({ signal, pageParam }) =>
        call('listExperiments', {
          query: { limit: 200, page_token: pageParam, search: search === '' ? undefined : search },
          signal,
        }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
      placeholderData: (before) => before,
    }),
  experimentNamed: (name: string) =>
    queryOptions({
      queryKey: ['experiments', 'named', name],
      queryFn: ({ signal }) => experimentNamed(name, signal),
      staleTime: 60_000,
    }),
  runColumns: (experiment: string) =>
    queryOptions({
      queryKey: ['run-columns', experiment],
      queryFn: ({ signal }) => call('listRunColumns', { params: { experiment }, signal }),
      staleTime: 30_000,
    }),
  searchRuns: (request: RunSearch) =>
    infiniteQueryOptions({
      queryKey: ['run-search', request],
      queryFn: ({ signal, pageParam }) =>
        call('searchRuns', {
          body: {
            ...request,
            limit: pageParam === undefined ? searchPageSizes.first : searchPageSizes.next,
            with_total: pageParam === undefined,
            with_position: pageParam === undefined,
            ...(pageParam === undefined ? {} : { page_token: pageParam }),
          },
          signal,
        }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
      placeholderData: (before, query) =>
        (query?.queryKey[1] as RunSearch | undefined)?.experiment_ids?.[0] === request.experiment_ids?.[0]
          ? before
          : undefined,
      // A list that is read does not move by itself. One that is shown again is asked for anew, as what the stream told
      // is kept for the search in sight only.
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      staleTime: 0,
      gcTime: 60_000,
    }),
  groupRuns: (request: RunGrouping) =>
    queryOptions({
      queryKey: ['run-search', 'groups', request],
      queryFn: ({ signal }) => call('groupRuns', { body: request, signal }),
      placeholderData: (before) => before,
    }),
  seriesOfRuns: (request: SeriesRequest) =>
    queryOptions({
      queryKey: ['metric-series', request],
      queryFn: ({ signal }) => call('getMetricSeries', { body: request, signal }),
      placeholderData: (before) => before,
    }),
  savedViews: (experiment: string) =>
    queryOptions({
      queryKey: ['saved-views', experiment],
      queryFn: ({ signal }) => call('listSavedViews', { params: { experiment }, signal }),
    }),
  run: (run: string) =>
    queryOptions({ queryKey: ['run', run], queryFn: ({ signal }) => call('getRun', { params: { run }, signal }) }),
  metric: (run: string, metric: string) =>
    queryOptions({
      queryKey: ['run', run, 'metric', metric],
      queryFn: ({ signal }) => call('getMetricHistory', { params: { run, metric }, signal }),
    }),
  artifacts: (run: string) =>
    queryOptions({
      queryKey: ['run', run, 'artifacts'],
      queryFn: ({ signal }) => call('listArtifacts', { params: { run }, signal }),
    }),
  metricSeries: (run: string, key: string) =>
    queryOptions({
      queryKey: ['run', run, 'series', key],
      queryFn: ({ signal }) =>
        call('getMetricSeries', { body: { run_ids: [run], keys: [key], points: seriesPointsMax }, signal }),
    }),
  childRuns: (run: Pick<Run, 'id' | 'experiment_id'>) =>
    queryOptions({
      queryKey: ['run', run.id, 'children'],
      queryFn: ({ signal }) =>
        call('searchRuns', {
          body: {
            experiment_ids: [run.experiment_id],
            filter: `tags.\`mlflow.parentRunId\` = '${run.id}'`,
            limit: childRunsMax,
            params: 'none',
            tags: 'none',
          },
          signal,
        }),
    }),
  /** The beginning of a file, at most `bytesMax` of its `bytes`. */
  artifactText: (address: string, bytes: number, bytesMax: number) =>
    queryOptions({
      queryKey: ['artifact', address, bytesMax],
      queryFn: async ({ signal }) => {
        const headers = bytes > bytesMax ? { range: `bytes=0-${bytesMax - 1}` } : undefined
        return (await send(address, { signal, ...(headers === undefined ? {} : { headers }) })).text()
      },
    }),
  models: () =>
    queryOptions({
      queryKey: ['models'],
      queryFn: ({ signal }) => call('listModels', { query: { limit: 1000 }, signal }),
    }),
  model: (model: string) =>
    queryOptions({
      queryKey: ['models', model],
      queryFn: ({ signal }) => call('getModel', { params: { model }, signal }),
    }),
  modelVersion: (model: string, version: string) =>
    queryOptions({
      queryKey: ['models', model, version],
      queryFn: ({ signal }) => call('getModelVersion', { params: { model, version }, signal }),
    }),
  modelHistory: (model: string) =>
    infiniteQueryOptions({
      queryKey: ['models', model, 'history'],
      queryFn: ({ signal, pageParam }) =>
        call('listModelHistory', { params: { model }, query: { limit: 100, page_token: pageParam }, signal }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
    }),
  versionArtifacts: (model: string, version: string) =>
    queryOptions({
      queryKey: ['models', model, version, 'artifacts'],
      queryFn: ({ signal }) => call('listVersionArtifacts', { params: { model, version }, signal }),
    }),
  experiments: () =>
    queryOptions({
      queryKey: ['experiments', 'all'],
      queryFn: ({ signal }) => call('listExperiments', { query: { limit: 1000, view: 'all' }, signal }),
    }),
  experimentStorage: (experiment: string) =>
    queryOptions({
      queryKey: ['experiments', experiment, 'storage'],
      queryFn: ({ signal }) => call('getExperimentStorage', { params: { experiment }, signal }),
      staleTime: 60_000,
    }),
  trash: (kind: TrashKind | undefined) =>
    infiniteQueryOptions({
      queryKey: ['trash', kind ?? 'all'],
      queryFn: ({ signal, pageParam }) =>
        call('listTrash', { query: { limit: 200, kind, page_token: pageParam }, signal }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
    }),
  whoAmI: () =>
    queryOptions({
      queryKey: ['user'],
      queryFn: ({ signal }) => call('whoAmI', { signal }),
      staleTime: 60_000,
    }),
  users: () => queryOptions({ queryKey: ['users'], queryFn: ({ signal }) => call('listUsers', { signal }) }),
  apiKeys: (all: boolean) =>
    queryOptions({
      queryKey: ['keys', all],
      queryFn: ({ signal }) => call('listApiKeys', { query: { all: String(all) }, signal }),
    }),
  sessions: () => queryOptions({ queryKey: ['sessions'], queryFn: ({ signal }) => call('listSessions', { signal }) }),
  webhooks: () => queryOptions({ queryKey: ['webhooks'], queryFn: ({ signal }) => call('listWebhooks', { signal }) }),
  webhookDeliveries: (webhook: string) =>
    infiniteQueryOptions({
      queryKey: ['webhooks', webhook],
      queryFn: ({ signal, pageParam }) =>
        call('listWebhookDeliveries', { params: { webhook }, query: { limit: 50, page_token: pageParam }, signal }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
      refetchInterval: 15_000,
    }),
  traces: (experiment: string, filter: string) =>
    infiniteQueryOptions({
      queryKey: ['trace', 'list', experiment, filter],
      queryFn: ({ signal, pageParam }) =>
        call('listTraces', { query: { experiment_id: experiment, filter, limit: 100, page_token: pageParam }, signal }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
    }),
  trace: (trace: string) =>
    queryOptions({
      queryKey: ['trace', trace],
      queryFn: ({ signal }) => call('getTrace', { params: { trace }, signal }),
      refetchInterval: ({ state }) => (state.data?.state === 'IN_PROGRESS' ? 2000 : false),
    }),
  flows: () => queryOptions({ queryKey: ['flows'], queryFn: ({ signal }) => call('listFlows', { signal }) }),
  /** All of them, or those of a model. */
  monitors: (model?: string) =>
    queryOptions({
      queryKey: ['monitors', 'list', model ?? null],
      queryFn: ({ signal }) => call('listMonitors', { query: { model, limit: 1000 }, signal }),
    }),
  endpoints: () =>
    queryOptions({
      queryKey: ['endpoints'],
      queryFn: ({ signal }) => call('listEndpoints', { signal }),
      refetchInterval: 15_000,
    }),
} as const
