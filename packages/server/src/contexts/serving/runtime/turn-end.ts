let pending: Promise<void> | undefined

/**
 * Resolves when what this turn of the event loop reads was read. Answers that were found at once are written together then: to wake a client for each of
 * them would take the system as long as the answer itself.
 */
export function turnEnd(): Promise<void> {
  pending ??= new Promise((resolve) => {
    setImmediate(() => {
      pending = undefined
      resolve()
    })
  })
  return pending
}
