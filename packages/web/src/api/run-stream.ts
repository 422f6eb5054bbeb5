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
  /** Called when the stream is open again after it was not: something may have been missed. */
  readonly onMissed: () => void
}

/**
 * Follows runs as they change. The browser resumes a broken stream by itself, a refused one is opened again here. In a
 * hidden tab the stream is closed: a browser has six connections to a server, for all its tabs.
 */
export function followRuns({ runIds, experimentId, onMessages, onMissed }: RunStreamOptions): () => void {
  let waiting: RunStreamMessage[] = []
  let missedSome = false
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
  const open = () => {
    source = new EventSource(apiPath('streamRuns', {}, { run_ids: runIds?.join(','), experiment_id: experimentId }))
    source.onmessage = receive
    for (const kind of ['run', 'metrics']) source.addEventListener(kind, receive)
    source.onopen = () => {
      if (missedSome) onMissed()
      missedSome = false
    }
    source.onerror = () => {
      if (source?.readyState !== EventSource.CLOSED) return
      missedSome = true
      reopen = setTimeout(open, reopenMs)
    }
  }
  const close = () => {
    clearTimeout(reopen)
    source?.close()
    source = undefined
    missedSome = true
  }
  const onVisibility = () => {
    if (document.hidden) close()
    else if (source === undefined) open()
  }
  if (!document.hidden) open()
  document.addEventListener('visibilitychange', onVisibility)
  return () => {
    document.removeEventListener('visibilitychange', onVisibility)
    clearTimeout(batch)
    close()
  }
}
