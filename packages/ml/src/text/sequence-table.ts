import { int32At } from '../data/element.js'

/** Numbers sequences of integers in the order in which they first come. */
export interface SequenceTable {
  readonly size: number
  /** The number of a sequence; it gets the next one when it is new. */
  intern(items: Int32Array, start: number, length: number): number
  /** The number of a sequence; -1 when it has none. */
  find(items: Int32Array, start: number, length: number): number
  /** The sequence of a number, as a view that the next `intern` may invalidate. */
  items(id: number): Int32Array
}

/** Open addressing; the sequences lie one after the other in one array. */
export function createSequenceTable(): SequenceTable {
  let slots = new Int32Array(1 << 12).fill(-1)
  let mask = slots.length - 1
  let starts = new Int32Array(1 << 11)
  let hashes = new Int32Array(1 << 11)
  let pool = new Int32Array(1 << 13)
  let size = 0

  function hashOf(items: Int32Array, start: number, length: number): number {
    let hash = length
    for (let at = start; at < start + length; at++) hash = Math.imul(hash ^ int32At(items, at), 0x9e3779b1)
    // The low bits choose the slot: the high ones must reach them.
    return hash ^ (hash >>> 15)
  }

  function isSame(id: number, items: Int32Array, start: number, length: number): boolean {
    const from = int32At(starts, id)
    if (int32At(starts, id + 1) - from !== length) return false
    for (let at = 0; at < length; at++) if (int32At(pool, from + at) !== int32At(items, start + at)) return false
    return true
  }

  function slotOf(items: Int32Array, start: number, length: number, hash: number): number {
    let slot = hash & mask
    for (let id = int32At(slots, slot); id >= 0; id = int32At(slots, slot)) {
      if (int32At(hashes, id) === hash && isSame(id, items, start, length)) return slot
      slot = (slot + 1) & mask
    }
    return slot
  }

  function growSlots(): void {
    slots = new Int32Array(2 * slots.length).fill(-1)
    mask = slots.length - 1
    for (let id = 0; id < size; id++) {
      let slot = int32At(hashes, id) & mask
      while (int32At(slots, slot) >= 0) slot = (slot + 1) & mask
      slots[slot] = id
    }
  }

  function add(items: Int32Array, start: number, length: number, hash: number): number {
    const from = int32At(starts, size)
    if (from + length > pool.length) pool = grown(pool, from + length)
    if (size + 2 > starts.length) {
      starts = grown(starts, size + 2)
      hashes = grown(hashes, size + 2)
    }
    for (let at = 0; at < length; at++) pool[from + at] = int32At(items, start + at)
    hashes[size] = hash
    starts[size + 1] = from + length
    return size++
  }

  return {
    get size() {
      return size
    },
    intern(items, start, length) {
      const hash = hashOf(items, start, length)
      const slot = slotOf(items, start, length, hash)
      const known = int32At(slots, slot)
      if (known >= 0) return known
      const id = add(items, start, length, hash)
      slots[slot] = id
      if (2 * size > slots.length) growSlots()
      return id
    },
    find: (items, start, length) => int32At(slots, slotOf(items, start, length, hashOf(items, start, length))),
    items: (id) => pool.subarray(int32At(starts, id), int32At(starts, id + 1)),
  }
}

function grown(values: Int32Array, needed: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(2 * values.length, needed))
  larger.set(values)
  return larger
}
