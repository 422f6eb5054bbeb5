import type { JobProgress } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'

export type Report = (progress: JobProgress) => void

interface Transfer {
  readonly stage: 'send' | 'fetch'
  readonly blobs: readonly { readonly bytes: number }[]
  readonly report: Report | undefined
}

/** Counts the contents of a transfer that are over, and tells rate and time left. */
export function transferProgress(ctx: VerbContext, { stage, blobs, report }: Transfer): (bytes: number) => void {
  const bytesTotal = blobs.reduce((sum, { bytes }) => sum + bytes, 0)
  const beganMs = ctx.clock.now().getTime()
  let filesDone = 0
  let bytesDone = 0
  return (bytes) => {
    filesDone += 1
    bytesDone += bytes
    const seconds = (ctx.clock.now().getTime() - beganMs) / 1000
    const rate = seconds > 0 ? bytesDone / seconds : 0
    report?.({
      stage,
      files_done: filesDone,
      files_total: blobs.length,
      bytes_done: bytesDone,
      bytes_total: bytesTotal,
      ...(rate > 0 ? { rate_bytes: rate, seconds_left: (bytesTotal - bytesDone) / rate } : {}),
    })
  }
}
