import { describe, expect, test } from 'vitest'
import { type Cell, csvLine, frenchCsv, plainCsv } from './run-table.js'

const text = (value: string): Cell => ({ kind: 'text', text: value })
const value = (number: string): Cell => ({ kind: 'value', text: number })
const plain = (cell: Cell) => csvLine([cell], plainCsv).slice(0, -2)
const french = (cell: Cell) => csvLine([cell], frenchCsv).slice(0, -2)

test('a line is separated and ended as its dialect says', () => {
  const cells = [text('a'), undefined, value('-0.5')]
  expect(csvLine(cells, plainCsv)).toBe('a,,-0.5\r\n')
  expect(csvLine(cells, frenchCsv)).toBe('a;;-0,5\r\n')
})

describe('what would break a line or start a formula', () => {
  test.each([
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['two\nlines', '"two\nlines"'],
    ['=1+1', "'=1+1"],
    ['+33 1', "'+33 1"],
    ['-cmd|x', "'-cmd|x"],
    ['@sum(a1)', "'@sum(a1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', '"\'\r=1"'],
    ['＝1', "'＝1"],
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
    ['-0.5', '-0.5'],
    ['+1e-3', '+1e-3'],
    ['-', "'-"],
    ['NaN', 'NaN'],
    ['', ''],
    ['é=1', 'é=1'],
  ])('%j is %j', (from, to) => {
    expect(plain(text(from))).toBe(to)
    expect(plain(value(from))).toBe(to)
  })
})

test('numbers have a decimal comma in French, texts and versions keep their point', () => {
  expect(french(value('0.25'))).toBe('0,25')
  expect(french(value('1e-7'))).toBe('1e-7')
  expect(french(value('1.5E+300'))).toBe('1,5E+300')
  expect(french(value('1.2.3'))).toBe('1.2.3')
  expect(french(text('0.25'))).toBe('0.25')
  expect(french(text('a;b'))).toBe('"a;b"')
  expect(plain(value('0.25'))).toBe('0.25')
})

test('moments are those that the dialect can read', () => {
  const cell: Cell = { kind: 'moment', iso: '2026-11-21T06:31:47.123Z' }
  expect(plain(cell)).toBe('2026-11-21T06:31:47.123Z')
  expect(french(cell)).toBe('2026-11-21 06:31:47')
})
