import type { FlowStreamMessage } from '@fabrique/contract'
import { apiPath } from '../../api/client.js'
import { currentLanguage } from '../../i18n/language.js'
import { readFlowMessage } from './read-flow-message.js'

const batchMs = 500
const reopenMs = 3000

interface FollowOptions {
  readonly run: string
  /** Asked whenever the stream is opened: the last line of the log that is known, where its lines are wanted. */
  readonly after: () => number | undefined
  readonly wantsLog: boolean
  /** Called at most twice a second, with what came since. */
  readonly onMessages: (messages: readonly FlowStreamMessage[]) => void
}

/**
 * Follows a run until it is over. The browser resumes a broken stream by itself, a refused one is opened again here. In a
 * hidden tab the stream is closed: a browser has six connections to a server, for all its tabs.
 */
export function followRun({ run, after, wantsLog, onMessages }: FollowOptions): () => void {
  let waiting: FlowStreamMessage[] = []
  let batch: ReturnType<typeof setTimeout> | undefined
  let reopen: ReturnType<typeof setTimeout> | undefined
  let source: EventSource | undefined
  const flush = () => {
    clearTimeout(batch)
    batch = undefined
    const messages = waiting
    waiting = []
    if (messages.length > 0) onMessages(messages)
  }
  const receive = ({ data }: MessageEvent<string>) => {
    const message = readFlowMessage(data)
    if (message === undefined) return
    waiting.push(message)
    batch ??= setTimeout(flush, batchMs)
  }
  const close = () => {
    clearTimeout(reopen)
    source?.close()
    source = undefined
  }
  const open = () => {
    close()
    // The browser sets the languages of a stream: ours stands in the address.
    const query = { lang: currentLanguage(), ...(wantsLog ? { after: after() } : { logs: 'none' }) }
    const opened = new EventSource(apiPath('streamFlowRun', { flow_run: run }, query))
    source = opened
    opened.onmessage = receive
    opened.addEventListener('end', () => {
      flush()
      close()
    })
    opened.onerror = () => {
      if (opened.readyState === EventSource.CLOSED && source === opened) reopen = setTimeout(open, reopenMs)
    }
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
