import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import {
  countRuns,
  createRun,
  deleteRun,
  ensureExperiment,
  groupRuns,
  logBatch,
  logInputs,
  searchRuns,
} from './index.js'
import { findRuns } from './run-query.js'

/** What the tests know of a run, to work out by themselves what a search must give. */
interface Known {
  readonly id: string
  readonly experiment: string
  readonly start: number
  readonly deleted: boolean
  readonly params: Readonly<Record<string, string>>
  readonly metrics: Readonly<Record<string, readonly number[]>>
}

let suite: TestContext
const experiments: string[] = []
const known: Known[] = []

/** Numbers that look random and are the same in every run of the tests. */
function sequence(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return Math.floor((state / 0x80000000) * below)
  }
}

beforeAll(async () => {
  suite = await openTestContext()
  const { ctx } = suite
  for (const name of ['one', 'two', 'three']) {
    experiments.push((await ensureExperiment({ ctx, input: { name } })).experiment_id)
  }
  const random = sequence(7)
  for (let index = 0; index < 60; index += 1) {
    const experiment = experiments[random(3)] ?? ''
    const start = 1_700_000_000_000 + random(20) * 1000
    const params: Record<string, string> = random(4) === 0 ? {} : { depth: String(random(5)) }
    const metrics: Record<string, number[]> = {}
    for (const key of ['acc', 'val/loss']) {
      if (random(4) === 0) continue
      metrics[key] = Array.from({ length: 1 + random(3) }, () => (random(6) === 0 ? Number.NaN : random(6) / 4 - 0.5))
    }
    const { info } = await createRun({
      ctx,
      input: { experiment_id: experiment, run_name: `r${index % 7}`, start_time: start },
    })
    await logBatch({
      ctx,
      input: {
        run_id: info.run_id,
        params: Object.entries(params).map(([key, value]) => ({ key, value })),
        metrics: Object.entries(metrics).flatMap(([key, values]) =>
          values.map((value, step) => ({ key, value, step, timestamp: step })),
        ),
      },
    })
    const deleted = random(8) === 0
    if (deleted) await deleteRun({ ctx, input: { run_id: info.run_id } })
    known.push({ id: info.run_id, experiment, start, deleted, params, metrics })
  }
})
afterAll(() => suite?.close())

const invalid = (code: string) => expect.objectContaining({ code })

async function pages(input: {
  orderBy: string[]
  size: number
  experimentIds?: string[]
  filter?: string
  view?: 'ALL' | 'ACTIVE_ONLY' | 'DELETED_ONLY'
}) {
  const query = { filter: '', view: 'ACTIVE_ONLY' as const, ...input, experimentIds: input.experimentIds }
  const ids: string[] = []
  let pageToken: string | undefined
  for (let page = 0; page < 100; page += 1) {
    const found = await findRuns(suite.ctx, { ...query, pageToken })
    ids.push(...found.runs.map(({ id }) => id))
    pageToken = found.nextPageToken
    if (pageToken === undefined) return ids
    expect(found.runs).toHaveLength(input.size)
  }
  throw new Error('The pages do not end')
}

type Key = number | string | undefined

const last = (values: readonly number[] | undefined): Key => values?.at(-1)
const seen = (values: readonly number[] | undefined) => (values ?? []).filter((value) => !Number.isNaN(value))
const some = (values: readonly number[], of: (values: readonly number[]) => number): Key =>
  values.length === 0 ? undefined : of(values)

const keys: Readonly<Record<string, (run: Known) => Key>> = {
  'metrics.acc': ({ metrics }) => last(metrics.acc),
  'last(metrics.`val/loss`)': ({ metrics }) => last(metrics['val/loss']),
  'min(metrics.acc)': ({ metrics }) => some(seen(metrics.acc), (values) => Math.min(...values)),
  'max(metrics."val/loss")': ({ metrics }) => some(seen(metrics['val/loss']), (values) => Math.max(...values)),
  'mean(metrics.acc)': ({ metrics }) =>
    some(seen(metrics.acc), (values) => values.reduce((sum, value) => sum + value, 0) / values.length),
  'count(metrics.acc)': ({ metrics }) => metrics.acc?.length,
  'params.depth': ({ params }) => params.depth,
  start_time: ({ start }) => start,
  run_id: ({ id }) => id,
  end_time: () => undefined,
}

