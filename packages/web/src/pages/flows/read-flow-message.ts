import type { FlowStreamMessage } from '@fabrique/contract'

/** Reads a message of the stream of a run; anything else is `undefined`. */
export function readFlowMessage(data: string): FlowStreamMessage | undefined {
  try {
    const message: unknown = JSON.parse(data)
    if (typeof message !== 'object' || message === null || !('kind' in message)) return undefined
    const part = { run: 'run', steps: 'steps', logs: 'lines' }[String(message.kind)]
    return part !== undefined && part in message ? (message as FlowStreamMessage) : undefined
  } catch {
    return undefined
  }
}
