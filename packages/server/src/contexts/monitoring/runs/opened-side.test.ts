import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { tableSide } from '../drift/side.js'
import { sideName } from '../report/side-name.js'
import { bounded, type OpenedSide } from './opened-side.js'
import { measureSegments } from './segments.js'

test('a side of whose rows a part is scored tells how many, and the segments are those', async () => {
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  const table =
    "(select 'yes' as y, 'yes' as answer, case when i % 2 = 0 then 'a' else 'b' end as plan from range(1500) t(i))"
  const side: OpenedSide = {
    told: { what: 'snapshot', rows: 1500, dataset: 'orders' },
    features: await tableSide(connection, { table, rowCount: 1500 }),
    scored: { connection, table, prediction: 'answer', truth: 'y', probabilities: new Map() },
  }
  expect(bounded(side, 1500)).toBe(side)
  const some = bounded(side, 500)
  expect(some.told).toEqual({ ...side.told, scored_rows: 500 })
  const asked = { segments: ['plan'], types: {}, level: 0.05, effect_min: 0.005, rows_min: 100 }
  expect(await measureSegments({ reference: some, current: some }, asked, undefined)).toMatchObject({
    whole: { rows: some.told.scored_rows },
  })
  connection.closeSync()
  instance.closeSync()
})

test('the page of a report says what its rows are a part of', () => {
  const side = { what: 'snapshot', rows: 2000, dataset: 'shots' } as const
  expect(sideName(side, 'en')).toBe('shots')
  expect(sideName({ ...side, sampled_of: 50_000 }, 'en')).toBe('shots · rows taken evenly from 50,000')
  expect(sideName({ ...side, scored_rows: 1000 }, 'fr')).toBe(
    'shots · performance mesurée sur 1\u202f000, prises régulièrement',
  )
  expect(sideName(undefined, 'en')).toBe('–')
})
