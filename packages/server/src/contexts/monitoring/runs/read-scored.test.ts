import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { profiledSide } from '../drift/profiled-side.js'
import { readRows } from './estimate-losses.js'
import { evenRows } from './even-rows.js'
import { inputsOf, outputsOf } from './log-side.js'
import type { OpenedSide, ScoredTable } from './opened-side.js'
import { measurePerformance } from './performance.js'
import { probabilitiesIn } from './probabilities-in.js'
import { readClasses } from './read-scored.js'

let instance: DuckDBInstance
let connection: DuckDBConnection
beforeAll(async () => {
  instance = await DuckDBInstance.create()
  connection = await instance.connect()
})
afterAll(() => {
  connection.closeSync()
  instance.closeSync()
})

const scored = (select: string): ScoredTable => ({
  connection,
  table: `(${select})`,
  prediction: 'answer',
  truth: 'y',
  probabilities: new Map(),
})

const sideOf = (table: ScoredTable, rows: number): OpenedSide => ({
  told: { what: 'snapshot', rows },
  features: profiledSide({ rows, columns: [] }),
  scored: table,
})

test('of many rows as many as are wanted are read, evenly, and those of a table that is small as they are', async () => {
  const table = '(select i, i % 2 as y from range(1000) t(i))'
  expect(evenRows(table, { rows: 1000, rowsMax: 1000 })).toBe(table)
  const read = await connection.runAndReadAll(`select * from ${evenRows(table, { rows: 1000, rowsMax: 7 })}`)
  expect(read.columnNames()).toEqual(['i', 'y'])
  const places = read.getColumns()[0]?.map(Number) ?? []
  expect(places).toHaveLength(7)
  const gaps = places.slice(1).map((place, at) => place - (places[at] ?? 0))
  for (const gap of gaps) expect(Math.abs(gap - 1000 / 7)).toBeLessThan(1)
})

test('one class is one class, whatever holds it', async () => {
  const read = await readClasses(scored(`select unnest(['1', '0', '1']) as answer, unnest([1.0::double, 0, 0]) as y`))
  expect(read).toMatchObject({ classes: ['0', '1'] })
  expect([[...read.truth], [...read.predicted]]).toEqual([
    [1, 0, 0],
    [1, 0, 1],
  ])
})

test('a missing probability is none of 0: figures of probabilities are told of the rows that have them', async () => {
  const rows = `select case when i % 10 = 0 then 'no' else 'yes' end as y, case when i % 7 = 0 then 'no' else 'yes' end as answer,
    case when i % 4 = 0 then null else 0.3 end as p_no, case when i % 4 = 0 then null else 0.7 end as p_yes from range(400) t(i)`
  const probabilities = new Map([
    ['no', 'p_no'],
    ['yes', 'p_yes'],
  ])
  const table = { ...scored(rows), probabilities }
  const read = await readClasses(table)
  expect(read.probabilities?.map((column) => [...column.slice(0, 2)])).toEqual([
    [Number.NaN, 0.3],
    [Number.NaN, 0.7],
  ])
  const side = sideOf(table, 400)
  const figures = await measurePerformance({ reference: side, current: side }, undefined)
  const of = (metric: string) => figures.find((one) => one.kind === 'performance' && one.metric === metric)
  // Of 300 rows with probabilities 20 are of no.
  expect(of('log_loss')).toMatchObject({ rows: 300 })
  expect(of('log_loss')?.value).toBeCloseTo(-(280 * Math.log(0.7) + 20 * Math.log(0.3)) / 300, 12)
  expect(of('accuracy')).toMatchObject({ rows: 400 })
  const estimated = figures.filter(({ kind }) => kind === 'estimated_performance')
  expect(estimated.length).toBeGreaterThan(0)
  for (const { value } of estimated) expect(value).toBeUndefined()
})

test('of very many classes nothing is measured, and it is told why', async () => {
  const table = scored(`select 'c' || i as answer, 'c' || i as y from range(1001) t(i)`)
  const side = sideOf(table, 1001)
  const figures = await measurePerformance({ reference: side, current: side }, undefined)
  expect(figures.length).toBeGreaterThan(0)
  for (const { value, whyNot } of figures) {
    expect(value).toBeUndefined()
    expect(whyNot?.en).toContain('1001 classes')
  }
})

test('of more rows than are learnt from, some at even distances are taken', async () => {
  const table = scored(`select i as answer, i as y, 2 * i as input_weight, 7 as weight from range(120000) t(i)`)
  const features = new Map([['weight', 'input_weight']])
  const read = await readRows(sideOf({ ...table, features }, 120_000), ['weight'], true)
  const { predicted = new Float64Array(0), features: matrix } = read ?? {}
  expect(predicted).toHaveLength(50_000)
  expect(predicted[0]).toBeLessThan(5)
  expect(predicted.at(-1)).toBeGreaterThan(119_990)
  expect(matrix?.columns[0]?.name).toBe('weight')
  const few = await readRows(sideOf(scored(`select i as answer, i as y from range(10) t(i)`), 10), [], true)
  expect([...(few?.predicted ?? [])]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('inputs have the names that the model knows, and only what it answered is a probability', () => {
  const columns = [
    { name: 'input_weight', asked: 'weight', type: 'number', group: 'input' },
    { name: 'probability_rain', type: 'number', group: 'input' },
    { name: 'probability_no', type: 'number', group: 'output' },
    { name: 'output_probability_rain', asked: 'probability_rain', type: 'number', group: 'output' },
    { name: 'weight', type: 'number', group: 'cost' },
  ] as const
  expect([...inputsOf(columns)]).toEqual([
    ['weight', 'input_weight'],
    ['probability_rain', 'probability_rain'],
  ])
  expect([...probabilitiesIn(outputsOf(columns))]).toEqual([
    ['no', 'probability_no'],
    ['rain', 'output_probability_rain'],
  ])
})
