import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { ColumnProfile, ColumnType } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DataEngine, openDataEngine, openFileEngine } from '../../../platform/index.js'
import { computeProfile, profileFile } from './index.js'
import { measureShift } from './measure-shift.js'

let folder: string
let engine: DataEngine
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fabrique-profile-'))
  engine = openDataEngine({ tempFolder: join(folder, 'spill'), threads: 2 })
})
afterAll(async () => {
  await engine?.close()
  await rm(folder, { recursive: true, force: true })
})

function profile(select: string, columns: Readonly<Record<string, ColumnType>>) {
  const named = Object.entries(columns).map(([name, type]) => ({ name, type }))
  return engine.use((connection) => computeProfile(connection, `(${select})`, named))
}

async function profileOne(select: string, type: ColumnType): Promise<ColumnProfile> {
  const { columns } = await profile(`select v from (${select}) t(v)`, { v: type })
  const [column] = columns
  if (column === undefined) throw new Error('It has no column')
  return column
}

const closeTo = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 10))
const valuesOf = (column: ColumnProfile) => column.quantiles?.map(({ value }) => value)

const x = 'select ((i * 7919) % 10007) / 97 - 30 as x, (i * i) % 23 - 5 as k from range(5000) t(i)'

describe('figures of numbers', () => {
  // Computed with NumPy 2 and pandas: mean, std(ddof=1), quantile, histogram, value_counts.
  test('are those of NumPy and pandas', async () => {
    const { columns, row_count } = await profile(x, { x: 'number', k: 'integer' })
    const [ofX, ofK] = columns
    expect(row_count).toBe(5000)
    expect(ofX).toMatchObject({
      count: 5000,
      missing: 0,
      distinct: 5000,
      distinct_is_exact: true,
      negatives: 1452,
      zeros: 0,
    })
    expect(ofX?.mean).toBeCloseTo(21.610470103092783, 11)
    expect(ofX?.std).toBeCloseTo(29.790254757540755, 11)
    expect([ofX?.min, ofX?.max]).toEqual(closeTo([-30, 73.15463917525773]))
    expect(ofX && valuesOf(ofX)).toEqual(
      closeTo([
        -28.938247422680412, -24.845876288659795, -4.219072164948453, 21.60824742268041, 47.386597938144334,
        68.00309278350517, 72.14443298969073,
      ]),
    )
    expect(ofX?.histogram?.counts).toEqual([356, 356, 360, 356, 355, 358, 358, 356, 356, 359, 358, 355, 357, 360])
    expect(ofX?.histogram?.edges.slice(0, 2)).toEqual(closeTo([-30, -22.631811487481592]))
    expect(ofK).toMatchObject({ distinct: 12, negatives: 1958, zeros: 0, min: -5, max: 13 })
    expect(ofK?.mean).toBeCloseTo(2.9988, 11)
    expect(ofK?.std).toBeCloseTo(5.6590461670412395, 11)
    expect(ofK && valuesOf(ofK)).toEqual([-5, -4, -2, 3, 8, 13, 13])
    expect(ofK?.top?.map(({ value, count }) => [value, count])).toEqual([
      [-4, 435],
      [-3, 435],
      [-2, 435],
      [-1, 435],
      [4, 435],
      [8, 435],
      [11, 435],
      [13, 435],
      [1, 434],
      [3, 434],
    ])
  })

  test('are the same when values are read in order from the engine', async () => {
    const more = `select x, k from (${x}) cross join range(12)`
    const few = await profile(x, { x: 'number', k: 'integer' })
    const many = await profile(more, { x: 'number', k: 'integer' })
    for (const [index, column] of many.columns.entries()) {
      const one = few.columns[index]
      expect(column.count).toBe(60_000)
      expect(column.distinct).toBe(one?.distinct)
      expect(column.mean).toBeCloseTo(one?.mean ?? 0, 10)
      expect(column.top?.[0]).toEqual({ value: one?.top?.[0]?.value, count: (one?.top?.[0]?.count ?? 0) * 12 })
      expect(column.histogram?.counts.reduce((sum, count) => sum + count, 0)).toBe(60_000)
    }
    expect(many.duplicate_rows).toBe(55_000)
  })

  test('keep their digits where values are large and close', async () => {
    const column = await profileOne('select 1e15::double + i from range(100) t(i)', 'number')
    expect(column.mean).toBe(1000000000000049.5)
    expect(column.std).toBeCloseTo(29.011491975882016, 10)
  })

  test('leave out what is not finite, and say how many', async () => {
    const column = await profileOne("select unnest(['nan'::double, 'inf', '-inf', 'nan', 1, 2, null, -0.0])", 'number')
    expect(column).toMatchObject({
      count: 7,
      missing: 1,
      distinct: 6,
      not_finite: 4,
      min: 0,
      max: 2,
      mean: 1,
      std: 1,
      zeros: 1,
      negatives: 0,
    })
    const none = await profileOne("select unnest(['nan'::double, null])", 'number')
    expect(none).toEqual({
      name: 'v',
      type: 'number',
      count: 1,
      missing: 1,
      distinct: 1,
      distinct_is_exact: true,
      not_finite: 1,
    })
  })

  test('of one value have a histogram of one bin and no deviation', async () => {
    const column = await profileOne('select 3.5::double', 'number')
    expect(column).toMatchObject({ distinct: 1, mean: 3.5, histogram: { edges: [3, 4], counts: [1] } })
    expect(column.std).toBeUndefined()
    expect(valuesOf(column)).toEqual([3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5])
  })

  test('of whole numbers have whole edges, one value a bin where they are few', async () => {
    const few = await profileOne('select unnest([1, 2, 2, 3, 5])', 'integer')
    expect(few.histogram).toEqual({ edges: [1, 3, 5, 7], counts: [3, 1, 1] })
    const two = await profileOne('select unnest([7, 8, 8])', 'integer')
    expect(two.histogram).toEqual({ edges: [7, 8, 9], counts: [1, 2] })
  })

  test('of whole numbers beyond 2^53 are exact', async () => {
    const column = await profileOne('select 9007199254740993 + i % 3 from range(10) t(i)', 'integer')
    expect(column).toMatchObject({ distinct: 3, min: '9007199254740993', max: '9007199254740995' })
    expect(column.top?.[0]).toEqual({ value: '9007199254740993', count: 4 })
  })

  test('of decimals and of extreme ranges are there', async () => {
    const decimal = await profileOne('select unnest([1.25::decimal(9, 2), 2.75])', 'number')
    expect(decimal).toMatchObject({ min: 1.25, max: 2.75, mean: 2 })
    const wide = await profileOne('select unnest([-1.7e308::double, 1.7e308])', 'number')
    expect(wide.histogram).toBeUndefined()
    expect(wide.distinct).toBe(2)
  })
})

