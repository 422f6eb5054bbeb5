import { describe, expect, test } from 'vitest'
import { type TableColumn, table, textColumn } from '../data/table.js'
import { createRandom } from '../random/create-random.js'
import { chanceBeyondRange, chanceOfGrowth, chanceOfUnseen } from './chance-of-news.js'
import { changedCorrelations, correlateNumbers, kendall, pearson, spearman } from './correlations.js'
import { columnsAlike } from './duplicate-columns.js'
import { rowCounter } from './duplicate-rows.js'
import { measureFreshness, measureVolume } from './freshness.js'
import { orderRows, rankRows } from './order-rows.js'
import { profileColumn } from './profile-column.js'
import { judgeTable, profileWholeTable } from './table-quality.js'

const numbers = (name: string, values: Iterable<number>): TableColumn => ({
  kind: 'number',
  name,
  values: Float64Array.from(values),
})

/** A table of 400 rows, in which nothing changes but what is given. */
function sample(seed: number, changed: readonly TableColumn[] = [], without: readonly string[] = []) {
  const random = createRandom(seed)
  const of = (draw: () => number) => Array.from({ length: 400 }, draw)
  const columns = [
    numbers(
      'amount',
      of(() => random.float() + random.float()),
    ),
    numbers(
      'count',
      of(() => random.intBelow(40)),
    ),
    textColumn(
      'city',
      of(() => random.intBelow(3)).map((code) => ['Lyon', 'Nice', 'Paris'][code] ?? null),
    ),
    textColumn(
      'code',
      of(() => random.intBelow(5)).map((code) => (code === 0 ? null : `c${code}`)),
    ),
  ]
  const names = new Set([...changed.map(({ name }) => name), ...without])
  return table([...columns.filter(({ name }) => !names.has(name)), ...changed])
}

const reference = profileWholeTable(sample(1))
const findingsOf = (changed: readonly TableColumn[], without: readonly string[] = []) => {
  const quality = judgeTable(reference, sample(2, changed, without))
  return {
    state: quality.state,
    issues: [
      ...quality.findings.filter(({ severity }) => severity === 'issue').map(({ code }) => code),
      ...quality.columns.flatMap(({ name, findings }) =>
        findings.filter(({ severity }) => severity === 'issue').map(({ code }) => `${name}: ${code}`),
      ),
    ],
  }
}

describe('judgeTable', () => {
  test('rows of the same kind are no issue, whatever the seed', () => {
    for (let seed = 2; seed < 40; seed++) expect(judgeTable(reference, sample(seed)).state).toBe('ok')
  })

  const fresh = (name: string) => {
    const column = sample(3).columns.find((candidate) => candidate.name === name)
    if (column === undefined || column.kind === 'text') throw new Error(`${name} is no column of numbers`)
    return column.values
  }

  test.each<[string, TableColumn[], string[]]>([
    [
      'amount: missing_more',
      [
        numbers(
          'amount',
          fresh('amount').map((v, row) => (row % 20 === 0 ? Number.NaN : v)),
        ),
      ],
      [],
    ],
    ['amount: all_missing', [numbers('amount', new Float64Array(400).fill(Number.NaN))], []],
    [
      'amount: out_of_range',
      [
        numbers(
          'amount',
          fresh('amount').map((v, row) => (row % 10 === 0 ? 9 : v)),
        ),
      ],
      [],
    ],
    [
      'amount: infinite_new',
      [
        numbers(
          'amount',
          fresh('amount').map((v, row) => (row === 7 ? Infinity : v)),
        ),
      ],
      [],
    ],
    ['count: constant_new', [numbers('count', new Float64Array(400).fill(4))], []],
    [
      'count: fractions_new',
      [
        numbers(
          'count',
          fresh('count').map((value) => value / 2),
        ),
      ],
      [],
    ],
    [
      'count: kind_changed',
      [
        textColumn(
          'count',
          Array.from({ length: 400 }, (_, row) => `n${row % 9}`),
        ),
      ],
      [],
    ],
    ['code: all_missing', [numbers('code', new Float64Array(400).fill(Number.NaN))], []],
    ['count: column_missing', [], ['count']],
    [
      'city: categories_new',
      [
        textColumn(
          'city',
          Array.from({ length: 400 }, (_, row) => ['Lyon', 'Nice', 'Paris', 'Brest'][row % 4] ?? null),
        ),
      ],
      [],
    ],
    [
      'city: categories_gone',
      [
        textColumn(
          'city',
          Array.from({ length: 400 }, (_, row) => ['Lyon', 'Nice'][row % 2] ?? null),
        ),
      ],
      [],
    ],
  ])('%s', (issue, changed, without) => {
    const found = findingsOf(changed, without)
    expect(found.state).toBe('issue')
    expect(found.issues).toContain(issue)
  })

  test('rows that come twice are an issue', () => {
    const once = sample(4)
    const twice = table(
      once.columns.map((column) =>
        column.kind === 'text'
          ? { ...column, codes: column.codes.map((_, row) => column.codes[row >> 1] ?? -1) }
          : { ...column, values: column.values.map((_, row) => column.values[row >> 1] ?? Number.NaN) },
      ),
    )
    expect(judgeTable(reference, twice).findings.find(({ code }) => code === 'duplicates_more')).toMatchObject({
      severity: 'issue',
      was: 0,
      now: 0.5,
    })
  })

  test('a new column, a rare new category and a copy of a column are notes', () => {
    const copy = fresh('amount')
    const quality = judgeTable(
      reference,
      sample(5, [
        numbers('amount', copy),
        numbers('extra', copy),
        textColumn(
          'city',
          Array.from({ length: 400 }, (_, row) => (row === 0 ? 'Brest' : (['Lyon', 'Nice', 'Paris'][row % 3] ?? null))),
        ),
      ]),
    )
    expect(quality.state).toBe('ok')
    const notes = quality.columns.flatMap(({ findings }) => findings)
    expect(notes.map(({ code, severity }) => `${code} ${severity}`)).toEqual([
      'categories_new note',
      'column_added note',
    ])
    // A pair with a new column is no news of the columns that were there.
    expect(quality.findings).toEqual([])
  })

  test.each([
    ['no rows', 0],
    ['a single row', 1],
  ])('%s: not enough data is a state of its own', (_, rows) => {
    const short = table(
      sample(2).columns.map((column) =>
        column.kind === 'text'
          ? { ...column, codes: column.codes.subarray(0, rows) }
          : { ...column, values: column.values.subarray(0, rows) },
      ),
    )
    expect(judgeTable(reference, short).state).toBe('not_enough_data')
    expect(judgeTable(profileWholeTable(short), sample(2)).state).toBe('not_enough_data')
  })

  test('a table without columns', () => {
    expect(judgeTable(profileWholeTable(table([])), table([])).state).toBe('not_enough_data')
  })

  test('a profile is plain JSON', () => {
    expect(JSON.parse(JSON.stringify(reference))).toEqual(reference)
  })
})

