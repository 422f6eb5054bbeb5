import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import type { BlobEntry, BlobStore } from '../../src/platform/blobs/index.js'

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')

async function entriesOf(store: BlobStore): Promise<readonly BlobEntry[]> {
  const entries: BlobEntry[] = []
  for await (const hash of store.list()) {
    const entry = await store.find(hash)
    if (entry !== undefined) entries.push(entry)
  }
  return entries
}

async function onlyEntryOf(store: BlobStore): Promise<BlobEntry> {
  const [entry] = await entriesOf(store)
  if (entry === undefined) throw new Error('The store is empty')
  return entry
}

const later = new Date(8_000_000_000_000)

/** What every blob store has to do; each driver's own test calls it. */
export function blobStoreSuite(name: string, open: () => Promise<BlobStore>): void {
  describe(`${name} as a blob store`, () => {
    test('keeps content under its hash', async () => {
      const store = await open()
      const content = randomBytes(100_000)
      const stored = await store.put(content)
      expect(stored).toEqual({ sha256: sha256(content), bytes: 100_000 })
      expect(await buffer(await store.open(stored.sha256))).toEqual(content)
      expect(await store.size(stored.sha256)).toBe(100_000)
    })

    test('takes a stream, and the same content twice', async () => {
      const store = await open()
      const parts = [Buffer.from('one'), Buffer.from('two')]
      const first = await store.put(Readable.from(parts))
      const second = await store.put(Buffer.concat(parts))
      expect(second).toEqual(first)
    })

    test('keeps an empty blob', async () => {
      const store = await open()
      const { sha256: hash } = await store.put(new Uint8Array())
      expect((await buffer(await store.open(hash))).length).toBe(0)
    })

    test('opens a range, both ends included', async () => {
      const store = await open()
      const { sha256: hash } = await store.put(Buffer.from('0123456789'))
      expect((await buffer(await store.open(hash, { start: 2, end: 4 }))).toString()).toBe('234')
    })

    test('says when a blob is not there', async () => {
      const store = await open()
      const hash = sha256(Buffer.from('not there'))
      await expect(store.open(hash)).rejects.toMatchObject({ code: 'blob_not_found' })
      await expect(store.localFile(hash)).rejects.toMatchObject({ code: 'blob_not_found' })
      expect(await store.size(hash)).toBeUndefined()
    })

    test('tells which of few or many blobs are not there', async () => {
      const store = await open()
      expect(await store.missing([])).toEqual([])
      const put: string[] = []
      for (let at = 0; at < 300; at += 1) put.push((await store.put(Buffer.from(`blob ${at}`))).sha256)
      const lost = Array.from({ length: 300 }, (_, at) => sha256(Buffer.from(`no blob ${at}`)))
      expect(await store.missing(put)).toEqual([])
      expect(await store.missing(put.slice(0, 3))).toEqual([])
      expect([...(await store.missing([...put, ...lost]))].sort()).toEqual([...lost].sort())
      expect(await store.missing([...put.slice(0, 2), lost[0] ?? ''])).toEqual([lost[0]])
      expect([...(await store.missing(lost))].sort()).toEqual([...lost].sort())
    })

    test('leaves nothing of a put that fails half-way', async () => {
      const store = await open()
      const broken = Readable.from(
        (function* () {
          yield Buffer.from('half')
          throw new Error('the source broke')
        })(),
      )
      await expect(store.put(broken)).rejects.toThrow('the source broke')
      expect(await readdir(store.stagingFolder)).toEqual([])
      expect(await store.size(sha256(Buffer.from('half')))).toBeUndefined()
      expect(await store.find(sha256(Buffer.from('half')))).toBeUndefined()
    })

    test('gives a local file until it is released', async () => {
      const store = await open()
      const { sha256: hash } = await store.put(Buffer.from('local'))
      const file = await store.localFile(hash)
      expect(await readFile(file.path, 'utf8')).toBe('local')
      await file.release()
      await expect(stat(file.path)).rejects.toThrow()
      expect(await store.size(hash)).toBe(5)
    })

    test('adopts a finished file', async () => {
      const store = await open()
      const path = join(store.stagingFolder, 'finished')
      await writeFile(path, 'adopted')
      const { sha256: hash, bytes } = await store.adopt(path)
      expect([hash, bytes]).toEqual([sha256(Buffer.from('adopted')), 7])
      await expect(stat(path)).rejects.toThrow()
    })

    test('takes the same content from several writers at once', async () => {
      const store = await open()
      const content = randomBytes(200_000)
      const stored = await Promise.all(Array.from({ length: 8 }, () => store.put(content)))
      expect(new Set(stored.map(({ sha256: hash }) => hash)).size).toBe(1)
      expect(await buffer(await store.open(sha256(content)))).toEqual(content)
    })

    test('tells what it holds, and when it was put', async () => {
      const store = await open()
      expect(await entriesOf(store)).toEqual([])
      const stored = await Promise.all(['one', 'three'].map((text) => store.put(Buffer.from(text))))
      await writeFile(join(store.stagingFolder, 'unfinished'), 'x')
      const entries = await entriesOf(store)
      expect(entries.map(({ sha256: hash, bytes }) => ({ sha256: hash, bytes }))).toEqual(
        expect.arrayContaining(stored),
      )
      expect(entries).toHaveLength(2)
      for (const { writtenAt } of entries) expect(Math.abs(writtenAt.getTime() - Date.now())).toBeLessThan(60_000)
    })

    test('removes a blob, which who has it open reads on', async () => {
      const store = await open()
      const { sha256: hash } = await store.put(Buffer.from('unwanted'))
      const opened = await store.open(hash)
      const entry = await onlyEntryOf(store)
      expect(await store.remove(entry)).toBe(true)
      expect((await buffer(opened)).toString()).toBe('unwanted')
      expect(await store.size(hash)).toBeUndefined()
      expect(await store.remove(entry)).toBe(false)
      expect(await readdir(store.stagingFolder)).toEqual([])
    })

    test('does not remove a blob that was put again since it was listed', async () => {
      const store = await open()
      const { sha256: hash } = await store.put(Buffer.from('wanted'))
      const entry = await onlyEntryOf(store)
      await store.put(Buffer.from('wanted'))
      expect(await store.remove(entry)).toBe(false)
      expect(await store.size(hash)).toBe(6)
    })

    test('does not remove a blob that is kept since it was listed, and tells when there is none', async () => {
      const store = await open()
      const { sha256: hash } = await store.put(Buffer.from('wanted'))
      for (let round = 0; round < 200; round += 1) {
        const entry = await onlyEntryOf(store)
        expect(await store.keep(hash)).toBe(true)
        expect(await store.remove(entry)).toBe(false)
        expect(await store.size(hash)).toBe(6)
      }
      expect(await store.remove(await onlyEntryOf(store))).toBe(true)
      expect(await store.keep(hash)).toBe(false)
    })

    test('takes a finished file whose hash is known', async () => {
      const store = await open()
      const path = join(store.stagingFolder, 'finished')
      await writeFile(path, 'finished')
      const known = { sha256: sha256(Buffer.from('finished')), bytes: 8 }
      expect(await store.adopt(path, known)).toEqual(known)
      expect(await store.size(known.sha256)).toBe(8)
    })

    test('loses nothing that writers put while it removes', async () => {
      const store = await open()
      const content = randomBytes(1000)
      const hash = sha256(content)
      for (let round = 0; round < 50; round += 1) {
        await store.put(content)
        const entry = await onlyEntryOf(store)
        await Promise.all([store.remove(entry), store.put(content), store.remove(entry)])
        expect(await store.size(hash)).toBe(1000)
      }
      expect(await readdir(store.stagingFolder)).toEqual([])
    })

    test('clears what killed writers left, and puts a blob back that was about to be removed', async () => {
      const store = await open()
      const { sha256: hash } = await store.put(Buffer.from('kept'))
      const file = await store.localFile(hash)
      await rename(file.path, join(store.stagingFolder, `removed-1-${hash}`))
      await store.remove(await onlyEntryOf(store))
      expect(await store.size(hash)).toBeUndefined()
      await writeFile(join(store.stagingFolder, 'left'), 'x')
      expect(await store.clearStaging(new Date(0))).toBe(0)
      expect(await store.clearStaging(later)).toBe(2)
      expect(await readdir(store.stagingFolder)).toEqual([])
      expect(await store.size(hash)).toBe(4)
    })
  })
}