describe('figures of other columns', () => {
  test('of texts are lengths and frequent values, ties by value', async () => {
    const column = await profileOne("select unnest(['b', 'a', 'b', 'a', '', 'été', null])", 'text')
    expect(column).toEqual({
      name: 'v',
      type: 'text',
      count: 6,
      missing: 1,
      distinct: 4,
      distinct_is_exact: true,
      min: '',
      max: 'été',
      top: [
        { value: 'a', count: 2 },
        { value: 'b', count: 2 },
        { value: '', count: 1 },
        { value: 'été', count: 1 },
      ],
      length: { min: 0, max: 3, mean: 7 / 6 },
    })
  })

  test('of very many texts are estimates and say so', async () => {
    const column = await profileOne("select 'value ' || i from range(2_100_000) t(i)", 'text')
    expect(column.distinct_is_exact).toBe(false)
    expect(column.distinct / 2_100_000).toBeGreaterThan(0.85)
    expect(column.distinct / 2_100_000).toBeLessThanOrEqual(1)
    expect(column.top).toBeUndefined()
  })

  test('of truths, days and moments', async () => {
    const truth = await profileOne('select unnest([true, false, true, null])', 'boolean')
    expect(truth).toMatchObject({
      count: 3,
      distinct: 2,
      top: [
        { value: true, count: 2 },
        { value: false, count: 1 },
      ],
    })
    const day = await profileOne("select unnest([date '2026-01-01', '2026-01-02', '2026-01-31', 'infinity'])", 'date')
    expect(day).toMatchObject({ count: 4, distinct: 4, not_finite: 1, min: '2026-01-01', max: '2026-01-31' })
    expect(day.histogram?.edges[0]).toBe('2026-01-01')
    expect(day.histogram?.counts.reduce((sum, count) => sum + count, 0)).toBe(3)
    expect(valuesOf(day)?.[3]).toBe('2026-01-02')
    const at = await profileOne(
      "select unnest([timestamp '2026-01-01 10:00:00.000001', '2026-01-01 11:00:00', '1969-12-31 23:59:59.999999'])",
      'timestamp',
    )
    expect(at).toMatchObject({ min: '1969-12-31T23:59:59.999999Z', max: '2026-01-01T11:00:00.000Z', distinct: 3 })
    expect(valuesOf(at)?.[3]).toBe('2026-01-01T10:00:00.000001Z')
    const zoned = await profileOne("select timestamptz '2026-01-01 10:00:00+02'", 'timestamp')
    expect(zoned.min).toBe('2026-01-01T08:00:00.000Z')
  })

  test('of columns without a value, of no rows and of no columns', async () => {
    for (const type of ['number', 'integer', 'text', 'category', 'boolean', 'timestamp', 'date'] as const) {
      const sqlType = {
        number: 'double',
        integer: 'bigint',
        text: 'varchar',
        category: 'varchar',
        boolean: 'boolean',
        timestamp: 'timestamp',
        date: 'date',
      }[type]
      const nothing = await profileOne(`select null::${sqlType} from range(3)`, type)
      expect(nothing).toEqual({ name: 'v', type, count: 0, missing: 3, distinct: 0, distinct_is_exact: true })
      const empty = await profileOne(`select null::${sqlType} limit 0`, type)
      expect(empty).toMatchObject({ count: 0, missing: 0, distinct: 0 })
    }
    expect(await profile('select 1 as a from range(4)', {})).toEqual({ row_count: 4, columns: [] })
  })

  test('of a thousand columns, one with a name that needs quotes', async () => {
    const names = Array.from({ length: 1000 }, (_, index) => (index === 0 ? 'a "b", c' : `c${index}`))
    const select = `select ${names.map((name, index) => `i * ${index} as "${name.replaceAll('"', '""')}"`).join(', ')} from range(20) t(i)`
    const { columns } = await profile(select, Object.fromEntries(names.map((name) => [name, 'integer' as const])))
    expect(columns).toHaveLength(1000)
    expect(columns[0]).toMatchObject({ name: 'a "b", c', distinct: 1, mean: 0 })
    expect(columns[999]).toMatchObject({ max: 999 * 19, distinct: 20 })
  })

  test('do not mind columns with short names', async () => {
    const names = ['v', 'n', 'h', 'b', 'r0', 'v0', 'count0', 'profiled', 'hashed', 'found']
    const select = `select ${names.map((name) => `('x' || i % 2) as ${name}`).join(', ')} from range(10) t(i)`
    const { columns, duplicate_rows } = await profile(
      select,
      Object.fromEntries(names.map((name) => [name, 'text' as const])),
    )
    expect(columns.map(({ distinct }) => distinct)).toEqual(names.map(() => 2))
    expect(duplicate_rows).toBe(8)
    const numbers = `select ${names.map((name) => `9007199254740993 + i % 2 as ${name}`).join(', ')} from range(10) t(i)`
    const large = await profile(numbers, Object.fromEntries(names.map((name) => [name, 'integer' as const])))
    expect(large.columns.map(({ distinct }) => distinct)).toEqual(names.map(() => 2))
  })

  test('count rows that repeat another', async () => {
    const select = "select unnest([1, 1, 2, 2, 2, null, null]) as a, unnest(['x', 'x', 'x', 'x', 'y', null, null]) as b"
    expect((await profile(select, { a: 'integer', b: 'text' })).duplicate_rows).toBe(3)
  })
})

