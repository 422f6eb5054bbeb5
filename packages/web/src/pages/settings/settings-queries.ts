import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.js'

/** What these pages ask; the first word of a key is its topic, as in `api/queries.ts`. */
export const settingsQueries = {
  remotes: () => queryOptions({ queryKey: ['remotes'], queryFn: ({ signal }) => call('listRemotes', { signal }) }),
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
} as const
