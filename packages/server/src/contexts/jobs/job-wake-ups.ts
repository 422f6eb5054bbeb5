import type { EventStream } from '../../platform/index.js'

/** Channel of the database that tells the id of a job that got further or is over. One that is lost harms no one. */
export const jobChannel = 'fabrique_jobs'

/** Wakes those who wait for a job. */
export interface JobWakeUps {
  of(job: string): JobWakeUp
}

export interface JobWakeUp {
  /** Ends when the job is told of; at once where it was since the last time. */
  next(): Promise<void>
  /** To be called when nobody waits any more. */
  end(): void
}

/** Hears of all jobs from one listener. */
export function listenToJobs(events: Pick<EventStream, 'listen'>): JobWakeUps {
  const waiting = new Map<string, Set<() => void>>()
  events.listen(jobChannel, (job) => {
    for (const tell of waiting.get(job) ?? []) tell()
  })
  return {
    of(job) {
      let isTold = false
      let wake: (() => void) | undefined
      const tell = () => {
        isTold = true
        wake?.()
      }
      const tells = waiting.get(job) ?? new Set()
      waiting.set(job, tells.add(tell))
      return {
        next() {
          return new Promise((resolve) => {
            wake = () => {
              isTold = false
              wake = undefined
              resolve()
            }
            if (isTold) wake()
          })
        },
        end() {
          tells.delete(tell)
          if (tells.size === 0) waiting.delete(job)
        },
      }
    },
  }
}
