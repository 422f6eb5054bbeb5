import { expect, test } from 'vitest'
import { pathFault } from './path-fault.js'
import { comparePaths, sortByPath } from './path-order.js'

test.each(['a', 'a/b', 'a b/c-d.e_f+g=h@i,j', '.a/..b', 'é/ü', 'a.', `${'a/'.repeat(999)}aa`, '漢字'])(
  'takes %s',
  (path) => {
    expect(pathFault(path)).toBeUndefined()
  },
)

test.each([
  ['', 'it is not a plain relative path'],
  ['/a', 'it is not a plain relative path'],
  ['a/', 'it is not a plain relative path'],
  ['a//b', 'it is not a plain relative path'],
  ['a/./b', 'it is not a plain relative path'],
  ['../a', 'it is not a plain relative path'],
  ['a/..', 'it is not a plain relative path'],
  ['c:a', 'it names a drive'],
  ['a\\b', 'it has a backslash'],
  ['a\0', 'it has a NUL'],
  ['\ud800', 'it is not UTF-8'],
  ['a'.repeat(2001), 'it is too long'],
  ['é'.repeat(1001), 'it is too long'],
])('refuses %j', (path, fault) => {
  expect(pathFault(path)).toBe(fault)
})

test('paths are sorted by their bytes, also beyond the first 65,536 characters', () => {
  const paths = ['b', 'a/b', 'a', 'é', '\u{1f600}', '\uffee', 'ab', 'a b']
  const byBytes = (left: string, right: string) => Buffer.compare(Buffer.from(left), Buffer.from(right))
  for (const some of [paths, paths.filter((path) => path !== '\u{1f600}')]) {
    const sorted = sortByPath(some.map((path) => ({ path }))).map(({ path }) => path)
    expect(sorted).toEqual([...some].sort(byBytes))
    expect(sorted).toEqual([...some].sort(comparePaths))
  }
})
