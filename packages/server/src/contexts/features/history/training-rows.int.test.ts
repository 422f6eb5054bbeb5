import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { FeatureViewDefinition, isFabriqueError, type Json } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CaseTypes, createCaseTable, expectedTexts, textsOf } from '../../../../test/support/case-tables.js'
import { engineModule, sqlName } from '../../../platform/index.js'
import { type Cell, defaultColumns, type PointInTimeCase, pointInTimeCases } from '../join/cases/point-in-time-cases.js'
import { type AppliedView, featuresOf } from '../registry/model.js'
import { type TrainingRows, type TrainingRowsInput, trainingRows } from './training-rows.js'
import type { OpenSnapshot } from './view-sources.js'

let instance: DuckDBInstance
let connection: DuckDBConnection
beforeAll(async () => {
  instance = await engineModule().DuckDBInstance.create(':memory:', { threads: '4' })
  connection = await instance.connect()
  await connection.run("set TimeZone = 'UTC'")
})
afterAll(() => {
  connection?.closeSync()
  instance?.closeSync()
})

function appliedView(given: object, keys: readonly string[] = ['id']): AppliedView {
  const definition = FeatureViewDefinition.parse({
    name: 'v',
    entities: ['e'],
    source: { kind: 'dataset', dataset: 'features' },
    time: 'at',
    ...given,
  })
  return {
    id: 'i',
    project: 'p',
    name: definition.name,
    version: 1,
    digest: 'd',
    appliedBy: 'a',
    appliedAt: new Date(0),
    isRemoved: false,
    definition,
    keys: keys.map((name) => ({ name, column: name })),
  }
}

/** A table of the connection as a snapshot of this machine. */
function opened(dataset: string): OpenSnapshot {
  const table = sqlName(dataset)
  return {
    table,
    numbered: (column) => `(select *, rowid as ${sqlName(column)} from ${table})`,
    snapshot: {
      id: `snap_${dataset}`,
      project: 'p',
      dataset,
      kind: 'table',
      content_hash: 'a'.repeat(64),
      source: { kind: 'csv', location: 'x.csv', bytes: 1, sha256: 'a'.repeat(64) },
      columns: [],
      parts: [],
      row_count: 0,
      bytes: 0,
      tags: [],
      created_at: '2026-01-01T00:00:00Z',
    },
  }
}

type Asked = Partial<Pick<TrainingRowsInput, 'asKnown' | 'ages' | 'fullNames' | 'range' | 'code'>> & {
  readonly isSpine?: boolean
}

/** Makes the rows of all features of some views over the tables `features` and `entities`. */
function rowsFor<Result>(
  views: readonly AppliedView[],
  { isSpine = false, range, ...asked }: Asked,
  read: (rows: TrainingRows) => Promise<Result>,
): Promise<Result> {
  const input: TrainingRowsInput = {
    connection,
    views: views.map((view) => ({
      view,
      features: featuresOf(view.definition).map(({ name }) => ({ name, as: name })),
    })),
    sources: new Map([['features', opened('features')]]),
    ...(isSpine ? { range: range ?? {} } : { entities: { snapshot: opened('entities'), time: 'at' } }),
    asKnown: false,
    fullNames: false,
    ages: false,
    code: () => undefined,
    report: () => {},
    ...asked,
  }
  return trainingRows(input, read)
}

async function jsonOf({ sql }: TrainingRows): Promise<Json[][]> {
  return (await connection.runAndReadAll(sql)).getRowsJson() as Json[][]
}

const tables = (features: readonly (readonly Cell[])[], entities: readonly (readonly Cell[])[], types?: CaseTypes) =>
  Promise.all([
    createCaseTable(connection, ['features', types ?? defaultColumns.features, features]),
    createCaseTable(connection, ['entities', defaultColumns.entities, entities]),
  ])

async function errorOf(work: Promise<unknown>): Promise<{ code: string; text: string }> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isFabriqueError(error)) throw error ?? new Error('nothing was refused')
  return { code: error.code, text: error.message }
}

/** Snapshots hold times of microseconds, and values of these types. */
const held = /^(BIGINT|INTEGER|UTINYINT|DOUBLE|VARCHAR|BOOLEAN|DATE|TIMESTAMP|TIMESTAMP WITH TIME ZONE)$/

