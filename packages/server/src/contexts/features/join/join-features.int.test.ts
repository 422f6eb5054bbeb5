import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { isFabriqueError } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CaseTypes, createCaseTable, expectedTexts, textsOf } from '../../../../test/support/case-tables.js'
import { type DataEngine, openDataEngine, sqlName, sqlText } from '../../../platform/index.js'
import { type Cell, defaultColumns, type PointInTimeCase, pointInTimeCases } from './cases/point-in-time-cases.js'
import { joinFeatures } from './join-features.js'
import type { JoinedRows, JoinedView, JoinRequest, Relation } from './model.js'
import { describeRelation, scratchTables } from './relation.js'
import { spineOf } from './spine.js'

let folder: string
let engine: DataEngine
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fabrique-join-'))
  engine = openDataEngine({ tempFolder: join(folder, 'spill'), threads: 4 })
})
afterAll(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})

/** Rows as a table of the connection. */
async function tableOf(
  connection: DuckDBConnection,
  given: readonly [string, CaseTypes, readonly (readonly Cell[])[]],
): Promise<Relation> {
  await createCaseTable(connection, given)
  return describeRelation(connection, { name: given[0], from: sqlName(given[0]) })
}

function viewOf(relation: Relation, { keys = ['id'], values = ['x'], ...given }: Partial<PointInTimeCase>): JoinedView {
  return {
    name: 'features',
    relation,
    keys: keys.map((key) => ({ entity: key, feature: key })),
    time: 'at',
    features: values.map((column) => ({ column, name: column })),
    ...(given.created === undefined ? {} : { created: given.created }),
    ...(given.ttlSeconds === undefined ? {} : { ttlSeconds: given.ttlSeconds }),
    ...(given.ties === undefined ? {} : { ties: given.ties }),
  }
}

describe('point-in-time cases', () => {
  test.each(pointInTimeCases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const { values = ['x'], featureColumns = defaultColumns.features, entityColumns = defaultColumns.entities } = one
    await engine.use(async (connection) => {
      const features = await tableOf(connection, ['features', featureColumns, one.features])
      const entities = await tableOf(connection, ['entities', entityColumns, one.entities])
      const types = values.map((name) => featureColumns[name as keyof typeof featureColumns] ?? '')
      const expected = await expectedTexts(connection, one.expected, types)
      const request = { entities: { relation: entities, time: 'at' }, views: [viewOf(features, one)] }
      await joinFeatures(connection, { ...request, asKnown: one.asKnown ?? false }, async (joined) => {
        expect(await textsOf(connection, joined.sql, values)).toEqual(expected)
        const own = Object.keys(entityColumns)
        expect(await textsOf(connection, joined.sql, own)).toEqual(await textsOf(connection, 'from entities', own))
        expect(joined.columns.map(({ name }) => name)).toEqual([...own, ...values])
      })
    })
  })

  test('there are at least 40, each name once, and most are told for the online store', () => {
    expect(pointInTimeCases.length).toBeGreaterThanOrEqual(40)
    expect(new Set(pointInTimeCases.map(({ name }) => name)).size).toBe(pointInTimeCases.length)
    expect(pointInTimeCases.filter(({ online }) => online !== undefined).length).toBeGreaterThanOrEqual(40)
    for (const { online, entities, expected } of pointInTimeCases) {
      expect(expected.length).toBe(entities.length)
      expect(online?.length ?? entities.length).toBe(entities.length)
    }
  })
})

/** Joins the default columns and reads something of the result. */
function joinedWith<Result>(
  given: Partial<PointInTimeCase>,
  more: Partial<Omit<JoinRequest, 'entities' | 'views'>>,
  read: (connection: DuckDBConnection, joined: JoinedRows) => Promise<Result>,
): Promise<Result> {
  return engine.use(async (connection) => {
    const { featureColumns = defaultColumns.features, entityColumns = defaultColumns.entities } = given
    const features = await tableOf(connection, ['features', featureColumns, given.features ?? []])
    const entities = await tableOf(connection, ['entities', entityColumns, given.entities ?? []])
    const request = { ...more, entities: { relation: entities, time: 'at' }, views: [viewOf(features, given)] }
    return joinFeatures(connection, request, (joined) => read(connection, joined))
  })
}

