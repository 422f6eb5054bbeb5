import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { ProjectDefinition, type Snapshot } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { addFiles, getSnapshot, ingest, openFile, readCollection, setSnapshotTag } from '../datasets/index.js'
import { applyProject } from '../projects/index.js'
import { getRemote, listRemotes, pullSnapshots, pushSnapshots, putRemote } from './index.js'

let here: TestContext
let there: TestContext
beforeAll(async () => {
  here = await openTestContext()
  there = await openTestContext()
})
afterAll(async () => {
  await here?.close()
  await there?.close()
})

const large = randomBytes(400_000).toString('hex')
const small = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`many/${at}.txt`, `content ${at}`]))
const files = { ...small, 'large.bin': large, empty: '' }

let made = 0
/** A new folder with these files. */
async function folderOf(content: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(here.folder, 'data-'))
  for (const [path, text] of Object.entries(content)) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

async function addTo(suite: TestContext, content: Readonly<Record<string, string>>, dataset?: string) {
  made += 1
  const path = await folderOf(content)
  const input = { project: 'p', dataset: dataset ?? `d${made}`, path, location: path }
  return (await addFiles({ ctx: suite.ctx, input })).snapshot
}

/** A remote of both sides in a new folder. */
async function newRemote(): Promise<string> {
  made += 1
  const remote = `r${made}`
  const url = join(here.folder, remote)
  for (const { ctx } of [here, there]) await putRemote({ ctx, input: { remote, url } })
  return remote
}

const push = (snapshot: Snapshot, remote: string, more: object = {}) =>
  pushSnapshots({ ctx: here.ctx, input: { remote, project: 'p', dataset: snapshot.dataset, ...more } })
const pull = (snapshot: Snapshot, remote: string, more: object = {}) =>
  pullSnapshots({ ctx: there.ctx, input: { remote, project: 'p', dataset: snapshot.dataset, ...more } })

async function contentsOf(suite: TestContext, snapshot: Snapshot): Promise<Record<string, string>> {
  const contents: Record<string, string> = {}
  for (const { path } of await readCollection(suite.ctx, snapshot)) {
    contents[path] = (await buffer((await openFile(suite.ctx, snapshot, path)).content)).toString()
  }
  return contents
}

const snapshotsThere = async (dataset: string) => {
  const { rows } = await sql`select id from snapshots where dataset = ${dataset}`.execute(there.ctx.db)
  return rows
}

afterEach(async () => {
  for (const { ctx } of [here, there]) expect(await readdir(ctx.blobs.stagingFolder)).toEqual([])
})

describe('remotes', () => {
  test('are named, changed, chosen and refused', async () => {
    const { ctx } = here
    await putRemote({ ctx, input: { remote: 'bucket', url: 's3://a-bucket/prefix', is_default: true } })
    await putRemote({ ctx, input: { remote: 'drive', url: '/srv/data', is_default: true } })
    expect((await getRemote({ ctx, input: { remote: 'default' } })).name).toBe('drive')
    expect((await listRemotes({ ctx, input: {} })).map(({ name }) => name)).toContain('bucket')
    await expect(getRemote({ ctx, input: { remote: 'none' } })).rejects.toMatchObject({ code: 'remote_not_found' })
    for (const url of ['relative/folder', 'https://example.org/x', 's3://', 'S3:/x']) {
      await expect(putRemote({ ctx, input: { remote: 'bad', url } })).rejects.toMatchObject({
        code: 'remote_url_invalid',
      })
    }
    await expect(getRemote({ ctx: there.ctx, input: { remote: 'default' } })).rejects.toMatchObject({
      code: 'remote_not_chosen',
    })
  })
})

