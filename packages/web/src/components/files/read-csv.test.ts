import { describe, expect, it } from 'vitest'
import { readCsv } from './read-csv.js'

describe('readCsv', () => {
  it('reads quotes, doubled quotes, and line ends and commas inside them', () => {
    expect(readCsv('name,note\r\n"a, b","say ""hi"""\r\n"two\nlines",\r\n', 10)).toEqual([
      ['name', 'note'],
      ['a, b', 'say "hi"'],
      ['two\nlines', ''],
    ])
  })

  it('takes a last line without an end, and stops after the rows asked for', () => {
    expect(readCsv('a,b\n1,2\n3,4', 10)).toHaveLength(3)
    expect(readCsv('a,b\n1,2\n3,4', 2)).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ])
    expect(readCsv('', 2)).toEqual([])
  })
})
