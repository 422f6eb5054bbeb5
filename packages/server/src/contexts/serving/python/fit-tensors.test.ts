import { describe, expect, test } from 'vitest'
import { type MlflowField, tensorSpecsOf } from '../mlflow-model.js'
import type { Tensor } from '../runtime/tensor.js'
import { fitTensors } from './fit-tensors.js'

const column = (name: string, type: string, isRequired = true): MlflowField => ({
  kind: 'column',
  name,
  type,
  isRequired,
})
const fields = [column('a', 'double'), column('b', 'string'), column('c', 'long', false)]
const numbers = (name: string, values: readonly number[], shape: readonly number[] = [values.length]): Tensor => ({
  name,
  datatype: 'FP64',
  shape,
  data: Float64Array.from(values),
})
const texts = (name: string, values: readonly string[]): Tensor => ({
  name,
  datatype: 'BYTES',
  shape: [values.length],
  data: values,
})
const fit = (given: readonly Tensor[], of: readonly MlflowField[] = fields) =>
  fitTensors(of, tensorSpecsOf(of, 'input'), given)

describe('the inputs of a model of columns', () => {
  test('come in the order of the signature; one that is not required may be missing', () => {
    expect(fit([texts('b', ['x', 'y']), numbers('a', [1, 2])]).map(({ name }) => name)).toEqual(['a', 'b'])
  })

  test('are [rows] or [rows, 1]', () => {
    expect(fit([numbers('a', [1, 2], [2, 1]), texts('b', ['x', 'y'])])).toHaveLength(2)
  })

  test('may be narrower numbers than the signature says', () => {
    const narrow: Tensor = { name: 'a', datatype: 'FP32', shape: [1], data: Float32Array.of(1) }
    expect(fit([narrow, texts('b', ['x'])])[0]).toBe(narrow)
    const wide: Tensor = { name: 'a', datatype: 'INT64', shape: [1], data: BigInt64Array.of(1n) }
    expect(() => fit([wide, texts('b', ['x'])])).toThrow('it must be FP64, not INT64')
  })

  test.each<[what: string, given: readonly Tensor[], input: string]>([
    ['a missing one', [numbers('a', [1])], 'b'],
    ['one too many', [numbers('a', [1]), texts('b', ['x']), texts('z', ['x'])], 'z'],
    ['one given twice', [numbers('a', [1]), numbers('a', [1]), texts('b', ['x'])], 'a'],
    ['texts for numbers', [texts('a', ['1']), texts('b', ['x'])], 'a'],
    ['columns of two lengths', [numbers('a', [1, 2]), texts('b', ['x'])], 'b'],
    ['several values in a row', [numbers('a', [1, 2], [1, 2]), texts('b', ['x'])], 'a'],
    ['fewer values than its shape', [numbers('a', [1], [3]), texts('b', ['x'])], 'a'],
    ['a negative dimension', [numbers('a', [1], [-1]), texts('b', ['x'])], 'a'],
  ])('%s is refused by its name', (_, given, input) => {
    expect(() => fit(given)).toThrow(expect.objectContaining({ code: 'tensor_wrong', field: input }))
  })

  test('tensors keep their own shapes', () => {
    const tensors: readonly MlflowField[] = [
      { kind: 'tensor', name: 'x', dtype: 'float64', shape: [-1, 2] },
      { kind: 'tensor', name: 'y', dtype: 'float64', shape: [-1] },
    ]
    const given = [numbers('x', [1, 2, 3, 4], [2, 2]), numbers('y', [1])]
    expect(fit(given, tensors)).toEqual(given)
    expect(() => fit([numbers('x', [1, 2, 3], [1, 3]), numbers('y', [1])], tensors)).toThrow('its shape must be')
  })
})