describe('what is told of a join', () => {
  const created = { id: 'BIGINT', at: 'TIMESTAMP', created: 'TIMESTAMP', x: 'DOUBLE' }
  const given = {
    featureColumns: created,
    created: 'created',
    ttlSeconds: 86_400,
    features: [
      [1, '2024-01-01', '2024-01-01', 10],
      [2, '2024-06-01', '2024-06-01', 20],
      [3, '2024-01-01', '2024-07-01', 30],
      [null, '2024-01-01', '2024-01-01', 40],
      [1, null, '2024-01-01', 50],
      [1, '2024-01-01', null, 60],
    ],
    entities: [
      [1, '2024-01-01 12:00:00'],
      [1, '2024-03-01'],
      [2, '2024-03-01'],
      [3, '2024-01-01 12:00:00'],
      [9, '2024-03-01'],
      [null, '2024-03-01'],
      [null, null],
      [1, null],
    ],
  } as const

  test('every entity row is matched or has a reason', async () => {
    const reports = await joinedWith(given, { asKnown: true }, async (_connection, { views, rows }) => ({
      views,
      rows,
    }))
    expect(reports.rows).toBe(8)
    expect(reports.views).toEqual([
      {
        view: 'features',
        rows: 6,
        matched: 1,
        unmatched: { nullKey: 2, nullTime: 1, noRow: 1, future: 1, notKnown: 1, expired: 1 },
        leftOut: { nullKey: 1, nullTime: 1, nullCreated: 1 },
      },
    ])
  })

  test('where it does not matter what was known, nothing is left out for that', async () => {
    const [report] = await joinedWith(given, {}, async (_connection, { views }) => views)
    expect(report).toMatchObject({
      matched: 2,
      unmatched: { noRow: 1, future: 1, notKnown: 0, expired: 1 },
      leftOut: { nullCreated: 0 },
    })
  })

  test('the time and the age of each row that was found', async () => {
    const rows = await joinedWith(given, { ages: true, fullNames: true }, (connection, { sql, columns }) => {
      expect(columns.map(({ name, type }) => [name, type]).slice(2)).toEqual([
        ['features__x', 'DOUBLE'],
        ['features__event_time', 'TIMESTAMP'],
        ['features__age', 'DOUBLE'],
      ])
      return textsOf(connection, sql, ['features__event_time', 'features__age'])
    })
    expect(rows.slice(0, 2)).toEqual([
      ['2024-01-01 00:00:00', '43200.0'],
      [null, null],
    ])
  })

  test('the tables of a join are gone after it', async () => {
    const left = await joinedWith(given, {}, async (connection) => connection).then(() =>
      engine.use(async (connection) => {
        await tableOf(connection, ['features', defaultColumns.features, []])
        const relation = await tableOf(connection, ['entities', defaultColumns.entities, []])
        const views = [viewOf(await describeRelation(connection, { name: 'features', from: 'features' }), {})]
        await joinFeatures(connection, { entities: { relation, time: 'at' }, views }, async () => undefined)
        return textsOf(connection, `from duckdb_tables() where table_name like 'fabrique_join%'`, ['table_name'])
      }),
    )
    expect(left).toEqual([])
  })
})

describe('several views', () => {
  test('each has its own keys, time-to-live and nulls; the order of the rows stays', async () => {
    await engine.use(async (connection) => {
      const entities = await tableOf(connection, [
        'entities',
        { user: 'BIGINT', plan: 'VARCHAR', at: 'TIMESTAMP' },
        Array.from({ length: 50 }, (_, row) => [row % 7, row % 3 === 0 ? null : `p${row % 2}`, '2024-02-01']),
      ])
      const users = await tableOf(connection, [
        'users',
        { id: 'INTEGER', at: 'TIMESTAMP', x: 'DOUBLE' },
        Array.from({ length: 5 }, (_, id) => [id, `2024-01-0${id + 1}`, id * 10]),
      ])
      const plans = await tableOf(connection, [
        'plans',
        { plan: 'VARCHAR', user: 'BIGINT', at: 'DATE', x: 'VARCHAR' },
        [
          ['p0', 2, '2024-01-31', 'even'],
          ['p1', 1, '2024-01-31', 'odd'],
        ],
      ])
      const views = [
        { ...viewOf(users, { ttlSeconds: 29 * 86_400 }), name: 'users', keys: [{ entity: 'user', feature: 'id' }] },
        { ...viewOf(plans, { keys: ['plan', 'user'] }), name: 'plans' },
      ]
      await joinFeatures(
        connection,
        { entities: { relation: entities, time: 'at', columns: ['user', 'plan'] }, views, fullNames: true },
        async ({ sql, columns }) => {
          expect(columns.map(({ name }) => name)).toEqual(['user', 'plan', 'users__x', 'plans__x'])
          const rows = await textsOf(connection, sql, ['users__x', 'plans__x'])
          const expected = Array.from({ length: 50 }, (_, row) => {
            const user = row % 7
            const plan = row % 3 === 0 ? null : `p${row % 2}`
            const known = plan === 'p0' && user === 2 ? 'even' : plan === 'p1' && user === 1 ? 'odd' : null
            return [user >= 2 && user < 5 ? `${user * 10}.0` : null, known]
          })
          expect(rows).toEqual(expected)
        },
      )
    })
  })

  test('without entity rows: each moment of each key within the range, once', async () => {
    await engine.use(async (connection) => {
      await connection.run("set TimeZone = 'UTC'")
      const features = await tableOf(connection, [
        'features',
        { user: 'VARCHAR', at: 'TIMESTAMP', x: 'DOUBLE' },
        [
          ['b', '2024-01-02', 20],
          ['a', '2024-01-01', 10],
          ['a', '2024-01-02', 11],
          ['a', '2024-01-02', 12],
          ['a', '2024-01-03', 13],
          [null, '2024-01-02', 99],
          ['b', null, 98],
        ],
      ])
      const other = await tableOf(connection, [
        'other',
        { id: 'VARCHAR', at: 'TIMESTAMP', y: 'DOUBLE' },
        [['a', '2024-01-01 12:00:00', 1]],
      ])
      const view = { ...viewOf(features, {}), keys: [{ entity: 'id', feature: 'user' }] }
      const tables = scratchTables(connection)
      const range = { start: new Date('2024-01-01T00:00:00Z'), end: new Date('2024-01-02T00:00:00Z') }
      const entities = await spineOf(tables, view, range)
      const views = [view, { ...viewOf(other, { values: ['y'] }), name: 'other' }]
      await joinFeatures(connection, { entities, views }, async ({ sql }) => {
        expect(await textsOf(connection, sql, ['id', 'at', 'x', 'y'])).toEqual([
          ['a', '2024-01-01 00:00:00', '10.0', null],
          ['a', '2024-01-02 00:00:00', '12.0', '1.0'],
          ['b', '2024-01-02 00:00:00', '20.0', null],
        ])
      })
      await tables.dropAll()
    })
  })
})

