import type { ModelSignature } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { csvRowsMax, readCsvRows, writeCsvAnswers } from './csv-rows.js'

const signature: ModelSignature = {
  task: 'classification',
  features: [
    { name: 'hours', type: 'number' },
    { name: 'is_new', type: 'boolean' },
    { name: 'region', type: 'text', nullable: true },
  ],
  target: { name: 'left', classes: ['no', 'yes'] },
  example: { hours: 1, is_new: true, region: 'north' },
}

const rowsOf = (text: string, of = signature) => {
  const read = readCsvRows(text, of)
  return 'rows' in read ? read.rows : read.problem
}

describe('rows of a CSV file', () => {
  test('are those of the signature by name; other columns stay aside', () => {
    expect(rowsOf('\uFEFFid,is_new,hours\r\n007,true,5.5\r\n008,0,-1e3\r\n')).toEqual([
      { hours: 5.5, is_new: true },
      { hours: -1000, is_new: false },
    ])
  })

  test('may be as French programs write them', () => {
    expect(rowsOf('hours;is_new;region\n1 234,5;FALSE;"a;b"')).toEqual([
      { hours: 1234.5, is_new: false, region: 'a;b' },
    ])
  })

  test('keep what they cannot be read as, and lack what is empty', () => {
    expect(rowsOf('hours,is_new,region\nmany,perhaps,')).toEqual([{ hours: 'many', is_new: 'perhaps', region: null }])
  })

  test('may be keys', () => {
    const keyed: ModelSignature = {
      ...signature,
      feature_lookup: {
        project: 'churn',
        service: 'usage',
        service_version: 1,
        keys: ['user_id'],
        features: ['hours', 'is_new'],
        on_missing: 'reject',
        defaults: {},
      },
    }
    expect(rowsOf('user_id,region\n007,south', keyed)).toEqual([{ user_id: '007', region: 'south' }])
    expect(rowsOf('user_id,hours,is_new\n007,1,1', keyed)).toEqual([{ hours: 1, is_new: true }])
  })

  test('have one of the columns at least', () => {
    const features = signature.features.map((feature) => ({ ...feature, nullable: true }))
    const names = features.map(({ name }) => name)
    expect(rowsOf('id\n007', { ...signature, features })).toEqual({ kind: 'missing', names })
    expect(rowsOf('id,hours\n007,1', { ...signature, features })).toEqual([{ hours: 1 }])
  })

  test.each([
    ['', { kind: 'empty' }],
    ['hours,is_new\n', { kind: 'empty' }],
    ['hours\n1', { kind: 'missing', names: ['is_new'] }],
    ['hours,is_new\n1,true\n2', { kind: 'uneven', line: 2 }],
    [`hours,is_new\n${'1,true\n'.repeat(csvRowsMax + 1)}`, { kind: 'tooMany', most: csvRowsMax }],
  ])('are refused where %j cannot be asked', (text, problem) => {
    expect(rowsOf(text)).toEqual(problem)
  })
})

test('answers stand beside the rows as they were', () => {
  const read = readCsvRows('id,hours,is_new\n007,"1.5",true\n"a,b",2,false', signature)
  if (!('table' in read)) throw new Error(read.problem.kind)
  const predictions = [
    { prediction: 'no', probabilities: { no: 0.75, yes: 0.25 } },
    { prediction: 'yes', probabilities: { no: 0.5, yes: 0.5 } },
  ]
  expect(writeCsvAnswers(read.table, predictions)).toBe(
    'id,hours,is_new,prediction,probability_no,probability_yes\r\n007,1.5,true,no,0.75,0.25\r\n"a,b",2,false,yes,0.5,0.5\r\n',
  )
  const french = readCsvRows('hours;is_new\n1,5;true', signature)
  if (!('table' in french)) throw new Error(french.problem.kind)
  expect(writeCsvAnswers(french.table, [{ prediction: 2.5 }])).toBe('hours;is_new;prediction\r\n1,5;true;2,5\r\n')
})
