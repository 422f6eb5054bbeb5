import { createHash } from 'node:crypto'
import { readPieces } from '../../../platform/plain-files/index.js'

/** SHA-256 and size of a file of this machine; reads it once. */
export async function hashFile(
  path: string,
  options: { readonly report?: (bytes: number) => void; readonly signal?: AbortSignal | undefined } = {},
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of readPieces(path)) {
    options.signal?.throwIfAborted()
    hash.update(chunk)
    bytes += chunk.length
    options.report?.(bytes)
  }
  return { sha256: hash.digest('hex'), bytes }
}
