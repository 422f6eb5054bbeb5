import { createHash, randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { type JobProgress, ProjectDefinition } from '@fabrique/contract'
import { sql } from 'kysely'
import sharp from 'sharp'
import { pack as tarPack } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agedBlobs } from '../../../../test/support/aged-blobs.js'
import { openTestContext, type TestContext } from '../../../../test/support/test-context.js'
import { sweepBlobs } from '../../artifacts/index.js'
import { applyProject } from '../../projects/index.js'
import { ingest } from '../ingest.js'
import { listQuarantine } from '../quarantine.js'
import { addCollection, addFiles, checkoutFiles, listSnapshotFiles, openFile, readCollection } from './index.js'

let suite: TestContext
let folders = 0
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex')

type Content = string | Uint8Array

/** A new folder with these files. */
async function folderOf(files: Readonly<Record<string, Content>>): Promise<string> {
  folders += 1
  const folder = await mkdtemp(join(suite.folder, `data-${folders}-`))
  await fill(folder, files)
  return folder
}

async function fill(folder: string, files: Readonly<Record<string, Content>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}

let datasets = 0
const newDataset = () => {
  datasets += 1
  return `d${datasets}`
}

const add = (path: string, dataset = newDataset(), form: 'files' | 'images' | 'labelled_images' = 'files') =>
  addFiles({ ctx: suite.ctx, input: { project: 'p', dataset, path, location: path, form } })

/** Real time, as the times of files have it. */
const later = (ms: number) => ({ ...suite.ctx, clock: { ...suite.ctx.clock, now: () => new Date(Date.now() + ms) } })
const addLater = (path: string, dataset: string, ms = 60_000) =>
  addFiles({ ctx: later(ms), input: { project: 'p', dataset, path, location: path } })

async function contentsOf(snapshot: Parameters<typeof readCollection>[1]): Promise<Record<string, string>> {
  const contents: Record<string, string> = {}
  for (const { path } of await readCollection(suite.ctx, snapshot)) {
    contents[path] = (await buffer((await openFile(suite.ctx, snapshot, path)).content)).toString()
  }
  return contents
}

const large = randomBytes(700_000).toString('hex')