describe('push and pull', () => {
  test('make the same snapshot elsewhere, and send and fetch each content once', async () => {
    const snapshot = await addTo(here, files)
    await setSnapshotTag({
      ctx: here.ctx,
      input: { project: 'p', dataset: snapshot.dataset, tag: 'gold', ref: 'latest' },
    })
    const remote = await newRemote()
    // One pack, one large file, the table: many small files travel together.
    expect(await push(snapshot, remote)).toMatchObject({ snapshots: 1, blobs: 3, skipped: 0 })
    expect(await push(snapshot, remote)).toMatchObject({ snapshots: 0, blobs: 0, skipped: 3 })
    expect(await pull(snapshot, remote)).toMatchObject({ snapshots: 1, blobs: 3, skipped: 0 })
    const pulled = await getSnapshot({ ctx: there.ctx, input: { snapshot: snapshot.id } })
    expect(pulled).toEqual({ ...snapshot, tags: ['gold'] })
    expect(await contentsOf(there, pulled)).toEqual(files)
    expect(await pull(snapshot, remote)).toMatchObject({ snapshots: 0, blobs: 0, skipped: 3 })
    const { rows } = await sql`
      select from_kind, relation from lineage_links where to_kind = 'snapshot' and to_id = ${snapshot.id}
    `.execute(there.ctx.db)
    expect(rows).toEqual([{ from_kind: 'source', relation: 'made' }])
  })

  test('send only what is new', async () => {
    const first = await addTo(here, files)
    const remote = await newRemote()
    await push(first, remote)
    const second = await addTo(here, { ...files, more: 'more' }, first.dataset)
    // A pack with the one new file, and the table.
    expect(await push(second, remote)).toMatchObject({ snapshots: 1, blobs: 2, skipped: 3 })
    expect(await pull(second, remote, { refs: [second.id] })).toMatchObject({ snapshots: 1 })
    expect(await snapshotsThere(first.dataset)).toEqual([{ id: second.id }])
    expect(await pull(first, remote, { refs: [first.content_hash.slice(0, 8)] })).toMatchObject({ snapshots: 1 })
    await expect(pull(first, remote, { refs: ['nothing'] })).rejects.toMatchObject({
      code: 'remote_snapshot_not_found',
    })
  })

  test('tell a tag that stands for another snapshot, and leave it', async () => {
    const first = await addTo(here, { a: '1' })
    const remote = await newRemote()
    const tag = (suite: TestContext, ref: string) =>
      setSnapshotTag({ ctx: suite.ctx, input: { project: 'p', dataset: first.dataset, tag: 'best', ref } })
    await tag(here, first.id)
    await push(first, remote)
    await pull(first, remote)
    const second = await addTo(here, { a: '2' }, first.dataset)
    await tag(here, second.id)
    await push(second, remote)
    expect((await pull(second, remote)).tag_conflicts).toEqual([
      { project: 'p', dataset: first.dataset, tag: 'best', here: first.id, there: second.id },
    ])
    expect((await getSnapshot({ ctx: there.ctx, input: { snapshot: first.id } })).tags).toEqual(['best'])
  })

  test('take the same content under another id as the same', async () => {
    const mine = await addTo(here, { same: 'on both sides' }, 'both')
    const theirs = await addTo(there, { same: 'on both sides' }, 'both')
    const remote = await newRemote()
    await push(mine, remote)
    expect(await pull(mine, remote)).toMatchObject({ snapshots: 0 })
    expect(await snapshotsThere('both')).toEqual([{ id: theirs.id }])
    expect(await contentsOf(there, theirs)).toEqual({ same: 'on both sides' })
  })

  test('mend a content that the remote has only in part', async () => {
    const snapshot = await addTo(here, files)
    const remote = await newRemote()
    await push(snapshot, remote)
    const path = await blobOf(remote, createHash('sha256').update(large).digest('hex'))
    await writeFile(path, 'cut off')
    expect(await push(snapshot, remote)).toMatchObject({ blobs: 1 })
    expect(await pull(snapshot, remote)).toMatchObject({ snapshots: 1 })
    expect(await contentsOf(there, snapshot)).toEqual(files)
  })

  test('end when they are cancelled', async () => {
    const snapshot = await addTo(here, files)
    const remote = await newRemote()
    const abort = new AbortController()
    const report = () => abort.abort(new Error('cancelled'))
    const ctx = { ...here.ctx, signal: abort.signal }
    const input = { remote, project: 'p', dataset: snapshot.dataset, report }
    await expect(pushSnapshots({ ctx, input })).rejects.toThrow('cancelled')
    expect(await manifestsOf(remote)).toEqual([])
    await push(snapshot, remote)
    const later = new AbortController()
    const ctxThere = { ...there.ctx, signal: later.signal }
    const reportThere = () => later.abort(new Error('cancelled'))
    await expect(pullSnapshots({ ctx: ctxThere, input: { ...input, report: reportThere } })).rejects.toThrow(
      'cancelled',
    )
    expect(await snapshotsThere(snapshot.dataset)).toEqual([])
  })

  test('say what keeps a remote from being used', async () => {
    const snapshot = await addTo(here, { a: 'a' })
    const file = join(await folderOf({ file: '' }), 'file')
    await putRemote({ ctx: here.ctx, input: { remote: 'blocked', url: join(file, 'below') } })
    await expect(push(snapshot, 'blocked')).rejects.toMatchObject({ code: 'remote_unavailable' })
    await expect(push(snapshot, 'unknown')).rejects.toMatchObject({ code: 'remote_not_found' })
    await expect(
      pushSnapshots({ ctx: here.ctx, input: { remote: 'blocked', refs: ['latest'] } }),
    ).rejects.toMatchObject({ code: 'invalid_request', field: 'dataset' })
  })

  test('leave what a killed sender left a while, then remove it', async () => {
    const snapshot = await addTo(here, { a: 'staging' })
    const remote = await newRemote()
    const staging = join(here.folder, remote, 'staging')
    await mkdir(staging, { recursive: true })
    await writeFile(join(staging, 'old'), 'x')
    await push(snapshot, remote)
    expect(await readdir(staging)).toEqual(['old'])
    const later = { ...here.ctx, clock: { ...here.ctx.clock, now: () => new Date(Date.now() + 2 * 86_400_000) } }
    await pushSnapshots({ ctx: later, input: { remote, project: 'p', dataset: snapshot.dataset } })
    expect(await readdir(staging)).toEqual([])
  })
})

