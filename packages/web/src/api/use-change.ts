import { useMutation, useQueryClient } from '@tanstack/react-query'
import { refreshStale } from './refresh-stale.js'

/** Changes something on the server, then asks again for every answer whose topic (first word of its key) is stale. */
export function useChange<Input, Done>(
  change: (input: Input) => Promise<Done>,
  topics: readonly string[],
  onDone?: (done: Done, input: Input) => unknown,
) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSuccess: async (done, input) => {
      // Where the thing itself is gone the page is left first, so that nothing asks for it again.
      await onDone?.(done, input)
      const stale = new Set([...topics, 'events'])
      await refreshStale(client, stale)
    },
  })
}