/** Absent last, NaN before, both in either direction. */
function compare(left: Key, right: Key, descending: boolean): number {
  const rank = (key: Key) => (key === undefined ? 2 : Number.isNaN(key) ? 1 : 0)
  if (rank(left) !== rank(right)) return rank(left) - rank(right)
  if (rank(left) !== 0 || left === undefined || right === undefined || left === right) return 0
  return left < right === descending ? 1 : -1
}

function expectedOrder(runs: readonly Known[], orderBy: readonly string[]): readonly string[] {
  const terms = orderBy.map((term) => {
    const [, column = '', direction = ''] = /^(.*?)( DESC| ASC)?$/.exec(term) ?? []
    return { of: keys[column] ?? (() => undefined), descending: direction === ' DESC' }
  })
  const sorted = [...runs].sort((left, right) => {
    for (const { of, descending } of terms) {
      const order = compare(of(left), of(right), descending)
      if (order !== 0) return order
    }
    return right.start - left.start || (left.id < right.id ? -1 : 1)
  })
  return sorted.map(({ id }) => id)
}

describe('orders', () => {
  const columns = Object.keys(keys)
  const random = sequence(11)
  const cases = Array.from({ length: 60 }, () => {
    const chosen = [...new Set(Array.from({ length: random(4) }, () => columns[random(columns.length)] ?? ''))]
    const isTwice = chosen.includes('metrics.acc') && chosen.includes('last(metrics.acc)')
    return {
      orderBy: isTwice ? [] : chosen.map((column) => `${column}${['', ' DESC', ' ASC'][random(3)]}`),
      size: [1, 2, 7, 25, 100][random(5)] ?? 1,
      scope: random(4),
      view: (['ACTIVE_ONLY', 'ALL', 'DELETED_ONLY'] as const)[random(3)] ?? ('ALL' as const),
    }
  })

  test.each(cases)('by $orderBy, $size a page, $view of scope $scope', async ({ orderBy, size, scope, view }) => {
    const experimentIds = [undefined, experiments.slice(0, 1), experiments.slice(0, 2), experiments][scope]
    const runs = known.filter(
      ({ experiment, deleted }) =>
        (experimentIds === undefined || experimentIds.includes(experiment)) &&
        (view === 'ALL' || deleted === (view === 'DELETED_ONLY')),
    )
    const found = await pages({ orderBy, size, view, ...(experimentIds === undefined ? {} : { experimentIds }) })
    expect(found).toEqual(expectedOrder(runs, orderBy))
  })

  test('a page by its offset, as MLflow tells it, is the same page', async () => {
    const query = {
      experimentIds: experiments,
      view: 'ACTIVE_ONLY',
      filter: '',
      orderBy: ['metrics.acc DESC'],
    } as const
    const all = await findRuns(suite.ctx, { ...query, size: 100, pageToken: undefined })
    const token = Buffer.from('{"offset":10}').toString('base64')
    const third = await findRuns(suite.ctx, { ...query, size: 5, pageToken: token })
    expect(third.runs).toEqual(all.runs.slice(10, 15))
    expect(JSON.parse(Buffer.from(third.nextPageToken ?? '', 'base64').toString())).toEqual({ offset: 15 })
  })

  test('a token is good for its query only', async () => {
    const query = {
      experimentIds: experiments,
      view: 'ACTIVE_ONLY',
      filter: '',
      orderBy: ['metrics.acc'],
      size: 3,
    } as const
    const { nextPageToken } = await findRuns(suite.ctx, { ...query, pageToken: undefined })
    await findRuns(suite.ctx, { ...query, size: 9, pageToken: nextPageToken })
    for (const other of [
      { filter: 'metrics.acc > 0' },
      { orderBy: [] },
      { view: 'ALL' as const },
      { experimentIds: undefined },
    ]) {
      await expect(findRuns(suite.ctx, { ...query, ...other, pageToken: nextPageToken })).rejects.toThrowError(
        invalid('page_token_invalid'),
      )
    }
  })

  test('what a client made of a token is refused, never a failure', async () => {
    const query = {
      experimentIds: experiments,
      view: 'ACTIVE_ONLY',
      filter: '',
      orderBy: ['metrics.acc'],
      size: 3,
    } as const
    const { nextPageToken } = await findRuns(suite.ctx, { ...query, pageToken: undefined })
    const token = JSON.parse(Buffer.from(nextPageToken ?? '', 'base64').toString())
    for (const change of [
      { phase: 9 },
      { phase: -1 },
      { phase: '0' },
      { after: [] },
      { after: ['x', '1', 'y'] },
      { after: ['1; drop table runs', '1', 'y'] },
      { after: [null, '1', 'y'] },
      { after: ['1', '1e5', 'y'] },
      { after: [1, 2, 3] },
      { after: 'x' },
      { offset: -1 },
      { offset: 'x' },
    ]) {
      const pageToken = Buffer.from(JSON.stringify({ ...token, ...change })).toString('base64')
      await expect(findRuns(suite.ctx, { ...query, pageToken }), JSON.stringify(change)).rejects.toThrowError(
        invalid('page_token_invalid'),
      )
    }
  })

  test.each([['datasets.name'], ['max(params.depth)'], ['nothing'], ['spans.x']])(
    '%s orders nothing',
    async (column) => {
      await expect(pages({ orderBy: [column], size: 5 })).rejects.toThrowError(invalid('filter_invalid'))
    },
  )
})