test('a profile counts missing, infinite, distinct, single and commonest values', () => {
  expect(profileColumn(numbers('x', [1, 1, 2, -0, 0, Number.NaN, Infinity, -Infinity, 5]))).toEqual({
    name: 'x',
    kind: 'number',
    rowCount: 9,
    missingCount: 1,
    infiniteCount: 2,
    distinctCount: 6,
    singleCount: 4,
    doubleCount: 2,
    commonestCount: 2,
    numbers: {
      min: 0,
      max: 5,
      mean: 1.5,
      std: expect.closeTo(1.8708286933869707, 12),
      quantiles: [0, 0, 0.25, 1, 1.75, 4.25, expect.closeTo(4.85, 12)],
      isWhole: true,
    },
    categories: null,
  })
  expect(profileColumn(textColumn('t', ['b', 'a', 'b', null, '']))).toMatchObject({
    missingCount: 2,
    distinctCount: 2,
    singleCount: 1,
    categories: [
      { value: 'b', count: 2 },
      { value: 'a', count: 1 },
    ],
  })
})

test('chances of news', () => {
  // Fisher's exact test of scipy 1.17.1, one-sided: [[8, 2], [1, 5]] and [[30, 970], [10, 990]].
  expect(chanceOfGrowth({ hits: 8, rows: 10 }, { hits: 1, rows: 6 })).toBeCloseTo(0.024475524475524504, 12)
  expect(chanceOfGrowth({ hits: 30, rows: 1000 }, { hits: 10, rows: 1000 })).toBeCloseTo(0.0010041667809150047, 10)
  expect(chanceOfGrowth({ hits: 1, rows: 100 }, { hits: 2, rows: 100 })).toBe(1)
  // Of 2 values among 4, in any of 6 orders: both are outside the earlier two only where those are beside each other: 3 of 6.
  expect(chanceBeyondRange(2, 2, 2)).toBeCloseTo(0.5, 12)
  expect(chanceBeyondRange(0, 2, 2)).toBe(1)
  expect(chanceBeyondRange(3, 2, 2)).toBe(0)
  // One row of 10 where a share of 1 in 101 is unseen.
  expect(chanceOfUnseen(1, { rows: 100, singles: 0, doubles: 0 }, 10)).toBeCloseTo(1 - (100 / 101) ** 10, 10)
})