describe('the profile of a file', () => {
  test.each([
    ['a.csv', 'id,name\n1,x\n2,\n'],
    ['a.tsv', 'id\tname\n1\tx\n2\t\n'],
    ['a.json', '[{"id":1,"name":"x"},{"id":2,"name":null}]'],
    ['a.ndjson', '{"id":1,"name":"x"}\n{"id":2}\n'],
  ])('%s, plain and packed', async (name, content) => {
    const files = await openFileEngine({ tempFolder: folder, threads: 1 })
    try {
      await writeFile(join(folder, name), content)
      await writeFile(join(folder, `${name}.gz`), gzipSync(content))
      for (const file of [name, `${name}.gz`]) {
        const found = await profileFile(files, join(folder, file))
        expect(found.row_count).toBe(2)
        expect(found.columns.map(({ name: column, type, count }) => [column, type, count])).toEqual([
          ['id', 'integer', 2],
          ['name', 'text', 1],
        ])
      }
    } finally {
      await files.close()
    }
  })

  test('reads types again where the first rows mislead', async () => {
    const files = await openFileEngine({ tempFolder: folder, threads: 1 })
    try {
      const rows = Array.from({ length: 60_000 }, (_, index) => (index === 59_999 ? 'late' : String(index)))
      await writeFile(join(folder, 'late.csv'), `v,w\n${rows.map((value) => `${value},1`).join('\n')}\n`)
      const found = await profileFile(files, join(folder, 'late.csv'))
      expect(found.columns[0]).toMatchObject({ type: 'text', count: 60_000 })
    } finally {
      await files.close()
    }
  })

  test('refuses what is not there, not known or broken', async () => {
    const files = await openFileEngine({ tempFolder: folder, threads: 1 })
    try {
      const failing: readonly [string, string | undefined, string][] = [
        ['none.csv', undefined, 'file_not_found'],
        ['a.xls', 'x', 'file_format_unknown'],
        ['a.parquet.gz', 'x', 'file_format_unknown'],
        ['empty.csv', '', 'file_unreadable'],
        ['broken.parquet', 'PAR1 and nothing', 'file_unreadable'],
        ['broken.json', '{"a": ', 'file_unreadable'],
        ['broken.csv.gz', 'not packed', 'file_unreadable'],
        ['long.csv', `a,b\n1,${'x'.repeat(3_000_000)}\n`, 'file_unreadable'],
      ]
      for (const [name, content, code] of failing) {
        const path = join(folder, name)
        if (content !== undefined) await writeFile(path, content)
        const error = await profileFile(files, path).catch((thrown: unknown) => thrown)
        expect([name, error]).toMatchObject([name, { code }])
      }
      await expect(profileFile(files, folder)).rejects.toMatchObject({ code: 'file_format_unknown' })
    } finally {
      await files.close()
    }
  })
})

