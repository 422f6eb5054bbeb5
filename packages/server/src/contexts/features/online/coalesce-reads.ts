import type { KeysOfVersion, OnlineStore } from './model.js'

type Found = readonly (readonly (string | undefined)[])[]

interface Waiting {
  readonly wanted: readonly KeysOfVersion[]
  readonly resolve: (found: Found) => void
  readonly reject: (error: unknown) => void
}

/** Reads on their way at once; what comes meanwhile goes together in the next. */
const roundTripsMax = 2
/** Keys in one round trip made of several reads. */
const keysMax = 4_000

/**
 * Reads of a store where those that come in one turn of the event loop, or while others are on their way, share a round trip: under load the cost of
 * one is parted among many, most of which is to wake the store and to be woken by it. A read that is alone waits for the end of its turn.
 */
export function coalesceReads(store: OnlineStore): OnlineStore['read'] {
  let onTheirWay = 0
  let waiting: Waiting[] = []
  let isDue = false

  const send = async (batch: readonly Waiting[]) => {
    onTheirWay += 1
    try {
      const found = await store.read(batch.flatMap(({ wanted }) => wanted))
      let start = 0
      for (const { wanted, resolve } of batch) {
        resolve(found.slice(start, start + wanted.length))
        start += wanted.length
      }
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      onTheirWay -= 1
      if (waiting.length > 0) sendSoon()
    }
  }
  const sendNext = () => {
    let keys = 0
    let count = 0
    for (const { wanted } of waiting) {
      for (const one of wanted) keys += one.keys.length
      if (count > 0 && keys > keysMax) break
      count += 1
    }
    const batch = waiting.slice(0, count)
    waiting = waiting.slice(count)
    void send(batch)
  }
  /** When this turn of the event loop has read what is there. */
  const sendSoon = () => {
    if (isDue) return
    isDue = true
    setImmediate(() => {
      isDue = false
      if (waiting.length > 0 && onTheirWay < roundTripsMax) sendNext()
    })
  }
  return (wanted) =>
    new Promise((resolve, reject) => {
      waiting.push({ wanted, resolve, reject })
      if (onTheirWay < roundTripsMax) sendSoon()
    })
}
