import { describe, expect, it } from 'vitest'
import { readCsv, toCsv } from './csv.js'

const header = ['name', 'accuracy', 'note']
const rows = [
  ['a, b', 0.5, 'say "hi"'],
  ['c;d', undefined, null],
] as const

describe('toCsv', () => {
  it('writes the neutral form', () => {
    expect(toCsv(header, rows, 'neutral')).toBe('name,accuracy,note\r\n"a, b",0.5,"say ""hi"""\r\n"c;d",,\r\n')
  })

  it('writes the form that French Excel opens', () => {
    expect(toCsv(header, rows, 'french')).toBe('\ufeffname;accuracy;note\r\n"a, b";0,5;"say ""hi"""\r\n"c;d";;\r\n')
  })
})

describe('readCsv', () => {
  it('reads back what was written', () => {
    expect(readCsv(toCsv(['x', 'y'], [['1\n2', 'a "b", c']], 'neutral'), 10)).toEqual([
      ['x', 'y'],
      ['1\n2', 'a "b", c'],
    ])
  })

  it('stops at the limit and reads a last line without an end', () => {
    expect(readCsv('a\nb\nc', 2)).toEqual([['a'], ['b']])
    expect(readCsv('a,b', 5)).toEqual([['a', 'b']])
  })
})
