import {
  type Expectation,
  type ExpectationHistory,
  type Json,
  ProjectDefinition,
  type ValidationResult,
} from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestApp, type TestApp } from '../../../test/support/test-app.js'
import { makeSnapshot } from '../../../test/support/test-snapshot.js'
import { limit } from '../../kernel/index.js'
import { newestEvents } from '../../platform/index.js'
import { ensureProfile } from '../datasets/index.js'
import { applyProject } from '../projects/index.js'
import { mountValidationRoutes, validateEverything } from './index.js'

let suite: TestApp
let projects = 0
const warned: string[] = []
beforeAll(async () => {
  suite = await openTestApp((app, ctx) => {
    const log = { ...ctx.log, warn: (_fields: object, message: string) => void warned.push(message) }
    mountValidationRoutes(app, () => ({ ...ctx, log }))
  })
})
afterAll(() => suite?.close())

const columns = [
  { name: 'id', type: 'integer' },
  { name: 'size', type: 'number' },
  { name: 'kind', type: 'text' },
] as const

const notNull = (column: string, severity: Expectation['severity'] = 'critical'): Expectation => ({
  type: 'expect_column_values_to_not_be_null',
  kwargs: { column },
  severity,
})
const between = (column: string, max: number, severity: Expectation['severity'] = 'critical'): Expectation => ({
  type: 'expect_column_values_to_be_between',
  kwargs: { column, min_value: 0, max_value: max },
  severity,
})

/** A project of its own with one data set `data` that has a key and these expectations. */
async function projectWith(expectations: readonly Expectation[]): Promise<string> {
  projects += 1
  const name = `p${projects}`
  const dataset = {
    name: 'data',
    source: { kind: 'csv', paths: ['data.csv'], dialect: { header: true } },
    key: ['id'],
    expectations,
  }
  const definition = ProjectDefinition.parse({ name, datasets: [dataset], models: [] })
  await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
  return name
}

const rowsUpTo = (last: number) =>
  `select i as id, case when i % 10 = 9 then null else i * 1.5 end::double as size, 'k' || (i % 3) as kind
   from range(${last}) t(i)`

const snapshotOf = (project: string, parts: readonly string[] = [rowsUpTo(20), rowsUpTo(20)]) =>
  makeSnapshot(suite, { project, dataset: 'data', parts, columns })

const validate = (snapshot: string, body: object = {}): Promise<ValidationResult> =>
  suite.ok('POST', `/api/v1/snapshots/${snapshot}/validate`, body)

const dataset = (project: string) => `/api/v1/projects/${project}/datasets/data`

