import type { Run, RunStreamMessage } from '@fabrique/contract'
import { applyRunMessage } from './run-message.js'

/** What the stream said since the runs were loaded, by run id: the last whole run, and the metrics that came after. */
export type LiveChanges = ReadonlyMap<string, readonly RunStreamMessage[]>

export const noChanges: LiveChanges = new Map()

/** Messages of metrics that are kept for a run before they are made one. */
const keptMax = 20

/** Adds messages, in their order, to what is known already. */
export function addMessages(changes: LiveChanges, messages: readonly RunStreamMessage[]): LiveChanges {
  if (messages.length === 0) return changes
  const after = new Map(changes)
  for (const message of messages) {
    if (message.kind === 'run') {
      after.set(message.run.id, [message])
      continue
    }
    const before = after.get(message.run_id) ?? []
    after.set(message.run_id, before.length < keptMax ? [...before, message] : joined(before, message))
  }
  return after
}

type MetricsMessage = Extract<RunStreamMessage, { kind: 'metrics' }>

/** A run that is watched for long keeps two messages: the run, and the newest of each metric. */
function joined(before: readonly RunStreamMessage[], last: MetricsMessage): readonly RunStreamMessage[] {
  const whole = before.filter(({ kind }) => kind === 'run')
  const metrics = before.map((message) => (message.kind === 'metrics' ? message.metrics : {}))
  return [...whole, { ...last, metrics: Object.assign({}, ...metrics, last.metrics) }]
}

/** A loaded run with what changed since. */
export function withChanges(run: Run, changes: LiveChanges): Run {
  return (changes.get(run.id) ?? []).reduce(applyRunMessage, run)
}
