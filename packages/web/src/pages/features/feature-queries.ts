import type { Materialization } from '@fabrique/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { type Call, call } from '../../api/client.js'

type Body<Name extends 'getOnlineFeatures' | 'getFeaturesAt'> = NonNullable<Call<Name>['body']>
/** Whose features are asked for, of which keys. */
export type OnlineQuestion = Pick<Body<'getOnlineFeatures'>, 'service' | 'features' | 'keys'>

const listMax = 1000
const historyPage = 50
/** Points of a curve over time. */
const statisticsMax = 200

const isRunning = ({ state }: Materialization) => state === 'running'

/** What only these pages ask; the first word of a key is its topic, as in `api/queries.ts`. */
export const featureQueries = {
  views: (project: string) =>
    queryOptions({
      queryKey: ['features', project, 'views'],
      queryFn: ({ signal }) => call('listFeatureViews', { params: { project }, query: { limit: listMax }, signal }),
    }),
  services: (project: string) =>
    queryOptions({
      queryKey: ['features', project, 'services'],
      queryFn: ({ signal }) => call('listFeatureServices', { params: { project }, query: { limit: listMax }, signal }),
    }),
  entities: (project: string) =>
    queryOptions({
      queryKey: ['features', project, 'entities'],
      queryFn: ({ signal }) => call('listEntities', { params: { project }, query: { limit: listMax }, signal }),
    }),
  /** The newest version without a number. */
  view: (project: string, view: string, version?: string) =>
    queryOptions({
      queryKey: ['features', project, 'view', view, version ?? null],
      queryFn: ({ signal }) => call('getFeatureView', { params: { project, view }, query: { version }, signal }),
    }),
  materializations: (project: string, view: string) =>
    infiniteQueryOptions({
      queryKey: ['features', project, 'materializations', view],
      queryFn: ({ signal, pageParam }) =>
        call('listMaterializations', {
          params: { project, view },
          query: { limit: historyPage, page_token: pageParam },
          signal,
        }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
      // Counts come without an event while it runs.
      refetchInterval: ({ state }) => (state.data?.pages.some(({ items }) => items.some(isRunning)) ? 1000 : false),
    }),
  checks: (project: string, view: string) =>
    infiniteQueryOptions({
      queryKey: ['features', project, 'checks', view],
      queryFn: ({ signal, pageParam }) =>
        call('listFeatureChecks', {
          params: { project, view },
          query: { limit: historyPage, page_token: pageParam },
          signal,
        }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
    }),
  statistics: (project: string, view: string) =>
    queryOptions({
      queryKey: ['features', project, 'statistics', view],
      queryFn: ({ signal }) =>
        call('listFeatureStatistics', { params: { project, view }, query: { limit: statisticsMax }, signal }),
    }),
  online: (project: string, body: OnlineQuestion) =>
    queryOptions({
      queryKey: ['features', project, 'online', body],
      queryFn: ({ signal }) => call('getOnlineFeatures', { params: { project }, body, signal }),
      retry: false,
      refetchOnWindowFocus: false,
    }),
  at: (project: string, body: OnlineQuestion, at: string) =>
    queryOptions({
      queryKey: ['features', project, 'at', body, at],
      queryFn: ({ signal }) => call('getFeaturesAt', { params: { project }, body: { ...body, at }, signal }),
      retry: false,
      refetchOnWindowFocus: false,
    }),
} as const
