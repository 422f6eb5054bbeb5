import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openOwnPartFolder, openPartFolder } from './part-folder.js'

const root = mkdtempSync(join(tmpdir(), 'fabrique-part-folder-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function folderWith(name: string, files: readonly string[]): string {
  const folder = join(root, name)
  mkdirSync(join(folder, 'spill'), { recursive: true })
  for (const file of files) writeFileSync(join(folder, file), 'x')
  return folder
}

const part = { rows: 1, predicted: 1, rejected: 0, bytes: 1, rejectedBytes: 0 }

test('what a kill leaves before the first part is no work of others', async () => {
  const folder = folderWith('killed', ['manifest.json.new'])
  expect((await openPartFolder(folder, { work: 1 }, true)).parts).toEqual([])
  await expect(openPartFolder(folderWith('other', ['notes.txt']), { work: 1 }, true)).rejects.toMatchObject({
    code: 'file_not_written',
  })
})

test('a folder that is for one work only begins anew where it holds another, or no manifest', async () => {
  const folder = folderWith('own', ['part-000000.parquet'])
  const first = await openOwnPartFolder(folder, { work: 1 })
  expect(readdirSync(folder).sort()).toEqual(['manifest.json', 'spill'])
  writeFileSync(first.rowsOf(0), 'x')
  await first.add(part)
  expect((await openOwnPartFolder(folder, { work: 1 })).parts).toEqual([part])
  expect((await openOwnPartFolder(folder, { work: 2 })).parts).toEqual([])
  expect(readdirSync(folder).sort()).toEqual(['manifest.json', 'spill'])
})
