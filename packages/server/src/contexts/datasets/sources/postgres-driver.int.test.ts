import { readdir } from 'node:fs/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testSourceScope } from '../../../../test/support/source-scope.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { sqlText } from '../../../platform/index.js'
import { postgresDriver } from './postgres-driver.js'
import type { SourceListing, SourceScope } from './source-driver.js'

let context: TestContext
let admin: pg.Client
beforeAll(async () => {
  context = await openTestContext()
  admin = new pg.Client(context.database.url)
  await admin.connect()
  await admin.query(`
    create table orders (id bigint, amount numeric(12, 2), at timestamptz, note text);
    insert into orders select n, n * 1.5, timestamptz '2024-01-01 12:00+02' + n * interval '1 hour', 'order ' || n
      from generate_series(1, 50000) as n`)
})
afterAll(async () => {
  await admin.end()
  await context.close()
})

const scopeOf = (more: Partial<SourceScope> = {}, url = context.database.url) =>
  testSourceScope(context, { secrets: { SHOP_DB: url }, ...more })

const list = (query: string, more: { cursor?: string; scope?: SourceScope } = {}) =>
  postgresDriver.list(
    { kind: 'postgres', url_env: 'SHOP_DB', query, ...(more.cursor === undefined ? {} : { cursor: more.cursor }) },
    more.scope ?? scopeOf(),
  )

/** Fetches the only part of a listing and asks its file. */
async function read(listing: SourceListing, select: string) {
  expect(listing.items).toHaveLength(1)
  const file = await listing.items[0]?.open(() => {})
  if (file === undefined) expect.fail('there is no part')
  const result = await context.ctx.data
    .use((connection) => connection.runAndReadAll(select.replace('answer', `read_parquet(${sqlText(file.path)})`)))
    .finally(() => file.release())
  expect(await readdir(context.ctx.blobs.stagingFolder)).toEqual([])
  return result.getRowObjectsJson()
}

describe('types', () => {
  test('each becomes the type it is, and keeps its value', async () => {
    const query = `select 9007199254740993::int8 as big, 12345678901234.05::numeric(20, 2) as dec, 0.1::numeric as free,
      1.5::float4 as f4, 'NaN'::float8 as nan, '-Infinity'::float8 as inf, 0.1::float8 + 0.2::float8 as f8, true as yes,
      date '2024-02-29' as day, timestamp '2024-02-29 13:00:00.123456' as local, timestamptz '2024-02-29 13:00+05:30' as at,
      'é"'::text as text, 'ab'::char(5) as padded, '{"a":[1,null]}'::jsonb as doc, array[1, null, 3] as list,
      array['a,"b', null] as texts, row(1, 'x') as pair, '0b0e5bb0-1b2c-4b8e-9b64-0f0f0f0f0f0f'::uuid as id,
      interval '1 day 02:00' as span, '\\x00ff'::bytea as bytes, null::int as nothing, '10.0.0.1'::inet as host;`
    const [types] = await read(await list(query), 'select typeof(columns(*)) from answer')
    expect(types).toEqual({
      big: 'BIGINT',
      dec: 'DECIMAL(20,2)',
      free: 'DOUBLE',
      f4: 'FLOAT',
      nan: 'DOUBLE',
      inf: 'DOUBLE',
      f8: 'DOUBLE',
      yes: 'BOOLEAN',
      day: 'DATE',
      local: 'TIMESTAMP',
      at: 'TIMESTAMP',
      text: 'VARCHAR',
      padded: 'VARCHAR',
      doc: 'VARCHAR',
      list: 'VARCHAR',
      texts: 'VARCHAR',
      pair: 'VARCHAR',
      id: 'UUID',
      span: 'VARCHAR',
      bytes: 'VARCHAR',
      nothing: 'INTEGER',
      host: 'VARCHAR',
    })
    const [row] = await read(await list(query), 'select * from answer')
    expect(row).toMatchObject({
      big: '9007199254740993',
      dec: '12345678901234.05',
      free: 0.1,
      f4: 1.5,
      f8: 0.1 + 0.2,
      yes: true,
      day: '2024-02-29',
      local: '2024-02-29 13:00:00.123456',
      at: '2024-02-29 07:30:00',
      text: 'é"',
      padded: 'ab',
      doc: '{"a": [1, null]}',
      list: '[1,null,3]',
      texts: '["a,\\"b",null]',
      pair: '{"f1":1,"f2":"x"}',
      id: '0b0e5bb0-1b2c-4b8e-9b64-0f0f0f0f0f0f',
      span: '1 day 02:00:00',
      bytes: '\\x00ff',
      nothing: null,
      host: '10.0.0.1/32',
    })
    expect(String(row?.nan)).toBe('NaN')
    expect(String(row?.inf)).toBe('-Infinity')
  })
})