describe('adding files', () => {
  test('keeps small and large files, empty ones, and who can be executed', async () => {
    const files = { 'a.txt': 'a', 'b/c.txt': 'c', 'b/large.txt': large, empty: '', 'run.sh': '#!/bin/sh' }
    const folder = await folderOf(files)
    await chmod(join(folder, 'run.sh'), 0o755)
    const { snapshot, created, files: count, bytes } = await add(folder)
    expect({ created, count, kind: snapshot.kind, rows: snapshot.row_count }).toEqual({
      created: true,
      count: 5,
      kind: 'files',
      rows: 5,
    })
    expect(bytes).toBe(Object.values(files).join('').length)
    expect(await contentsOf(snapshot)).toEqual(files)
    const listed = await readCollection(suite.ctx, snapshot)
    expect(listed.map(({ path, executable }) => [path, executable])).toEqual([
      ['a.txt', false],
      ['b/c.txt', false],
      ['b/large.txt', false],
      ['empty', false],
      ['run.sh', true],
    ])
    expect(listed.map((file) => file.sha256)).toEqual(
      listed.map(({ path }) => sha256(files[path as keyof typeof files])),
    )
    expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
  })

  test('takes more files than one batch and one thread have, each with its own content', async () => {
    const contents = Array.from({ length: 2_500 }, (_, at) => [`f${at % 7}/${at}`, `content ${at % 2_400}`] as const)
    const folder = await folderOf(Object.fromEntries(contents))
    const { snapshot, filesRead } = await add(folder)
    expect(filesRead).toBe(2_500)
    const listed = await readCollection(suite.ctx, snapshot)
    expect(Object.fromEntries(listed.map((file) => [file.path, file.sha256]))).toEqual(
      Object.fromEntries(contents.map(([path, content]) => [path, sha256(content)])),
    )
    for (const at of [0, 1_023, 1_024, 2_399, 2_400, 2_499]) {
      const [path, content] = contents[at] ?? ['', '']
      expect((await buffer((await openFile(suite.ctx, snapshot, path)).content)).toString()).toBe(content)
    }
    expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
  })

  test('gives the same snapshot for the same files, and the same hash in another data set and order', async () => {
    const first = await add(await folderOf({ 'x/1': '1', 'x/2': '2', 'é/ü': '3' }), 'same')
    const again = await add(await folderOf({ 'é/ü': '3', 'x/2': '2', 'x/1': '1' }), 'same')
    expect(again).toMatchObject({ created: false, snapshot: { id: first.snapshot.id } })
    const other = await add(await folderOf({ 'é/ü': '3', 'x/1': '1', 'x/2': '2' }))
    expect(other.snapshot.content_hash).toBe(first.snapshot.content_hash)
    // Computed elsewhere from the definition: it is the same on every machine and in every version.
    expect(other.snapshot.content_hash).toBe('d20e7d8858be3e15b3bfeea39af571349ba156dbf805e669da99446d4e4dd5c1')
  })

  test('stores each content once', async () => {
    const content = randomBytes(300_000)
    const blobs = async () => {
      let count = 0
      for await (const _ of suite.ctx.blobs.list()) count += 1
      return count
    }
    await add(await folderOf({ one: 'only once', big: content }))
    const before = await blobs()
    await add(await folderOf({ two: 'only once', three: 'only once', other: content }))
    // Only the table that names them.
    expect(await blobs()).toBe(before + 1)
  })

  test('reads only files that may have changed', async () => {
    const folder = await folderOf({ a: 'a', b: 'b', c: 'c' })
    const dataset = newDataset()
    expect((await addLater(folder, dataset)).filesRead).toBe(3)
    expect((await addLater(folder, dataset)).filesRead).toBe(0)
    await writeFile(join(folder, 'b'), 'B')
    const changed = await addLater(folder, dataset)
    expect(changed).toMatchObject({ filesRead: 1, created: true })
    expect(await contentsOf(changed.snapshot)).toEqual({ a: 'a', b: 'B', c: 'c' })
  })

  test('reads a file again that was written so shortly before that another change could have the same time', async () => {
    const folder = await folderOf({ a: 'a' })
    const dataset = newDataset()
    expect((await addLater(folder, dataset, 0)).filesRead).toBe(1)
    expect((await addLater(folder, dataset, 0)).filesRead).toBe(1)
  })

  test('notices a change that keeps size and time of change of the content', async () => {
    const folder = await folderOf({ a: 'one' })
    const at = new Date('2026-01-02T03:04:05Z')
    await utimes(join(folder, 'a'), at, at)
    const dataset = newDataset()
    await addLater(folder, dataset)
    await writeFile(join(folder, 'a'), 'two')
    await utimes(join(folder, 'a'), at, at)
    expect(await contentsOf((await addLater(folder, dataset)).snapshot)).toEqual({ a: 'two' })
  })

  test('stores again what the store has lost', async () => {
    const content = randomBytes(400_000).toString('hex')
    const folder = await folderOf({ big: content, small: 'lost and found' })
    const dataset = newDataset()
    const first = await addLater(folder, dataset)
    for await (const hash of suite.ctx.blobs.list()) {
      const entry = await suite.ctx.blobs.find(hash)
      if (entry !== undefined) await suite.ctx.blobs.remove(entry)
    }
    const again = await addLater(folder, dataset)
    expect(again.snapshot.id).toBe(first.snapshot.id)
    expect(await contentsOf(again.snapshot)).toEqual({ big: content, small: 'lost and found' })
  })

  test('takes links to files inside, and tells what it left out', async () => {
    const outside = await folderOf({ secret: 'secret' })
    const folder = await folderOf({ 'sub/a': 'a' })
    await symlink('sub/a', join(folder, 'link'))
    await symlink(join(outside, 'secret'), join(folder, 'out'))
    await symlink(outside, join(folder, 'outfolder'))
    await symlink('.', join(folder, 'loop'))
    await symlink('nothing', join(folder, 'dead'))
    const { snapshot, leftOut } = await add(folder)
    expect(await contentsOf(snapshot)).toEqual({ link: 'a', 'sub/a': 'a' })
    expect(leftOut.map(({ path }) => path).sort()).toEqual(['dead', 'loop', 'out', 'outfolder'])
  })

  test('leaves out what ignore files name, and folders of tools', async () => {
    const folder = await folderOf({
      '.fabriqueignore': '# notes\n*.tmp\n/build/\nlogs/**\n!keep.tmp\n',
      'a.tmp': '',
      'keep.tmp': 'k',
      'build/x': '',
      'sub/build/x': 'x',
      'logs/today/l': '',
      'sub/.dvcignore': 'data.?\n',
      'sub/data.1': '',
      'data.1': 'd',
      '.git/config': '',
      '.dvc/config': '',
    })
    const { snapshot } = await add(folder)
    expect((await readCollection(suite.ctx, snapshot)).map(({ path }) => path)).toEqual([
      '.fabriqueignore',
      'data.1',
      'keep.tmp',
      'sub/.dvcignore',
      'sub/build/x',
    ])
  })

  test('takes one file, and refuses nothing at all', async () => {
    const folder = await folderOf({ 'one.bin': 'one' })
    expect(await contentsOf((await add(join(folder, 'one.bin'))).snapshot)).toEqual({ 'one.bin': 'one' })
    await expect(add(await folderOf({}))).rejects.toMatchObject({ code: 'collection_empty' })
    await expect(add(join(folder, 'none'))).rejects.toMatchObject({ code: 'source_not_found' })
  })

  test.skipIf(process.getuid?.() === 0)('takes nothing where a file cannot be read', async () => {
    const folder = await folderOf({ a: 'a', b: 'b' })
    await chmod(join(folder, 'b'), 0)
    await expect(add(folder)).rejects.toMatchObject({ code: 'file_not_taken', params: { path: 'b' } })
  })

  test('refuses entries that lead out, stand twice, or are file and folder', async () => {
    const file = join(await folderOf({ a: 'a' }), 'a')
    for (const paths of [
      ['../a'],
      ['/a'],
      ['a//b'],
      ['a\\b'],
      ['c:/a'],
      ['a', 'a'],
      ['a', 'a/b'],
      ['a', 'a.b', 'a/b'],
    ]) {
      const wanted = {
        project: 'p',
        dataset: newDataset(),
        form: 'files' as const,
        source: { kind: 'files', location: 'here' },
        entries: paths.map((path) => ({ path, file })),
      }
      await expect(addCollection(suite.ctx, wanted)).rejects.toMatchObject({ code: 'file_path_invalid' })
    }
  })

  test('makes one snapshot of adds of the same folder at once', async () => {
    const folder = await folderOf(
      Object.fromEntries(Array.from({ length: 700 }, (_, at) => [`f${at}`, `content ${at}`])),
    )
    const dataset = newDataset()
    const added = await Promise.all(Array.from({ length: 4 }, () => add(folder, dataset)))
    expect(new Set(added.map(({ snapshot }) => snapshot.id)).size).toBe(1)
    expect(added.filter(({ created }) => created)).toHaveLength(1)
    expect(Object.keys(await contentsOf(added[0]?.snapshot as never))).toHaveLength(700)
  })

  test('loses nothing to a sweep of the store at the same time', async () => {
    let removed = 0
    const folder = await folderOf({ a: 'swept?', big: randomBytes(300_000) })
    for (let round = 0; round < 10; round += 1) {
      // What nothing names is old, and goes; that of the round before may be taken again meanwhile.
      const forgotten = await add(await folderOf({ gone: `round ${round}` }))
      await sql`delete from snapshots where id = ${forgotten.snapshot.id}`.execute(suite.ctx.db)
      const sweeping = { ...later(0), blobs: await agedBlobs(suite.ctx.blobs) }
      const [{ snapshot }, swept] = await Promise.all([add(folder), sweepBlobs({ ctx: sweeping, input: {} })])
      removed += swept.blobs
      expect(Object.keys(await contentsOf(snapshot))).toEqual(['a', 'big'])
      await sql`delete from snapshots where id = ${snapshot.id}`.execute(suite.ctx.db)
    }
    expect(removed).toBeGreaterThan(0)
  })

  test('ends when it is cancelled, and leaves nothing', async () => {
    const folder = await folderOf(
      Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`f${at}`, `cancelled ${at}`])),
    )
    const abort = new AbortController()
    const dataset = newDataset()
    const report = ({ stage }: JobProgress) => {
      if (stage === 'read') abort.abort(new Error('cancelled'))
    }
    const ctx = { ...suite.ctx, signal: abort.signal }
    await expect(
      addFiles({ ctx, input: { project: 'p', dataset, path: folder, location: folder, report } }),
    ).rejects.toThrow('cancelled')
    const { rows } = await sql`select 1 from snapshots where dataset = ${dataset}`.execute(suite.ctx.db)
    expect(rows).toEqual([])
    expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
  })
})

