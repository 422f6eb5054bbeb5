import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'

/** What a request holds while it waits, and for how long it may. */
export interface Patience {
  readonly bytes: number
  /** `serving.wait_ms` without. */
  readonly timeoutMs?: number | undefined
}

/** Begins the work of each that waits, the longest first. */
const waiting = new Set<() => void>()
let waitingBytes = 0
let running = 0

/**
 * Unpacked images are many times their files: only some requests of this process have theirs in memory at once. Throws `server_overloaded` where
 * too much waits, or the time to wait is over.
 */
export async function takeTurn<Output>(work: () => Promise<Output>, patience: Patience): Promise<Output> {
  if (running >= limit('serving.images_at_once')) await waitForTurn(patience)
  else running += 1
  try {
    return await work()
  } finally {
    const [next] = waiting
    // Its place goes to who waits for longest.
    if (next === undefined) running -= 1
    else next()
  }
}

function waitForTurn({ bytes, timeoutMs = limit('serving.wait_ms') }: Patience): Promise<void> {
  const { size } = waiting
  if (size >= limit('serving.images_waiting_max')) {
    throw overloaded(`${size} requests with images wait`, `${size} requêtes avec des images attendent`)
  }
  if (waitingBytes + bytes > limit('serving.images_waiting_bytes_max')) {
    throw overloaded(
      'the images that wait fill the memory for them',
      'les images qui attendent remplissent leur mémoire',
    )
  }
  waitingBytes += bytes
  return new Promise((resolve, reject) => {
    const leave = () => {
      clearTimeout(timer)
      waiting.delete(begin)
      waitingBytes -= bytes
    }
    const begin = () => {
      leave()
      resolve()
    }
    const timer = setTimeout(() => {
      leave()
      reject(
        overloaded(
          `its images had no turn within ${timeoutMs} ms`,
          `ses images n’ont pas eu leur tour en ${timeoutMs} ms`,
        ),
      )
    }, timeoutMs)
    waiting.add(begin)
  })
}

function overloaded(reason: string, reason_fr: string): FabriqueError {
  return new FabriqueError('server_overloaded', { reason, reason_fr })
}
