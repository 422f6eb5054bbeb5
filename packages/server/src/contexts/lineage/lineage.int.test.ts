import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import {
  getLineage,
  type LineageRef,
  type LineageStep,
  madeFrom,
  markDeleted,
  markErased,
  markRestored,
  recordLineage,
  relabel,
} from './index.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

const source = (id: string): LineageRef => ({ kind: 'source', id })
const snapshot = (id: string): LineageRef => ({ kind: 'snapshot', id })
const run = (id: string): LineageRef => ({ kind: 'run', id })
const made = (from: LineageRef, to: LineageRef): LineageStep => ({ from, to, relation: 'made' })

async function tell(steps: readonly LineageStep[]): Promise<void> {
  const things = steps.flatMap(({ from, to }) => [from, to]).map((ref) => ({ ...ref, label: ref.id }))
  await recordLineage(suite.ctx, { things, steps })
}

const graphOf = (ref: LineageRef, query: { direction?: 'up' | 'down' | 'both'; depth?: number; limit?: number } = {}) =>
  getLineage({ ctx: suite.ctx, input: { ...ref, ...query } })

const idsOf = (graph: Awaited<ReturnType<typeof graphOf>>) => graph.nodes.map(({ id }) => id).sort()

describe('getLineage', () => {
  test('gives what came before and what came after, and counts what stands beside', async () => {
    await tell([
      made(source('a.csv'), snapshot('a1')),
      made(source('a.csv'), snapshot('a2')),
      made(snapshot('a1'), run('r1')),
      made(snapshot('a1'), run('r2')),
      made(source('b.csv'), snapshot('b1')),
      made(snapshot('b1'), run('r1')),
    ])
    const both = await graphOf(snapshot('a1'))
    expect(idsOf(both)).toEqual(['a.csv', 'a1', 'r1', 'r2'])
    expect(both.is_complete).toBe(true)
    expect(both.links.map(({ from, to }) => `${from.id}>${to.id}`).sort()).toEqual(['a.csv>a1', 'a1>r1', 'a1>r2'])
    const more = Object.fromEntries(both.nodes.map(({ id, more: beside }) => [id, beside]))
    expect(more).toEqual({
      'a.csv': { up: 0, down: 1 },
      a1: { up: 0, down: 0 },
      r1: { up: 1, down: 0 },
      r2: { up: 0, down: 0 },
    })
    expect(idsOf(await graphOf(run('r1')))).toEqual(['a.csv', 'a1', 'b.csv', 'b1', 'r1'])
    expect(idsOf(await graphOf(source('b.csv'), { direction: 'down' }))).toEqual(['b.csv', 'b1', 'r1'])
    expect(idsOf(await graphOf(source('b.csv'), { direction: 'up' }))).toEqual(['b.csv'])
  })

  test('ends at a depth and says so', async () => {
    const chain = Array.from({ length: 12 }, (_, at) => made(run(`c${at}`), run(`c${at + 1}`)))
    await tell(chain)
    const three = await graphOf(run('c0'), { depth: 3 })
    expect(idsOf(three)).toEqual(['c0', 'c1', 'c2', 'c3'])
    expect(three.is_complete).toBe(false)
    expect(three.nodes.find(({ id }) => id === 'c3')?.more).toEqual({ up: 0, down: 1 })
    const all = await graphOf(run('c0'), { depth: 12 })
    expect(all.nodes).toHaveLength(13)
    expect(all.is_complete).toBe(true)
    expect(idsOf(await graphOf(run('c6'), { depth: 1 }))).toEqual(['c5', 'c6', 'c7'])
  })

  test('ends at a number of things, the nearest first, and says so', async () => {
    await tell(Array.from({ length: 30 }, (_, at) => made(snapshot('hub'), run(`h${at}`))))
    await tell([made(run('h7'), run('deep'))])
    const ten = await graphOf(snapshot('hub'), { limit: 10 })
    expect(ten.nodes).toHaveLength(10)
    expect(ten.is_complete).toBe(false)
    expect(ten.nodes[0]?.more).toEqual({ up: 0, down: 21 })
    expect(idsOf(ten)).not.toContain('deep')
    const exact = await graphOf(snapshot('hub'), { limit: 32 })
    expect(exact.nodes).toHaveLength(32)
    expect(exact.is_complete).toBe(true)
  })

  test('walks a circle once', async () => {
    await tell([
      made(run('o1'), run('o2')),
      made(run('o2'), run('o3')),
      made(run('o3'), run('o1')),
      made(run('o1'), run('o1')),
    ])
    const circle = await graphOf(run('o2'), { depth: 50 })
    expect(idsOf(circle)).toEqual(['o1', 'o2', 'o3'])
    expect(circle.links).toHaveLength(4)
    expect(circle.is_complete).toBe(true)
  })

  test('finds a model version by the name of its model and its number', async () => {
    const thing = {
      kind: 'model_version',
      id: '7/3',
      label: 'cats/dogs 3',
      detail: { model: 'cats/dogs', version: '3' },
    } as const
    await recordLineage(suite.ctx, { things: [thing] })
    const found = await graphOf({ kind: 'model_version', id: 'cats/dogs/3' })
    expect(found.nodes).toMatchObject([{ id: '7/3', label: 'cats/dogs 3' }])
    await expect(graphOf({ kind: 'model_version', id: 'cats/dogs/4' })).rejects.toMatchObject({
      code: 'lineage_not_found',
      params: { kind: 'model_version', id: 'cats/dogs/4' },
    })
    await expect(graphOf({ kind: 'run', id: 'cats/dogs/3' })).rejects.toMatchObject({ code: 'lineage_not_found' })
  })

  test('stays bounded over 15,000 things behind two hubs', async () => {
    await sql`
      insert into lineage_nodes (kind, id, label, created_at)
      select 'run', 'big' || n, 'run ' || n, '2026-01-01'::timestamptz + n * interval '1 second' from generate_series(1, 15000) n
    `.execute(suite.ctx.db)
    await sql`
      insert into lineage_nodes (kind, id, label, created_at) values ('snapshot', 'wide', 'wide', now()), ('model_version', 'end', 'end', now())
    `.execute(suite.ctx.db)
    await sql`
      insert into lineage_links (from_kind, from_id, to_kind, to_id, relation, created_at)
      select 'snapshot', 'wide', 'run', 'big' || n, 'trained', '2026-01-01'::timestamptz + n * interval '1 second' from generate_series(1, 15000) n
      union all select 'run', 'big' || n, 'model_version', 'end', 'registered', '2026-01-02'::timestamptz + n * interval '1 second' from generate_series(1, 15000) n
    `.execute(suite.ctx.db)
    const graph = await graphOf(snapshot('wide'), { limit: 1000 })
    expect(graph.nodes).toHaveLength(1000)
    expect(graph.is_complete).toBe(false)
    // The newest first; what is not shown is counted up to the bound.
    expect(graph.nodes[1]?.id).toBe('big15000')
    expect(graph.nodes[0]?.more.down).toBe(10_000 - 999)
    const up = await graphOf({ kind: 'model_version', id: 'end' }, { limit: 50, direction: 'up' })
    expect(up.nodes).toHaveLength(50)
  })
})