describe('point-in-time cases as training sets', () => {
  const typesOf = ({ featureColumns = defaultColumns.features, entityColumns = {} }: PointInTimeCase) =>
    [featureColumns, entityColumns].flatMap((columns) => Object.values<string>(columns))
  const cases = pointInTimeCases.filter((one) => typesOf(one).every((type) => held.test(type)))

  test('are most of all cases', () => {
    expect(cases.length).toBeGreaterThanOrEqual(55)
  })

  test.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const { values = ['x'], featureColumns = defaultColumns.features, entityColumns = defaultColumns.entities } = one
    const { created, ties = [], ttlSeconds, asKnown = false, keys = ['id'] } = one
    await createCaseTable(connection, ['features', featureColumns, one.features])
    await createCaseTable(connection, ['entities', entityColumns, one.entities])
    const types = values.map((name) => featureColumns[name as keyof typeof featureColumns] ?? '')
    const expected = await expectedTexts(connection, one.expected, types)
    const view = appliedView(
      {
        ...(created === undefined ? {} : { created }),
        ties,
        // The command line takes 0 for none; declarations say null.
        ttl_seconds: ttlSeconds === 0 ? null : (ttlSeconds ?? null),
        features: values.map((name) => ({ name })),
      },
      keys,
    )
    await rowsFor([view], { asKnown }, async ({ sql, rows }) => {
      expect(rows).toBe(one.entities.length)
      expect(await textsOf(connection, sql, values)).toEqual(expected)
      expect(await textsOf(connection, sql, keys)).toEqual(await textsOf(connection, 'from entities', keys))
    })
  })
})

describe('a view with aggregations', () => {
  const hours = (count: number) => `2024-01-01 ${String(count).padStart(2, '0')}:00:00`
  const summed = (given: object = {}) =>
    appliedView({
      aggregations: [{ name: 's', column: 'x', function: 'sum', window_seconds: 3600 }],
      ...given,
    })

  test('is as old as its newest event, and too old after the time-to-live, which the report counts', async () => {
    await tables(
      [
        [1, hours(0), 5],
        [1, hours(1), 7],
      ],
      [
        [1, hours(1)],
        [1, `${hours(1)}.000001`],
        [1, hours(3)],
        [1, `${hours(3)}.000001`],
        [1, '2023-12-31 23:59:59'],
        [2, hours(1)],
      ],
    )
    await rowsFor([summed({ ttl_seconds: 7200 })], { ages: true }, async (rows) => {
      expect((await jsonOf(rows)).map((row) => row.slice(2))).toEqual([
        [12, 0],
        [7, 0.000001],
        // Exactly as old as the time-to-live is kept, and of the window nothing is left.
        [0, 7200],
        [null, null],
        [null, null],
        [null, null],
      ])
      expect(rows.views).toMatchObject([
        { matched: 3, unmatched: { expired: 1, future: 1, noRow: 1, nullKey: 0, nullTime: 0 } },
      ])
    })
  })

  test('gives code the values of the moment, and nothing where there are none', async () => {
    await tables(
      [[1, hours(0), 5]],
      [
        [1, hours(0)],
        [1, hours(2)],
        [2, hours(0)],
        [1, hours(9)],
      ],
    )
    const view = summed({
      ttl_seconds: 7200,
      derived: [{ name: 'd', type: 'text', inputs: ['s'], code: 'v1' }],
    })
    const code = () => ({ digest: 'v1', run: ({ s }: Readonly<Record<string, unknown>>) => `sum ${s}` })
    await rowsFor([view], { code }, async (rows) => {
      expect((await jsonOf(rows)).map((row) => row.slice(2))).toEqual([
        [5, 'sum 5'],
        [0, 'sum 0'],
        [null, null],
        [null, null],
      ])
    })
  })

  test('has a row for each event in a range of time, both ends included', async () => {
    await tables(
      [
        [2, hours(2), 1],
        [1, hours(0), 5],
        [1, hours(1), 7],
        [1, hours(1), 8],
        [1, hours(4), 9],
        [null, hours(2), 1],
      ],
      [],
    )
    const range = { start: new Date('2024-01-01T00:00:00Z'), end: new Date('2024-01-01T02:00:00Z') }
    await rowsFor([summed()], { isSpine: true, range }, async (rows) => {
      expect(await jsonOf(rows)).toEqual([
        ['1', '2024-01-01 00:00:00', 5],
        ['1', '2024-01-01 01:00:00', 20],
        ['2', '2024-01-01 02:00:00', 1],
      ])
    })
  })
})

