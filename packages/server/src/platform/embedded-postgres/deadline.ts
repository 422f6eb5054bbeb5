/** A moment in the future without reading the clock: it passes when its timer fires, which keeps no program alive. */
export interface Deadline {
  readonly ms: number
  isPast(): boolean
}

export function deadlineIn(ms: number): Deadline {
  let past = false
  const timer = setTimeout(() => {
    past = true
  }, ms)
  timer.unref()
  return { ms, isPast: () => past }
}

/** Delays for polling: short first, so that a warm start is not slowed, then longer. */
export function backOff(firstMs: number, maxMs: number): () => Promise<void> {
  let next = firstMs
  return async () => {
    const delay = next
    next = Math.min(next * 1.5, maxMs)
    await new Promise((resolve) => setTimeout(resolve, delay))
  }
}
