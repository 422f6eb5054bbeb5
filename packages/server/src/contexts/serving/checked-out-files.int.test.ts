import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import { checkOutFiles, type KeptFile, sweepCheckedOut } from './checked-out-files.js'

const kept = (path: string, content: string, known = content): KeptFile => ({
  path,
  open: async () => ({
    content: Readable.from([Buffer.from(content)]),
    sha256: createHash('sha256').update(known).digest('hex'),
  }),
})

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A folder as a process with this number would have made it. */
function folderOf(pid: number): string {
  const folder = join(tmpdir(), `fabrique-model-${hostname()}-${pid}-abcdef`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'MLmodel'), '')
  made.push(folder)
  return folder
}

describe('files of a model that are checked out', () => {
  test('stand in a folder of their own until they are released', async () => {
    const { folder, release } = await checkOutFiles([kept('MLmodel', 'flavors: {}'), kept('code/a/b.py', 'x = 1')])
    made.push(folder)
    expect(readFileSync(join(folder, 'code', 'a', 'b.py'), 'utf8')).toBe('x = 1')
    await release()
    expect(existsSync(folder)).toBe(false)
  })

  test('one with another content than is known is refused, and nothing stays', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.includes(`-${process.pid}-`))
    await expect(checkOutFiles([kept('a', 'good'), kept('b', 'bad', 'good')])).rejects.toMatchObject({
      code: 'blob_corrupt',
    })
    expect(readdirSync(tmpdir()).filter((name) => name.includes(`-${process.pid}-`))).toEqual(before)
  })

  test('what killed processes left is swept, and nothing else', async () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid
    const left = folderOf(gone)
    const ofOther = folderOf(process.ppid)
    const own = await checkOutFiles([kept('a', 'x')])
    made.push(own.folder)
    expect(await sweepCheckedOut()).toBeGreaterThan(0)
    expect([left, ofOther, own.folder].map((folder) => existsSync(folder))).toEqual([false, true, true])
  })
})
