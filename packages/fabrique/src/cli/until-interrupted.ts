import type { ProgressLines } from './progress-lines.js'

/** Status of a program that Ctrl-C ended. */
const interruptedStatus = 130

/** Work at this terminal that Ctrl-C ends; however it ends, the line of its progress goes. */
export async function untilInterrupted(
  lines: Pick<ProgressLines, 'clear'>,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const interrupt = () => stop.abort()
  process.once('SIGINT', interrupt)
  try {
    await work(stop.signal)
  } catch (error) {
    // There is nothing to explain.
    if (stop.signal.aborted) process.exitCode = interruptedStatus
    else throw error
  } finally {
    lines.clear()
    process.off('SIGINT', interrupt)
  }
}