async function blobOf(remote: string, sha256: string): Promise<string> {
  return join(here.folder, remote, 'blobs', sha256.slice(0, 2), sha256.slice(2))
}

async function manifestsOf(remote: string): Promise<readonly string[]> {
  const names = await readdir(join(here.folder, remote), { recursive: true })
  return names.filter((name) => name.endsWith('.json')).map((name) => join(here.folder, remote, name))
}

describe('a hostile remote', () => {
  type Edit = (manifest: {
    snapshot: Record<string, unknown> & { parts: { sha256: string; bytes: number; row_count: number }[] }
    blobs: { sha256: string; bytes: number; is_pack: boolean }[]
  }) => unknown

  /** A remote whose only manifest was changed. */
  async function tampered(edit: Edit): Promise<{ snapshot: Snapshot; remote: string }> {
    const snapshot = await addTo(here, { ...files, own: `own ${made}` })
    const remote = await newRemote()
    await push(snapshot, remote)
    const [path = ''] = await manifestsOf(remote)
    const manifest = JSON.parse(await readFile(path, 'utf8')) as Parameters<Edit>[0]
    const edited = edit(manifest) ?? manifest
    await writeFile(path, typeof edited === 'string' ? edited : JSON.stringify(edited))
    return { snapshot, remote }
  }

  const withSnapshot =
    (changes: object): Edit =>
    (manifest) => ({ ...manifest, snapshot: { ...manifest.snapshot, ...changes } })
  const refusals: readonly (readonly [string, Edit])[] = [
    ['no JSON', () => '{"format":'],
    ['nothing known', () => ({ hello: 'world' })],
    ['another version', (manifest) => ({ ...manifest, version: 2 })],
    ['another id', withSnapshot({ id: 'snap_other' })],
    ['an id with a path', withSnapshot({ id: '../../x' })],
    ['another project', withSnapshot({ project: 'other' })],
    ['another content hash', withSnapshot({ content_hash: 'ab'.repeat(32) })],
    ['more rows', withSnapshot({ row_count: 1e15 })],
    [
      'more rows in a part',
      (manifest) => {
        for (const part of manifest.snapshot.parts) part.row_count += 1
        manifest.snapshot.row_count = Number(manifest.snapshot.row_count) + 1
      },
    ],
    [
      'a hash with a path',
      (manifest) => ({ ...manifest, blobs: [...manifest.blobs, { sha256: '../x', bytes: 1, is_pack: false }] }),
    ],
    ['a content twice', (manifest) => ({ ...manifest, blobs: [...manifest.blobs, ...manifest.blobs] })],
    ['a negative size', (manifest) => ({ ...manifest, blobs: manifest.blobs.map((blob) => ({ ...blob, bytes: -1 })) })],
    ['a missing pack', (manifest) => ({ ...manifest, blobs: manifest.blobs.filter(({ is_pack }) => !is_pack) })],
    ['a tag with a path', withSnapshot({ tags: ['../x'] })],
    ['columns of a table', withSnapshot({ columns: [] })],
    ['the kind of a table', withSnapshot({ kind: 'table' })],
  ]
  test.each(refusals)('with %s is refused, and nothing is visible', async (_name, edit) => {
    const { snapshot, remote } = await tampered(edit)
    await expect(pull(snapshot, remote)).rejects.toMatchObject({ code: 'remote_manifest_invalid' })
    expect(await snapshotsThere(snapshot.dataset)).toEqual([])
    expect(await snapshotsThere('other')).toEqual([])
  })

  const tables: readonly (readonly [string, Edit])[] = [
    ['another content hash', withSnapshot({ content_hash: 'ab'.repeat(32) })],
    [
      'the hash of one of its parts',
      (manifest) => withSnapshot({ content_hash: manifest.snapshot.parts[0]?.sha256 })(manifest),
    ],
    [
      'its parts in another order',
      (manifest) => withSnapshot({ parts: manifest.snapshot.parts.toReversed() })(manifest),
    ],
    [
      'a part twice in place of another',
      (manifest) => {
        const [first] = manifest.snapshot.parts
        return withSnapshot({ parts: [first, first] })(manifest)
      },
    ],
    ['a part less', (manifest) => withSnapshot({ parts: manifest.snapshot.parts.slice(0, 1), row_count: 1 })(manifest)],
  ]
  test('of a table of several parts with a changed list is refused; the true one is taken', async () => {
    const folder = await folderOf({ 'a.csv': 'id,x\n1,a\n', 'b.csv': 'id,x\n2,b\n' })
    const datasets = [{ name: 'parts', source: { kind: 'csv', paths: ['*.csv'] }, columns: {} }]
    const definition = ProjectDefinition.parse({ name: 'p', models: [], datasets })
    await applyProject({ ctx: here.ctx, input: { folder, definition } })
    const { snapshot } = await ingest({ ctx: here.ctx, input: { project: 'p', dataset: 'parts' } })
    expect(snapshot.parts).toHaveLength(2)
    const remote = await newRemote()
    await push(snapshot, remote)
    const [path = ''] = await manifestsOf(remote)
    const text = await readFile(path, 'utf8')
    for (const [name, edit] of tables) {
      await writeFile(path, JSON.stringify(edit(JSON.parse(text))))
      await expect(pull(snapshot, remote), name).rejects.toMatchObject({
        code: 'remote_manifest_invalid',
        params: { reason: 'its hash is not that of its parts' },
      })
      expect(await snapshotsThere('parts')).toEqual([])
    }
    await writeFile(path, text)
    expect(await pull(snapshot, remote)).toMatchObject({ snapshots: 1 })
    expect(await snapshotsThere('parts')).toEqual([{ id: snapshot.id }])
  })

  test('with a content that is not what its name says is refused', async () => {
    for (const change of ['size', 'bytes', 'gone'] as const) {
      const content = randomBytes(300_000).toString('hex')
      const snapshot = await addTo(here, { content })
      const remote = await newRemote()
      await push(snapshot, remote)
      const path = await blobOf(remote, createHash('sha256').update(content).digest('hex'))
      if (change === 'gone') await rm(path)
      else await writeFile(path, change === 'size' ? `${content}x` : `x${content.slice(1)}`)
      await expect(pull(snapshot, remote)).rejects.toMatchObject({ code: 'remote_content_wrong' })
      expect(await snapshotsThere(snapshot.dataset)).toEqual([])
    }
  })

  test('with a pack whose index lies is refused', async () => {
    const snapshot = await addTo(here, { a: 'one secret', b: 'another one' })
    const remote = await newRemote()
    await push(snapshot, remote)
    const [path = ''] = await manifestsOf(remote)
    const text = await readFile(path, 'utf8')
    const pack = (JSON.parse(text) as Parameters<Edit>[0]).blobs.find(({ is_pack }) => is_pack)?.sha256 ?? ''
    const wrongHash = createHash('sha256').update('never there').digest('hex')
    const index = Buffer.from(JSON.stringify([[wrongHash, 0, 5]]))
    const length = Buffer.alloc(8)
    length.writeBigUInt64BE(BigInt(index.length))
    const forged = Buffer.concat([Buffer.from('wrong'), index, length, Buffer.from('FABPACK1')])
    const forgedHash = createHash('sha256').update(forged).digest('hex')
    const target = await blobOf(remote, forgedHash)
    await mkdir(join(target, '..'), { recursive: true })
    await writeFile(target, forged)
    const size = (await stat(await blobOf(remote, pack))).size
    const forgedText = text
      .replaceAll(pack, forgedHash)
      .replace(`"bytes":${size},"is_pack":true`, `"bytes":${forged.length},"is_pack":true`)
    await writeFile(path, forgedText)
    await expect(pull(snapshot, remote)).rejects.toMatchObject({
      code: 'remote_content_wrong',
      params: { reason: 'it is no pack' },
    })
  })

  test('cannot take an id that stands for something else here', async () => {
    const snapshot = await addTo(here, { a: 'mine' })
    const remote = await newRemote()
    await push(snapshot, remote)
    await pull(snapshot, remote)
    await sql`update snapshots set content_hash = 'other' where id = ${snapshot.id}`.execute(there.ctx.db)
    await expect(pull(snapshot, remote)).rejects.toMatchObject({ code: 'remote_manifest_invalid' })
  })

  test('whose files have paths that lead out is refused', async () => {
    const snapshot = await addTo(here, { 'aa/evil': 'evil' })
    const remote = await newRemote()
    await push(snapshot, remote)
    const [path = ''] = await manifestsOf(remote)
    const text = await readFile(path, 'utf8')
    const table = snapshot.parts[0]?.sha256 ?? ''
    const forgedPath = join(here.ctx.blobs.stagingFolder, 'forged')
    await here.ctx.data.use(async (connection) => {
      const from = (await here.ctx.blobs.localFile(table)).path
      await connection.run(
        `copy (select replace(path, 'aa/', '../') as path, * exclude (path) from read_parquet('${from}')) to '${forgedPath}' (format parquet)`,
      )
      await rm(from)
    })
    const content = await readFile(forgedPath)
    await rm(forgedPath)
    const hash = createHash('sha256').update(content).digest('hex')
    const target = await blobOf(remote, hash)
    await mkdir(join(target, '..'), { recursive: true })
    await writeFile(target, content)
    const size = snapshot.parts[0]?.bytes
    await writeFile(path, text.replaceAll(table, hash).replaceAll(`"bytes":${size},`, `"bytes":${content.length},`))
    await expect(pull(snapshot, remote)).rejects.toMatchObject({
      code: 'remote_manifest_invalid',
      params: { reason: expect.stringContaining('../evil') },
    })
    expect(await snapshotsThere(snapshot.dataset)).toEqual([])
  })
})
