import type { Job } from '@fabrique/contract'

/** A stage of a training and when this page first saw it, in milliseconds since 1970. */
export interface SeenStage {
  readonly stage: string
  readonly at: number
}

const keptKey = (run: string) => `fabrique.stages.${run}`

/** Adds the stage that a job is in, where it is another than before. */
export function addStage(seen: readonly SeenStage[], job: Job, now: number): readonly SeenStage[] {
  const stage = job.state === 'running' ? job.progress?.stage : undefined
  if (stage === undefined || seen.at(-1)?.stage === stage) return seen
  return [...seen, { stage, at: now }]
}

/** What this tab saw before it was loaded again. */
export function readStages(run: string): readonly SeenStage[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(keptKey(run)) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isSeenStage) : []
  } catch {
    return []
  }
}

export function keepStages(run: string, seen: readonly SeenStage[]): void {
  if (seen.length > 0) sessionStorage.setItem(keptKey(run), JSON.stringify(seen))
}

function isSeenStage(value: unknown): value is SeenStage {
  return (
    typeof value === 'object' &&
    value !== null &&
    'stage' in value &&
    typeof value.stage === 'string' &&
    'at' in value &&
    typeof value.at === 'number'
  )
}

/** A point of a bar: how much of a stage was done when. */
export interface Passage {
  readonly stage: string
  readonly done: number
  readonly at: number
}

/** Milliseconds that a stage still takes if it goes on as it did since `from`; undefined while that says nothing. */
export function timeLeft(from: Passage | undefined, now: Passage, total: number | undefined): number | undefined {
  if (from === undefined || total === undefined || from.stage !== now.stage) return undefined
  const [done, took] = [now.done - from.done, now.at - from.at]
  if (done <= 0 || took < 1000) return undefined
  return Math.max(0, ((total - now.done) * took) / done)
}
