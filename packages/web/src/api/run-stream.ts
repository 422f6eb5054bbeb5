import type { RunStreamMessage } from '@fabrique/contract'
import { apiPath } from './client.js'
import { readRunMessage } from './run-message.js'

const batchMs = 500
const reopenMs = 3000

interface RunStreamOptions {
  /** At most 100 ids; or all runs of an experiment. */
  readonly runIds?: readonly string[]
  readonly experimentId?: string
  /** Called at most twice a second, with what came since. */
  readonly onMessages: (messages: readonly RunStreamMessage[]) => void
  /** Asked whenever the stream is opened anew: where it goes on so that nothing is missed; undefined for now. */
  readonly startAt: (isFirst: boolean) => Promise<string | undefined>
}

/**
 * Follows runs as they change. The browser resumes a broken stream by itself, a refused one is opened again here. In a
 * hidden tab the stream is closed: a browser has six connections to a server, for all its tabs.
 */
export function followRuns({ runIds, experimentId, onMessages, startAt }: RunStreamOptions): () => void {
  let waiting: RunStreamMessage[] = []
  let isFirst = true
  let opening = 0
  let batch: ReturnType<typeof setTimeout> | undefined
  let reopen: ReturnType<typeof setTimeout> | undefined
  let source: EventSource | undefined
  const flush = () => {
    batch = undefined
    const messages = waiting
    waiting = []
    if (messages.length > 0) onMessages(messages)
  }
  const receive = ({ data }: MessageEvent<string>) => {
    const message = readRunMessage(data)
    if (message === undefined) return
    waiting.push(message)
    batch ??= setTimeout(flush, batchMs)
  }
  const openAt = (position: string | undefined) => {
    const query = { run_ids: runIds?.join(','), experiment_id: experimentId, position }
    const opened = new EventSource(apiPath('streamRuns', {}, query))
    source = opened
    opened.onmessage = receive
    for (const kind of ['run', 'metrics']) opened.addEventListener(kind, receive)
    opened.onerror = () => {
      if (opened.readyState === EventSource.CLOSED && source === opened) reopen = setTimeout(open, reopenMs)
    }
  }
  const open = () => {
    close()
    const mine = opening
    const wasFirst = isFirst
    isFirst = false
    startAt(wasFirst).then(
      (position) => {
        if (mine === opening) openAt(position)
      },
      () => {
        if (mine === opening) reopen = setTimeout(open, reopenMs)
      },
    )
  }
  const close = () => {
    // What is being opened is not wanted any more.
    opening += 1
    clearTimeout(reopen)
    source?.close()
    source = undefined
  }
  const onVisibility = () => {
    if (document.hidden) close()
    else open()
  }
  if (!document.hidden) open()
  document.addEventListener('visibilitychange', onVisibility)
  return () => {
    document.removeEventListener('visibilitychange', onVisibility)
    clearTimeout(batch)
    close()
  }
}