test('orders and ranks of many rows are those of a sort', () => {
  const random = createRandom(9)
  const values = Float64Array.from({ length: 6000 }, (_, row) =>
    row % 50 === 0 ? Number.NaN : (random.intBelow(800) - 400) * (row % 3 === 0 ? 1e-7 : 3.5),
  )
  const order = orderRows(values)
  const plain = [...values.keys()]
    .filter((row) => !Number.isNaN(values[row]))
    .sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b)
  expect([...order]).toEqual(plain)
  expect([...rankRows(Float64Array.of(3, 1, 3, Number.NaN), Int32Array.of(1, 0, 2))]).toEqual([2.5, 1, 2.5, Number.NaN])
})

describe('correlations', () => {
  test('perfect, opposite and constant columns', () => {
    const up = Float64Array.of(1, 2, 3, 4)
    const down = up.map((value) => -(value ** 3))
    expect([pearson(up, up), spearman(up, down), kendall(up, down)]).toEqual([1, -1, -1])
    const level = new Float64Array(4)
    expect([pearson(up, level), spearman(up, level), kendall(up, level)]).toEqual([Number.NaN, Number.NaN, Number.NaN])
    // A tenth has no exact mean, and rows that are left out may leave a constant.
    expect(
      pearson(
        up,
        up.map(() => 0.1),
      ),
    ).toBeNaN()
    expect(pearson(Float64Array.of(1, 2, 3, 1e9), Float64Array.of(0.1, 0.1, 0.1, Number.NaN))).toBeNaN()
    expect(pearson(Float64Array.of(1e9, 1e9 + 1, 1e9 + 2), Float64Array.of(1, 2, 3))).toBe(1)
  })

  test('a change is told, an equal one is not', () => {
    const random = createRandom(3)
    const first = Float64Array.from({ length: 2000 }, () => random.float())
    const noise = Float64Array.from({ length: 2000 }, () => random.float())
    const columns = (weight: number) => [
      { name: 'a', values: first },
      { name: 'b', values: first.map((value, row) => weight * value + (noise[row] ?? 0)) },
    ]
    const was = correlateNumbers(columns(1), 'pearson')
    expect(changedCorrelations(was, correlateNumbers(columns(1), 'pearson'))).toEqual([])
    expect(changedCorrelations(was, correlateNumbers(columns(0), 'pearson'))).toMatchObject([{ columns: ['a', 'b'] }])
  })
})

test('rows are equal where every column is, whatever the order of categories', () => {
  const rows = rowCounter(5)
  rows.add(numbers('x', [1, 1, 0, -0, Number.NaN]))
  rows.add(textColumn('t', ['a', 'a', 'b', 'b', null]))
  expect([rows.duplicateCount(), rows.emptyCount()]).toEqual([2, 1])
  expect(() => rows.add(numbers('y', [1]))).toThrowError(expect.objectContaining({ code: 'length_mismatch', value: 1 }))
})

test('columns are alike by their values', () => {
  const given = table([
    textColumn('a', ['x', 'y', null, 'x']),
    textColumn('b', ['x', 'y', '', 'x']),
    textColumn('c', ['x', 'y', null, 'y']),
    numbers('d', [1, 2, Number.NaN, 1]),
    numbers('e', [1, 2, Number.NaN, 1]),
  ])
  expect(columnsAlike(given)).toEqual([
    ['a', 'b'],
    ['d', 'e'],
  ])
  expect(columnsAlike(given, { shareMin: 0.75, missingIsEqual: false })).toEqual([
    ['a', 'b'],
    ['d', 'e'],
  ])
})

test('freshness: clocks that are ahead do not make old rows fresh', () => {
  const now = { nowMs: 10_000_000, ageMaxMs: 1_000_000 }
  expect(measureFreshness(Float64Array.of(9_500_000, Number.NaN), now)).toMatchObject({
    state: 'fresh',
    ageMs: 500_000,
  })
  expect(measureFreshness(Float64Array.of(8_000_000, 20_000_000), now)).toMatchObject({
    state: 'stale',
    futureCount: 1,
  })
  expect(measureFreshness(Float64Array.of(10_030_000), now)).toMatchObject({ state: 'fresh', ageMs: 0, futureCount: 0 })
  expect(measureFreshness(Float64Array.of(Number.NaN), now)).toMatchObject({ state: 'no_times', ageMs: null })
})

test('volume: usual is what earlier windows were', () => {
  expect(measureVolume(100, [100, 100])).toMatchObject({ state: 'not_enough_data', low: null })
  expect(measureVolume(100, [100, 102, 98])).toMatchObject({ state: 'usual', low: 90, high: 110 })
  expect(measureVolume(0, [100, 102, 98]).state).toBe('fewer')
  expect(measureVolume(300, [100, 102, 98]).state).toBe('more')
  expect(() => measureVolume(1, [-1, 0, 0])).toThrowError(
    expect.objectContaining({ code: 'negative_value', value: -1 }),
  )
})
