import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CsvDialect } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCsvHead, typeOfValues } from './read-csv-dialect.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fabrique-dialect-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function headOf(text: string, declared: readonly string[] = [], dialect: object = {}) {
  const path = join(folder, 'x.csv')
  await writeFile(path, text)
  return readCsvHead(path, CsvDialect.parse(dialect), declared)
}

describe('readCsvHead', () => {
  test.each([
    ['a,b\n1,2\n', ',', '"'],
    ['a;b\n1,5;2\n', ';', '"'],
    ['a\tb\n1\t2\n', '\t', '"'],
    ['a|b\n1|2\n', '|', '"'],
    ['a\n1\n', ',', '"'],
    ["'a','b'\n'1;2','3'\n", ',', "'"],
    ['a,b\n"1;2;3","4;5"\n"6;7","8"\n', ',', '"'],
  ])('%j', async (text, delimiter, quote) => {
    const { dialect } = await headOf(text)
    expect([dialect.delimiter, dialect.quote]).toEqual([delimiter, quote])
  })

  test('the header with the declared columns decides', async () => {
    const { dialect, names } = await headOf('a,b;c,d\n1,2;3,4\n', ['a,b', 'c,d'])
    expect([dialect.delimiter, names]).toEqual([';', ['a,b', 'c,d']])
  })

  test('a decimal comma where the delimiter is another', async () => {
    expect((await headOf('a;b\n1,5;2\n')).dialect.decimal).toBe(',')
    expect((await headOf('a;b\n1,5;2.5\n')).dialect.decimal).toBe('.')
    expect((await headOf('a,b\n1,5\n')).dialect.decimal).toBe('.')
  })

  test('names columns without one, and rows of quoted lines', async () => {
    const { names, rows } = await headOf('a,,"c\nd"\n1,2,"x ""y"" z"\r\n3,4,5')
    expect(names).toEqual(['a', 'c2', 'c\nd'])
    expect(rows).toEqual([
      ['1', '2', 'x "y" z'],
      ['3', '4', '5'],
    ])
  })

  test('what goes beyond its first letters is read as well', async () => {
    const lines = Array.from({ length: 20_000 }, (_, row) => `${row};x${row}`)
    const { rows, dialect } = await headOf(`a;b\n${lines.join('\n')}\n`)
    expect(dialect.delimiter).toBe(';')
    expect(rows).toHaveLength(20_000)
    expect(rows.at(-1)).toEqual(['19999', 'x19999'])
  })
})

describe('typeOfValues', () => {
  const forms = {
    delimiter: ',',
    quote: '"',
    hasHeader: true,
    decimal: '.',
    dateFormat: undefined,
    timestampFormat: undefined,
    nullValues: ['', 'NA'],
  } as const
  test.each([
    [['1', '-2', '+3', '', 'NA'], 'integer'],
    [['1', '2.5', '1e3', '.5', '1.'], 'number'],
    [['true', 'FALSE'], 'boolean'],
    [['0', '1'], 'integer'],
    [['01', '1'], 'text'],
    [['12345678901234567890'], 'text'],
    [['2026-01-01'], 'date'],
    [['2026-01-01', '2026-01-01 10:00'], 'timestamp'],
    [['2026-01-01T10:00:00.5+02:00'], 'timestamp'],
    [['01/02/2026'], 'text'],
    [['nan'], 'text'],
    [[' '], 'text'],
    [['', 'NA'], undefined],
    [['1', 'x'], 'text'],
  ])('%j', (values, type) => {
    expect(typeOfValues(values, forms)).toBe(type)
  })

  test('by the forms of the dialect', () => {
    expect(typeOfValues(['1,5', '2'], { ...forms, decimal: ',' })).toBe('number')
    expect(typeOfValues(['31/12/2026'], { ...forms, dateFormat: '%d/%m/%Y' })).toBe('date')
  })
})
