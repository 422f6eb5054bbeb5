import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'

/** Fields of a message by number: those that are read into, and those of whole numbers of 64 bits that stand side by side. */
interface Fields {
  readonly [field: number]: Fields | 'packed'
}

/** Of `ModelInferRequest`: inputs with their shapes and contents, and outputs. */
const inferRequest: Fields = {
  5: { 3: 'packed', 5: { 3: 'packed', 5: 'packed' } },
  6: {},
}

/**
 * Whether a request has no more fields and numbers of 64 bits than may be decoded: each becomes an object, however few bytes it has. What is no
 * message is left to the decoder. Throws `invalid_request`.
 */
export function checkEntries(request: Uint8Array, entriesMax = limit('serving.grpc_entries_max')): void {
  if (countEntries(request, inferRequest, entriesMax) <= entriesMax) return
  throw new FabriqueError('invalid_request', { field: 'message', reason: `has more than ${entriesMax} entries` })
}

/** Counts until there are more than `max`. */
function countEntries(bytes: Uint8Array, fields: Fields, max: number): number {
  let count = 0
  let at = 0
  const varint = () => {
    let [value, scale] = [0, 1]
    for (;;) {
      const byte = bytes[at] ?? 0
      at += 1
      value += (byte & 0x7f) * scale
      scale *= 128
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length && count <= max) {
    count += 1
    const tag = varint()
    const within = fields[Math.floor(tag / 8)]
    switch (tag % 8) {
      case 0:
        varint()
        break
      case 1:
        at += 8
        break
      case 2: {
        const length = varint()
        const content = bytes.subarray(at, at + length)
        at += length
        if (within === 'packed') count += countNumbers(content)
        else if (within !== undefined) count += countEntries(content, within, max - count)
        break
      }
      case 5:
        at += 4
        break
      default:
        return count
    }
  }
  return count
}

/** Each number ends with the first byte below 128. */
function countNumbers(bytes: Uint8Array): number {
  let count = 0
  for (const byte of bytes) if (byte < 0x80) count += 1
  return count
}
