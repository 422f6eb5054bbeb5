import { readdir } from 'node:fs/promises'
import type { SourceDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testSourceScope } from '../../../../test/support/source-scope.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { rowsOf, sqlText } from '../../../platform/index.js'
import type { LocalFile } from './source-driver.js'
import { syntheticDriver } from './synthetic-driver.js'

type Synthetic = Extract<SourceDefinition, { kind: 'synthetic' }>
type Params = Synthetic['params']

let context: TestContext
beforeAll(async () => {
  context = await openTestContext()
})
afterAll(() => context.close())

const sourceOf = (
  generator: Synthetic['generator'],
  params: Params = {},
  more: Partial<Synthetic> = {},
): Synthetic => ({
  kind: 'synthetic',
  generator,
  rows: 20_000,
  seed: 7,
  params,
  ...more,
})
const list = (source: Synthetic) => syntheticDriver.list(source, testSourceScope(context))

async function openAll(source: Synthetic): Promise<readonly LocalFile[]> {
  const files: LocalFile[] = []
  for (const item of (await list(source)).items) files.push(await item.open(() => {}))
  return files
}

/** Makes the rows and asks them. */
async function ask<Row>(source: Synthetic, select: string): Promise<readonly Row[]> {
  const files = await openAll(source)
  const table = `read_parquet([${files.map(({ path }) => sqlText(path)).join(', ')}], file_row_number = true)`
  const result = await context.ctx.data
    .use((connection) => connection.runAndReadAll(select.replaceAll('data', table)))
    .finally(() => Promise.all(files.map((file) => file.release())))
  expect(await readdir(context.ctx.blobs.stagingFolder)).toEqual([])
  return rowsOf<Row>(result)
}

async function hashesOf(source: Synthetic): Promise<readonly string[]> {
  const files = await openAll(source)
  await Promise.all(files.map((file) => file.release()))
  return files.map(({ sha256 }) => sha256)
}

describe('the same parameters give the same bytes', () => {
  test.each(['classification', 'regression', 'blobs', 'time_series'] as const)('%s', async (generator) => {
    const once = await hashesOf(sourceOf(generator))
    expect(await hashesOf(sourceOf(generator))).toEqual(once)
    expect(await hashesOf(sourceOf(generator, {}, { seed: 8 }))).not.toEqual(once)
  })

  test('and the first numbers never change: data made before must be reproducible', async () => {
    const rows = await ask(
      sourceOf('classification', { n_features: 3, n_redundant: 0 }, { rows: 3 }),
      'select round(feature_0, 12) as a, round(feature_2, 12) as b, target from data',
    )
    expect(rows).toMatchInlineSnapshot(`
      [
        {
          "a": -1.347475125659,
          "b": -0.954474320077,
          "target": 1,
        },
        {
          "a": 1.00887068567,
          "b": -1.080290702869,
          "target": 1,
        },
        {
          "a": 0.203073661585,
          "b": -0.236869713753,
          "target": 0,
        },
      ]
    `)
  })

  test('more rows are more blocks: the whole ones before stay as they are', async () => {
    const params = { n_features: 500, n_informative: 5 }
    const some = await list(sourceOf('regression', params, { rows: 40_000 }))
    const more = await list(sourceOf('regression', params, { rows: 50_000 }))
    expect([some.items.length, more.items.length]).toEqual([3, 4])
    const marks = some.items.map(({ mark }) => mark)
    expect(more.items.map(({ mark }) => mark).slice(0, 2)).toEqual(marks.slice(0, 2))
    expect(new Set([...marks, ...more.items.map(({ mark }) => mark)]).size).toBe(5)
    expect(more.items.map(({ name }) => name)[1]).toBe('regression, rows 15969 to 31936')
  })
})

