import type { Run, RunStreamMessage } from '@fabrique/contract'
import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { ApiProblem } from '../../api/api-problem.js'
import { call } from '../../api/client.js'
import { addMessages, noChanges, withChanges } from '../../api/live-runs.js'
import { queries, type RunSearch } from '../../api/queries.js'
import { followRuns } from '../../api/run-stream.js'

/** New runs are counted at most this often. */
const countMs = 2000

interface Loaded {
  readonly runs: readonly Run[]
  readonly total: number
}

/** The runs of a search as far as they were scrolled to, kept current by the stream of runs. */
export function useRuns(request: RunSearch, isPaused: boolean) {
  const client = useQueryClient()
  const options = queries.searchRuns(request)
  const query = useInfiniteQuery(options)
  const [changes, setChanges] = useState(noChanges)
  const [newCount, setNewCount] = useState(0)
  const experiment = request.experiment_ids?.[0] ?? ''

  const last = useRef<Loaded>(undefined)
  const { data } = query
  const loaded = useMemo<Loaded | undefined>(() => {
    if (data === undefined) return undefined
    const runs = data.pages.flatMap(({ items }) => items)
    return { runs, total: data.pages[0]?.total ?? runs.length }
  }, [data])
  if (loaded !== undefined) last.current = loaded
  const filterProblem = query.error instanceof ApiProblem && query.error.status === 400 ? query.error : undefined
  // A filter that the server refuses leaves the runs before it in sight.
  const shown = loaded ?? (filterProblem === undefined ? undefined : last.current)
  const runs = useMemo(() => shown?.runs.map((run) => withChanges(run, changes)), [shown, changes])

  const loadedIds = useMemo(() => new Set(shown?.runs.map(({ id }) => id)), [shown])
  const key = JSON.stringify(options.queryKey)
  const latest = useRef({ ids: loadedIds, total: 0, request })
  latest.current = { ids: loadedIds, total: shown?.total ?? 0, request }

  // biome-ignore lint/correctness/useExhaustiveDependencies: another search starts anew
  useEffect(() => {
    setChanges(noChanges)
    setNewCount(0)
  }, [key])

  const reload = useCallback(() => {
    setChanges(noChanges)
    setNewCount(0)
    client.setQueryData<InfiniteData<unknown, string | undefined>>(options.queryKey as never, (before) =>
      before === undefined ? before : { pages: before.pages.slice(0, 1), pageParams: before.pageParams.slice(0, 1) },
    )
    void client.invalidateQueries({ queryKey: ['run-search'] })
    void client.invalidateQueries({ queryKey: ['run-columns', experiment] })
  }, [client, experiment, options.queryKey])

  const { refetch } = query
  const wasPaused = useRef(false)
  useEffect(() => {
    if (isPaused) wasPaused.current = true
    if (isPaused || experiment === '') return
    // What happened meanwhile is not sent again: the runs are asked for anew, and then hold all changes so far.
    const catchUp = () => {
      void refetch().then(() => setChanges(noChanges))
    }
    if (wasPaused.current) catchUp()
    wasPaused.current = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const count = async () => {
      timer = undefined
      const { filter = '', view = 'active' } = latest.current.request
      const reply = await call('countRuns', { body: { experiment_ids: [experiment], filter, view } }).catch(
        () => undefined,
      )
      if (reply !== undefined) setNewCount(Math.max(reply.count - latest.current.total, 0))
    }
    const onMessages = (messages: readonly RunStreamMessage[]) => {
      setChanges((before) => addMessages(before, messages))
      const isUnknown = (message: RunStreamMessage) => message.kind === 'run' && !latest.current.ids.has(message.run.id)
      if (messages.some(isUnknown)) timer ??= setTimeout(() => void count(), countMs)
    }
    const stop = followRuns({ experimentId: experiment, onMessages, onMissed: catchUp })
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [experiment, isPaused, refetch])

  /** Takes runs out of what is shown, as after they were deleted. */
  const forget = useCallback(
    (ids: ReadonlySet<string>) => {
      client.setQueryData<typeof data>(options.queryKey as never, (before) => {
        if (before === undefined) return before
        const pages = before.pages.map((page) => ({
          ...page,
          items: page.items.filter(({ id }) => !ids.has(id)),
          ...(page.total === undefined ? {} : { total: page.total - ids.size }),
        }))
        return { ...before, pages }
      })
    },
    [client, options.queryKey],
  )

  return { query, runs, total: shown?.total, filterProblem, newCount, reload, forget }
}