describe('validateSnapshot', () => {
  test('counts what fails by severity, and blocks only for what is critical', async () => {
    const project = await projectWith([notNull('id'), between('size', 20, 'warning'), notNull('size', 'info')])
    const snapshot = await snapshotOf(project)
    const result = await validate(snapshot)
    expect(result).toMatchObject({
      suite: 'declared',
      success: false,
      evaluated: 3,
      failed: 2,
      failed_by_severity: { critical: 0, warning: 1, info: 1 },
      not_evaluated: 0,
    })
    expect(result.checks[1]).toMatchObject({ element_count: 36, missing_count: 4, unexpected_count: 10 })
    expect(await suite.ok('GET', `/api/v1/validations/${result.id}`)).toEqual(result)
    const [event] = await newestEvents(suite.ctx.db, 1)
    expect(event).toMatchObject({
      kind: 'validation.finished',
      subject: `snapshots/${snapshot}`,
      payload: { validation_id: result.id, success: false, critical: 0, warning: 1, info: 1, suite: 'declared' },
    })
    expect(warned).toContain('Expectations failed')
  })

  test('is evaluated once for the same snapshot, suite and engine', async () => {
    const project = await projectWith([notNull('id')])
    const snapshot = await snapshotOf(project)
    const results = await Promise.all(Array.from({ length: 5 }, () => validate(snapshot)))
    expect(new Set(results.map(({ id }) => id)).size).toBe(1)
    const { rows } = await sql`select 1 from validations where snapshot_id = ${snapshot}`.execute(suite.ctx.db)
    expect(rows).toHaveLength(1)
    const other = await validate(snapshot, { expectations: [notNull('kind')] })
    expect(other.id).not.toBe(results[0]?.id)
    expect(other.suite).toBe('sent')
    await sql`update validations set engine_version = -1 where snapshot_id = ${snapshot}`.execute(suite.ctx.db)
    expect((await validate(snapshot)).id).not.toBe(results[0]?.id)
  })

  test('the profile of a snapshot that was ingested here is used, that of others is not', async () => {
    const expectations = [
      notNull('id'),
      between('size', 60, 'warning'),
      { type: 'expect_column_values_to_be_unique', kwargs: { column: 'id' }, severity: 'info' as const },
      { type: 'expect_column_values_to_be_in_set', kwargs: { column: 'kind', value_set: ['k0', 'k1'] } },
    ]
    const project = await projectWith([])
    const snapshot = await snapshotOf(project, [rowsUpTo(20)])
    let times = 0
    const checked = async () => {
      times += 1
      await sql`update validations set engine_version = -${sql.lit(times)} where snapshot_id = ${snapshot} and engine_version > 0`.execute(
        suite.ctx.db,
      )
      return (await validate(snapshot, { expectations })).checks
    }
    const read = await checked()
    expect(read.map(({ success }) => success)).toEqual([true, true, true, false])
    await ensureProfile({ ctx: suite.ctx, input: { snapshot } })
    const from = (ingest: string | null) =>
      sql`update snapshots set ingest_id = ${ingest} where id = ${snapshot}`.execute(suite.ctx.db)
    await from('ing_here')
    expect(await checked()).toEqual(read)
    // Figures that are wrong show whether they are looked at.
    await sql`update snapshot_profiles set profile = jsonb_set(jsonb_set(profile, '{columns,0,count}', '19'), '{columns,0,missing}', '1')
      where snapshot_id = ${snapshot}`.execute(suite.ctx.db)
    expect((await checked())[0]).toMatchObject({ success: false, unexpected_count: 1 })
    await from(null)
    expect(await checked()).toEqual(read)
    await from('ing_here')
    await sql`update snapshot_profiles set version = version - 1 where snapshot_id = ${snapshot}`.execute(suite.ctx.db)
    expect(await checked()).toEqual(read)
  })

  test('a column that is missing is not evaluated, and never holds', async () => {
    const project = await projectWith([notNull('nope'), between('nope', 3, 'warning'), notNull('id')])
    const result = await validate(await snapshotOf(project))
    expect(result).toMatchObject({
      success: false,
      failed: 2,
      not_evaluated: 2,
      failed_by_severity: { critical: 1, warning: 1, info: 0 },
    })
    expect(result.checks.map(({ success, error }) => [success, error !== undefined])).toEqual([
      [false, true],
      [false, true],
      [true, false],
    ])
    expect(result.checks[0]?.error).toContain('nope')
  })

  test('a suite without expectations holds', async () => {
    const result = await validate(await snapshotOf(await projectWith([])))
    expect(result).toMatchObject({ success: true, evaluated: 0, failed: 0 })
  })

  test('a thousand expectations are evaluated and kept', async () => {
    // The largest size is 27: the first 27 do not hold.
    const expectations = Array.from({ length: 1000 }, (_, index) => between('size', index))
    const project = await projectWith([])
    const result = await validate(await snapshotOf(project), { expectations })
    expect(result).toMatchObject({ evaluated: 1000, failed: 27, not_evaluated: 0 })
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from validation_checks where validation_id = ${result.id}
    `.execute(suite.ctx.db)
    expect(rows[0]?.count).toBe(1000)
    const report = await suite.app.inject({ url: `/api/v1/validations/${result.id}/report` })
    expect(report.rawPayload.byteLength).toBeLessThan(300_000)
  })

  test('huge values are cut, NUL and control characters are kept out', async () => {
    const project = await projectWith([
      { type: 'expect_column_values_to_be_in_set', kwargs: { column: 'kind', value_set: ['x'] }, severity: 'critical' },
      {
        type: 'expect_column_distinct_values_to_be_in_set',
        kwargs: { column: 'kind', value_set: ['x'] },
        severity: 'info',
      },
    ])
    const select = `select i as id, 1.0 as size, repeat('é', 60000) || i || chr(0) || '<script>' as kind from range(30) t(i)`
    const result = await validate(await snapshotOf(project, [select]))
    expect(result.failed).toBe(2)
    expect(result.checks[0]?.unexpected_count).toBe(30)
    expect(JSON.stringify(result).length).toBeLessThan(60_000)
    const rows = await suite.ok('GET', `/api/v1/validations/${result.id}/rows?check=0`)
    expect(rows.total).toBe(30)
    expect(JSON.stringify(rows).length).toBeLessThan(limit('validation.failing_rows_bytes_max') * 2)
  })

  test('refuses what is no expectation, with its place', async () => {
    const snapshot = await snapshotOf(await projectWith([]))
    const send = (expectations: readonly object[]) =>
      suite.send('POST', `/api/v1/snapshots/${snapshot}/validate`, { expectations })
    expect(await send([notNull('id'), { type: 'expect_the_best', kwargs: {} }])).toMatchObject({
      body: { code: 'expectation_unknown', field: 'expectations.1' },
    })
    expect(await send([{ ...notNull('id'), kwargs: { column: 'id', mostly: 3 } }])).toMatchObject({
      body: { code: 'expectation_invalid', field: 'expectations.0' },
    })
    expect((await send(Array.from({ length: 1001 }, () => notNull('id')))).status).toBe(400)
    expect((await suite.send('POST', '/api/v1/snapshots/snap_nope/validate', {})).body.code).toBe('snapshot_not_found')
    const unknown = await suite.send('POST', `/api/v1/snapshots/${snapshot}/validate`, { suite: 'nope' })
    expect(unknown).toMatchObject({ status: 404, body: { code: 'suite_not_found' } })
  })

  test('a query reads the snapshot and nothing else', async () => {
    const snapshot = await snapshotOf(await projectWith([]))
    const query = (unexpected_rows_query: string): Expectation => ({
      type: 'unexpected_rows_expectation',
      kwargs: { unexpected_rows_query },
      severity: 'critical',
    })
    const result = await validate(snapshot, {
      expectations: [
        query('select * from {batch} where id = 3'),
        query(`select * from read_text('/etc/hostname')`),
        query('select 1; drop table x'),
        query('copy {batch} to stdout'),
      ],
    })
    expect(result.checks.map(({ error }) => error === undefined)).toEqual([true, false, false, false])
    expect(result.checks[0]).toMatchObject({ success: false, observed: 2 })
  })

  test('hostile names and values stay data', async () => {
    const name = `"; drop table validations; --'<b>`
    const project = await projectWith([
      {
        type: 'expect_column_values_to_be_in_set',
        kwargs: { column: name, value_set: [`' or 1=1 --`] },
        severity: 'critical',
      },
    ])
    const quoted = `"${name.replaceAll('"', '""')}"`
    const snapshot = await makeSnapshot(suite, {
      project,
      dataset: 'data',
      parts: [`select '"><script>alert(1)</script>' as ${quoted}`],
      columns: [{ name, type: 'text' }],
    })
    const result = await validate(snapshot)
    expect(result.checks[0]).toMatchObject({ unexpected_count: 1, unexpected_sample: ['"><script>alert(1)</script>'] })
    const report = await suite.app.inject({ url: `/api/v1/validations/${result.id}/report?lang=fr` })
    expect(report.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(report.headers['content-security-policy']).toContain("default-src 'none'")
    expect(report.body).toContain('<html lang="fr">')
    expect(report.body).not.toContain('<script')
  })
})

describe('suites', () => {
  const put = (project: string, name: string, body: object) =>
    suite.send('PUT', `${dataset(project)}/suites/${name}`, body)

  test('are kept, changed, listed and removed with audit and event', async () => {
    const project = await projectWith([notNull('id')])
    const first = await put(project, 'incoming', { expectations: [notNull('kind')], reason: 'agreed' })
    expect(first).toMatchObject({ status: 200, body: { name: 'incoming', updated_by: 'local' } })
    const again = await put(project, 'incoming', { expectations: [notNull('kind')] })
    expect(again.body).toEqual(first.body)
    await put(project, 'incoming', { expectations: [notNull('kind', 'info')] })
    const { items } = await suite.ok('GET', `${dataset(project)}/suites`)
    expect(items).toMatchObject([{ name: 'incoming', expectations: [notNull('kind', 'info')] }])
    expect(await suite.ok('DELETE', `${dataset(project)}/suites/incoming`)).toEqual({ deleted: true })
    expect(await suite.ok('DELETE', `${dataset(project)}/suites/incoming`)).toEqual({ deleted: false })
    const { rows } = await sql<{ change: string; reason: string }>`
      select detail ->> 'change' as change, reason from audit
      where subject = ${`datasets/${project}/data/suites/incoming`} order by id
    `.execute(suite.ctx.db)
    expect(rows).toEqual([
      { change: 'created', reason: 'agreed' },
      { change: 'changed', reason: '' },
      { change: 'deleted', reason: '' },
    ])
  })

  test('take the JSON of Great Expectations, and give it back', async () => {
    const project = await projectWith([])
    const gx = {
      expectations: [
        {
          type: 'expect_column_values_to_be_between',
          kwargs: { column: 'size', min_value: 0, max_value: 5.5, mostly: 0.5 },
          meta: { owner: 'data team' },
          id: '0f1a2b3c-0000-4000-8000-000000000000',
          severity: 'warning',
        },
      ],
      meta: { great_expectations_version: '1.2.0' },
    }
    expect(await put(project, 'gx', gx)).toMatchObject({
      status: 200,
      body: { expectations: [{ type: 'expect_column_values_to_be_between', severity: 'warning' }] },
    })
    const back = await suite.ok('GET', `${dataset(project)}/suites/gx/gx`)
    expect(back).toMatchObject({
      name: 'gx',
      expectations: [{ type: gx.expectations[0]?.type, kwargs: gx.expectations[0]?.kwargs, severity: 'warning' }],
    })
  })

  test('the declared one is read and not written', async () => {
    const project = await projectWith([notNull('id')])
    expect(await suite.ok('GET', `${dataset(project)}/suites/declared/gx`)).toMatchObject({
      name: 'declared',
      expectations: [{ type: 'expect_column_values_to_not_be_null', kwargs: { column: 'id' } }],
    })
    const refused = await put(project, 'declared', { expectations: [] })
    expect(refused).toMatchObject({ status: 409, body: { code: 'suite_name_reserved' } })
    expect((await suite.send('DELETE', `${dataset(project)}/suites/declared`)).body.code).toBe('suite_name_reserved')
  })

  test('refuses unknown data sets, broken expectations, odd names and too much', async () => {
    const project = await projectWith([])
    expect((await put('nope', 'a', { expectations: [] })).body.code).toBe('dataset_not_found')
    expect((await put(project, 'a', { expectations: [{ kwargs: {} }] })).status).toBe(400)
    expect((await put(project, 'a', { expectations: [{ type: 'expect_x', kwargs: {} }] })).body).toMatchObject({
      code: 'expectation_unknown',
      field: 'expectations.0',
    })
    expect((await put(project, encodeURIComponent('a/b'), { expectations: [] })).body.code).toBe('invalid_request')
    const large = {
      type: 'expect_column_values_to_be_in_set',
      kwargs: { column: 'a', value_set: ['x'.repeat(2_200_000)] },
    }
    expect((await put(project, 'a', { expectations: [large] })).body.code).toBe('suite_too_large')
    for (let index = 0; index < limit('validation.suites_max'); index += 1) {
      await suite.ok('PUT', `${dataset(project)}/suites/s${index}`, { expectations: [] })
    }
    expect((await put(project, 'more', { expectations: [] })).body.code).toBe('suites_too_many')
    expect((await suite.ok('GET', `${dataset(project)}/suites`)).items).toHaveLength(limit('validation.suites_max'))
  })

  test('everything that is expected is evaluated together, with a result for each suite', async () => {
    const project = await projectWith([notNull('id')])
    await put(project, 'strict', { expectations: [between('size', 1), notNull('size', 'warning')] })
    await put(project, 'empty', { expectations: [] })
    const snapshot = await snapshotOf(project)
    const results = await validateEverything({ ctx: suite.ctx, input: { snapshot } })
    expect(results.map(({ suite: name, failed_by_severity }) => [name, failed_by_severity])).toEqual([
      ['declared', { critical: 0, warning: 0, info: 0 }],
      ['strict', { critical: 1, warning: 1, info: 0 }],
    ])
    const alone = await validate(snapshot, { suite: 'strict' })
    expect(alone).toEqual(results[1])
  })
})

describe('listFailingRows', () => {
  test('pages through rows with their numbers over all parts, the key first', async () => {
    const project = await projectWith([between('size', 20)])
    const result = await validate(await snapshotOf(project))
    const page = (query: string) => suite.ok('GET', `/api/v1/validations/${result.id}/rows?check=0&${query}`)
    const all = await page('limit=1000')
    expect(all).toMatchObject({ columns: ['id', 'size', 'kind'], key: ['id'], total: 10 })
    expect(all.rows.map(({ row }: { row: number }) => row)).toEqual([14, 15, 16, 17, 18, 34, 35, 36, 37, 38])
    expect(all.rows[0].values).toEqual([14, 21, 'k2'])
    expect((await page('limit=3&offset=4')).rows).toEqual(all.rows.slice(4, 7))
    expect((await page('offset=100')).rows).toEqual([])
  })

  test('pages through what a query of the suite finds, with the columns of the query', async () => {
    const query = (unexpected_rows_query: string): Expectation => ({
      type: 'unexpected_rows_expectation',
      kwargs: { unexpected_rows_query },
      severity: 'critical',
    })
    const project = await projectWith([
      query('select * from {batch} where size > 20'),
      query('select kind, count(*) as rows, sum(size) as sum from {batch} group by kind'),
      query('select * from {batch} where id < 0;'),
      query(`select * from read_text('/etc/hostname')`),
    ])
    const { id, checks } = await validate(await snapshotOf(project))
    const page = (check: number, more = 'limit=1000') =>
      suite.ok('GET', `/api/v1/validations/${id}/rows?check=${check}&${more}`)
    const plain = await page(0)
    expect(plain).toMatchObject({ columns: ['id', 'size', 'kind'], key: ['id'], total: checks[0]?.observed })
    expect(plain.rows).toHaveLength(10)
    expect(plain.rows[0]).toEqual({ values: [14, 21, 'k2'] })
    expect((await page(0, 'limit=3&offset=4')).rows).toEqual(plain.rows.slice(4, 7))
    const grouped = await page(1)
    expect(grouped).toMatchObject({ columns: ['kind', 'rows', 'sum'], key: [], total: checks[1]?.observed })
    expect(grouped.rows.length).toBe(grouped.total)
    expect(grouped.rows.map(({ values }: { values: Json[] }) => values[0])).toEqual(
      grouped.rows.map(({ values }: { values: Json[] }) => values[0]).toSorted(),
    )
    expect(await page(2)).toMatchObject({ columns: ['id', 'size', 'kind'], rows: [], total: 0 })
    expect(await page(3)).toMatchObject({ rows: [], total: 0 })
  })

  test('has none where the expectation is about the table, was not evaluated, or is not there', async () => {
    const project = await projectWith([
      { type: 'expect_table_row_count_to_equal', kwargs: { value: 3 }, severity: 'critical' },
      notNull('nope'),
    ])
    const { id } = await validate(await snapshotOf(project))
    for (const check of [0, 1]) {
      expect(await suite.ok('GET', `/api/v1/validations/${id}/rows?check=${check}`)).toMatchObject({
        rows: [],
        total: 0,
      })
    }
    const beyond = await suite.send('GET', `/api/v1/validations/${id}/rows?check=2`)
    expect(beyond).toMatchObject({ status: 400, body: { code: 'invalid_request', field: 'check' } })
    expect((await suite.send('GET', '/api/v1/validations/val_nope/rows?check=0')).body.code).toBe(
      'validation_not_found',
    )
  })
})

describe('history', () => {
  test('an expectation keeps its history when its bound changes, in the order of the snapshots', async () => {
    const project = await projectWith([between('size', 100), notNull('nope', 'info')])
    const old = await snapshotOf(project, [rowsUpTo(10)])
    const middle = await snapshotOf(project, [rowsUpTo(40)])
    await validate(middle)
    const definition = (
      await sql<{ d: object }>`select definition as d from projects where name = ${project}`.execute(suite.ctx.db)
    ).rows[0]?.d
    const changed = ProjectDefinition.parse(definition)
    const [data] = changed.datasets
    if (data === undefined) throw new Error('No data set')
    data.expectations = [between('size', 50), notNull('nope', 'info'), notNull('kind')]
    await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition: changed } })
    const newest = await snapshotOf(project, [rowsUpTo(60)])
    await validate(newest)
    await validate(old)
    await validate(newest, { expectations: [notNull('kind')] })
    const { items }: { items: ExpectationHistory[] } = await suite.ok('GET', `${dataset(project)}/expectations/history`)
    expect(items.map(({ expectation, suite: name, points }) => [expectation.type, name, points.length])).toEqual([
      ['expect_column_values_to_be_between', 'declared', 3],
      ['expect_column_values_to_not_be_null', 'declared', 3],
      ['expect_column_values_to_not_be_null', 'declared', 2],
    ])
    const [sizes, gone] = items
    expect(sizes?.points.map(({ snapshot_id, success }) => [snapshot_id, success])).toEqual([
      [old, true],
      [middle, true],
      [newest, false],
    ])
    expect(sizes?.expectation.kwargs.max_value).toBe(50)
    expect(sizes?.points[2]?.unexpected_share).toBeCloseTo(23 / 54, 12)
    expect(gone?.points.every(({ is_evaluated, success }) => !is_evaluated && !success)).toBe(true)
    const short = await suite.ok('GET', `${dataset(project)}/expectations/history?limit=1`)
    expect(short.items[0].points).toHaveLength(1)
  })

  test('validations of a data set are paged, newest first, without what was found', async () => {
    const project = await projectWith([notNull('id')])
    const ids: string[] = []
    for (let count = 1; count <= 5; count += 1)
      ids.unshift((await validate(await snapshotOf(project, [rowsUpTo(count)]))).id)
    const first = await suite.ok('GET', `${dataset(project)}/validations?limit=2`)
    const second = await suite.ok('GET', `${dataset(project)}/validations?limit=10&page_token=${first.next_page_token}`)
    expect([...first.items, ...second.items].map(({ id }: { id: string }) => id)).toEqual(ids)
    expect(second).not.toHaveProperty('next_page_token')
    expect(first.items[0]).not.toHaveProperty('checks')
    const wrong = await suite.send('GET', `${dataset(project)}/validations?page_token=nope`)
    expect(wrong.body.code).toBe('page_token_invalid')
  })

  test('results stay when the snapshot is erased', async () => {
    const project = await projectWith([between('size', 1)])
    const snapshot = await snapshotOf(project)
    const { id } = await validate(snapshot)
    await sql`delete from snapshots where id = ${snapshot}`.execute(suite.ctx.db)
    expect(await suite.ok('GET', `/api/v1/validations/${id}`)).toMatchObject({ failed: 1 })
    expect((await suite.send('GET', `/api/v1/validations/${id}/rows?check=0`)).body.code).toBe('snapshot_not_found')
    expect((await suite.app.inject({ url: `/api/v1/validations/${id}/report` })).statusCode).toBe(200)
    expect(await suite.ok('GET', `/api/v1/validations/${id}/gx`)).toMatchObject({
      success: false,
      results: [{ success: false, result: { unexpected_count: 34 } }],
    })
  })

  test('the lineage leads from the snapshot to the validation', async () => {
    const project = await projectWith([notNull('id')])
    const snapshot = await snapshotOf(project)
    const { id } = await validate(snapshot)
    const { rows } = await sql`
      select from_id, to_id, relation from lineage_links where to_kind = 'validation' and to_id = ${id}
    `.execute(suite.ctx.db)
    expect(rows).toEqual([{ from_id: snapshot, to_id: id, relation: 'checked' }])
  })
})

