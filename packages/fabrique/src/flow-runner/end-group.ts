/** Ends this process at once, with all that it has started. */
export function endGroup(): void {
  // A process that was started by hand leads no group.
  for (const pid of [-process.pid, process.pid]) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It leads none.
    }
  }
}
