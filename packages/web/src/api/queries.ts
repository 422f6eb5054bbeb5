import type { Job, Run } from '@fabrique/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call, send } from './client.js'

/** Points of a curve; the server keeps the lowest and highest of each part. */
const seriesPointsMax = 2000
/** Children that the page of a run shows. */
export const childRunsMax = 200

/**
 * Every question that pages of several parts ask, with the key under which the answer is kept; what one part alone asks stands with it, out
 * of the first view. The first word of a key is its topic.
 */
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
  run: (run: string) =>
    queryOptions({ queryKey: ['run', run], queryFn: ({ signal }) => call('getRun', { params: { run }, signal }) }),
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
  experiments: () =>
    queryOptions({
      queryKey: ['experiments', 'all'],
      queryFn: ({ signal }) => call('listExperiments', { query: { limit: 1000, view: 'all' }, signal }),
    }),
  whoAmI: () =>
    queryOptions({
      queryKey: ['user'],
      queryFn: ({ signal }) => call('whoAmI', { signal }),
      staleTime: 60_000,
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
