import { open } from 'node:fs/promises'

const pieceBytes = 512 * 1024

/**
 * The bytes of a file in pieces, each in one of two buffers that are used again: a piece is there until the next one is asked for, which
 * is read meanwhile. Throws what opening and reading throws.
 */
export async function* readPieces(path: string): AsyncGenerator<Buffer<ArrayBuffer>> {
  const handle = await open(path, 'r')
  let [buffer, other] = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)]
  let reading = handle.read(buffer, 0, pieceBytes)
  try {
    for (;;) {
      const { bytesRead } = await reading
      if (bytesRead === 0) return
      const piece = buffer.subarray(0, bytesRead)
      ;[buffer, other] = [other, buffer]
      reading = handle.read(buffer, 0, pieceBytes)
      yield piece
    }
  } finally {
    await reading.catch(() => undefined)
    await handle.close()
  }
}
