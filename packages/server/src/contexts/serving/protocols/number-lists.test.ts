import { describe, expect, test } from 'vitest'
import { listMark, takeNumberLists } from './number-lists.js'

const padding = ' '.repeat(600)
const bytesOf = (text: string) => Buffer.from(`${padding}${text}`)
const listOf = (list: string) => takeNumberLists(bytesOf(`{"inputs":[{"name":"x","data":[${list}]}]}`))?.lists[0]

describe('lists of numbers', () => {
  test('are read as the parser of the language reads them', () => {
    const numbers = ['0', '-0', '7', '-12', '0.1', '5.9', '-0.000001', '123456789012345', '1e5', '-2.5E-3', '1e400']
    const more = [
      '0.1234567890123456789',
      '9007199254740.993',
      '1.7976931348623157e308',
      '5e-324',
      '0.30000000000000004',
    ]
    for (let seed = 1; seed < 2000; seed += 1)
      more.push((Math.sin(seed) * 10 ** (seed % 9)).toPrecision(1 + (seed % 19)))
    for (const text of [...numbers, ...more].filter((one) => !/^-?\d{16,}/.test(one))) {
      expect(listOf(text)?.[0], text).toBe(JSON.parse(text))
    }
    expect(listOf(' 1 ,\n2\t, 3 ')).toEqual(Float64Array.of(1, 2, 3))
  })

  test('leave their place in the text', () => {
    const text = '{"inputs":[{"data":[1,2],"name":"é"},{"name":"b","data": [3.5]}]}'
    const taken = takeNumberLists(bytesOf(text))
    expect(JSON.parse(Buffer.from(taken?.bytes ?? []).toString())).toEqual({
      inputs: [
        { data: listMark(0), name: 'é' },
        { name: 'b', data: listMark(1) },
      ],
    })
    expect(taken?.lists).toEqual([Float64Array.of(1, 2), Float64Array.of(3.5)])
  })

  test.each([
    ['', 'nothing'],
    ['01', 'a zero before'],
    ['+1', 'a plus'],
    ['.5', 'no whole part'],
    ['1.', 'no digit after the point'],
    ['1e', 'no power'],
    ['1,', 'a comma at the end'],
    ['1 2', 'no comma'],
    ['NaN', 'no number'],
    ['"1"', 'a text'],
    ['null', 'null'],
    ['[1],[2]', 'lists'],
    ['1234567890123456', 'more digits than a double holds'],
    ['1', 'no end of the list', ''],
  ])('%s (%s) is left to the parser', (list, _why, end = ']}]}') => {
    expect(takeNumberLists(bytesOf(`{"inputs":[{"name":"x","data":[${list}${end}`))).toBeUndefined()
  })

  test('are not looked for in texts, nor where a key only ends so', () => {
    expect(takeNumberLists(bytesOf('{"id":"\\"data\\":[1,2]"}'))).toBeUndefined()
    expect(takeNumberLists(bytesOf('{"x\\"data":[1,2]}'))).toBeUndefined()
    expect(takeNumberLists(bytesOf('{"data":{"data":[1]}}'))).toBeUndefined()
    expect(takeNumberLists(Buffer.from('{"data":[1]}'))).toBeUndefined()
  })
})
