import { itemAt } from '../data/element.js'

/** What the order depends on. */
export interface QueuedLeaf {
  readonly depth: number
  readonly count: number
}

/** Leaves that can be split. */
export interface LeafQueue<Leaf extends QueuedLeaf> {
  add(leaf: Leaf, gain: number): void
  /** The one to split next; null when there is none. */
  next(): Leaf | null
  /** The first `count` of those that `next` would give, in that order. */
  first(count: number): readonly Leaf[]
  size(): number
}

/**
 * With a limit of leaves, that of greatest gain comes first, the older one of equal gains. Without a limit every leaf is split anyway, and
 * the one added last comes first, the smaller one of two siblings, which keeps those waiting few.
 */
export function createLeafQueue<Leaf extends QueuedLeaf>(maxLeafNodes: number): LeafQueue<Leaf> {
  return maxLeafNodes === Infinity ? createStack<Leaf>() : createHeap<Leaf>()
}

function createStack<Leaf extends QueuedLeaf>(): LeafQueue<Leaf> {
  const waiting: Leaf[] = []
  return {
    add(leaf) {
      const last = waiting.at(-1)
      // Only a sibling that came just before is as deep.
      if (last !== undefined && last.depth === leaf.depth && last.count < leaf.count) waiting.splice(-1, 0, leaf)
      else waiting.push(leaf)
    },
    next: () => waiting.pop() ?? null,
    first: (count) => waiting.slice(Math.max(0, waiting.length - count)).reverse(),
    size: () => waiting.length,
  }
}

interface Waiting<Leaf> {
  readonly leaf: Leaf
  readonly gain: number
  readonly order: number
}

function createHeap<Leaf extends QueuedLeaf>(): LeafQueue<Leaf> {
  const heap: Waiting<Leaf>[] = []
  let added = 0

  function rise(from: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(itemAt(heap, at), itemAt(heap, parent))) return
      swap(heap, at, parent)
      at = parent
    }
  }

  function sink(): void {
    let at = 0
    for (;;) {
      let first = at
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && isBefore(itemAt(heap, child), itemAt(heap, first))) first = child
      }
      if (first === at) return
      swap(heap, at, first)
      at = first
    }
  }

  return {
    add(leaf, gain) {
      heap.push({ leaf, gain, order: added++ })
      rise(heap.length - 1)
    },
    next() {
      const top = heap[0]
      const last = heap.pop()
      if (top === undefined || last === undefined) return null
      if (heap.length > 0) {
        heap[0] = last
        sink()
      }
      return top.leaf
    },
    first(count) {
      const found: Leaf[] = []
      // What comes next is the best of these places: the children of those found.
      const places = heap.length > 0 ? [0] : []
      while (found.length < count && places.length > 0) {
        let best = 0
        for (const [index, place] of places.entries()) {
          if (isBefore(itemAt(heap, place), itemAt(heap, itemAt(places, best)))) best = index
        }
        const [place] = places.splice(best, 1)
        if (place === undefined) break
        found.push(itemAt(heap, place).leaf)
        for (const child of [2 * place + 1, 2 * place + 2]) if (child < heap.length) places.push(child)
      }
      return found
    },
    size: () => heap.length,
  }
}

function isBefore(a: Waiting<unknown>, b: Waiting<unknown>): boolean {
  return a.gain > b.gain || (a.gain === b.gain && a.order < b.order)
}

function swap<Leaf>(heap: Waiting<Leaf>[], a: number, b: number): void {
  const moved = itemAt(heap, a)
  heap[a] = itemAt(heap, b)
  heap[b] = moved
}