describe('images', () => {
  const image = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: 'red' } })

  test('tells sizes, formats and labels, and names those that cannot be read', async () => {
    const folder = await folderOf({
      'cats/1.png': await image(3, 2).png().toBuffer(),
      'dogs/2.jpg': await image(5, 4).jpeg().toBuffer(),
      'dogs/broken.jpg': 'not an image',
      'dogs/cut.png': (await image(3, 2).png().toBuffer()).subarray(0, 20),
      'top.webp': await image(7, 6).webp().toBuffer(),
    })
    const { snapshot, leftOut } = await add(folder, newDataset(), 'labelled_images')
    const { items } = await listSnapshotFiles({ ctx: suite.ctx, input: { snapshot: snapshot.id } })
    expect(items.map(({ path, width, height, format, label }) => [path, width, height, format, label])).toEqual([
      ['cats/1.png', 3, 2, 'png', 'cats'],
      ['dogs/2.jpg', 5, 4, 'jpeg', 'dogs'],
      ['top.webp', 7, 6, 'webp', ''],
    ])
    expect(leftOut.map(({ path }) => path)).toEqual(['dogs/broken.jpg', 'dogs/cut.png'])
    const dogs = await listSnapshotFiles({ ctx: suite.ctx, input: { snapshot: snapshot.id, label: 'dogs' } })
    expect(dogs.items.map(({ path }) => path)).toEqual(['dogs/2.jpg'])
    const page = await listSnapshotFiles({ ctx: suite.ctx, input: { snapshot: snapshot.id, limit: 2 } })
    expect(page.next_page_token).toBe('dogs/2.jpg')
    const rest = { snapshot: snapshot.id, page_token: page.next_page_token }
    expect((await listSnapshotFiles({ ctx: suite.ctx, input: rest })).items.map(({ path }) => path)).toEqual([
      'top.webp',
    ])
  })

  test('reads an image folder again only where it changed', async () => {
    const folder = await folderOf({ 'a/1.png': await image(3, 2).png().toBuffer() })
    const input = { project: 'p', dataset: newDataset(), path: folder, location: folder, form: 'images' as const }
    await addFiles({ ctx: later(60_000), input })
    await fill(folder, { 'a/2.png': await image(4, 4).png().toBuffer() })
    const { filesRead, snapshot } = await addFiles({ ctx: later(60_000), input })
    expect(filesRead).toBe(1)
    expect((await readCollection(suite.ctx, snapshot)).map((file) => file.image?.width)).toEqual([3, 4])
  })
})