/** The code and the values of a refusal. */
async function refusalOf(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isFabriqueError(error)) throw error ?? new Error('It was not refused')
  return { code: error.code, ...error.params }
}

describe('refusals', () => {
  const keyed = (type: string, other: string, [left, right]: readonly [Cell, Cell]) =>
    refusalOf(
      joinedWith(
        {
          featureColumns: { id: type, at: 'TIMESTAMP', x: 'DOUBLE' },
          entityColumns: { id: other, at: 'TIMESTAMP' },
          features: [[left, '2024-01-01', 1]],
          entities: [[right, '2024-01-01']],
        },
        {},
        async () => undefined,
      ),
    )

  test.each([
    ['VARCHAR', 'BIGINT', '007', 7, '"007" would change as BIGINT'],
    ['VARCHAR', 'INTEGER', 'a', 7, '"a" would change as BIGINT'],
    ['DOUBLE', 'BIGINT', 1.5, 7, '"1.5" would change as HUGEINT'],
    [
      'DOUBLE',
      'DOUBLE',
      '9007199254740993',
      7,
      '"9007199254740992.0" is beyond the whole numbers that DOUBLE tells apart',
    ],
    ['BOOLEAN', 'BIGINT', true, 1, 'they are never equal'],
    ['TIMESTAMP', 'DATE', '2024-01-01 12:00:00', '2024-01-01', undefined],
    ['INTEGER[]', 'INTEGER[]', '[1]', '[1]', 'keys are single values'],
    ['BLOB', 'VARCHAR', 'a', 'a', 'they are never equal'],
  ] as const)('a key that is %s here and %s there', async (type, other, left, right, reason) => {
    if (reason === undefined) {
      await expect(keyed(type, other, [left, right])).rejects.toThrow('It was not refused')
      return
    }
    expect(await keyed(type, other, [left, right])).toMatchObject({
      code: 'feature_key_type',
      feature_type: type,
      entity_type: other,
      reason,
    })
  })

  test('a time that is none', async () => {
    const timed = (type: string, value: Cell) =>
      refusalOf(
        joinedWith(
          {
            entityColumns: { id: 'BIGINT', at: type },
            entities: [
              [1, null],
              [1, value],
            ],
          },
          {},
          async () => undefined,
        ),
      )
    expect(await timed('BIGINT', 1)).toMatchObject({ code: 'feature_time_type', reason: 'its type is BIGINT' })
    expect(await timed('VARCHAR', 'soon')).toMatchObject({
      code: 'feature_time_type',
      column: 'at',
      relation: 'entities',
      reason: '"soon" is not a time',
    })
  })

  test('columns that are not there, and names that come twice', async () => {
    expect(await refusalOf(joinedWith({ values: ['y'] }, {}, async () => undefined))).toEqual({
      code: 'feature_column_unknown',
      relation: 'features',
      column: 'y',
      known: 'id, at, x',
    })
    const clash = { values: ['X'], featureColumns: { id: 'BIGINT', at: 'TIMESTAMP', X: 'DOUBLE' } }
    const entityColumns = { id: 'BIGINT', at: 'TIMESTAMP', x: 'DOUBLE' }
    expect(await refusalOf(joinedWith({ ...clash, entityColumns }, {}, async () => undefined))).toEqual({
      code: 'feature_name_clash',
      name: 'X',
      first: 'entities',
      second: 'features',
    })
    const named = await joinedWith({ ...clash, entityColumns }, { fullNames: true }, async (_c, { columns }) => columns)
    expect(named.map(({ name }) => name)).toEqual(['id', 'at', 'x', 'features__X'])
  })
})

