import { expect, test } from 'vitest'
import { frameOfCsv, frameOfRecords, frameOfSplit } from './frame.js'

test('records with no name in common are refused before their cells are made', () => {
  const records = Array.from({ length: 3000 }, (_, row) => ({ [`c${row}`]: row }))
  expect(() => frameOfRecords(records, 'dataframe_records')).toThrow('3000 rows of 3000 columns')
  expect(frameOfRecords(records.slice(0, 2), 'dataframe_records').rows).toEqual([
    [0, null],
    [null, 1],
  ])
})

test('a name that stands twice among very many is found', () => {
  const names = Array.from({ length: 100_000 }, (_, place) => `c${place}`)
  const wrong = [...names, 'c7']
  expect(() => frameOfCsv(`${wrong.join(',')}\n`)).toThrow('c7 twice')
  expect(() => frameOfSplit({ columns: wrong, data: [] }, 'dataframe_split')).toThrow('c7 twice')
})