describe('marks', () => {
  test('of the trash come off again; those of erasure stay', async () => {
    await tell([made(snapshot('m1'), run('m2'))])
    const marked = async () => (await graphOf(snapshot('m1'))).nodes.find(({ id }) => id === 'm2')?.is_deleted
    await markDeleted(suite.ctx, run('m2'))
    expect(await marked()).toBe(true)
    expect(await madeFrom(suite.ctx, snapshot('m1'))).toEqual([run('m2')])
    await markRestored(suite.ctx, run('m2'))
    expect(await marked()).toBe(false)
    await markErased(suite.ctx, [run('m2'), run('nobody')])
    await markRestored(suite.ctx, run('m2'))
    expect(await marked()).toBe(true)
    expect(await madeFrom(suite.ctx, snapshot('m1'))).toEqual([])
  })

  test('a thing told with `keep` stays as it was told first, also erased', async () => {
    await recordLineage(suite.ctx, { things: [{ ...run('k1'), label: 'first' }] })
    await markErased(suite.ctx, run('k1'))
    await recordLineage(suite.ctx, { things: [{ ...run('k1'), label: 'second', keep: true }] })
    expect((await graphOf(run('k1'))).nodes).toMatchObject([{ label: 'first', is_deleted: true }])
    await recordLineage(suite.ctx, { things: [{ ...run('k1'), label: 'third', detail: { a: 1 } }] })
    await relabel(suite.ctx, [{ ...run('k1'), label: 'fourth', detail: { b: true } }])
    expect((await graphOf(run('k1'))).nodes).toMatchObject([
      { label: 'fourth', is_deleted: false, detail: { a: 1, b: true } },
    ])
  })

  test('a link to a thing that was never told is refused', async () => {
    await expect(recordLineage(suite.ctx, { steps: [made(run('k1'), run('unknown'))] })).rejects.toThrow(/foreign key/)
  })
})
