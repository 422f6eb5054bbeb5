import type { Query, QueryClient } from '@tanstack/react-query'

/**
 * Asks again for every answer whose topic (first word of its key) is stale. An answer that is on its way for the first time
 * cannot be asked for anew, and may be older than what made it stale: it is asked for again when it came.
 */
export async function refreshStale(client: QueryClient, topics: ReadonlySet<string>): Promise<void> {
  const isStale = ({ queryKey }: Pick<Query, 'queryKey'>) => topics.has(String(queryKey[0]))
  const coming = client
    .getQueryCache()
    .findAll({ predicate: (query) => isStale(query) && query.state.data === undefined, fetchStatus: 'fetching' })
  for (const { promise, queryKey } of coming) {
    const again = () => client.invalidateQueries({ queryKey, exact: true })
    void promise?.then(again, () => undefined)
  }
  await client.invalidateQueries({ predicate: isStale })
}
