import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { MonitorDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { profiledSide } from '../drift/profiled-side.js'
import { tableSide } from '../drift/side.js'
import { renderMultivariate } from '../report/render-multivariate.js'
import { measureMultivariate } from './multivariate.js'
import type { OpenedSide } from './opened-side.js'
import { toMultivariate } from './report-document.js'
import { tellMultivariate } from './tell-parts.js'

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

async function side(select: string): Promise<OpenedSide> {
  const table = `(${select})`
  const rowCount = Number((await connection.runAndReadAll(`select count(*)::double from ${table}`)).value(0, 0))
  const features = await tableSide(connection, { table, rowCount })
  return { told: { what: 'snapshot', rows: rowCount }, features, rows: { connection, table } }
}

/** A number in 0..1 that looks drawn by chance, and is the same each time. */
const chance = (seed: number, column: string) => `(hash('${column}', i, ${seed}) % 100000) / 100000.0`

/** Two columns that go together, one that does not, a label, and what is not looked at; or the same columns shuffled against each other. */
const rows = (seed: number, count: number, isApart = false) => `
  select a, a + ${isApart ? chance(seed, 'x') : 'a'} * 0 + ${isApart ? `(${chance(seed, 'b')} - 0.5) * 2 + 0 * a` : '0.1 * c'} as b, c,
    case when c > 0.5 then 'x' else 'y' end as kind, date '2026-01-01' as day, 'text number ' || i as words
  from (select i, ${chance(seed, 'a')} as a, ${chance(seed, 'c')} as c from range(${count}) t(i))`

const asked = (change: Partial<MonitorDefinition> = {}) =>
  ({ types: {}, multivariate: true, level: 0.05, rows_min: 100, ...change }) as const

const measure = async (reference: OpenedSide, current: OpenedSide, change: Partial<MonitorDefinition> = {}) =>
  (await measureMultivariate({ reference, current }, asked(change), undefined)) ?? []

describe('columns together', () => {
  test('are told where they no longer go together, and not where nothing changed', async () => {
    const reference = await side(rows(1, 4000))
    const same = await measure(reference, await side(rows(2, 1500)))
    expect(same.map(({ method, state, drift, columns }) => [method, state, drift, columns])).toEqual([
      ['domain_classifier', 'tested', false, 4],
      ['reconstruction', 'tested', false, 4],
    ])
    expect(tellMultivariate(same, 'en')).toEqual([])
    const apart = await measure(reference, await side(rows(3, 1500, true)))
    expect(apart.map(({ drift }) => drift)).toEqual([true, true])
    const [classifier] = apart
    expect(classifier?.score).toBeGreaterThan(0.7)
    expect(['a', 'b']).toContain(classifier?.importances[0]?.column)
    expect(classifier?.sentence.en).toContain('so columns together drift; what tells the sides apart: ')
    expect(classifier?.sentence.en).toContain('dates, texts and lists are not looked at (2)')
    expect(tellMultivariate(apart, 'en')[0]).toMatch(
      /^columns together drift \(ROC AUC 0\.\d+, error of reconstruction /,
    )
    expect(renderMultivariate(toMultivariate(apart, 'fr'), 'fr')).toContain('Colonnes ensemble')
  })

  test('few rows and a profile have no decision', async () => {
    const reference = await side(rows(1, 4000))
    const few = await measure(reference, await side(rows(2, 60)), { rows_min: 10 })
    expect(few.map(({ state, drift }) => [state, drift])).toEqual([
      ['not_enough_data', null],
      ['tested', false],
    ])
    expect((await measure(reference, await side(rows(2, 99)))).map(({ state }) => state)).toEqual([
      'not_enough_data',
      'not_enough_data',
    ])
    expect((await measure(await side(rows(1, 150)), reference)).map(({ state }) => state)).toEqual([
      'tested',
      'not_enough_data',
    ])
    const profile: OpenedSide = {
      told: { what: 'profile', rows: 4000 },
      features: profiledSide({ rows: 4000, columns: [] }),
    }
    const none = await measure(profile, reference)
    expect(none.map(({ state, drift }) => [state, drift])).toEqual([
      ['not_testable', null],
      ['not_testable', null],
    ])
    expect(tellMultivariate(none, 'fr')).toEqual(['on ne sait pas si les colonnes ensemble dérivent'])
  })

  test('what looks alike of a table of which columns were left out is not decided', async () => {
    const reference = await side(rows(1, 2000))
    const current = await side(`select * exclude (c), kind = 'x' as c from (${rows(2, 1000)})`)
    const [classifier] = await measure(reference, current, { multivariate: { methods: ['domain_classifier'] } })
    expect(classifier).toMatchObject({ state: 'tested', drift: null, left_out: ['c'], columns: 3 })
    expect(classifier?.sentence.en).toContain('not all columns could be looked at, so nothing is decided; left out: c')
    const nothing = await measure(
      await side('select i as a from range(500) t(i)'),
      await side("select 'x' as a from range(500)"),
    )
    expect(nothing.map(({ state, drift }) => [state, drift])).toEqual([
      ['not_testable', null],
      ['not_testable', null],
    ])
  })

  test('of many rows some at even distances are looked at, and the columns that are named', async () => {
    const reference = await side(rows(1, 25_000))
    const given = { multivariate: { columns: ['a', 'b'], methods: ['reconstruction' as const] } }
    const found = await measure(reference, await side(rows(2, 12_000)), given)
    expect(found).toMatchObject([{ reference_rows: 10_000, current_rows: 10_000, columns: 2, state: 'tested' }])
    // What people ask is asked of the rows, not of the sample.
    const [whole] = await measure(reference, await side(rows(2, 12_000)), { ...given, rows_min: 12_000 })
    expect(whole).toMatchObject({ state: 'tested', current_rows: 10_000 })
    const [short] = await measure(reference, await side(rows(2, 12_000)), { ...given, rows_min: 12_001 })
    expect(short).toMatchObject({ state: 'not_enough_data', reference_rows: 25_000, current_rows: 12_000 })
    expect(short?.sentence.en).toContain('at least 12,001 are needed')
    const current = await side(rows(2, 12_000))
    const sampled = { ...current, told: { ...current.told, sampled_of: 90_000 } }
    const [part] = await measure({ ...sampled }, sampled, { ...given, rows_min: 50_000 })
    expect(part).toMatchObject({ state: 'tested' })
    const columns = Array.from({ length: 220 }, (_, index) => `(i * ${index + 3}) % 97 as c${index}`)
    const wide = await side(`select ${columns.join(', ')} from range(4000) t(i)`)
    const [many] = await measure(wide, wide, { multivariate: { methods: ['reconstruction'] } })
    expect(many).toMatchObject({ reference_rows: 2500, columns: 200, drift: null })
    expect(many?.left_out).toHaveLength(20)
  })

  test('the numbers of a vector take no room of the features', async () => {
    const parts = Array.from({ length: 220 }, (_, index) => `(i * ${index + 3}) % 97 as v${index}`)
    const wide = await side(`select ${parts.join(', ')}, i % 7 as a, i % 5 as b from range(4000) t(i)`)
    const change = { embeddings: { vec: 'v*' } }
    const methods = ['reconstruction' as const]
    const [found] = await measure(wide, wide, { ...change, multivariate: { methods } })
    expect(found).toMatchObject({ state: 'tested', columns: 2, left_out: [], drift: false })
    const [named] = await measure(wide, wide, { ...change, multivariate: { methods, columns: ['v0', 'v1', 'a'] } })
    expect(named).toMatchObject({ columns: 3, left_out: [] })
  })

  test('a run that is cancelled ends', async () => {
    const reference = await side(rows(1, 1000))
    const signal = AbortSignal.abort()
    await expect(measureMultivariate({ reference, current: reference }, asked(), signal)).rejects.toThrow()
  })
})
