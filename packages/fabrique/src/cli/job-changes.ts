import { authorization } from '../client/api-key.js'
import { quickRoutes } from './quick-routes.js'

/** Tells that a job may have changed. */
export interface JobChanges {
  /** True once the server tells changes as they happen: then it need not be asked as often. */
  isTold(): boolean
  /** Ends when the server tells of a change, or after this time. */
  next(waitMs: number): Promise<void>
  close(): void
}

/** Listens to the changes of a job. Where the server cannot tell them, `next` is a wait and nothing else. */
export function jobChanges(url: string, job: string): JobChanges {
  const closing = new AbortController()
  let isOpen = false
  let hasChanged = false
  let wake: (() => void) | undefined
  const changed = () => {
    hasChanged = true
    wake?.()
  }
  const listen = async () => {
    const reply = await fetch(`${url}${quickRoutes.streamEvents.path}`, {
      headers: { accept: 'text/event-stream', ...authorization() },
      signal: closing.signal,
    })
    if (!reply.ok || reply.body === null) return reply.body?.cancel()
    isOpen = true
    // What happened before the stream was open is not told.
    changed()
    const decoder = new TextDecoder()
    let rest = ''
    for await (const part of reply.body) {
      const lines = (rest + decoder.decode(part, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      if (lines.some((line) => line.includes(job))) changed()
    }
  }
  listen()
    .catch(() => undefined)
    .finally(() => {
      isOpen = false
    })
  return {
    isTold: () => isOpen,
    next(waitMs) {
      return new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer)
          wake = undefined
          hasChanged = false
          resolve()
        }
        const timer = setTimeout(end, waitMs)
        wake = end
        if (hasChanged) end()
      })
    },
    close() {
      closing.abort()
    },
  }
}