describe('filters', () => {
  const value = (run: Known, column: string): Key => keys[column]?.(run)
  const number = (run: Known, column: string, holds: (value: number) => boolean) => {
    const found = value(run, column)
    return typeof found === 'number' && holds(found)
  }
  const cases: readonly (readonly [string, (run: Known) => boolean])[] = [
    ['metrics.acc > 0.1', (run) => number(run, 'metrics.acc', (acc) => acc > 0.1)],
    ['metrics.acc = 0', (run) => number(run, 'metrics.acc', (acc) => acc === 0)],
    ['metrics.acc < 0.25', (run) => number(run, 'metrics.acc', (acc) => acc < 0.25)],
    ['metrics.acc != 0', (run) => number(run, 'metrics.acc', (acc) => acc !== 0)],
    ['metrics.acc != 0.25', (run) => number(run, 'metrics.acc', (acc) => acc !== 0.25)],
    ["params.depth = '3'", ({ params }) => params.depth === '3'],
    ["params.depth != '3'", ({ params }) => params.depth !== undefined && params.depth !== '3'],
    ["not params.depth = '3'", ({ params }) => params.depth !== '3'],
    ["params.depth in ('1', '3')", ({ params }) => ['1', '3'].includes(params.depth ?? '')],
    [
      "params.depth NOT IN ('1', '3')",
      ({ params }) => params.depth !== undefined && !['1', '3'].includes(params.depth),
    ],
    ['params.depth is null', ({ params }) => params.depth === undefined],
    ['metrics.acc is null', ({ metrics }) => metrics.acc === undefined],
    [
      'metrics.acc IS NOT NULL and params.depth is null',
      ({ metrics, params }) => metrics.acc !== undefined && params.depth === undefined,
    ],
    ['max(metrics.acc) is null', (run) => run.metrics.acc === undefined || seen(run.metrics.acc).length === 0],
    ['min(metrics.acc) < 0', (run) => seen(run.metrics.acc).some((acc) => acc < 0)],
    ['max(metrics.acc) >= 0.5', (run) => seen(run.metrics.acc).some((acc) => acc >= 0.5)],
    ['mean(metrics.acc) > 0', (run) => number(run, 'mean(metrics.acc)', (mean) => mean > 0)],
    ['count(metrics.acc) = 2', ({ metrics }) => metrics.acc?.length === 2],
    ['end_time is null', () => true],
    ['end_time > 5', () => false],
    ['not end_time > 5', () => true],
    [
      "metrics.acc > 0.1 or params.depth = '3' and metrics.`val/loss` < 0.2",
      (run) =>
        number(run, 'metrics.acc', (acc) => acc > 0.1) ||
        (run.params.depth === '3' && number(run, 'last(metrics.`val/loss`)', (loss) => loss < 0.2)),
    ],
    [
      "(metrics.acc > 0.1 or params.depth = '3') and not (metrics.`val/loss` < 0.2 or params.depth = '1')",
      (run) =>
        (number(run, 'metrics.acc', (acc) => acc > 0.1) || run.params.depth === '3') &&
        !(number(run, 'last(metrics.`val/loss`)', (loss) => loss < 0.2) || run.params.depth === '1'),
    ],
    ["attributes.status in ('RUNNING', 'FAILED') and not not run_name like 'r%'", () => true],
    ["status not in ('RUNNING')", () => false],
  ]

  test.each(cases)('%s', async (filter, holds) => {
    const expected = known.filter((run) => !run.deleted && holds(run))
    expect(await pages({ orderBy: [], size: 9, filter })).toEqual(expectedOrder(expected, []))
    expect(await pages({ orderBy: ['metrics.acc DESC'], size: 9, filter })).toEqual(
      expectedOrder(expected, ['metrics.acc DESC']),
    )
    expect(await countRuns({ ctx: suite.ctx, input: { filter } })).toBe(expected.length)
  })

  test.each([
    'metrics.acc like 0.1',
    "metrics.acc = '1'",
    'params.depth = 3',
    'params.depth > 3',
    'run_id > 5',
    "start_time = 'x'",
    'min(params.depth) > 1',
    'median(metrics.acc) > 1',
    'dataset.size = 1',
    "nothing = 'x'",
    "foo.bar = 'x'",
    'metrics.acc in (1)',
  ])('%s is refused', async (filter) => {
    await expect(pages({ orderBy: [], size: 9, filter })).rejects.toThrowError(invalid('filter_invalid'))
  })

  test('a value that is longer than its index is compared as a whole', async () => {
    const { ctx } = suite
    const { experiment_id } = await ensureExperiment({ ctx, input: { name: 'long' } })
    const start = 'é'.repeat(64)
    for (const value of [start, `${start}a`, `${start}b`]) {
      const { info } = await createRun({ ctx, input: { experiment_id } })
      await logBatch({ ctx, input: { run_id: info.run_id, params: [{ key: 'p', value }] } })
    }
    const count = (filter: string) => countRuns({ ctx, input: { experiment_ids: [experiment_id], filter } })
    expect(await count(`params.p = '${start}'`)).toBe(1)
    expect(await count(`params.p = '${start}b'`)).toBe(1)
    expect(await count(`params.p = '${start}c'`)).toBe(0)
    expect(await count(`params.p in ('${start}', '${start}a')`)).toBe(2)
    expect(await count(`params.p like '${start}%'`)).toBe(3)
  })
})

