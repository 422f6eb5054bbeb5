import { describe, expect, test } from 'vitest'
import {
  attachmentHeader,
  contentTypeOf,
  foldersAbove,
  parseArtifactPath,
  parseFolderPath,
  splitRoot,
} from './model.js'
import { parseRange } from './send-artifact.js'

const invalid = expect.objectContaining({ code: 'artifact_path_invalid' })

describe('paths', () => {
  test.each([
    'a',
    'a/b/c.txt',
    '1/abc/artifacts/model/MLmodel',
    'a b',
    'a+b',
    '100%',
    '50% off',
    'é',
    '...',
    'a..b',
    '.hidden',
    'C:x',
    'a:b',
    'a%41',
  ])('%s is a path', (path) => {
    expect(parseArtifactPath(path)).toBe(path)
  })

  test.each([
    '',
    '/',
    '/etc/passwd',
    'a/',
    'a//b',
    '.',
    './a',
    'a/./b',
    '..',
    '../a',
    'a/../b',
    'a/..',
    '%2e%2e/a',
    'a/%2E%2E/b',
    '%252e%252e/a',
    'a%2f..%2fb',
    '%25252e%25252e%25252fa',
    '%2fetc/passwd',
    'a%2f%2fb',
    'a#b',
    'a%23b',
    'a\\b',
    'a%5cb',
    '..\\a',
    'C:/a',
    'c:/a',
    'C%3A/a',
    '\\\\host\\share',
    'file:///etc/passwd',
    'http://host/a',
    'a\0b',
    'a%00b',
    `a%${'25'.repeat(12)}41`,
    'x'.repeat(2001),
    'é'.repeat(1001),
    '\ud800',
  ])('%s is refused', (path) => {
    expect(() => parseArtifactPath(path)).toThrowError(invalid)
  })

  test('a folder may end in / and be the root', () => {
    expect(parseFolderPath('')).toBe('')
    expect(parseFolderPath('a/b/')).toBe('a/b')
    for (const path of ['/', '//', 'a//', '../']) expect(() => parseFolderPath(path)).toThrowError(invalid)
  })

  test('have folders above and a root', () => {
    expect(foldersAbove('a/b/c')).toEqual(['a', 'a/b'])
    expect(foldersAbove('a')).toEqual([])
    expect(splitRoot('1/abc/artifacts/model/MLmodel')).toEqual({ root: '1/abc/artifacts', path: 'model/MLmodel' })
    expect(splitRoot('1/abc/artifacts/artifacts/x')).toEqual({ root: '1/abc/artifacts', path: 'artifacts/x' })
    expect(splitRoot('other/x')).toEqual({ root: '', path: 'other/x' })
  })
})

test.each([
  ['a/MLmodel', 'text/plain; charset=utf-8'],
  ['a.JSON', 'application/json'],
  ['a.b/c', 'application/octet-stream'],
  ['model.onnx', 'application/octet-stream'],
  ['png', 'application/octet-stream'],
])('%s has the type %s', (path, type) => {
  expect(contentTypeOf(path)).toBe(type)
})

test('the name of a download cannot break out of its header', () => {
  expect(attachmentHeader('a/été "x"\r\n.txt')).toBe(
    `attachment; filename="_t_ _x___.txt"; filename*=UTF-8''%C3%A9t%C3%A9%20%22x%22%0D%0A.txt`,
  )
})

test.each([
  [undefined, undefined],
  ['bytes=0-4', { start: 0, end: 4 }],
  ['bytes=5-', { start: 5 }],
  ['bytes=-3', { last: 3 }],
  ['bytes=-0', undefined],
  ['bytes=-', undefined],
  ['bytes=0-1,3-4', undefined],
  ['items=0-1', undefined],
])('range %s', (header, range) => {
  expect(parseRange(header)).toEqual(range)
})
