import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isFabriqueError } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDataEngine, sqlText } from '../../../platform/index.js'
import { isolateQuery } from './isolate-query.js'
import { type QueryGiven, runSandboxed } from './query-sandbox.js'

let folder: string
let parquet: string
let secret: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fabrique-query-'))
  parquet = join(folder, 'data.parquet')
  secret = join(folder, 'secret.csv')
  await writeFile(secret, 'word\nswordfish\n')
  const engine = openDataEngine({ tempFolder: join(folder, 'spill'), threads: 1 })
  await engine.use((connection) =>
    connection.run(
      `copy (select i as id, i * 0.5::double as x, 'name ' || i % 3 as name from range(1000) t(i)) to ${sqlText(parquet)}`,
    ),
  )
  await engine.close()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function query(sql: string, more: Partial<QueryGiven> = {}) {
  const tables = [{ name: 'data', table: `read_parquet(${sqlText(parquet)})`, paths: [parquet] }]
  return runSandboxed({ sql, tables, limit: 1000, timeoutMs: 20_000, ...more })
}

async function failureOf(sql: string, more: Partial<QueryGiven> = {}) {
  const error = await query(sql, more).then(
    (result) => new Error(`It gave ${JSON.stringify(result).slice(0, 200)}`),
    (thrown: unknown) => thrown,
  )
  if (!isFabriqueError(error)) throw error
  return error
}

