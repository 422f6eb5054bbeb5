import { FabriqueError } from '@fabrique/contract'
import { arrays, type Datatype, type Tensor, type TensorData, type TensorSpec } from './tensor.js'

/** The bytes before each text of a block. */
const lengthBytes = 4
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A tensor out of its little-endian block, as the protocols carry it; texts each come after their length in four bytes. Numbers are not
 * copied where the block is aligned. Throws `tensor_wrong` where the block does not hold exactly the elements of the shape.
 */
export function readRawTensor(block: Uint8Array, spec: TensorSpec): Tensor {
  const count = elementsOf(spec)
  const data = spec.datatype === 'BYTES' ? readTexts(block, spec, count) : readNumbers(block, spec, count)
  return { name: spec.name, datatype: spec.datatype, shape: spec.shape, data }
}

function elementsOf({ name, shape }: TensorSpec): number {
  const count = shape.reduce((product, size) => product * size, 1)
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0) && Number.isSafeInteger(count)) return count
  throw wrong(name, `[${shape}] is no shape`, `[${shape}] n’est pas une forme`)
}

function readNumbers(block: Uint8Array, { name, datatype }: TensorSpec, count: number): TensorData {
  const make = arrays[datatype as Exclude<Datatype, 'BYTES'>]
  const expected = count * make.BYTES_PER_ELEMENT
  if (block.byteLength !== expected) {
    throw wrong(
      name,
      `its block has ${block.byteLength} bytes, ${count} values of ${datatype} have ${expected}`,
      `son bloc a ${block.byteLength} octets, ${count} valeurs de ${datatype} en ont ${expected}`,
    )
  }
  if (datatype === 'BOOL' && block.some((value) => value > 1)) {
    throw wrong(name, 'a byte of BOOL is 0 or 1', 'un octet de BOOL vaut 0 ou 1')
  }
  const aligned = block.byteOffset % make.BYTES_PER_ELEMENT === 0 ? block : Uint8Array.from(block)
  return new make(aligned.buffer, aligned.byteOffset, count)
}

function readTexts(block: Uint8Array, { name }: TensorSpec, count: number): readonly string[] {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  const texts: string[] = []
  let at = 0
  while (texts.length < count && at + lengthBytes <= block.byteLength) {
    const end = at + lengthBytes + view.getUint32(at, true)
    if (end > block.byteLength) break
    texts.push(readText(block.subarray(at + lengthBytes, end), name))
    at = end
  }
  if (texts.length < count || at < block.byteLength) {
    const place = `${texts.length} of ${count}`
    throw wrong(
      name,
      texts.length < count ? `its block ends after text ${place}` : `its block goes on after ${count} texts`,
      texts.length < count
        ? `son bloc finit après le texte ${texts.length} sur ${count}`
        : `son bloc continue après ${count} textes`,
    )
  }
  return texts
}

/** One text of the protocols' BYTES. Throws `tensor_wrong` for bytes that are no UTF-8. */
export function readText(bytes: Uint8Array, input: string): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw wrong(input, 'a text is not UTF-8', 'un texte n’est pas en UTF-8')
  }
}

/** The little-endian block of a tensor; numbers are not copied. */
export function rawBytesOf({ data }: Tensor): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const texts = data.map((text) => Buffer.from(text, 'utf8'))
  const block = Buffer.allocUnsafe(texts.reduce((bytes, text) => bytes + lengthBytes + text.length, 0))
  let at = 0
  for (const text of texts) {
    at = block.writeUInt32LE(text.length, at)
    at += text.copy(block, at)
  }
  return block
}

function wrong(input: string, reason: string, reason_fr: string): FabriqueError {
  return new FabriqueError('tensor_wrong', { input, reason, reason_fr }, { field: input })
}
