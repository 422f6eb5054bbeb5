import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Snapshot } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agedBlobs } from '../../../test/support/aged-blobs.js'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { addFiles, getSnapshot, openFile, readCollection, setSnapshotTag } from '../datasets/index.js'
import { recordLineage } from '../lineage/index.js'
import { collectSnapshots } from './index.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** The context so long after now: file times are real, so the clock is as well. */
const at = (ms: number) => ({ ...suite.ctx, clock: { ...suite.ctx.clock, now: () => new Date(Date.now() + ms) } })

let datasets = 0
const newDataset = () => {
  datasets += 1
  return `d${datasets}`
}

async function add(dataset: string, files: Readonly<Record<string, string>>, ms = 0): Promise<Snapshot> {
  const path = await mkdtemp(join(suite.folder, 'data-'))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(path, name, '..'), { recursive: true })
    await writeFile(join(path, name), content)
  }
  return (await addFiles({ ctx: at(ms), input: { project: 'p', dataset, path, location: path } })).snapshot
}

const collect = (dataset: string, more: object = {}) =>
  collectSnapshots({ ctx: at(40 * dayMs), input: { project: 'p', dataset, dry_run: false, ...more } })

async function contentsOf(snapshot: Snapshot): Promise<Record<string, string>> {
  const contents: Record<string, string> = {}
  for (const { path } of await readCollection(suite.ctx, snapshot)) {
    contents[path] = (await buffer((await openFile(suite.ctx, snapshot, path)).content)).toString()
  }
  return contents
}

const isHere = (snapshot: Snapshot) =>
  getSnapshot({ ctx: suite.ctx, input: { snapshot: snapshot.id } }).then(
    () => true,
    () => false,
  )

describe('gc', () => {
  test('erases what nothing needs; keeps the newest, tagged, young and used ones', async () => {
    const dataset = newDataset()
    const unwanted = await add(dataset, { a: 'unwanted', big: randomBytes(200_000).toString('hex') })
    const tagged = await add(dataset, { a: 'tagged' }, 1)
    const used = await add(dataset, { a: 'used' }, 2)
    const newest = await add(dataset, { a: 'newest' }, 3)
    await setSnapshotTag({ ctx: suite.ctx, input: { project: 'p', dataset, tag: 'kept', ref: tagged.id } })
    const run = { kind: 'run', id: 'r1' } as const
    await recordLineage(suite.ctx, {
      things: [{ ...run, label: 'a run' }],
      steps: [{ from: { kind: 'snapshot', id: used.id }, to: run, relation: 'trained' }],
    })
    const compared = { kind: 'drift_report', id: 'drift_1' } as const
    await recordLineage(suite.ctx, {
      things: [{ ...compared, label: 'a report' }],
      steps: [{ from: { kind: 'snapshot', id: unwanted.id }, to: compared, relation: 'compared' }],
    })
    const young = await collectSnapshots({ ctx: at(5 * dayMs), input: { project: 'p', dataset, dry_run: false } })
    expect(young.snapshots).toEqual([])
    const dry = await collect(dataset, { dry_run: true })
    expect(dry.snapshots.map(({ id }) => id)).toEqual([unwanted.id])
    // The table, one pack, one large file.
    expect(dry).toMatchObject({ dry_run: true, blobs: 3 })
    expect(dry.bytes).toBeGreaterThan(400_000)
    expect(await isHere(unwanted)).toBe(true)
    const done = await collect(dataset)
    expect(done.snapshots.map(({ id }) => id)).toEqual([unwanted.id])
    expect(done).toMatchObject({ blobs: 3, bytes: dry.bytes })
    expect(await isHere(unwanted)).toBe(false)
    for (const kept of [tagged, used, newest]) expect(Object.keys(await contentsOf(kept))).toEqual(['a'])
    const { rows } = await sql`
      select deleted_at is not null as deleted from lineage_nodes where kind = 'snapshot' and id = ${unwanted.id}
    `.execute(suite.ctx.db)
    expect(rows).toEqual([{ deleted: true }])
  })

  test('leaves contents that others share, and makes them again when they come back', async () => {
    const dataset = newDataset()
    const content = randomBytes(200_000).toString('hex')
    await add(dataset, { shared: content, small: 'shared small', own: 'gone soon' })
    const newest = await add(dataset, { shared: content, small: 'shared small' }, 1)
    await collect(dataset)
    expect(await contentsOf(newest)).toEqual({ shared: content, small: 'shared small' })
    const back = await add(dataset, { own: 'gone soon' })
    expect(await contentsOf(back)).toEqual({ own: 'gone soon' })
  })

  test('writes a pack anew of which little is needed', async () => {
    const dataset = newDataset()
    const many = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`f${index}`, randomBytes(5_000).toString('hex')]),
    )
    const first = await add(dataset, many)
    const newest = await add(dataset, { f0: many.f0 ?? '', empty: '' }, 1)
    const pack = async (snapshot: Snapshot) => {
      const { rows } = await sql<{ bytes: number }>`
        select sum(bytes) as bytes from packed_files where pack_sha256 in
          (select sha256 from snapshot_blobs where snapshot_id = ${snapshot.id})
      `.execute(suite.ctx.db)
      return Number(rows[0]?.bytes)
    }
    expect(await pack(newest)).toBe(500_000)
    await collect(dataset)
    expect(await isHere(first)).toBe(false)
    expect(await pack(newest)).toBe(10_000)
    expect(await contentsOf(newest)).toEqual({ f0: many.f0, empty: '' })
  })

  test('loses nothing of an add of the same files at the same time', async () => {
    let erased = 0
    const dataset = newDataset()
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`f${index}`, `again ${index}`]))
    const big = { ...files, big: randomBytes(200_000).toString('hex') }
    for (let round = 0; round < 8; round += 1) {
      await add(dataset, big)
      await add(dataset, { round: String(round) }, 1)
      // The one erases the snapshot and frees its content, which is old, while the other adds it again.
      const ctx = { ...at(2_000), blobs: await agedBlobs(suite.ctx.blobs) }
      const input = { project: 'p', dataset, dry_run: false, keep_days: 0 }
      const [added, collected] = await Promise.all([add(newDataset(), big), collectSnapshots({ ctx, input })])
      erased += collected.snapshots.length
      expect(await contentsOf(added)).toEqual(big)
      await sql`delete from snapshots where id = ${added.id}`.execute(suite.ctx.db)
    }
    expect(erased).toBe(15)
  })
})