describe('a query', () => {
  test('selects, groups, joins itself and numbers', async () => {
    expect(await query('select name, count(*) as n from data group by name order by name')).toEqual({
      columns: [
        { name: 'name', type: 'VARCHAR' },
        { name: 'n', type: 'BIGINT' },
      ],
      rows: [
        ['name 0', 334],
        ['name 1', 333],
        ['name 2', 333],
      ],
      is_complete: true,
    })
  })

  test.each([
    'with a as (select id from data) select count(*) from a join data using (id)',
    'with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) select max(n) from r',
    'from data select max(x)',
    'summarize data',
    'describe data',
    'select * from (values (1), (2)) v(a)',
    'select x, row_number() over (partition by name order by id) from data limit 3',
    'select unnest([1, 2, 3])',
    'select * from range(3)',
    'select * from DATA limit 1',
    "pivot data on name in ('name 0', 'name 1') using count(*)",
    "select quantile_cont(x, 0.5), regexp_extract(any_value(name), '\\d') from data;",
    'select (select max(id) from data) - id from data where id in (select id from data where id < 3)',
  ])('may be %s', async (sql) => {
    expect((await query(sql)).rows.length).toBeGreaterThan(0)
  })

  test('gives values as JSON', async () => {
    const { rows } =
      await query(`select 9007199254740991::bigint, 9007199254740993::bigint, 'nan'::double, '-inf'::double,
      timestamp '2026-01-02 03:04:05.5', timestamptz '2026-01-02 03:04:05+02', date '2026-01-02', [1, null], {'a': 'b'},
      1.25::decimal(9,2), 123456789012345678.5::decimal(20,1), null, true, 'text'`)
    expect(rows).toEqual([
      [
        9007199254740991,
        '9007199254740993',
        'NaN',
        '-Infinity',
        '2026-01-02T03:04:05.5Z',
        '2026-01-02T01:04:05Z',
        '2026-01-02',
        [1, null],
        { a: 'b' },
        1.25,
        '123456789012345678.5',
        null,
        true,
        'text',
      ],
    ])
  })

  test('tells when rows were left out', async () => {
    expect(await query('select id from data', { limit: 10 })).toMatchObject({ is_complete: false })
    expect(await query('select id from data limit 10', { limit: 10 })).toMatchObject({ is_complete: true })
    const wide = await query("select repeat('a', 1000000) from data limit 60")
    expect(wide.is_complete).toBe(false)
    expect(wide.rows.length).toBeLessThan(40)
  })

  test('tells what is wrong and where', async () => {
    const error = await failureOf('select id\nfrom data\nwhere nosuch = 1')
    expect(error).toMatchObject({ code: 'query_failed' })
    expect(error.message).toMatch(/nosuch.*line 3, column 7/)
    expect((await failureOf('select id frm data where')).message).toMatch(/syntax error.*line 1/)
    expect((await failureOf('select name::int from data')).message).toMatch(/name 0/)
  })

  test('ends when its time is over or its caller is gone', async () => {
    const endless = 'select count(*) from range(100000000) a, range(100000000) b where (a.range * b.range) % 7 = 3'
    expect(await failureOf(endless, { timeoutMs: 200 })).toMatchObject({ code: 'query_timeout' })
    const abort = new AbortController()
    const reason = new Error('gone')
    const running = query(endless, { signal: abort.signal })
    setTimeout(() => abort.abort(reason), 100)
    await expect(running).rejects.toBe(reason)
  })

  test('that fails after many rows gives none of them as its answer', async () => {
    const wrong = "select cast(case when i = 9000 then 'x' else '1' end as integer) as n from range(10000) t(i)"
    const failed = await failureOf(wrong, { limit: 20_000 })
    expect(failed).toMatchObject({ code: 'query_failed' })
    expect(failed.message).toContain("Could not convert string 'x'")
    const slow = 'select i from range(1000000000000) t(i) where i % 100000000 = 0'
    expect(await failureOf(slow, { limit: 100_000, timeoutMs: 800 })).toMatchObject({ code: 'query_timeout' })
  })

  test('in a process of its own answers, and cannot take more memory than it may', async () => {
    const tables = [{ name: 'data', table: `read_parquet(${sqlText(parquet)})`, paths: [parquet] }]
    const isolated = (sql: string, timeoutMs = 60_000) => isolateQuery({ sql, tables, limit: 10, timeoutMs })
    expect(await isolated('select count(*) from data')).toMatchObject({ rows: [[1000]], is_complete: true })
    await expect(isolated("select getenv('HOME')")).rejects.toMatchObject({ code: 'query_refused' })
    // Nothing in the engine counts what a function makes.
    const large = 'select sum(length(repeat(name, 2000000))) from data'
    await expect(isolated(large)).rejects.toMatchObject({ code: 'query_too_large' })
    const abort = new AbortController()
    const running = isolateQuery({
      sql: 'select count(*) from range(100000000) a, range(100000000) b where (a.range * b.range) % 7 = 3',
      tables: [],
      limit: 10,
      timeoutMs: 60_000,
      signal: abort.signal,
    })
    abort.abort(new Error('gone'))
    await expect(running).rejects.toThrow('gone')
  })
})

