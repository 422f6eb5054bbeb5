import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { memoryMark } from '../../platform/programs/index.js'

/**
 * A thread that ends its process when that takes more memory than it may, or when the process that started it is gone. It is a thread of its
 * own because a fit computes for as long as it takes, and the limit of the heap knows nothing of arrays of numbers.
 */
if (parentPort !== null) {
  const { bytesMax } = workerData as { readonly bytesMax: number }
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
    if (process.memoryUsage.rss() < bytesMax) return
    writeSync(2, `${memoryMark}\n`)
    process.kill(process.pid, 'SIGKILL')
  }, 20)
}
