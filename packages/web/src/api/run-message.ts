import type { Run, RunStreamMessage } from '@fabrique/contract'

/** What the page knows of a run after a message of the stream; other runs leave it as it is. */
export function applyRunMessage(run: Run, message: RunStreamMessage): Run {
  if (message.kind === 'run') return message.run.id === run.id ? message.run : run
  if (message.run_id !== run.id) return run
  const metrics = { ...run.metrics }
  for (const [key, point] of Object.entries(message.metrics)) {
    const { min, max } = metrics[key] ?? {}
    // The mean needs all points: it comes back with the next answer for the whole run.
    metrics[key] = { ...point, ...bound('min', min, point.value), ...bound('max', max, point.value) }
  }
  return { ...run, metrics }
}

type Value = Run['metrics'][string]['value']

function bound(
  which: 'min' | 'max',
  known: Value | undefined,
  value: Value,
): { readonly [Key in 'min' | 'max']?: Value } {
  if (typeof value !== 'number') return known === undefined ? {} : { [which]: known }
  return { [which]: typeof known === 'number' ? Math[which](known, value) : value }
}

/** Reads a message of the stream of runs; anything else is `undefined`. */
export function readRunMessage(data: string): RunStreamMessage | undefined {
  try {
    const message: unknown = JSON.parse(data)
    if (typeof message !== 'object' || message === null || !('kind' in message)) return undefined
    if (message.kind === 'run' && 'run' in message) return message as RunStreamMessage
    if (message.kind === 'metrics' && 'metrics' in message) return message as RunStreamMessage
    return undefined
  } catch {
    return undefined
  }
}