test('the protocol finds the same runs, with their data sets', async () => {
  const { ctx } = suite
  const run = known.find(({ deleted }) => !deleted)
  const dataset = { name: 'iris', digest: 'd1', source_type: 'local', source: '{}' }
  const tags = [{ key: 'mlflow.data.context', value: 'training' }]
  await logInputs({ ctx, input: { run_id: run?.id ?? '', datasets: [{ dataset, tags }] } })
  const found = await searchRuns({
    ctx,
    input: { experiment_ids: experiments, filter: "dataset.context = 'training'" },
  })
  expect(found.runs.map(({ info }) => info.run_id)).toEqual([run?.id])
  expect(found.runs[0]?.inputs.dataset_inputs).toEqual([{ dataset, tags }])
})

test('runs are grouped with the spread of their metrics', async () => {
  const { ctx } = suite
  const { items, is_complete } = await groupRuns({
    ctx,
    input: { experiment_ids: experiments, by: ['params.depth'], metrics: ['acc'] },
  })
  expect(is_complete).toBe(true)
  const active = known.filter(({ deleted }) => !deleted)
  for (const group of items) {
    const runs = active.filter(({ params }) => (params.depth ?? null) === group.values[0])
    const values = runs.flatMap(({ metrics }) => seen(metrics.acc?.slice(-1)))
    expect(group.run_count).toBe(runs.length)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
    expect(group.metrics.acc).toEqual(
      values.length === 0
        ? undefined
        : {
            count: values.length,
            mean: expect.closeTo(mean, 12),
            ...(values.length > 1 ? { std: expect.closeTo(Math.sqrt(variance), 12) } : {}),
            min: Math.min(...values),
            max: Math.max(...values),
          },
    )
  }
  expect(items.reduce((sum, { run_count }) => sum + run_count, 0)).toBe(active.length)
  const counts = items.map(({ run_count }) => run_count)
  expect(counts).toEqual([...counts].sort((left, right) => right - left))
  await expect(groupRuns({ ctx, input: { by: ['metrics.acc'] } })).rejects.toThrowError(invalid('filter_invalid'))
  await expect(groupRuns({ ctx, input: { by: ['params.a and'] } })).rejects.toThrowError(invalid('filter_invalid'))
})