describe('aggregations at the moments of rows', () => {
  const types = { id: 'BIGINT', at: 'TIMESTAMP', known: 'TIMESTAMP', x: 'DOUBLE' }
  const functions = ['sum', 'count', 'mean', 'min', 'max', 'last'] as const
  const minute = 60_000
  const start = Date.UTC(2024, 0, 1)
  const moment = (minutes: number) =>
    new Date(start + minutes * minute).toISOString().replace('T', ' ').replace('Z', '')

  interface Event {
    readonly id: number
    readonly at: number
    readonly known: number | null
    readonly x: number | null
  }

  const [window, ttl] = [60, 150]

  /** The rule as it reads: what had happened within the window, and was known; and the newest of all that was. */
  function expected(events: readonly Event[], [id, at]: readonly [number, number], asKnown: boolean) {
    const known = events
      .map((event, place) => ({ ...event, place }))
      .filter((event) => event.id === id && event.at <= at)
      .filter((event) => !asKnown || (event.known !== null && event.known <= at))
      .sort((a, b) => a.at - b.at || (a.known ?? -1e6) - (b.known ?? -1e6) || a.place - b.place)
    const newest = known.at(-1)
    if (newest === undefined || at - newest.at > ttl) return functions.map(() => null).concat(null)
    const values = known.filter((event) => event.at >= at - window).flatMap(({ x }) => x ?? [])
    const sum = values.reduce((total, value) => total + value, 0)
    const or = (value: number) => (values.length === 0 ? null : value)
    const [least, most] = [Math.min(...values), Math.max(...values)]
    const last = values.at(-1) ?? null
    return [newest.x, sum, values.length, or(sum / values.length), or(least), or(most), last]
  }

  test.each([true, false])('of random histories are those of the rule (as known then: %s)', async (asKnown) => {
    const view = appliedView({
      created: 'known',
      ttl_seconds: ttl * 60,
      features: [{ name: 'x' }],
      aggregations: functions.map((how) => ({ name: how, column: 'x', function: how, window_seconds: window * 60 })),
    })
    // Each history has ids of its own, so that one look is at all of them.
    const histories = Array.from({ length: 20 }, (_, index) => {
      let state = index + 1
      const chance = (below: number) => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
        return Math.floor((state / 2 ** 32) * below)
      }
      const idOf = (id: number) => 4 * index + id
      const events = Array.from({ length: 40 }, (): Event => {
        const at = chance(25) * 10
        const known = chance(8) === 0 ? null : at + (chance(3) - 1) * 10 * chance(12)
        return { id: idOf(chance(3)), at, known, x: chance(6) === 0 ? null : chance(50) }
      })
      const asked = Array.from({ length: 60 }, () => [idOf(chance(4)), chance(40) * 10] as const)
      return { asked, events, wanted: asked.map((row) => expected(events, row, asKnown)) }
    })
    await createCaseTable(connection, [
      'features',
      types,
      histories.flatMap(({ events }) =>
        events.map(({ id, at, known, x }) => [id, moment(at), known === null ? null : moment(known), x]),
      ),
    ])
    await createCaseTable(connection, [
      'entities',
      defaultColumns.entities,
      histories.flatMap(({ asked }) => asked.map(([id, at]) => [id, moment(at)])),
    ])
    await rowsFor([view], { asKnown }, async (rows) => {
      const read = await connection.runAndReadAll(
        `select ${['x', ...functions].map((name) => `${sqlName(name)}::double`).join(', ')} from (${rows.sql})`,
      )
      const found = read.getRows()
      const wanted = histories.flatMap((history) => history.wanted)
      for (const [index, history] of histories.entries()) {
        expect(found.slice(60 * index, 60 * (index + 1)), `seed ${index + 1}`).toEqual(history.wanted)
      }
      const [report] = rows.views
      const missing = Object.values(report?.unmatched ?? {}).reduce((sum: number, count: number) => sum + count, 0)
      expect(report?.matched).toBe(wanted.filter(([, sum]) => sum !== null).length)
      expect((report?.matched ?? 0) + missing).toBe(wanted.length)
      expect(found).toHaveLength(wanted.length)
    })
  })

  test('as known then tell why nothing is known, and give code nothing then', async () => {
    await createCaseTable(connection, [
      'features',
      types,
      [
        [1, moment(0), moment(30), 5],
        [2, moment(0), null, 6],
        [3, moment(60), moment(60), 7],
      ],
    ])
    await createCaseTable(connection, [
      'entities',
      defaultColumns.entities,
      [
        [1, moment(29)],
        [1, moment(30)],
        [2, moment(99)],
        [3, moment(59)],
        [4, moment(59)],
        [null, moment(59)],
        [1, null],
        [1, moment(1000)],
      ],
    ])
    const view = appliedView({
      created: 'known',
      ttl_seconds: 86_400 / 2,
      aggregations: [{ name: 's', column: 'x', function: 'sum', window_seconds: 3600 }],
      derived: [
        { name: 'twice', type: 'number', inputs: ['s'], sql: 's * 2' },
        { name: 'd', type: 'text', inputs: ['s'], code: 'v1' },
      ],
    })
    const code = () => ({ digest: 'v1', run: ({ s }: Readonly<Record<string, unknown>>) => `sum ${s}` })
    const nothing = [null, null, null]
    await rowsFor([view], { asKnown: true, code }, async (rows) => {
      expect((await jsonOf(rows)).map((row) => row.slice(2))).toEqual([
        nothing,
        [5, 10, 'sum 5'],
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
        nothing,
      ])
      expect(rows.views).toMatchObject([
        { matched: 1, unmatched: { notKnown: 2, future: 1, noRow: 1, nullKey: 1, nullTime: 1, expired: 1 } },
      ])
    })
    const range = { start: new Date(start), end: new Date(start + 90 * minute) }
    await rowsFor([view], { asKnown: true, isSpine: true, range, code }, async (rows) => {
      expect(await jsonOf(rows)).toEqual([
        ['1', '2024-01-01 00:00:00', null, null, null],
        ['2', '2024-01-01 00:00:00', null, null, null],
        ['3', '2024-01-01 01:00:00', 7, 14, 'sum 7'],
      ])
    })
  })
})