describe('classification', () => {
  test('has the columns, weights and flipped labels that were asked for', async () => {
    const params = { n_features: 6, n_informative: 2, n_redundant: 1, n_repeated: 1, weights: [0.8], flip_y: 0 }
    const [row] = await ask<Record<string, number>>(
      sourceOf('classification', params),
      `select count(*)::int as rows, avg(target) as share, count(columns('feature_5'))::int as last,
        regr_r2(feature_3, feature_0) as r0, regr_r2(feature_3, feature_1) as r1, regr_r2(feature_3, feature_2) as r2,
        corr(feature_4, target) as noise, stddev_samp(feature_5) as std from data`,
    )
    expect(row?.rows).toBe(20_000)
    expect(row?.share).toBeCloseTo(0.2, 1)
    // The repeated column is one of the three before.
    expect(Math.max(row?.r0 ?? 0, row?.r1 ?? 0, row?.r2 ?? 0)).toBeCloseTo(1, 9)
    expect(Math.abs(row?.noise ?? 1)).toBeLessThan(0.03)
    expect(row?.std).toBeCloseTo(1, 1)
  })

  test('the redundant columns are mixtures of the informative ones', async () => {
    // With three points of x = a f0 + b f1 each other row follows: the residual of a fit by normal equations is 0.
    const [row] = await ask<{ residual: number }>(
      sourceOf('classification', { n_features: 3, n_informative: 2, n_redundant: 1 }),
      `with s as (select sum(feature_0*feature_0) as aa, sum(feature_0*feature_1) as ab, sum(feature_1*feature_1) as bb,
         sum(feature_0*feature_2) as ay, sum(feature_1*feature_2) as by_ from data),
       c as (select (ay*bb - by_*ab)/(aa*bb - ab*ab) as a, (by_*aa - ay*ab)/(aa*bb - ab*ab) as b from s)
       select max(abs(feature_2 - a*feature_0 - b*feature_1)) as residual from data, c`,
    )
    expect(row?.residual).toBeLessThan(1e-9)
  })

  test('classes lie further apart with class_sep, and flip_y mixes them', async () => {
    const separation = async (params: Params) => {
      const [row] = await ask<{ gap: number }>(
        sourceOf('classification', { n_features: 2, n_redundant: 0, n_clusters_per_class: 1, ...params }),
        `select sqrt(pow(avg(feature_0) filter (target = 1) - avg(feature_0) filter (target = 0), 2)
          + pow(avg(feature_1) filter (target = 1) - avg(feature_1) filter (target = 0), 2)) as gap from data`,
      )
      return row?.gap ?? 0
    }
    const plain = await separation({ flip_y: 0 })
    // Two corners of a square with the side 2: 2 or 2.83 apart.
    expect([2, Math.sqrt(8)].some((gap) => Math.abs(gap - plain) < 0.1)).toBe(true)
    expect((await separation({ flip_y: 0, class_sep: 3 })) / plain).toBeCloseTo(3, 1)
    // Half of the labels are drawn anew: half of the distance is left.
    expect((await separation({ flip_y: 0.5 })) / plain).toBeCloseTo(0.5, 1)
  })
})

test('regression follows its coefficients, bias and noise', async () => {
  const [row] = await ask<Record<string, number>>(
    sourceOf('regression', { n_features: 3, coefficients: [2, -5], bias: 10, noise: 0.5 }),
    `select regr_slope(target, feature_0) as a, regr_slope(target, feature_1) as b, regr_slope(target, feature_2) as c,
      avg(target) as mean, stddev_samp(target - 2*feature_0 + 5*feature_1 - 10) as noise from data`,
  )
  expect(row?.a).toBeCloseTo(2, 0)
  expect(row?.b).toBeCloseTo(-5, 0)
  expect(Math.abs(row?.c ?? 9)).toBeLessThan(0.1)
  expect(row?.mean).toBeCloseTo(10, 0)
  expect(row?.noise).toBeCloseTo(0.5, 2)
})

test('blobs lie around their centers with their own spread', async () => {
  const rows = await ask<Record<string, number>>(
    sourceOf('blobs', {
      centers: [
        [1, 1],
        [10, -10],
      ],
      cluster_std: [1, 0.1],
    }),
    `select target, count(*)::int as rows, round(avg(feature_0)) as x, round(avg(feature_1)) as y, round(stddev_samp(feature_1), 1) as std
     from data group by target order by target`,
  )
  expect(rows).toMatchObject([
    { target: 0, x: 1, y: 1, std: 1 },
    { target: 1, x: 10, y: -10, std: 0.1 },
  ])
  for (const row of rows) expect(row.rows).toBeGreaterThan(9_700)
  const drawn = await ask<{ x: number }>(
    sourceOf('blobs', { centers: 4, cluster_std: 0, center_box: [3, 5] }),
    'select distinct feature_0 as x from data',
  )
  expect(drawn).toHaveLength(4)
  for (const { x } of drawn) expect(x).toSatisfy((value: number) => value >= 3 && value <= 5)
})

