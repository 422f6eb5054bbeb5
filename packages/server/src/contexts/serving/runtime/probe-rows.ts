import type { OnnxSession } from './onnx-session.js'
import type { Datatype, Tensor, TensorData, TensorSpec } from './tensor.js'
import { joinRows, splitRows } from './tensor-rows.js'

/**
 * Whether a model answers each row for itself, so that requests can be computed together. That the first dimension is free does not say so: it
 * may be time. The model is asked for rows alone and together, and must answer both with the same bits.
 */
export async function answersRowsAlone(session: OnnxSession): Promise<boolean> {
  if (!session.hasFreeRows) return false
  const names = session.outputs.map(({ name }) => name)
  try {
    for (const sizes of [
      [1, 1],
      [1, 2, 1, 3],
    ]) {
      const requests = sizes.map((rows, seed) => probeInputs(session.inputs, { rows, seed: seed + 1 }))
      const together = splitRows(await session.run(joinRows(requests), names), sizes)
      for (const [index, inputs] of requests.entries()) {
        const alone = await session.run(inputs, names)
        if (!alone.every((tensor, output) => isSame(tensor, together[index]?.[output]))) return false
      }
    }
    return true
  } catch {
    return false
  }
}

/** Made-up inputs, the same for the same seed: a free dimension other than that of the rows has one value. */
export function probeInputs(
  specs: readonly TensorSpec[],
  { rows, seed }: { readonly rows: number; readonly seed: number },
): readonly Tensor[] {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return specs.map(({ name, datatype, shape }) => {
    const sizes = shape.map((size, index) => (size === -1 ? (index === 0 ? rows : 1) : size))
    const length = sizes.reduce((product, size) => product * size, 1)
    return { name, datatype, shape: sizes, data: valuesOf(datatype, length, next) }
  })
}

function valuesOf(datatype: Datatype, length: number, next: () => number): TensorData {
  const small = () => Math.floor(next() * 3)
  const real = () => next() * 4 - 2
  switch (datatype) {
    case 'BYTES':
      return Array.from({ length }, () => ['a', 'b', 'c'][small()] ?? 'a')
    case 'FP32':
      return Float32Array.from({ length }, real)
    case 'FP64':
      return Float64Array.from({ length }, real)
    case 'FP16':
      // Bits of 1, 1.5 and 2.
      return Uint16Array.from({ length }, () => 0x3c00 + 0x200 * small())
    case 'INT64':
      return BigInt64Array.from({ length }, () => BigInt(small()))
    case 'UINT64':
      return BigUint64Array.from({ length }, () => BigInt(small()))
    case 'BOOL':
      return Uint8Array.from({ length }, () => small() % 2)
    case 'UINT8':
      return Uint8Array.from({ length }, small)
    case 'UINT16':
      return Uint16Array.from({ length }, small)
    case 'UINT32':
      return Uint32Array.from({ length }, small)
    case 'INT8':
      return Int8Array.from({ length }, small)
    case 'INT16':
      return Int16Array.from({ length }, small)
    case 'INT32':
      return Int32Array.from({ length }, small)
  }
}

/** The same values, also where they are no numbers. */
function isSame(left: Tensor, right: Tensor | undefined): boolean {
  if (right === undefined || left.data.length !== right.data.length) return false
  for (let index = 0; index < left.data.length; index += 1) {
    if (!Object.is(left.data[index], right.data[index])) return false
  }
  return true
}