describe('what values do not suit', () => {
  test('SQL that some value breaks is told with its view', async () => {
    await tables([[1, '2024-01-01', -4]], [[1, '2024-01-02']])
    const rooted = appliedView({
      features: [{ name: 'x' }],
      derived: [{ name: 'root', type: 'number', inputs: ['x'], sql: 'sqrt(x)' }],
    })
    expect(await errorOf(rowsFor([rooted], {}, jsonOf))).toEqual({
      code: 'feature_query_failed',
      text: expect.stringMatching(/^Feature view v cannot be computed: .*square root/),
    })
  })

  test('the sum of what is no number is told', async () => {
    await tables([[1, '2024-01-01', 'many']], [[1, '2024-01-02']], { id: 'BIGINT', at: 'TIMESTAMP', x: 'VARCHAR' })
    const view = appliedView({ aggregations: [{ name: 's', column: 'x', function: 'sum', window_seconds: 3600 }] })
    expect(await errorOf(rowsFor([view], {}, jsonOf))).toMatchObject({ code: 'feature_query_failed' })
  })

  test('more than fits in the memory is told as that', async () => {
    await connection.run(`create or replace temp table features as
      select i % 1000 as id, timestamp '2024-01-01' + interval (i) second as "at", i::double as x from range(400000) t (i)`)
    await connection.run(`create or replace temp table entities as select id, "at" from features limit 1000`)
    const view = appliedView({ aggregations: [{ name: 's', column: 'x', function: 'sum', window_seconds: 3600 }] })
    const { memory } = (
      await connection.runAndReadAll(`select current_setting('memory_limit') as memory`)
    ).getRowObjects()[0] ?? { memory: '' }
    await connection.run(`set memory_limit = '24MB'; set max_temp_directory_size = '0KB'`)
    try {
      expect(await errorOf(rowsFor([view], {}, jsonOf))).toMatchObject({ code: 'feature_join_too_large' })
    } finally {
      await connection.run(`set memory_limit = '${memory}'; reset max_temp_directory_size`)
    }
  })

  test('a time that is none, and keys that no type holds without a change', async () => {
    const plain = appliedView({ features: [{ name: 'x' }] })
    await tables([[1, 'noon', 1]], [[1, '2024-01-02']], { id: 'BIGINT', at: 'VARCHAR', x: 'DOUBLE' })
    expect(await errorOf(rowsFor([plain], {}, jsonOf))).toMatchObject({ code: 'feature_time_type' })
    await tables([['007', '2024-01-01', 1]], [[7, '2024-01-02']], { id: 'VARCHAR', at: 'TIMESTAMP', x: 'DOUBLE' })
    expect(await errorOf(rowsFor([plain], {}, jsonOf))).toMatchObject({ code: 'feature_key_type' })
  })

  test('names that would be there twice', async () => {
    await tables([[1, '2024-01-01', 1]], [[1, '2024-01-02']])
    const other = appliedView({ name: 'w', features: [{ name: 'x' }] })
    const views = [appliedView({ features: [{ name: 'x' }] }), other]
    expect(await errorOf(rowsFor(views, {}, jsonOf))).toMatchObject({ code: 'feature_name_clash' })
    const like = appliedView({ features: [{ name: 'AT', column: 'x' }] })
    expect(await errorOf(rowsFor([like], {}, jsonOf))).toMatchObject({ code: 'feature_name_clash' })
    await rowsFor(views, { fullNames: true }, async (rows) => {
      expect(rows.columns.map(({ name }) => name)).toEqual(['id', 'at', 'v__x', 'w__x'])
      expect(await jsonOf(rows)).toEqual([['1', '2024-01-02 00:00:00', 1, 1]])
    })
  })
})