describe('archives', () => {
  const tarOf = async (files: Readonly<Record<string, Content>>, link?: string) => {
    const tar = tarPack()
    for (const [name, content] of Object.entries(files)) tar.entry({ name }, Buffer.from(content))
    if (link !== undefined) tar.entry({ name: 'link', type: 'symlink', linkname: link })
    tar.finalize()
    return buffer(tar)
  }
  const archive = async (name: string, content: Uint8Array) => join(await folderOf({ [name]: content }), name)
  const png = () =>
    sharp({ create: { width: 3, height: 2, channels: 3, background: 'red' } })
      .png()
      .toBuffer()

  test('takes the images of a tar and of a zip, with the same result as from a folder', async () => {
    const files = { 'a/1.png': await png() }
    const wanted = (await add(await folderOf(files), newDataset(), 'images')).snapshot.content_hash
    const plain = await add(await archive('x.tar', await tarOf(files, '/etc/passwd')), newDataset(), 'images')
    expect(plain.snapshot.content_hash).toBe(wanted)
    expect(plain.leftOut.map(({ path }) => path)).toEqual(['link'])
    const packed = await add(await archive('x.tar.gz', gzipSync(await tarOf(files))), newDataset(), 'images')
    expect(packed.snapshot.content_hash).toBe(wanted)
    const zip = await add(await archive('x.zip', zipOf('a/1.png', files['a/1.png'])), newDataset(), 'images')
    expect(zip.snapshot.content_hash).toBe(wanted)
    expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
  })

  test('refuses names that lead out, bombs, and what is cut off', async () => {
    const bomb = gzipSync(await tarOf({ 'zeros.png': Buffer.alloc(80 * 1024 * 1024) }))
    const refused = {
      'slip.tar': await tarOf({ '../out.png': 'x' }),
      'root.tar': await tarOf({ '/etc/x.png': 'x' }),
      'twice.tar': Buffer.concat([(await tarOf({ 'a.png': 'x' })).subarray(0, 1024), await tarOf({ 'a.png': 'y' })]),
      'slip.zip': zipOf('../out.png', Buffer.from('x')),
      'bomb.tar.gz': bomb,
      'cut.tar.gz': bomb.subarray(0, 1000),
      'none.zip': Buffer.from('nothing'),
    }
    for (const [name, content] of Object.entries(refused)) {
      await expect(add(await archive(name, content), newDataset(), 'images'), name).rejects.toMatchObject({
        code: 'archive_invalid',
      })
    }
    expect(await readdir(suite.ctx.blobs.stagingFolder)).toEqual([])
  })
})