describe('time_series', () => {
  test('has even moments, level, trend and season', async () => {
    const [row] = await ask<Record<string, unknown>>(
      sourceOf(
        'time_series',
        { start: '2024-02-28T23:00:00+01:00', step_seconds: 0.5, level: 3, trend: 0.25, season_amplitude: 2, noise: 0 },
        { rows: 100 },
      ),
      `select min("time")::varchar as first, max("time")::varchar as last, typeof(any_value("time")) as type,
        max(abs("value" - (3 + 0.25*file_row_number + 2*sin(2*pi()*file_row_number/24)))) as difference from data`,
    )
    expect(row).toMatchObject({ first: '2024-02-28 22:00:00', last: '2024-02-28 22:00:49.5', type: 'TIMESTAMP' })
    expect(row?.difference).toBeLessThan(1e-9)
  })

  test('drifts in its mean, noise and season from the row that was asked for, and has gaps', async () => {
    const params = { noise: 1, season_amplitude: 0, drift_at: 0.75, drift_mean: 5, drift_noise: 3, missing: 0.1 }
    const rows = await ask<Record<string, number>>(
      sourceOf('time_series', params),
      `select file_row_number >= 15000 as drifted, round(avg("value")) as mean, round(stddev_samp("value"), 1) as std,
        round(count("value") / count(*), 2) as filled from data group by 1 order by 1`,
    )
    expect(rows).toMatchObject([
      { drifted: false, mean: 0, std: 1, filled: 0.9 },
      { drifted: true, mean: 5, std: 3, filled: 0.9 },
    ])
    const [season] = await ask<Record<string, number>>(
      sourceOf('time_series', { noise: 0, drift_at: 0.5, drift_amplitude: 4, drift_period: 2 }, { rows: 480 }),
      `select max("value") filter (file_row_number < 240) as before, max("value") filter (file_row_number >= 240) as after,
        max(abs("value" - 4*sin(2*pi()*(file_row_number - 240)/48))) filter (file_row_number >= 240) as difference from data`,
    )
    expect(season?.before).toBeCloseTo(1, 9)
    expect(season?.after).toBeCloseTo(4, 9)
    expect(season?.difference).toBeLessThan(1e-9)
  })
})

test.each<[Synthetic['generator'], Params, string, string]>([
  ['classification', { n_featurs: 3 }, 'params.n_featurs', 'no such parameter'],
  ['classification', { n_features: 3 }, 'params.n_features', 'n_informative + n_redundant + n_repeated = 4'],
  ['classification', { n_classes: 5 }, 'params.n_informative', '10 must be at most 2^n_informative'],
  ['classification', { weights: [0.5, 0.6] }, 'params.weights', 'add up to 1'],
  ['classification', { weights: [0.5, 0.2, 0.3] }, 'params.weights', '2 or 1 numbers'],
  ['classification', { flip_y: 2 }, 'params.flip_y', '<=1'],
  ['classification', { n_features: '3' }, 'params.n_features', 'expected number'],
  ['regression', { n_features: 1, coefficients: [1, 2] }, 'params.coefficients', '2 numbers for 1 features'],
  ['blobs', { centers: [[1, 2, 3]] }, 'params.centers', '2 numbers'],
  ['blobs', { cluster_std: [1, 2] }, 'params.cluster_std', '3 numbers'],
  ['blobs', { center_box: [1, -1] }, 'params.center_box', 'smaller'],
  ['time_series', { start: 'tomorrow' }, 'params.start', 'datetime'],
  ['time_series', { drift_mean: 1 }, 'params.drift_mean', 'needs drift_at'],
])('%s refuses %j', async (generator, params, field, reason) => {
  await expect(list(sourceOf(generator, params))).rejects.toMatchObject({
    code: 'source_options_invalid',
    params: { source: `synthetic ${generator}`, field, reason: expect.stringContaining(reason) },
  })
})

test('a cancelled block leaves nothing', async () => {
  const abort = new AbortController()
  const scope = testSourceScope(context, { ctx: { ...context.ctx, signal: abort.signal } })
  const { items } = await syntheticDriver.list(sourceOf('blobs', {}, { rows: 100_000 }), scope)
  await expect(items[0]?.open(() => abort.abort(new Error('cancelled')))).rejects.toThrow('cancelled')
  expect(await readdir(context.ctx.blobs.stagingFolder)).toEqual([])
})
