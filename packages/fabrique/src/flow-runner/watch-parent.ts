import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { endGroup } from './end-group.js'

/** What it prints before it ends a process that took too much memory; the worker reads it. */
export const memoryMark = 'fabrique: the memory limit is reached'

/** Between two looks. */
const everyMs = 100

/**
 * A thread that ends its process, with all that this has started, when the worker is gone or when it takes more memory than it may. It is a
 * thread of its own because code of a project may block for as long as it likes.
 */
if (parentPort !== null) {
  const { parent, bytesMax } = workerData as { readonly parent: number; readonly bytesMax: number }
  setInterval(() => {
    if (process.ppid !== parent) endGroup()
    if (process.memoryUsage.rss() < bytesMax) return
    writeSync(2, `${memoryMark}\n`)
    endGroup()
  }, everyMs)
}