/** A zip with one stored file. */
function zipOf(name: string, content: Buffer): Buffer {
  const crc = crc32(content)
  const bytes = Buffer.from(name)
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0)
  common.writeUInt32LE(crc, 10)
  common.writeUInt32LE(content.length, 14)
  common.writeUInt32LE(content.length, 18)
  common.writeUInt16LE(bytes.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, bytes, content])
  const tail = Buffer.alloc(14)
  const central = Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), common, tail, bytes])
  const end = Buffer.alloc(18)
  end.writeUInt16LE(1, 4)
  end.writeUInt16LE(1, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(local.length, 12)
  return Buffer.concat([local, central, Buffer.from('PK\x05\x06'), end])
}

function crc32(content: Buffer): number {
  let crc = 0xffffffff
  for (const byte of content) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}

describe('checkout', () => {
  const checkout = (snapshot: string, folder: string, more: object = {}) =>
    checkoutFiles({ ctx: suite.ctx, input: { snapshot, folder, ...more } })

  test('writes the files, leaves those that are right, and mends what was changed', async () => {
    const files = { 'a.txt': 'a', 'b/c.txt': 'c', 'b/large.txt': large, 'run.sh': 'run', empty: '' }
    const source = await folderOf(files)
    await chmod(join(source, 'run.sh'), 0o755)
    const { snapshot } = await add(source)
    const target = join(suite.folder, 'out', 'one')
    expect(await checkout(snapshot.id, target)).toMatchObject({ files: 5, written: 5, removed: 0 })
    expect((await add(target)).snapshot.content_hash).toBe(snapshot.content_hash)
    const before = await stat(join(target, 'a.txt'))
    expect(await checkout(snapshot.id, target)).toMatchObject({ written: 0 })
    expect((await stat(join(target, 'a.txt'))).mtimeMs).toBe(before.mtimeMs)
    await rm(join(target, 'a.txt'))
    await chmod(join(target, 'run.sh'), 0o644)
    expect(await checkout(snapshot.id, target)).toMatchObject({ written: 1 })
    expect((await add(target)).snapshot.content_hash).toBe(snapshot.content_hash)
  })

  test('does not lose what is in no snapshot', async () => {
    const { snapshot } = await add(await folderOf({ a: 'first', b: 'b' }))
    const target = await folderOf({ a: 'my own work', extra: 'also mine' })
    await expect(checkout(snapshot.id, target)).rejects.toMatchObject({
      code: 'checkout_would_lose',
      params: { path: 'a', count: 1 },
    })
    expect(await readFile(join(target, 'a'), 'utf8')).toBe('my own work')
    expect(await readdir(target)).toEqual(['a', 'extra'])
    await expect(checkout(snapshot.id, target, { remove_others: true })).rejects.toMatchObject({ params: { count: 2 } })
    await add(target)
    expect(await checkout(snapshot.id, target, { remove_others: true })).toMatchObject({ written: 2, removed: 1 })
    await writeFile(join(target, 'a'), 'again')
    expect(await checkout(snapshot.id, target, { force: true })).toMatchObject({ written: 1 })
    expect((await add(target)).snapshot.content_hash).toBe(snapshot.content_hash)
  })

  test('gives files that can be edited without harm to the store', async () => {
    const { snapshot } = await add(await folderOf({ large }))
    const target = join(suite.folder, 'out', 'edited')
    await checkout(snapshot.id, target)
    await writeFile(join(target, 'large'), 'edited')
    expect(await contentsOf(snapshot)).toEqual({ large })
  })

  test('does not follow a link in the folder to another place', async () => {
    const { snapshot } = await add(await folderOf({ 'sub/a': 'a' }))
    const elsewhere = await folderOf({})
    const target = await folderOf({})
    await symlink(elsewhere, join(target, 'sub'))
    await expect(checkout(snapshot.id, target)).rejects.toMatchObject({ code: 'checkout_folder_invalid' })
    expect(await readdir(elsewhere)).toEqual([])
    await expect(checkout(snapshot.id, 'relative')).rejects.toMatchObject({ code: 'checkout_folder_invalid' })
    const file = join(await folderOf({ file: '' }), 'file')
    await expect(checkout(snapshot.id, file)).rejects.toMatchObject({ code: 'checkout_folder_invalid' })
  })
})

