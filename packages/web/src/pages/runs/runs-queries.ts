import type { Experiment } from '@fabrique/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { ApiProblem } from '../../api/api-problem.js'
import { type Call, call } from '../../api/client.js'
import { currentCatalogue } from '../../i18n/language.js'

/** Runs in the first answer of a search, which is waited for, and in those that scrolling asks for. */
const searchPageSizes = { first: 100, next: 1000 } as const

type Body<Name extends 'searchRuns' | 'groupRuns' | 'getMetricSeries'> = NonNullable<Call<Name>['body']>
export type RunSearch = Omit<Body<'searchRuns'>, 'limit' | 'page_token' | 'with_total' | 'with_position'>
export type RunGrouping = Body<'groupRuns'>
type SeriesRequest = Body<'getMetricSeries'>

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

/** What these pages ask; the first word of a key is its topic, as in `api/queries.ts`. */
export const runsQueries = {
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
} as const