test('NaN, infinities and large whole numbers reach code and columns as they are', async () => {
  await tables(
    [
      [1, '2024-01-01', 'NaN'],
      [2, '2024-01-01', '-Infinity'],
    ],
    [
      [2, '2024-01-02'],
      [1, '2024-01-02'],
    ],
  )
  const view = appliedView({
    features: [{ name: 'x' }],
    derived: [
      { name: 'twice', type: 'number', inputs: ['x'], code: 'v1' },
      { name: 'shown', type: 'text', inputs: ['x'], sql: "'<' || x || '>'" },
    ],
  })
  const code = () => ({ digest: 'v1', run: ({ x }: Readonly<Record<string, unknown>>) => 2 * Number(x) })
  await rowsFor([view], { code }, async (rows) => {
    expect((await jsonOf(rows)).map((row) => row.slice(2))).toEqual([
      ['-Infinity', '-Infinity', '<-inf>'],
      ['NaN', 'NaN', '<nan>'],
    ])
  })
})

test('the order of many rows stays through several threads and code', async () => {
  const count = 150_000
  await connection.run(`create or replace temp table features as
    select i % 5000 as id, timestamp '2024-01-01' + interval (i) second as "at", i::double as x from range(50000) t (i)`)
  await connection.run(`create or replace temp table entities as
    select (hash(i) % 5000)::bigint as id, timestamp '2024-02-01' - interval (hash(i) % 100000) minute as "at", i as n
    from range(${count}) t (i)`)
  const view = appliedView({
    features: [{ name: 'x' }],
    derived: [{ name: 'd', type: 'number', inputs: ['x'], code: 'v1' }],
  })
  const code = () => ({
    digest: 'v1',
    run: ({ x }: Readonly<Record<string, unknown>>) => (x === null ? -1 : Number(x)),
  })
  await rowsFor([view], { code }, async ({ sql, rows }) => {
    expect(rows).toBe(count)
    const read = await connection.runAndReadAll(`select n::integer, x, d from (${sql})`)
    const [numbers = [], values = [], derived = []] = read.getColumns()
    expect(numbers.every((value, place) => value === place)).toBe(true)
    expect(values.every((value, place) => value === derived[place])).toBe(true)
    expect(values.some((value) => value === null)).toBe(true)
    expect(values.some((value) => value !== null)).toBe(true)
  })
})
