import { describe, expect, it } from 'vitest'
import { readLoggedTable, readSeparated } from './read-table.js'

describe('readLoggedTable', () => {
  it('reads columns and rows apart, and stops at the limit', () => {
    const value = {
      columns: ['x', 'note'],
      data: [
        [1, null],
        [true, { a: 1 }],
        [3, 'c'],
      ],
    }
    expect(readLoggedTable(value, 2)).toEqual({
      header: ['x', 'note'],
      rows: [
        ['1', ''],
        ['true', '{"a":1}'],
      ],
      total: 3,
    })
  })

  it('is undefined for other JSON', () => {
    for (const value of [
      null,
      3,
      [],
      {},
      { columns: [], data: {} },
      { columns: 'a', data: [] },
      { columns: ['a'], data: [1] },
    ])
      expect(readLoggedTable(value, 5)).toBeUndefined()
  })
})

describe('readSeparated', () => {
  it('counts what it does not show', () => {
    expect(readSeparated('a,b\n1,"x, y"\n2,z\n', ',', 1, true)).toEqual({
      header: ['a', 'b'],
      rows: [['1', 'x, y']],
      total: 2,
    })
  })

  it('leaves out the half line at the end of a beginning', () => {
    expect(readSeparated('a\tb\n1\t2\n3', '\t', 9, false)).toEqual({ header: ['a', 'b'], rows: [['1', '2']], total: 1 })
    expect(readSeparated('a', ',', 9, false)).toEqual({ header: [], rows: [], total: 0 })
  })
})
