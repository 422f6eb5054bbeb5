import type { Run } from '@fabrique/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call, send } from './client.js'

/** Pages of runs that the table loads by itself; more on request. */
export const runPageSize = 1000

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
  preview: (snapshot: string, limit: number) =>
    queryOptions({
      queryKey: ['snapshot', snapshot, 'preview', limit],
      queryFn: ({ signal }) => call('previewSnapshot', { params: { snapshot }, query: { limit }, signal }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  validations: (snapshot: string) =>
    queryOptions({
      queryKey: ['validations', snapshot],
      queryFn: ({ signal }) => call('listValidations', { params: { snapshot }, signal }),
    }),
  runs: (project: string) =>
    infiniteQueryOptions({
      queryKey: ['runs', project],
      queryFn: ({ signal, pageParam }) =>
        call('listRuns', { params: { project }, query: { limit: runPageSize, page_token: pageParam }, signal }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
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
  artifactText: (address: string) =>
    queryOptions({
      queryKey: ['artifact', address],
      queryFn: async ({ signal }) => (await send(address, { signal })).text(),
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
  endpoints: () =>
    queryOptions({
      queryKey: ['endpoints'],
      queryFn: ({ signal }) => call('listEndpoints', { signal }),
      refetchInterval: 15_000,
    }),
} as const

/** All runs of a project, for exports: never only what a table happens to hold. */
export async function everyRun(project: string): Promise<readonly Run[]> {
  const runs: Run[] = []
  let token: string | undefined
  do {
    const page = await call('listRuns', { params: { project }, query: { limit: runPageSize, page_token: token } })
    runs.push(...page.items)
    token = page.next_page_token
  } while (token !== undefined)
  return runs
}
