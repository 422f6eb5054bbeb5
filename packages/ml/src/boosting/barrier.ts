import { int32At } from '../data/element.js'

/**
 * Looks this often before it goes to sleep: about a hundred microseconds, which most waits stay below where every thread has a core. Waking
 * up takes about as long; on a core that others want, longer looking takes their time.
 */
const spins = 20_000

/**
 * A point that all threads reach before any goes on. Without other threads it does nothing. Two shared numbers: how many have come, and
 * how often all came.
 */
export function createBarrier(shared: Int32Array, threads: number): () => void {
  if (threads === 1) return () => {}
  let passed = 0
  return () => {
    if (Atomics.add(shared, 0, 1) === threads - 1) {
      shared[0] = 0
      Atomics.add(shared, 1, 1)
      Atomics.notify(shared, 1)
    } else {
      for (let spin = 0; spin < spins && Atomics.load(shared, 1) === passed; spin++);
      while (Atomics.load(shared, 1) === passed) Atomics.wait(shared, 1, passed)
    }
    passed = int32At(shared, 1)
  }
}
