import { int32At } from '../data/element.js'
import type { BoostingPlaces } from './memory-places.js'
import type { ThreadMemory } from './thread-memory.js'

/** Byte positions of the first row and behind the last, in the list of a thread. */
export interface RowPiece {
  readonly from: number
  readonly to: number
}

/** The rows of a node: a piece of the list of each thread. What a thread writes the others see behind the next barrier. */
export interface NodeRows {
  pieceOf(node: number, owner: number): RowPiece
  write(node: number, owner: number, piece: RowPiece): void
}

export function createNodeRows({ threads }: BoostingPlaces, { nodeRows }: ThreadMemory): NodeRows {
  const place = (node: number, owner: number) => 2 * (node * threads + owner)
  return {
    pieceOf(node, owner) {
      const at = place(node, owner)
      return { from: int32At(nodeRows, at), to: int32At(nodeRows, at + 1) }
    },
    write(node, owner, { from, to }) {
      const at = place(node, owner)
      // The list would not take it without a word, and the rows would be lost.
      if (at >= nodeRows.length) throw new RangeError(`There is no room for node ${node}`)
      nodeRows[at] = from
      nodeRows[at + 1] = to
    },
  }
}