describe('a query without a cursor column', () => {
  test('gives all rows in its order, each time', async () => {
    const listing = await list('select * from orders order by id -- the newest last')
    expect(listing).toMatchObject({ mode: 'whole', items: [{ name: expect.stringContaining('SHOP_DB: select') }] })
    expect(listing.items[0]?.mark).toBeUndefined()
    const [found] = await read(
      listing,
      'select count(*)::int as rows, min(id)::int as low, sum(amount)::varchar as total, max("at")::varchar as last from answer',
    )
    expect(found).toEqual({ rows: 50_000, low: 1, total: '1875037500.00', last: '2029-09-14 18:00:00' })
  })

  test('an answer without rows has its columns', async () => {
    const columns = await read(
      await list('select id, note from orders where false'),
      "select string_agg(column_name, ',') as names from (describe select * from answer)",
    )
    expect(columns).toEqual([{ names: 'id,note' }])
  })
})

describe('a query with a cursor column', () => {
  test('gives each row once, also those that come while it is read', async () => {
    await admin.query('create table clicks as select n as id, n % 3 as kind from generate_series(1, 10) as n')
    const query = 'select * from clicks'
    const first = await list(query, { cursor: 'id' })
    expect(first).toMatchObject({ mode: 'whole', state: { highest: '10' } })
    // After the listing: it belongs to the next ingest.
    await admin.query('insert into clicks values (11, 1)')
    expect(await read(first, 'select count(*)::int as rows, max(id) as last from answer')).toEqual([
      { rows: 10, last: 10 },
    ])
    await admin.query('insert into clicks values (12, 1), (13, 1)')
    const second = await list(query, { cursor: 'id', scope: scopeOf({ state: first.state }) })
    expect(second).toMatchObject({
      mode: 'added',
      state: { highest: '13' },
      items: [{ name: expect.stringContaining('id > 10, <= 13') }],
    })
    expect(await read(second, 'select list(id) as ids from answer')).toEqual([{ ids: [11, 12, 13] }])
    const third = await list(query, { cursor: 'id', scope: scopeOf({ state: second.state }) })
    expect(third).toEqual({ mode: 'added', items: [], state: second.state })
    // What was read already is not read again when the highest row goes.
    await admin.query('delete from clicks where id > 11')
    const fewer = await list(query, { cursor: 'id', scope: scopeOf({ state: second.state }) })
    expect(fewer).toEqual({ mode: 'added', items: [], state: second.state })
    const changed = await list(`${query} where kind = 1`, { cursor: 'id', scope: scopeOf({ state: second.state }) })
    expect(changed.mode).toBe('whole')
  })

  test('moments and texts with quotes are compared as what they are', async () => {
    await admin.query(`create table moments (at timestamptz, name text);
      insert into moments values ('2024-01-01 00:00:00.000001+00', 'a''b'), ('2024-06-01', 'z')`)
    for (const [cursor, more] of [
      ['at', "('2024-06-01 00:00:00.000001+00', 'later')"],
      ['name', "('2020-01-01', 'z''z')"],
    ] as const) {
      const first = await list('select * from moments', { cursor })
      expect(first.mode).toBe('whole')
      await admin.query(`insert into moments values ${more}`)
      const second = await list('select * from moments', { cursor, scope: scopeOf({ state: first.state }) })
      expect(await read(second, 'select count(*)::int as rows from answer')).toEqual([{ rows: 1 }])
    }
  })

  test('rows without a value there are refused: they would never be read', async () => {
    await expect(list('select null::int as id union all select 1', { cursor: 'id' })).rejects.toMatchObject({
      code: 'source_options_invalid',
      params: { field: 'cursor', reason: expect.stringContaining('1 rows') },
    })
  })

  test('an empty table is read as such, and goes on from there', async () => {
    await admin.query('create table later (id int)')
    const first = await list('select * from later', { cursor: 'id' })
    expect(await read(first, 'select count(*)::int as rows from answer')).toEqual([{ rows: 0 }])
    await admin.query('insert into later values (1)')
    const second = await list('select * from later', { cursor: 'id', scope: scopeOf({ state: first.state }) })
    expect(await read(second, 'select count(*)::int as rows from answer')).toEqual([{ rows: 1 }])
  })
})

