import { assert, present } from '../../../kernel/index.js'
import type { Tensor, TensorData } from './tensor.js'

/** The inputs of several requests as those of one: the rows of each after those of the one before. */
export function joinRows(requests: readonly (readonly Tensor[])[]): readonly Tensor[] {
  const [first] = requests
  return present(first, 'a request').map((tensor, index) => {
    const parts = requests.map((inputs) => present(inputs[index], `input ${tensor.name}`))
    const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0)
    return { ...tensor, shape: [rows, ...tensor.shape.slice(1)], data: joined(parts.map(({ data }) => data)) }
  })
}

/** The answers of each request of several, by their numbers of rows. Throws where the outputs have other rows. */
export function splitRows(outputs: readonly Tensor[], rows: readonly number[]): readonly (readonly Tensor[])[] {
  const total = rows.reduce((sum, count) => sum + count, 0)
  for (const { name, shape } of outputs) assert(shape[0] === total, `Output ${name} has ${shape[0]} rows, not ${total}`)
  let start = 0
  return rows.map((count) => {
    const from = start
    start += count
    return outputs.map(({ name, datatype, shape, data }) => {
      const width = data.length / total
      return {
        name,
        datatype,
        shape: [count, ...shape.slice(1)],
        data: part(data, from * width, (from + count) * width),
      }
    })
  })
}

const isTexts = (data: TensorData): data is readonly string[] => Array.isArray(data)

function part(data: TensorData, start: number, end: number): TensorData {
  return isTexts(data) ? data.slice(start, end) : data.subarray(start, end)
}

/** Arrays of one type one after the other. */
function joined(parts: readonly TensorData[]): TensorData {
  const first = present(parts[0], 'a part')
  if (isTexts(first)) return parts.flat() as readonly string[]
  const length = parts.reduce((sum, data) => sum + data.length, 0)
  const whole = emptyLike(first, length)
  let at = 0
  for (const data of parts) {
    copyInto(whole, data, at)
    at += data.length
  }
  return whole
}

type Numbers = Exclude<TensorData, readonly string[]>

/** Typed arrays make others of their type. */
function emptyLike(like: Numbers, length: number): Numbers {
  return new (like.constructor as new (length: number) => Numbers)(length)
}

/** Both are of one type, which the types of arrays cannot say. */
function copyInto(whole: Numbers, data: TensorData, at: number): void {
  ;(whole as Float32Array).set(data as Float32Array, at)
}
