import { describe, expect, test } from 'vitest'
import { classLabels, encodeLabels, takeLabels } from './class-labels.js'
import { designMatrix, designMatrixFromRows, numericColumn, takeRows } from './design-matrix.js'

describe('design matrix', () => {
  test('columns are float32, and an array of that type is not copied', () => {
    const values = Float32Array.of(1, 2)
    expect(numericColumn('a', values).values).toBe(values)
    expect([...numericColumn('a', [0.1, 1e39, Number.NaN]).values]).toEqual([Math.fround(0.1), Infinity, Number.NaN])
  })

  test('rows become columns and rows can be taken out, repeated and reordered', () => {
    const matrix = designMatrixFromRows(
      ['a', 'b'],
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    )
    expect(matrix.rowCount).toBe(3)
    const taken = takeRows(matrix, Int32Array.of(2, 0, 2))
    expect(taken.rowCount).toBe(3)
    expect(taken.columns.map(({ name, values }) => [name, ...values])).toEqual([
      ['a', 5, 1, 5],
      ['b', 6, 2, 6],
    ])
  })

  test('a set without rows keeps its columns', () => {
    expect(designMatrixFromRows(['a'], [])).toEqual({ rowCount: 0, columns: [numericColumn('a', [])] })
  })

  test('what does not fit together is refused', () => {
    expect(() => designMatrix([numericColumn('a', [1]), numericColumn('b', [1, 2])])).toThrowError(
      expect.objectContaining({ code: 'length_mismatch', value: 2 }),
    )
    expect(() => designMatrixFromRows(['a', 'b'], [[1, 2], [3]])).toThrowError(
      expect.objectContaining({ code: 'length_mismatch', message: expect.stringContaining('Row 1 has 1 values') }),
    )
    expect(() => designMatrix([numericColumn('a', [1]), numericColumn('a', [2])])).toThrowError(
      expect.objectContaining({ code: 'duplicate_name', value: 'a' }),
    )
    for (const name of ['', '\ud800']) {
      expect(() => designMatrix([numericColumn(name, [1])])).toThrowError(
        expect.objectContaining({ code: 'invalid_name', value: name }),
      )
    }
    expect(() => designMatrix([numericColumn('größe 🌍', [1])])).not.toThrow()
  })
})

describe('class labels', () => {
  test('classes are the distinct values in ascending order: text as text, numbers as numbers', () => {
    expect(encodeLabels(['b', 'a', 'b', '10', '9'])).toEqual(
      classLabels(Int32Array.of(3, 2, 3, 0, 1), ['10', '9', 'a', 'b']),
    )
    expect(encodeLabels([10, 9, -1, 9])).toEqual(classLabels(Int32Array.of(2, 1, 0, 1), ['-1', '9', '10']))
  })

  test('labels can be taken by row and keep their classes', () => {
    const labels = takeLabels(encodeLabels(['b', 'a', 'b']), Int32Array.of(2, 0))
    expect([...labels.codes]).toEqual([1, 1])
    expect(labels.classes).toEqual(['a', 'b'])
  })

  test('codes outside the classes, values that are no class and double names are refused', () => {
    expect(() => classLabels(Int32Array.of(0, 2), ['a', 'b'])).toThrowError(
      expect.objectContaining({ code: 'invalid_label', value: 2, message: expect.stringContaining('row 1') }),
    )
    expect(() => classLabels(Int32Array.of(-1), ['a', 'b'])).toThrowError(expect.objectContaining({ value: -1 }))
    expect(() => classLabels(Int32Array.of(0), ['a', 'a'])).toThrowError(
      expect.objectContaining({ code: 'duplicate_name' }),
    )
    expect(() => encodeLabels([1, Number.NaN])).toThrowError(expect.objectContaining({ code: 'invalid_label' }))
    expect(() => encodeLabels(['a', ''])).toThrowError(expect.objectContaining({ code: 'invalid_name' }))
  })
})