describe('a query cannot', () => {
  const escapes = (): readonly string[] => [
    `select * from read_csv('${secret}')`,
    `select * from read_csv_auto('${secret}')`,
    `select * from '${secret}'`,
    `select * from "${secret}"`,
    `from '${parquet}'`,
    `select * from read_parquet('${parquet}')`,
    `select * from read_text('${secret}')`,
    `select * from read_blob('${secret}')`,
    `select * from sniff_csv('${secret}')`,
    `select * from parquet_metadata('${parquet}')`,
    `select * from glob('${folder}/*')`,
    `with data as (select * from read_text('${secret}')) select * from data`,
    `select (select content from read_text('${secret}'))`,
    `select * from data where id = (select count(*) from glob('/etc/*'))`,
    `select * from query('select * from read_text(''${secret}'')')`,
    `select * from query_table('data')`,
    `copy data to '${folder}/out.csv'`,
    `copy (select 1) to '${folder}/out.csv'`,
    `copy data from '${secret}'`,
    `export database '${folder}/out'`,
    `import database '${folder}/out'`,
    `attach '${folder}/out.db'`,
    "attach ':memory:' as other",
    'install httpfs',
    'load json',
    "load '/tmp/x.duckdb_extension'",
    "select getenv('HOME')",
    "select current_setting('allowed_paths')",
    'select * from duckdb_settings()',
    'select * from duckdb_secrets()',
    'select * from duckdb_views',
    'select * from duckdb_views()',
    'select * from duckdb_databases()',
    'select * from information_schema.tables',
    'select * from pg_catalog.pg_class',
    'select * from sqlite_master',
    'select * from main.data',
    'select * from memory.main.data',
    'select * from pragma_database_list',
    'select * from enable_profiling()',
    "select * from enable_logging(storage = 'file')",
    'select * from duckdb_logs()',
    "select write_log('x')",
    'select * from checkpoint()',
    'select * from test_all_types()',
    'set threads = 8',
    'set enable_external_access = true',
    'reset lock_configuration',
    'pragma version',
    'pragma enable_external_access',
    'call pragma_version()',
    'create table t as select 1',
    'create view v as select 1',
    'create macro f() as table select 1',
    'create secret s (type s3)',
    'insert into data values (1)',
    'delete from data',
    'drop view data',
    'update data set id = 1',
    'alter view data rename to x',
    'show tables',
    'show all tables',
    'show databases',
    'explain select 1',
    'prepare p as select 1',
    'begin',
    'checkpoint',
    'vacuum',
    'use memory',
    'select 1; select 2',
    "select 1; copy data to '/tmp/x'",
    "select 1 /* ; */ ; attach 'x'",
    '',
    ' -- nothing',
    "select * from 'https://example.org/x.parquet'",
    "select * from read_parquet('s3://bucket/x')",
    "select * from sqlite_scan('x', 'y')",
    "select * from postgres_scan('x', 'y', 'z')",
    "select json_execute_serialized_sql('x')",
    `select * from json_execute_serialized_sql(json_serialize_sql('select * from read_text(''${secret}'')'))`,
    "select * from which_secret('x', 's3')",
    'select * from repeat(1, 2)',
  ]

  test('reach anything but its tables', async () => {
    const before = (await readdir(folder)).sort()
    for (const sql of escapes()) {
      const error = await failureOf(sql)
      expect([sql, error.code]).toEqual([sql, error.code === 'query_failed' ? 'query_failed' : 'query_refused'])
      expect(error.message).not.toContain('swordfish')
    }
    expect((await readdir(folder)).sort()).toEqual(before)
  })

  test('reach anything with pieces put together at random', async () => {
    let seed = 20261121
    const next = (count: number) => {
      seed = (seed * 1664525 + 1013904223) >>> 0
      return Math.floor((seed / 2 ** 32) * count)
    }
    const pieces = [
      'select',
      '*',
      'from',
      'data',
      `'${secret}'`,
      `read_text('${secret}')`,
      `read_csv('${secret}')`,
      '(',
      ')',
      'union all',
      'with x as (',
      'lateral',
      'join',
      'on true',
      ',',
      ';',
      'copy',
      'to',
      'attach',
      'where',
      'exists',
      'in',
      'pivot',
      'unpivot',
      'values',
      '1',
      'as t',
      'order by',
      'limit 1',
      "glob('/*')",
      'describe',
      'summarize',
      'set',
      'x',
      'recursive',
      'not',
      'null',
      '--',
      '/*',
      '*/',
      "'",
      '"',
      'qualify',
      'using sample',
      'positional join',
      'at (version => 1)',
      'columns(*)',
      'exclude (id)',
      'duckdb_settings()',
    ]
    const before = (await readdir(folder)).sort()
    for (let round = 0; round < 150; round += 1) {
      const sql = Array.from({ length: 2 + next(12) }, () => pieces[next(pieces.length)]).join(' ')
      const answer = await query(sql, { timeoutMs: 5_000, limit: 5 }).then(
        (result) => JSON.stringify(result.rows),
        (error: unknown) => {
          if (!isFabriqueError(error)) throw new Error(`${sql}: ${String(error)}`)
          return ''
        },
      )
      expect([sql, answer.includes('swordfish')]).toEqual([sql, false])
    }
    expect((await readdir(folder)).sort()).toEqual(before)
  })
})
