import type { FlowLogLine, FlowStep, FlowStreamMessage } from '@fabrique/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { call } from '../../api/client.js'
import { flowQueries, isOver, type Steps } from './flow-queries.js'
import { followRun } from './follow-run.js'
import { mergeSteps } from './merge-steps.js'
import { addLines, emptyLog, type RunLog } from './run-log.js'

/** Lines of a long log that are drawn together while it is loaded. */
const linesAtOnce = 20_000

interface LiveOptions {
  readonly run: string
  readonly isOpen: boolean
  readonly isPaused: boolean
  readonly wantsLog: boolean
}

interface LiveLog {
  readonly log: RunLog
  readonly isLoaded: boolean
  readonly error: unknown
  readonly reload: () => void
}

/**
 * Keeps the answers about a run current while it is open, by its stream, and holds its log while that is looked at: what there is
 * is loaded page by page, what comes is added.
 */
export function useRunLive({ run, isOpen, isPaused, wantsLog }: LiveOptions): LiveLog {
  const client = useQueryClient()
  const [log, setLog] = useState<RunLog>(emptyLog)
  const [loading, setLoading] = useState<{ readonly isLoaded: boolean; readonly error: unknown }>(notLoaded)
  const [round, setRound] = useState(0)
  const last = useRef<number>(undefined)

  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` asks again after a failure
  useEffect(() => {
    const stop = new AbortController()
    let unfollow: (() => void) | undefined
    const add = (lines: Parameters<typeof addLines>[1], dropped: number) => {
      last.current = lines.at(-1)?.position ?? last.current
      setLog((before) => addLines(before, lines, dropped))
    }
    const receive = (messages: readonly FlowStreamMessage[]) => {
      for (const message of messages) {
        if (message.kind === 'logs') add(message.lines, message.dropped)
        if (message.kind === 'steps') {
          client.setQueryData<Steps>(flowQueries.steps(run).queryKey, (before) => mergeSteps(before, message.steps))
          refreshItems(message.steps)
        }
        if (message.kind === 'run') {
          client.setQueryData(flowQueries.run(run).queryKey, message.run)
          if (isOver(message.run)) void client.invalidateQueries({ queryKey: ['flow-run', run] })
        }
      }
    }
    // Items of maps do not come by the stream: those in sight are asked for again when their map has moved on.
    const refreshItems = (steps: readonly FlowStep[]) => {
      for (const { kind, name } of steps)
        if (kind === 'map') void client.invalidateQueries({ queryKey: flowQueries.items(run, name).queryKey })
    }
    const catchUp = async () => {
      const from = last.current
      let token: string | undefined
      let loaded: FlowLogLine[] = []
      do {
        const query = { limit: 1000, after: from, page_token: token }
        const page = await call('listFlowLogs', { params: { flow_run: run }, query, signal: stop.signal })
        loaded.push(...page.items)
        token = page.next_page_token
        // Drawing each page of a long log would take longer than loading it.
        if (token !== undefined && loaded.length < linesAtOnce) continue
        add(loaded, page.dropped)
        loaded = []
      } while (token !== undefined)
    }
    const begin = async () => {
      if (wantsLog) await catchUp()
      if (stop.signal.aborted) return
      if (wantsLog) setLoading({ isLoaded: true, error: undefined })
      if (isOpen && !isPaused) unfollow = followRun({ run, after: () => last.current, wantsLog, onMessages: receive })
    }
    begin().catch((error: unknown) => {
      if (!stop.signal.aborted) setLoading({ isLoaded: false, error })
    })
    return () => {
      stop.abort()
      unfollow?.()
    }
  }, [client, run, isOpen, isPaused, wantsLog, round])

  // What changed while nobody listened.
  const wasPaused = useRef(false)
  useEffect(() => {
    if (wasPaused.current && !isPaused) void client.invalidateQueries({ queryKey: ['flow-run', run] })
    wasPaused.current = isPaused
  }, [client, run, isPaused])

  return {
    log,
    ...loading,
    reload: () => {
      setLoading(notLoaded)
      setRound((before) => before + 1)
    },
  }
}

const notLoaded = { isLoaded: false, error: undefined } as const