describe('large joins', () => {
  const large = (connection: DuckDBConnection) =>
    connection.run(`create or replace temp table f as select hash(i) % 200 as id,
        timestamp '2024-01-01' + to_seconds((hash(i + 1000000) % 5000)::int) as at,
        timestamp '2024-01-01' + to_seconds((hash(i + 2000000) % 9000)::int) as created, i as x from range(60000) t(i);
      create or replace temp table e as select hash(i + 3000000) % 210 as id,
        timestamp '2024-01-01' + to_seconds((hash(i + 4000000) % 5000)::int) as at from range(10000) t(i)`)
  const joinLarge = async (connection: DuckDBConnection, asKnown: boolean, signal?: AbortSignal) => {
    await large(connection)
    const relation = await describeRelation(connection, { name: 'f', from: 'f' })
    const entities = { relation: await describeRelation(connection, { name: 'e', from: 'e' }), time: 'at' }
    return joinFeatures(
      connection,
      { entities, views: [viewOf(relation, { created: 'created' })], asKnown },
      async ({ sql }) => {
        const read = await connection.runAndReadAll(
          `select sum(hash(number, id, "at", x)) as digest, count(x) from (select row_number() over () as number, * from (${sql}))`,
        )
        return read.getRowsJson()
      },
      signal,
    )
  }

  test.each([false, true])('the threads make no difference (as known: %s)', async (asKnown) => {
    const results = new Set<string>()
    for (const threads of [1, 7]) {
      const other = openDataEngine({ tempFolder: join(folder, `spill-${threads}`), threads })
      try {
        results.add(JSON.stringify(await other.use((connection) => joinLarge(connection, asKnown))))
      } finally {
        await other.close()
      }
    }
    expect([...results]).toHaveLength(1)
  })

  test('an aborted signal ends it, and leaves nothing', async () => {
    const abort = new AbortController()
    abort.abort()
    await engine.use(async (connection) => {
      await expect(joinLarge(connection, true, abort.signal)).rejects.toThrow('aborted')
      expect(
        await textsOf(connection, `from duckdb_tables() where table_name like 'fabrique_join%'`, ['table_name']),
      ).toEqual([])
    })
  })

  test('what does not fit in memory goes to the disk, and is gone afterwards; with no disk it is refused', async () => {
    const [features, entities, spill] = ['f.parquet', 'e.parquet', 'spill-small'].map((name) => join(folder, name))
    const wide = async (disk: boolean) => {
      const other = openDataEngine({ tempFolder: spill ?? '', threads: 2 })
      try {
        return await other.use(async (connection) => {
          await connection.run(`set memory_limit = '96MiB'`)
          if (!disk) await connection.run(`set temp_directory = ''`)
          const open = (name: string, path = '') =>
            describeRelation(connection, { name, from: `read_parquet(${sqlText(path)})`, order: 'file_row_number' })
          const view = viewOf(await open('f', features), {})
          const request = { entities: { relation: await open('e', entities), time: 'at' }, views: [view] }
          return joinFeatures(connection, request, async ({ sql }) => {
            const read =
              await connection.runAndReadAll(`select count(*), count(x), sum(length(x)), count(*) filter (place <> number + 1)
              from (select row_number() over () as place, * from (${sql}))`)
            return read.getRows()[0]?.map(Number)
          })
        })
      } finally {
        await other.close()
      }
    }
    await engine.use((connection) =>
      connection.run(`copy (select hash(i) % 1000 as id, timestamp '2024-01-01' + to_seconds(i::int) as at, repeat('0123456789', 40) as x
          from range(200000) t(i)) to ${sqlText(features ?? '')} (format parquet, row_group_size 4096);
        copy (select i as number, hash(i) % 1000 as id, timestamp '2025-01-01' as at from range(300000) t(i))
          to ${sqlText(entities ?? '')} (format parquet, row_group_size 4096)`),
    )
    expect(await wide(true)).toEqual([300_000, 300_000, 300_000 * 400, 0])
    expect(await refusalOf(wide(false))).toMatchObject({ code: 'feature_join_too_large' })
    expect(await readdir(spill ?? '').catch(() => [])).toEqual([])
  })
})
