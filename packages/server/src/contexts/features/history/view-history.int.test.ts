import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { FeatureViewDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { engineModule } from '../../../platform/index.js'
import { describeRelation, scratchTables } from '../join/relation.js'
import type { AppliedView } from '../registry/model.js'
import { eventTime, featureColumn, keyColumn, validFrom, viewHistory } from './view-history.js'

let instance: DuckDBInstance
let connection: DuckDBConnection
beforeAll(async () => {
  instance = await engineModule().DuckDBInstance.create(':memory:', { threads: '2' })
  connection = await instance.connect()
  await connection.run("set TimeZone = 'UTC'")
})
afterAll(() => {
  connection?.closeSync()
  instance?.closeSync()
})

const functions = ['sum', 'count', 'mean', 'min', 'max', 'last'] as const
const hour = 3_600_000_000

/** Hours since 2024 as microseconds of the engine. */
const start = Date.UTC(2024, 0, 1) * 1000

interface Event {
  readonly key: number
  /** Microseconds since 2024. */
  readonly at: number
  readonly created: number | null
  readonly value: number | null
}

function appliedView(given: object): AppliedView {
  const definition = FeatureViewDefinition.parse({
    name: 'v',
    entities: ['e'],
    source: { kind: 'dataset', dataset: 'd' },
    time: 'moment',
    ...given,
  })
  const keys = [{ name: 'key', column: 'key' }]
  const about = { id: 'i', project: 'p', name: 'v', version: 1, digest: 'd', appliedBy: 'a', isRemoved: false }
  return { ...about, definition, keys, appliedAt: new Date(0) }
}

async function loadEvents(events: readonly Event[]): Promise<void> {
  const text = (value: number | null) =>
    value === null ? 'null' : Number.isFinite(value) ? String(value) : `'${value}'`
  const moment = (value: number | null) => (value === null ? 'null' : `make_timestamp(${start + value}::bigint)`)
  const rows = events.map(
    ({ key, at, created, value }, index) =>
      `(${index}, ${key}, ${moment(at)}, ${moment(created)}, ${text(value)}::double)`,
  )
  await connection.run(
    `create or replace temp table events as select * from (values ${rows.join(', ')}) as t (n, key, moment, known, value)`,
  )
}

interface Row {
  readonly key: number
  readonly from: number
  readonly event: number
  readonly values: readonly unknown[]
}

async function historyOf(view: AppliedView, features: number, from?: number): Promise<readonly Row[]> {
  const tables = scratchTables(connection)
  try {
    const source = await describeRelation(connection, { name: 'd', from: 'events', order: 'n' })
    const { relation } = await viewHistory(tables, view, source, from === undefined ? undefined : start + from)
    const columns = Array.from({ length: features }, (_none, place) => featureColumn(place))
    const read = await connection.runAndReadAll(
      `select ${keyColumn(0)}::double, (epoch_us(${validFrom}) - ${start})::double, (epoch_us(${eventTime}) - ${start})::double,
        ${columns.map((column) => `${column}::double`).join(', ')}
       from ${relation.from} order by 1, 2`,
    )
    return read.getRows().map(([key, from, event, ...values]) => ({
      key: Number(key),
      from: Number(from),
      event: Number(event),
      values,
    }))
  } finally {
    await tables.dropAll()
  }
}

/** The rule as it reads: all events no later than `t` and no older than the window, both included. */
function expected(events: readonly Event[], key: number, t: number, window: number): readonly unknown[] {
  const order = (event: Event) => [event.at, event.created ?? Number.NEGATIVE_INFINITY, events.indexOf(event)]
  const seen = events
    .filter((event) => event.key === key && event.at <= t && event.at >= t - window)
    .sort((left, right) => {
      const [a, b] = [order(left), order(right)]
      return (a[0] ?? 0) - (b[0] ?? 0) || compare(a[1] ?? 0, b[1] ?? 0) || (a[2] ?? 0) - (b[2] ?? 0)
    })
  const values = seen.flatMap(({ value }) => value ?? [])
  const sum = values.reduce((total, value) => total + value, 0)
  const none = values.length === 0
  return [
    sum,
    values.length,
    none ? null : sum / values.length,
    none ? null : Math.min(...values),
    none ? null : Math.max(...values),
    none ? null : values.at(-1),
  ]
}

const compare = (left: number, right: number) => (left < right ? -1 : left > right ? 1 : 0)

/** Numbers that are the same every time. */
function chanceOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test('aggregations of random histories are those of the rule, at each moment and right before it', async () => {
  const windows = [1, 3, 24]
  const view = appliedView({
    created: 'known',
    aggregations: windows.flatMap((hours) =>
      functions.map((how) => ({
        name: `${how}_${hours}`,
        column: 'value',
        function: how,
        window_seconds: hours * 3600,
      })),
    ),
  })
  for (let seed = 1; seed <= 25; seed += 1) {
    const chance = chanceOf(seed)
    const events = Array.from({ length: 40 }, (): Event => {
      // Often the same moments, and often exactly a window apart.
      const at = chance(30) * hour + (chance(4) === 0 ? chance(3) - 1 : 0) + hour
      return {
        key: chance(3),
        at,
        created: chance(5) === 0 ? null : chance(4),
        value: chance(6) === 0 ? null : chance(50),
      }
    })
    await loadEvents(events)
    const rows = await historyOf(view, windows.length * functions.length)
    const keys = new Set(events.map(({ key }) => key))
    for (const from of [0, chance(60) * hour + chance(3) - 1, 90 * hour]) {
      const still = rows.filter((row) => {
        const next = rows.find(({ key, from: later }) => key === row.key && later > row.from)
        return row.from > from || next === undefined || next.from > from
      })
      expect(await historyOf(view, windows.length * functions.length, from), `seed ${seed}, from ${from}`).toEqual(
        still,
      )
    }
    expect(new Set(rows.map(({ key, from }) => `${key} ${from}`)).size, `seed ${seed}`).toBe(rows.length)
    for (const key of keys) {
      const own = rows.filter((row) => row.key === key)
      const moments = events
        .filter((event) => event.key === key)
        .flatMap(({ at }) => {
          const around = [at, ...windows.map((window) => at + window * hour)]
          return around.flatMap((moment) => [moment - 1, moment, moment + 1])
        })
      for (const t of new Set(moments)) {
        const row = own.findLast(({ from }) => from <= t)
        const seen = events.filter((event) => event.key === key && event.at <= t)
        if (seen.length === 0) {
          expect(row, `seed ${seed}, key ${key}, ${t}`).toBeUndefined()
          continue
        }
        const wanted = windows.flatMap((window) => expected(events, key, t, window * hour))
        expect(row?.values, `seed ${seed}, key ${key}, ${t}`).toEqual(wanted)
        expect(row?.event, `seed ${seed}, key ${key}, ${t}`).toBe(Math.max(...seen.map(({ at }) => at)))
      }
    }
  }
})

test('an event is in its window until exactly as old as it', async () => {
  await loadEvents([{ key: 1, at: 0, created: null, value: 5 }])
  const view = appliedView({
    aggregations: [{ name: 's', column: 'value', function: 'sum', window_seconds: 3600 }],
  })
  expect(await historyOf(view, 1)).toEqual([
    { key: 1, from: 0, event: 0, values: [5] },
    { key: 1, from: hour + 1, event: 0, values: [0] },
  ])
})

test('features of the source beside aggregations are those of the newest event, the last created of one moment', async () => {
  await loadEvents([
    { key: 1, at: 0, created: 2, value: 1 },
    { key: 1, at: 0, created: 3, value: 2 },
    { key: 1, at: 0, created: null, value: 3 },
    { key: 1, at: hour, created: null, value: null },
  ])
  const view = appliedView({
    created: 'known',
    features: [{ name: 'value' }],
    aggregations: [{ name: 'n', function: 'count', window_seconds: 3600 }],
    derived: [{ name: 'twice', type: 'number', inputs: ['value', 'n'], sql: 'value * n -- of them' }],
  })
  expect(await historyOf(view, 3)).toEqual([
    { key: 1, from: 0, event: 0, values: [2, 3, 6] },
    // Null in the newest event is null: no older value stands in for it.
    { key: 1, from: hour, event: hour, values: [null, 4, null] },
    { key: 1, from: hour + 1, event: hour, values: [null, 1, null] },
    { key: 1, from: 2 * hour + 1, event: hour, values: [null, 0, null] },
  ])
})

test('NaN and infinity count while they are in the window, and leave nothing behind', async () => {
  await loadEvents([
    { key: 1, at: 0, created: null, value: Number.POSITIVE_INFINITY },
    { key: 1, at: 2 * hour, created: null, value: Number.NaN },
    { key: 1, at: 4 * hour, created: null, value: 7 },
  ])
  const view = appliedView({
    aggregations: [{ name: 's', column: 'value', function: 'sum', window_seconds: 3600 }],
  })
  const rows = await historyOf(view, 1)
  expect(rows.map(({ values }) => values[0])).toEqual([Number.POSITIVE_INFINITY, 0, Number.NaN, 0, 7, 0])
})
