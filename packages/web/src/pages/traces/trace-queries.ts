import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.js'

/** What these pages ask; the first word of a key is its topic, as in `api/queries.ts`. */
export const traceQueries = {
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
} as const