describe('how far values have moved', () => {
  const shift = (type: ColumnType, base: string, head: string) =>
    engine.use((connection) => measureShift(connection, { name: 'v', type, base: `(${base})`, head: `(${head})` }))

  // SciPy 1.17: wasserstein_distance over numpy.std; jensenshannon.
  test('is the distance of SciPy over the deviation of the base', async () => {
    const values = 'select ((i * 7919) % 10007) / 97 - 30 as v from range(5000) t(i)'
    const moved = `select ((i * 7919) % 10007) / 97 - 28.5 as v from range(3000) t(i)
      union all select (((i * 7919) % 10007) / 97 - 30) * 2 from range(100, 700) t(i)`
    expect((await shift('number', values, moved))?.score).toBeCloseTo(0.19282864460251348, 10)
    const small = 'select unnest([1, 2, 2, 3, 5, 8, 8, 8, 9, 10, null]) as v'
    const other = 'select unnest([1, 1, 2, 4, 4, 6, 7, 9, 12, 15]) as v'
    expect(await shift('integer', small, other)).toEqual({ method: 'wasserstein', score: expect.closeTo(0.46875, 12) })
    expect((await shift('integer', small, small))?.score).toBe(0)
  })

  test('is the distance of shares for texts', async () => {
    const base = "select substr('aaab', 1 + i % 4, 1) as v from range(1000) t(i)"
    const head = "select substr('aabbc', 1 + i % 5, 1) as v from range(1500) t(i) union all select null"
    expect(await shift('text', base, head)).toEqual({
      method: 'jensenshannon',
      score: expect.closeTo(0.3241984675553087, 12),
    })
    expect((await shift('category', base, "select 'z' as v"))?.score).toBeCloseTo(Math.sqrt(Math.LN2), 12)
  })

  test('is not told where a side has no values', async () => {
    expect(await shift('number', 'select 1.0 as v', "select 'nan'::double as v")).toBeUndefined()
    expect(await shift('text', 'select null::varchar as v', "select 'x' as v")).toBeUndefined()
    const days = "select unnest([date '2026-01-01', '2026-01-03']) as v"
    expect((await shift('date', days, "select date '2026-01-05' as v"))?.score).toBeCloseTo(3, 12)
  })
})