test('the index of the newest value orders a search', async () => {
  const { ctx } = suite
  await sql`
    insert into runs (id, experiment_id, name, status, start_ms, artifact_uri)
    select 'many' || i, ${experiments[0]}::bigint, 'many', 'FINISHED', i, '' from generate_series(1, 3000) i
  `.execute(ctx.db)
  await sql`
    insert into metric_series (run_id, key, experiment_id, last_step, last_ms, last_value, last_is_nan, point_count, nan_count,
      sum_value, append_step, append_ms)
    select 'many' || i, 'speed', ${experiments[0]}::bigint, 0, 0, i, false, 1, 0, i, 0, 0 from generate_series(1, 3000) i
  `.execute(ctx.db)
  await sql`analyze`.execute(ctx.db)
  const { rows } = await sql<{ 'QUERY PLAN': string }>`
    explain select r.id from runs r join metric_series m on m.run_id = r.id and m.experiment_id = r.experiment_id and m.key = 'speed'
    where r.experiment_id = ${experiments[0]}::bigint and r.lifecycle_stage = 'active' and not m.last_is_nan
    order by m.last_value desc, r.start_ms desc, r.id limit 100
  `.execute(ctx.db)
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
  expect(plan).toContain('metric_series_by_value')
  expect(plan).not.toContain('Seq Scan')
})

test('a search that the database stops is told as one, not as a failure', async () => {
  const { ctx } = suite
  await sql`
    insert into params select id, 'note', repeat('a', 200) from runs where name = 'many' on conflict do nothing
  `.execute(ctx.db)
  const slow = {
    filter: "params.note like '%b%c%d%' or params.note like '%c%d%b%'",
    orderBy: [],
    size: 10,
    pageToken: undefined,
  }
  const search = ctx.db.transaction().execute(async (db) => {
    await sql`set local statement_timeout = 1`.execute(db)
    return findRuns({ ...ctx, db }, { ...slow, experimentIds: experiments, view: 'ALL' })
  })
  await expect(search).rejects.toThrowError(invalid('search_too_slow'))
})