describe('the ingest of a declared source of images', () => {
  test('names what it left out in its quarantine, and refuses too much of it', async () => {
    const png = await sharp({ create: { width: 3, height: 2, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
    const folder = await folderOf({ 'pics/a/1.png': png, 'pics/b/2.png': png, 'pics/b/bad.png': 'bad' })
    const definitionOf = (bad_rows: object) =>
      ProjectDefinition.parse({
        name: 'shop',
        datasets: [{ name: 'pics', source: { kind: 'images', path: 'pics' }, columns: {}, bad_rows }],
        models: [],
      })
    await applyProject({ ctx: suite.ctx, input: { folder, definition: definitionOf({ mode: 'warn' }) } })
    const input = { project: 'shop', dataset: 'pics' }
    const { snapshot, ingest_id } = await ingest({ ctx: suite.ctx, input })
    expect(snapshot).toMatchObject({ kind: 'files', row_count: 2, ingest_id })
    const quarantine = await listQuarantine({ ctx: suite.ctx, input: { ingest: ingest_id } })
    expect(quarantine).toMatchObject({ total: 1, items: [{ file: 'b/bad.png', reason: 'unreadable_file' }] })
    const french = await listQuarantine({ ctx: suite.ctx, input: { ingest: ingest_id, language: 'fr' } })
    expect(french.items[0]?.detail?.message).toMatch(
      /^Il ne peut pas être lu\u202f: ce n’est pas une image lisible\u202f: /,
    )
    const strict = definitionOf({ mode: 'quarantine', max_share: 0.1 })
    await applyProject({ ctx: suite.ctx, input: { folder, definition: strict } })
    await fill(folder, { 'pics/c/3.png': png })
    await expect(ingest({ ctx: suite.ctx, input })).rejects.toMatchObject({ code: 'quarantine_share_exceeded' })
  })
})
