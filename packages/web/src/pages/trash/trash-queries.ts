import type { TrashKind } from '@fabrique/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.js'

/** What these pages ask; the first word of a key is its topic, as in `api/queries.ts`. */
export const trashQueries = {
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
} as const
