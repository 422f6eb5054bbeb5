import type { Run } from '@fabrique/contract'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { queries } from '../../api/queries.js'
import { applyRunMessage } from '../../api/run-message.js'
import { followRuns } from '../../api/run-stream.js'
import { useLive } from '../../app/live-context.jsx'

/** How often curves and files of a running run are asked for again; its figures come by the stream. */
const refreshMs = 2000

export const isRunning = (run: Run | undefined): boolean => run?.status === 'RUNNING' || run?.status === 'SCHEDULED'

/** A run and, while it runs and live updates are not paused, everything that happens to it. */
export function useRun(id: string) {
  const client = useQueryClient()
  const query = useQuery(queries.run(id))
  const isPaused = useLive().state === 'paused'
  const follows = isRunning(query.data) && !isPaused
  useEffect(() => {
    if (!follows) return undefined
    const refreshAll = () => void client.invalidateQueries({ queryKey: ['run', id] })
    let timer: ReturnType<typeof setTimeout> | undefined
    const refreshCurves = () => {
      timer ??= setTimeout(() => {
        timer = undefined
        void client.invalidateQueries({ queryKey: ['run', id, 'series'] })
      }, refreshMs)
    }
    const stop = followRuns({
      runIds: [id],
      onMessages: (messages) => {
        client.setQueryData<Run>(['run', id], (run) => run && messages.reduce(applyRunMessage, run))
        refreshCurves()
        const ended = messages.some((message) => message.kind === 'run' && !isRunning(message.run))
        if (ended) refreshAll()
      },
      // The stream starts with the run as it is then; only what the page shows beside it has to be asked for again.
      startAt: async (isFirst) => {
        if (!isFirst) refreshAll()
        return undefined
      },
    })
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [client, follows, id])
  return query
}
