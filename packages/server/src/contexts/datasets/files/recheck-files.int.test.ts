import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestApp, type TestApp } from '../../../../test/support/test-app.js'
import { addFiles, mountFileRoutes, recheckFiles } from './index.js'

let suite: TestApp
beforeAll(async () => {
  suite = await openTestApp((app, ctx) => mountFileRoutes(app, () => ctx))
})
afterAll(() => suite?.close())

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(suite.folder, 'data-'))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return folder
}

/** Adds as if so many milliseconds had gone by since the files were written; their times are those of the real clock. */
async function add(path: string, dataset: string, ms = 60_000) {
  const ctx = { ...suite.ctx, clock: { ...suite.ctx.clock, now: () => new Date(Date.now() + ms) } }
  return (await addFiles({ ctx, input: { project: 'p', dataset, path, location: path } })).snapshot
}
const recheck = (path: string, dataset: string) =>
  recheckFiles({ ctx: suite.ctx, input: { project: 'p', dataset, path } })

describe('rechecking a folder', () => {
  test('gives its snapshot as long as nothing changed, and never after', async () => {
    const folder = await folderOf({ a: 'a', 'b/c': 'cc', 'b/d': 'd' })
    expect(await recheck(folder, 'same')).toBeUndefined()
    const { id, content_hash } = await add(folder, 'same')
    const expected = { snapshot_id: id, content_hash, is_new: false, files: 3, files_read: 0, bytes: 4 }
    // The first look compares with the database, the next ones with the first.
    expect(await recheck(folder, 'same')).toMatchObject(expected)
    expect(await recheck(folder, 'same')).toEqual({ ...expected, left_out: [], left_out_count: 0 })

    const changes: (() => Promise<unknown>)[] = [
      () => writeFile(join(folder, 'b/c'), 'CC'),
      () => writeFile(join(folder, 'new'), ''),
      () => rm(join(folder, 'new')).then(() => rm(join(folder, 'a'))),
      () => rename(join(folder, 'b/c'), join(folder, 'b/e')),
      () => chmod(join(folder, 'b/d'), 0o755),
    ]
    for (const change of changes) {
      await change()
      expect(await recheck(folder, 'same')).toBeUndefined()
      const next = await add(folder, 'same')
      expect(await recheck(folder, 'same')).toMatchObject({ snapshot_id: next.id, content_hash: next.content_hash })
    }
  })

  test('does not trust files that were written shortly before they were read', async () => {
    const folder = await folderOf({ a: 'a' })
    await add(folder, 'fresh', 0)
    expect(await recheck(folder, 'fresh')).toBeUndefined()
  })

  test('gives nothing where the store has lost a content, until it is there again', async () => {
    const folder = await folderOf({ small: 'lost', large: 'x'.repeat(300_000) })
    const { id } = await add(folder, 'lost')
    expect(await recheck(folder, 'lost')).toMatchObject({ snapshot_id: id })
    for await (const hash of suite.ctx.blobs.list()) {
      const entry = await suite.ctx.blobs.find(hash)
      if (entry?.bytes === 300_000) await suite.ctx.blobs.remove(entry)
    }
    expect(await recheck(folder, 'lost')).toBeUndefined()
    await add(folder, 'lost')
    expect(await recheck(folder, 'lost')).toMatchObject({ snapshot_id: id })
  })

  test('tells each data set of its own, and what was left out', async () => {
    const folder = await folderOf({ a: 'a' })
    await symlink('nothing', join(folder, 'dead'))
    const one = await add(folder, 'one')
    expect(await recheck(folder, 'one')).toMatchObject({ snapshot_id: one.id, left_out: [{ path: 'dead' }] })
    expect(await recheck(folder, 'two')).toBeUndefined()
    const two = await add(folder, 'two')
    expect(await recheck(folder, 'two')).toMatchObject({ snapshot_id: two.id, left_out_count: 1 })
  })

  test('gives nothing for what is no folder with files', async () => {
    const folder = await folderOf({ 'sub/a': 'a' })
    await mkdir(join(folder, 'empty'))
    for (const path of ['none', 'empty', 'sub/a']) expect(await recheck(join(folder, path), 'no')).toBeUndefined()
  })

  test('is asked for by path', async () => {
    const folder = await folderOf({ a: 'a' })
    const route = '/api/v1/projects/p/datasets/asked/recheck'
    expect(await suite.ok('POST', route, { path: folder })).toEqual({})
    const { id } = await add(folder, 'asked')
    expect(await suite.ok('POST', route, { path: folder })).toMatchObject({ unchanged: { snapshot_id: id } })
    expect(await suite.send('POST', route, { path: 'relative' })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', field: 'path' },
    })
  })
})