describe('refused', () => {
  const fails = async (query: string, url?: string) => {
    const open = async () => (await list(query, { scope: scopeOf({}, url) })).items[0]?.open(() => {})
    const error = await open().then(undefined, (thrown: unknown) => thrown)
    expect(await readdir(context.ctx.blobs.stagingFolder)).toEqual([])
    return error
  }

  test.each([
    ['several statements', 'select 1; delete from orders'],
    ['several statements behind a bracket', 'select 1) as x; delete from orders; --'],
    ['a write', 'delete from orders returning *'],
    ['a write in a with', 'with gone as (delete from orders returning *) select * from gone'],
    ['a write by a function', "select nextval('counter')"],
    ['a lock', 'select * from orders for update'],
    ['the end of the transaction', 'commit'],
    ['a mistake', 'select * from nowhere'],
    ['two columns of one name', 'select 1 as a, 2 as a'],
    ['what fails in the midst', 'select 100 / (40000 - id) as x from orders order by id'],
  ])('%s', async (_name, query) => {
    await admin.query('create sequence if not exists counter')
    expect(await fails(query)).toMatchObject({
      code: 'source_query_failed',
      params: { source: 'SHOP_DB', reason: expect.stringMatching(/\w/) },
    })
    expect((await admin.query('select count(*)::int as rows from orders')).rows).toEqual([{ rows: 50_000 }])
  })

  test('a database that is away, and what is no address, without the password', async () => {
    for (const url of ['postgresql://me:hunter2@127.0.0.1:1/shop', 'postgresql://me:hunter2@[broken/shop']) {
      const error = await fails('select 1', url)
      expect(error).toMatchObject({ code: 'source_unavailable', params: { path: 'SHOP_DB' } })
      expect(JSON.stringify(error) + String(error)).not.toContain('hunter2')
    }
    const missing = { scope: testSourceScope(context) }
    await expect(list('select 1', missing).then(({ items }) => items[0]?.open(() => {}))).rejects.toMatchObject({
      code: 'source_secret_missing',
    })
  })

  test('a cancelled fetch ends the statement on the server', async () => {
    const abort = new AbortController()
    const scope = scopeOf({ ctx: { ...context.ctx, signal: abort.signal } })
    const listing = await list('select pg_sleep(300), 1 as cancelled_marker', { scope })
    const opened = listing.items[0]?.open(() => {})
    const running = () =>
      admin.query(
        "select 1 from pg_stat_activity where query like 'fetch%' and state = 'active' and application_name = 'fabrique source'",
      )
    await expect.poll(async () => (await running()).rowCount).toBe(1)
    abort.abort(new Error('cancelled'))
    await expect(opened).rejects.toThrow('cancelled')
    await expect.poll(async () => (await running()).rowCount).toBe(0)
    expect(await readdir(context.ctx.blobs.stagingFolder)).toEqual([])
  })
})
