import { table, textColumn } from '@fabrique/ml'
import { describe, expect, test } from 'vitest'
import { groupRows } from './group-rows.js'

const number = (name: string, values: readonly number[]) =>
  ({ kind: 'number', name, values: Float64Array.from(values) }) as const

describe('groupRows', () => {
  test('texts are groups, missing ones the last', () => {
    const rows = table([textColumn('city', ['Nice', null, 'Lyon', 'Nice', ''])])
    const { names, codes } = groupRows(rows, 'city')
    expect(names).toEqual(['Lyon', 'Nice', '(missing)'])
    expect([...codes]).toEqual([1, 2, 0, 1, 2])
  })

  test('few numbers are groups by size', () => {
    expect(groupRows(table([number('n', [10, 9, 100, 9])]), 'n').names).toEqual(['9', '10', '100'])
  })

  test('of many numbers quarters of the rows are, and of moments too', () => {
    const values = Array.from({ length: 40 }, (_, row) => row)
    const { names, codes } = groupRows(table([number('n', [...values, Number.NaN])]), 'n')
    expect(names).toEqual(['Q1: 0 – 9.75', 'Q2: 9.75 – 19.5', 'Q3: 19.5 – 29.25', 'Q4: 29.25 – 39', '(missing)'])
    expect([0, 1, 2, 3, 4].map((code) => codes.filter((own) => own === code).length)).toEqual([10, 10, 10, 10, 1])
    const days = table([{ kind: 'time', name: 't', values: Float64Array.from(values, (day) => day * 86_400_000) }])
    expect(groupRows(days, 't').names[0]).toBe('Q1: 1970-01-01 – 1970-01-10')
  })

  test('too many groups and an unknown column are refused', () => {
    const rows = table([
      textColumn(
        'id',
        Array.from({ length: 51 }, (_, row) => `c${row}`),
      ),
    ])
    expect(() => groupRows(rows, 'id')).toThrow(expect.objectContaining({ code: 'explanation_refused' }))
    expect(() => groupRows(rows, 'size')).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })
})
