import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.js'

/** Which quarantined rows to show. */
interface QuarantineFilter {
  readonly limit: number
  readonly offset: number
  readonly reason?: string | undefined
  readonly column?: string | undefined
  readonly file?: string | undefined
}

/** What these pages ask; the first word of a key is its topic, as in `api/queries.ts`. */
export const datasetQueries = {
  dataset: (project: string, dataset: string) =>
    queryOptions({
      queryKey: ['datasets', project, dataset],
      queryFn: ({ signal }) => call('getDataset', { params: { project, dataset }, signal }),
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
  snapshotQuery: (snapshot: string, sql: string, limit: number) =>
    queryOptions({
      queryKey: ['snapshot', snapshot, 'query', sql, limit],
      queryFn: ({ signal }) => call('querySnapshot', { params: { snapshot }, body: { sql, limit }, signal }),
      enabled: sql !== '',
      retry: false,
      refetchOnWindowFocus: false,
      staleTime: Number.POSITIVE_INFINITY,
    }),
  expectationHistory: (project: string, dataset: string) =>
    queryOptions({
      queryKey: ['validations', 'history', project, dataset],
      queryFn: ({ signal }) =>
        call('listExpectationHistory', { params: { project, dataset }, query: { limit: 50 }, signal }),
    }),
  validations: (snapshot: string) =>
    queryOptions({
      queryKey: ['validations', snapshot],
      queryFn: ({ signal }) => call('listValidations', { params: { snapshot }, signal }),
    }),
} as const
