import type { Tensor } from '../runtime/tensor.js'
import { jsonValues } from './tensor-values.js'

/** The values of a tensor as lists within each other, in JSON. */
export function nestedText(tensor: Tensor): string {
  return nest(plainValues(tensor), tensor.shape)
}

/** The same of each row. */
export function rowTexts(tensor: Tensor): readonly string[] {
  const [rows = 1, ...shape] = tensor.shape
  const values = plainValues(tensor)
  const width = values.length / rows
  return Array.from({ length: rows }, (_, row) => nest(values.slice(row * width, (row + 1) * width), shape))
}

/** JSON has no NaN and no infinity: in answers for tables they are missing values. */
function plainValues(tensor: Tensor): readonly string[] {
  const values = jsonValues(tensor)
  return tensor.datatype === 'BYTES' ? values : values.map((value) => (value.startsWith('"') ? 'null' : value))
}

function nest(values: readonly string[], shape: readonly number[]): string {
  const [size, ...inner] = shape
  if (size === undefined) return values[0] ?? 'null'
  if (inner.length === 0) return `[${values.join(',')}]`
  const width = values.length / size
  const parts = Array.from({ length: size }, (_, at) => nest(values.slice(at * width, (at + 1) * width), inner))
  return `[${parts.join(',')}]`
}

/** Names and JSON texts as one object. */
export function objectText(members: readonly (readonly [string, string])[]): string {
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
}

/** Outputs of the same rows as one object for each row. */
export function recordsText(outputs: readonly Tensor[]): string {
  const columns = outputs.map((output) => [output.name, rowTexts(output)] as const)
  const count = columns[0]?.[1].length ?? 0
  const records = Array.from({ length: count }, (_, row) =>
    objectText(columns.map(([name, texts]) => [name, texts[row] ?? 'null'] as const)),
  )
  return `[${records.join(',')}]`
}
