import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeFileWork, type ReadFiles, slabBytes } from './file-work.js'
import { readCheckedPack } from './pack.js'
import { comparePaths } from './path-order.js'
import { type FoundFile, markOf, walkFolder } from './walk-folder.js'

let folder: string
let staging: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fabrique-file-work-'))
  staging = join(folder, 'staging')
  await mkdir(staging)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const smallBytes = 64 * 1024
const newWork = () =>
  makeFileWork({ stagingFolder: staging, smallBytes, packBytes: 64 * 1024 * 1024, imagePixelsMax: 1_000_000 })
const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex')

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, content)
  return path
}

/** Reads files as they were when `lookedAt` was taken. */
async function read(work: ReturnType<typeof newWork>, files: readonly string[], lookedAt: readonly Looked[] = []) {
  return work.read({
    files,
    marks: files.map((_, at) => lookedAt[at]?.mark ?? ''),
    sizes: files.map((_, at) => lookedAt[at]?.bytes ?? 0),
    tempName: 'temp',
    withImages: false,
    settledBeforeMs: Number.MAX_SAFE_INTEGER,
  })
}

interface Looked {
  readonly mark: string
  readonly bytes: number
}

function look(path: string): Looked {
  const found = lstatSync(path, { bigint: true })
  return { mark: markOf(found), bytes: Number(found.size) }
}

const hashOf = ({ hashes, others }: ReadFiles, at: number) => {
  const other = others.get(at)
  return other === undefined ? hashes[at] : 'fault' in other ? other.fault : other.sha256
}

test('tells of a file that is as it was no more than its hash, of others what they are now', async () => {
  const files = [
    await write('same', 'same'),
    await write('grown', 'grown'),
    await write('shrunk', 'shrunk'),
    await write('emptied', 'emptied'),
    await write('become large', 'small'),
    await write('gone', 'gone'),
    await write('never looked at', 'new'),
  ]
  const looked = files.slice(0, 6).map(look)
  await appendFile(join(folder, 'grown'), ' more')
  await truncate(join(folder, 'shrunk'), 3)
  await truncate(join(folder, 'emptied'), 0)
  await writeFile(join(folder, 'become large'), 'l'.repeat(smallBytes))
  await rm(join(folder, 'gone'))
  const work = newWork()
  const found = await read(work, files, looked)
  expect(files.map((_, at) => hashOf(found, at))).toEqual([
    sha256('same'),
    sha256('grown more'),
    sha256('shr'),
    sha256(''),
    sha256('l'.repeat(smallBytes)),
    'it cannot be opened (ENOENT)',
    sha256('new'),
  ])
  expect([...found.others.keys()]).toEqual([1, 2, 3, 4, 5, 6])
  expect(found.others.get(1)).toMatchObject({ ...look(join(folder, 'grown')), isSettled: true, isCopied: false })
  expect(found.others.get(4)).toMatchObject({ bytes: smallBytes, isCopied: true })
  expect(await readFile(join(staging, 'temp-4'), 'utf8')).toBe('l'.repeat(smallBytes))
  await work.keep({ keep: files.map(() => false), packName: 'none' })
  expect(await work.finish()).toBeNull()
  expect(await readdir(staging)).toEqual(['temp-4'])
  await rm(join(staging, 'temp-4'))
})

test('says which files were touched too shortly before', async () => {
  const path = await write('touched', 'touched')
  const looked = look(path)
  const request = { files: [path], marks: [looked.mark], sizes: [looked.bytes], tempName: 'temp', withImages: false }
  const work = newWork()
  const touchedMs = Number(lstatSync(path, { bigint: true }).ctimeMs)
  const before = await work.read({ ...request, settledBeforeMs: touchedMs - 1 })
  expect(before.others.get(0)).toMatchObject({ sha256: sha256('touched'), isSettled: false })
  const after = await work.read({ ...request, settledBeforeMs: touchedMs })
  expect(after).toEqual({ hashes: [sha256('touched')], others: new Map() })
})

test('packs what is kept of several readings, also of more than is held together', async () => {
  const contentOf = (at: number) => Buffer.alloc(smallBytes - 1 - (at % 3), at)
  const count = Math.ceil((slabBytes * 1.5) / smallBytes)
  const files = await Promise.all(Array.from({ length: count }, (_, at) => write(`many/${at}`, contentOf(at))))
  const more = [await write('empty', ''), await write('last', 'last')]
  const work = newWork()
  const first = await read(work, files)
  const second = await read(work, more)
  const isKept = (at: number) => at % 5 !== 2
  await work.keep({ keep: files.map((_, at) => isKept(at)), packName: 'pack' })
  await work.keep({ keep: [true, true], packName: 'unused' })
  // Memory is used again: what waits is not overwritten.
  const third = await read(work, files)
  await work.keep({ keep: files.map((_, at) => !isKept(at)), packName: 'unused' })
  const pack = await work.finish()
  const wanted = files.map((_, at) => sha256(contentOf(at)))
  for (const found of [first, third]) expect(files.map((_, at) => hashOf(found, at))).toEqual(wanted)
  expect(more.map((_, at) => hashOf(second, at))).toEqual([sha256(''), sha256('last')])
  const packed = await readCheckedPack(join(staging, 'pack'))
  expect(packed).toEqual(pack?.entries)
  expect(packed?.map(([hash]) => hash)).toEqual([
    ...wanted.filter((_, at) => isKept(at)),
    sha256(''),
    sha256('last'),
    ...wanted.filter((_, at) => !isKept(at)),
  ])
  expect(pack?.sha256).toBe(sha256(await readFile(join(staging, 'pack'))))
  expect(await readdir(staging)).toEqual(['pack'])
})

test('finds files in the order of their paths', async () => {
  const paths = ['a/b', 'a-b', 'a b', 'a.b', 'a0', 'a/0/c', 'a/0.c', 'B', 'é/x', 'é.x', '\u{10000}', '\uffe0', '\ud7ff']
  for (const path of paths) await write(`order/${path}`, path)
  const { files } = walkFolder(join(folder, 'order'), 100)
  expect(files.map(({ path }) => path)).toEqual([...paths].sort(comparePaths))
})

test('finds the files of a folder piece by piece as at once, and begins again after a failure', async () => {
  const names = Array.from({ length: 2500 }, (_, at) => `pieces/c${at % 3}/f${String(at).padStart(4, '0')}`)
  for (const name of names) await write(name, name)
  const work = newWork()
  await expect(work.walkOn({ folder: join(folder, 'gone'), filesMax: 5000 })).rejects.toThrow('ENOENT')
  const request = { folder: join(folder, 'pieces'), filesMax: 5000 }
  const walk = async () => {
    const sizes: number[] = []
    const files: FoundFile[] = []
    for (;;) {
      const piece = await work.walkOn(request)
      if (piece.end !== undefined) return { sizes, walked: { files, ...piece.end } }
      sizes.push(piece.files.length)
      files.push(...piece.files)
    }
  }
  const whole = walkFolder(request.folder, request.filesMax)
  expect(whole.files.map(({ path }) => `pieces/${path}`)).toEqual([...names].sort())
  expect(await walk()).toEqual({ sizes: [1024, 1024, 452], walked: whole })
  expect((await walk()).walked).toEqual(whole)
  const { tooMany } = walkFolder(request.folder, 2499)
  expect({ tooMany, all: walkFolder(request.folder, 2500).tooMany }).toEqual({ tooMany: true, all: false })
})
