import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { ProjectDefinition } from '@fabrique/contract'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testSourceScope } from '../../../../test/support/source-scope.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { applyProject } from '../../projects/index.js'
import { type CustomSource, getIngest, ingest, previewSnapshot } from '../index.js'

let suite: TestContext
let projects = 0
const custom = new Map<string, CustomSource>()
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

async function projectOf(source: object): Promise<string> {
  projects += 1
  const name = `p${projects}`
  const definition = ProjectDefinition.parse({ name, datasets: [{ name: 'data', source }], models: [] })
  await applyProject({ ctx: suite.ctx, input: { folder: suite.folder, definition } })
  return name
}

/** Takes the source a second after the one before. */
async function take(project: string) {
  suite.clock.advance(1000)
  const access = testSourceScope(suite, {
    secrets: { SHOP_DB: suite.database.url },
    customSource: (_project, driver) => custom.get(driver) ?? expect.fail(`no ${driver}`),
  })
  const taken = await ingest({ ctx: suite.ctx, input: { project, dataset: 'data', tools: { access } } })
  const { snapshot } = taken
  const [told, shown] = await Promise.all([
    getIngest({ ctx: suite.ctx, input: { ingest: taken.ingest_id } }),
    previewSnapshot({ ctx: suite.ctx, input: { snapshot: snapshot.id, limit: 20 } }),
  ])
  return { ...taken, told, rows: shown.rows, columns: snapshot.columns.map(({ name, type }) => `${name} ${type}`) }
}

test('a compressed file of the web: read once, and again when it changed', async () => {
  let content = 'id,name\n1,a\n2,é\n'
  let gets = 0
  const server = createServer((request, reply) => {
    const body = gzipSync(content)
    reply.writeHead(200, { etag: `"${content.length}"`, 'content-length': body.length })
    if (request.method === 'GET') gets += 1
    reply.end(request.method === 'GET' ? body : undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data.csv.gz?v=1`
  const project = await projectOf({ kind: 'http', files: [{ url }], content: { format: 'csv' } })
  const first = await take(project)
  expect([first.created, first.columns, first.rows]).toEqual([
    true,
    ['id integer', 'name text'],
    [
      ['1', 'a'],
      ['2', 'é'],
    ],
  ])
  const second = await take(project)
  expect([second.created, second.snapshot.id, gets]).toEqual([false, first.snapshot.id, 1])
  content += '3,b\n'
  const third = await take(project)
  expect([third.created, third.snapshot.row_count, gets]).toEqual([true, 3, 2])
  await new Promise((resolve) => server.close(resolve))
})

test('a query with a cursor column: only new rows are read, and the snapshot has all', async () => {
  const client = new pg.Client(suite.database.url)
  await client.connect()
  await client.query('create table sold (id int, price numeric(8,2)); insert into sold values (1, 1.5), (2, null)')
  const project = await projectOf({ kind: 'postgres', url_env: 'SHOP_DB', query: 'select * from sold', cursor: 'id' })
  const first = await take(project)
  expect([first.columns, first.snapshot.row_count]).toEqual([['id integer', 'price number'], 2])
  await client.query('insert into sold values (3, 9.99)')
  const second = await take(project)
  expect([second.created, second.snapshot.row_count, second.told.rows_read]).toEqual([true, 3, 1])
  const third = await take(project)
  expect([third.created, third.snapshot.id, third.told.rows_read]).toEqual([false, second.snapshot.id, 0])
  await client.end()
})

test('synthetic rows: the same again, and more of them keep what was there', async () => {
  const source = { kind: 'synthetic', generator: 'blobs', rows: 1000, params: { centers: 2 } }
  const project = await projectOf(source)
  const first = await take(project)
  expect(first.columns).toEqual(['feature_0 number', 'feature_1 number', 'target integer'])
  const second = await take(project)
  expect([second.created, second.snapshot.content_hash]).toEqual([false, first.snapshot.content_hash])
  // The same data elsewhere has the same content.
  expect((await take(await projectOf(source))).snapshot.content_hash).toBe(first.snapshot.content_hash)
})

test('a source in code: its marks and its state are kept', async () => {
  const asked: (string | undefined)[] = []
  let reads = 0
  custom.set('pages', {
    name: 'pages',
    list({ state }) {
      asked.push(state?.page)
      const page = Number(state?.page ?? 0) + 1
      const rows = () => {
        reads += 1
        return [{ page, at: new Date(Date.UTC(2024, 0, page)) }]
      }
      return {
        mode: page === 1 ? 'whole' : 'added',
        parts: [{ name: `page ${page}`, rows }],
        state: { page: String(page) },
      }
    },
  })
  const project = await projectOf({ kind: 'custom', driver: 'pages' })
  const first = await take(project)
  expect([first.columns, first.snapshot.row_count]).toEqual([['page integer', 'at timestamp'], 1])
  const second = await take(project)
  expect([second.snapshot.row_count, asked, reads]).toEqual([2, [undefined, '1'], 2])
  custom.set('pages', {
    name: 'pages',
    list() {
      throw new Error('the service is down')
    },
  })
  await expect(take(project)).rejects.toMatchObject({
    code: 'source_driver_failed',
    params: { driver: 'pages', reason: 'the service is down' },
  })
})
