import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findFiles } from './file-glob.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fabrique-glob-'))
  for (const path of [
    'a.csv',
    'b.csv',
    '.hidden.csv',
    'm_1/x.csv',
    'm_2/x.csv',
    'm_2/deep/y.csv',
    'm_2/x.txt',
    'é.csv',
  ]) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), '')
  }
  await mkdir(join(folder, 'folder.csv'))
  await symlink(join(folder, 'm_2'), join(folder, 'm_3'))
  await symlink(folder, join(folder, 'm_2', 'round'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test.each([
  ['*.csv', ['a.csv', 'b.csv', 'é.csv']],
  ['[ab].csv', ['a.csv', 'b.csv']],
  ['[!a].csv', ['b.csv', 'é.csv']],
  ['?.csv', ['a.csv', 'b.csv', 'é.csv']],
  ['{a,b}.csv', ['a.csv', 'b.csv']],
  ['m_{1,{2,3}}/x.{csv,txt}', ['m_1/x.csv', 'm_2/x.csv', 'm_2/x.txt', 'm_3/x.csv', 'm_3/x.txt']],
  ['.h*', ['.hidden.csv']],
  ['m_*/x.csv', ['m_1/x.csv', 'm_2/x.csv', 'm_3/x.csv']],
  ['m_2/**/*.csv', ['m_2/deep/y.csv', 'm_2/x.csv']],
  ['**/y.csv', ['m_2/deep/y.csv']],
  ['none/*.csv', []],
  ['{a', []],
])('%s', async (pattern, found) => {
  expect(await findFiles(folder, pattern)).toEqual(found)
})

test('a pattern from the root gives paths from the root', async () => {
  expect(await findFiles('/', join(folder, 'm_1/*.csv'))).toEqual([join(folder, 'm_1/x.csv')])
})