describe('getGxResult', () => {
  test.each(['BOOLEAN_ONLY', 'BASIC', 'SUMMARY', 'COMPLETE'] as const)('writes %s', async (format) => {
    const project = await projectWith([between('size', 20), notNull('nope')])
    const { id } = await validate(await snapshotOf(project))
    const gx = await suite.ok('GET', `/api/v1/validations/${id}/gx?result_format=${format}`)
    expect(gx).toMatchObject({
      success: false,
      suite_name: 'declared',
      statistics: { evaluated_expectations: 2, successful_expectations: 0, unsuccessful_expectations: 2 },
    })
    const [first, second] = gx.results
    expect(second.exception_info).toBeDefined()
    expect(first.expectation_config.type).toBe('expect_column_values_to_be_between')
    if (format === 'BOOLEAN_ONLY') expect(first.result).toEqual({})
    else expect(first.result).toMatchObject({ element_count: 40, unexpected_count: 10, missing_count: 4 })
    if (format === 'COMPLETE') expect(first.result.unexpected_list).toHaveLength(10)
  })
})

describe('proposeSuite', () => {
  const propose = async (snapshot: string, language = 'en') => {
    const reply = await suite.app.inject({
      url: `/api/v1/snapshots/${snapshot}/proposed-suite`,
      headers: { 'accept-language': language },
    })
    expect(reply.statusCode).toBe(200)
    return reply.json().items as { expectation: Expectation; why: string }[]
  }

  test('holds on its own snapshot, and can be kept', async () => {
    const project = await projectWith([])
    const select = `select i as id, sin(i) * 100 + i / 7 as size, 'k' || (i % 3) as kind, date '2026-01-01' + i::int as day,
      i % 2 = 0 as flag from range(200) t(i)`
    const snapshot = await makeSnapshot(suite, {
      project,
      dataset: 'data',
      parts: [select],
      columns: [...columns, { name: 'day', type: 'date' }, { name: 'flag', type: 'boolean' }],
    })
    const items = await propose(snapshot)
    const types = items.map(({ expectation }) => expectation.type)
    expect(types).toEqual(
      expect.arrayContaining([
        'expect_table_columns_to_match_set',
        'expect_table_row_count_to_be_between',
        'expect_column_values_to_be_unique',
        'expect_column_values_to_not_be_null',
        'expect_column_values_to_be_between',
        'expect_column_values_to_be_in_set',
        'expect_column_mean_to_be_between',
        'unexpected_rows_expectation',
      ]),
    )
    const expectations = items.map(({ expectation }) => expectation)
    await suite.ok('PUT', `${dataset(project)}/suites/start`, { expectations })
    expect(await validate(snapshot, { suite: 'start' })).toMatchObject({ success: true, failed: 0, not_evaluated: 0 })
    const french = await propose(snapshot, 'fr')
    expect(french.map(({ expectation }) => expectation)).toEqual(expectations)
    expect(french[0]?.why).toContain('colonnes')
  })

  test('of a snapshot without rows there is little to say', async () => {
    const snapshot = await snapshotOf(await projectWith([]), [rowsUpTo(0)])
    expect((await propose(snapshot)).map(({ expectation }) => expectation.type)).toEqual([
      'expect_table_columns_to_match_set',
    ])
  })
})
