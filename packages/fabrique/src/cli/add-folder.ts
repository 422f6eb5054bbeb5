import type { FilesAdded, Job } from '@fabrique/contract'
import { isFilesAdded } from './is-files-added.js'
import type { QuickServer } from './quick-server.js'

/** What came of adding a folder: all of it, or the job that goes on or ended in another way. */
export interface FolderAdded {
  readonly job: Job
  readonly added: FilesAdded | undefined
}

export interface FolderToAdd {
  /** Start of the path of the routes of its data set. */
  readonly place: string
  readonly path: string
  readonly reason: string
  /** Milliseconds to wait for the end at once. */
  readonly waitMs: number
  /** True waits as often as it takes. */
  readonly untilOver: boolean
}

/**
 * Asks for a folder to be added and waits for the end, a little or all of it. Undefined where it was not begun: whoever asks again is told why. Ctrl-C
 * asks the job to stop.
 */
export async function addFolder(
  server: QuickServer,
  { place, waitMs, untilOver, ...body }: FolderToAdd,
): Promise<FolderAdded | undefined> {
  const job = await server.ask('POST', `${place}/add`, body)
  if (!isJob(job)) return undefined
  const about = `/api/v1/jobs/${encodeURIComponent(job.id)}`
  const cancel = () => {
    void server.ask('POST', `${about}/cancel`, { reason: 'Ctrl-C' })
  }
  process.once('SIGINT', cancel)
  try {
    let last = job
    for (let isOpen = true; isOpen; isOpen = untilOver && isOpenJob(last)) {
      const later = await server.ask('GET', `${about}?wait_ms=${waitMs}`)
      // One that does not answer is asked again with more patience.
      if (!isJob(later)) break
      last = later
    }
    const added = last.state === 'succeeded' && isFilesAdded(last.result) ? last.result : undefined
    return { job: last, added }
  } finally {
    process.off('SIGINT', cancel)
  }
}

const isOpenJob = ({ state }: Job) => state === 'queued' || state === 'running'

/** By hand, as `isFilesAdded`. */
function isJob(value: unknown): value is Job {
  if (typeof value !== 'object' || value === null) return false
  const { id, state } = value as Partial<Job>
  return typeof id === 'string' && typeof state === 'string'
}
