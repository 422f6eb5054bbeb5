import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findBundle, newestOf } from './find-bundle.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fabrique-bundle-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function written(name: string, second: number): string {
  const path = join(folder, name)
  writeFileSync(path, '')
  utimesSync(path, second, second)
  return path
}

test('a bundle is taken as long as no package was compiled after it', () => {
  const [one, other] = ['one', 'other'].map((name) => join(folder, name)) as [string, string]
  for (const place of [one, other]) mkdirSync(place)
  const bundle = written('program.js', 2000)
  expect(newestOf(bundle, [one, other])).toBe(bundle)
  written('one/.tsbuildinfo', 2000)
  written('other/.tsbuildinfo', 1999)
  expect(newestOf(bundle, [one, other])).toBe(bundle)
  written('other/.tsbuildinfo', 2001)
  expect(newestOf(bundle, [one, other])).toBeUndefined()
})

test('what is not bundled is found nowhere', () => {
  expect(newestOf(join(folder, 'none.js'), [])).toBeUndefined()
  expect(findBundle('no-such-program.js')).toBeUndefined()
})
