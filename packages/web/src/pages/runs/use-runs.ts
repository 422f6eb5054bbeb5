import type { Run, RunStreamMessage } from '@fabrique/contract'
import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { ApiProblem } from '../../api/api-problem.js'
import { call } from '../../api/client.js'
import { addMessages, noChanges, withChanges } from '../../api/live-runs.js'
import { followRuns } from '../../api/run-stream.js'
import { type RunSearch, runsQueries } from './runs-queries.js'

/** New runs are counted at most this often. */
const countMs = 2000

interface Loaded {
  readonly runs: readonly Run[]
  readonly total: number
}

interface RunsOptions {
  readonly request: RunSearch
  /** False while it is not known yet what to ask for. */
  readonly isReady: boolean
  readonly isPaused: boolean
}

/** False for a request that is refused again when it is made again. */
const mayPass = (failure: unknown) => !(failure instanceof ApiProblem && failure.status >= 400 && failure.status < 500)

/** The runs of a search as far as they were scrolled to, kept current by the stream of runs. */
export function useRuns({ request, isReady, isPaused }: RunsOptions) {
  const client = useQueryClient()
  const options = runsQueries.searchRuns(request)
  const query = useInfiniteQuery({ ...options, enabled: isReady })
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
  const position = data?.pages[0]?.position
  const latest = useRef({ ids: loadedIds, total: 0, request, position })
  latest.current = { ids: loadedIds, total: shown?.total ?? 0, request, position }

  // biome-ignore lint/correctness/useExhaustiveDependencies: another search starts anew
  useEffect(() => {
    setChanges(noChanges)
    setNewCount(0)
  }, [key])

  // biome-ignore lint/correctness/useExhaustiveDependencies: each answer has a position of its own, and holds what was new
  useEffect(() => setNewCount(0), [position])

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
  const isLoaded = position !== undefined
  useEffect(() => {
    if (isPaused) wasPaused.current = true
    if (isPaused || experiment === '' || !isLoaded) return
    // The stream starts where the search was. Later what happened meanwhile is not sent again: the runs are asked for anew,
    // and then hold all changes so far.
    const hasMissed = wasPaused.current
    wasPaused.current = false
    const startAt = async (isFirst: boolean) => {
      if (isFirst && !hasMissed) return latest.current.position
      const again = await refetch()
      setChanges(noChanges)
      return again.data?.pages[0]?.position
    }
    let isStopped = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const count = async () => {
      timer = undefined
      const { filter = '', view = 'active' } = latest.current.request
      const [reply, failure] = await call('countRuns', { body: { experiment_ids: [experiment], filter, view } }).then(
        (counted) => [counted, undefined] as const,
        (error: unknown) => [undefined, error] as const,
      )
      if (isStopped) return
      if (reply !== undefined) setNewCount(Math.max(reply.count - latest.current.total, 0))
      else if (mayPass(failure)) timer ??= setTimeout(() => void count(), countMs)
    }
    const onMessages = (messages: readonly RunStreamMessage[]) => {
      setChanges((before) => addMessages(before, messages))
      const isUnknown = (message: RunStreamMessage) => message.kind === 'run' && !latest.current.ids.has(message.run.id)
      if (messages.some(isUnknown)) timer ??= setTimeout(() => void count(), countMs)
    }
    const stop = followRuns({ experimentId: experiment, onMessages, startAt })
    return () => {
      isStopped = true
      clearTimeout(timer)
      stop()
    }
  }, [experiment, isPaused, isLoaded, refetch])

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
