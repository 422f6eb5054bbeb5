import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.js'

/** What these pages ask; the first word of a key is its topic, as in `api/queries.ts`. */
export const modelQueries = {
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
} as const
