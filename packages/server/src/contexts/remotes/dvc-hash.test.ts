import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { folderObject, hashFile, isTextBlock } from './dvc-hash.js'
import { freeName, nameOfPath } from './dvc-names.js'
import { dvcFileText } from './dvc-write.js'

const md5 = (text: string | Uint8Array) => createHash('md5').update(text).digest('hex')

describe('folderObject', () => {
  test.each([
    ['no file', {}, 'd751713988987e9331980363e24189ce'],
    ['two files', { '1': '1', '2': '2' }, '5fb6b29836c388e093ca0715c872fe2a'],
    ['a file in a folder', { 'subdir/file': 'file' }, 'd28c9e28591aeb7e303dc6772ffa6f6b'],
  ])('gives the hash that DVC gives: %s', (_, files, expected) => {
    const entries = Object.entries(files).map(([relpath, content]) => ({ relpath, md5: md5(content) }))
    expect(folderObject(entries.reverse()).md5).toBe(expected)
  })

  test('writes what is not ASCII as Python does, in the order of the characters', () => {
    const entries = ['\u{1f600}', '\uffee', 'é"\\', 'a\u007f\n', 'B'].map((relpath) => ({ relpath, md5: 'x' }))
    expect(folderObject(entries).text).toBe(
      '[{"md5": "x", "relpath": "B"}, {"md5": "x", "relpath": "a\\u007f\\n"}, {"md5": "x", "relpath": "\\u00e9\\"\\\\"}, ' +
        '{"md5": "x", "relpath": "\\uffee"}, {"md5": "x", "relpath": "\\ud83d\\ude00"}]',
    )
  })
})

describe('hashFile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-dvc-hash-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const hashesOf = async (content: string | Uint8Array, rule: 'md5' | 'md5-dos2unix' = 'md5-dos2unix') => {
    const path = join(folder, 'file')
    writeFileSync(path, content)
    return hashFile(path, rule)
  }

  test('takes CRLF of texts as LF for older versions only', async () => {
    const crlf = 'a,b\r\n1,2\r\n\r'
    expect(await hashesOf(crlf)).toMatchObject({
      md5: md5(crlf),
      older: [md5('a,b\n1,2\n\r'), md5('a,b\n1,2\n\r')],
      bytes: 11,
    })
    expect(await hashesOf(crlf, 'md5')).toMatchObject({ md5: md5(crlf), older: [] })
    const binary = '\u0000a\r\n'
    expect((await hashesOf(binary)).older).toEqual([md5(binary), md5(binary)])
    expect(await hashesOf('')).toMatchObject({ bytes: 0, md5: md5(''), older: [md5(''), md5('')] })
  })

  test('looks at each piece of 1 MiB alone, or at the first only', async () => {
    const text = Buffer.alloc(1024 * 1024, 'ab\r\n')
    const binary = Buffer.concat([Buffer.alloc(600), Buffer.from('\r\n')])
    const lf = text.toString().replaceAll('\r\n', '\n')
    const { older } = await hashesOf(Buffer.concat([text, binary]))
    expect(older[0]).toBe(md5(Buffer.concat([Buffer.from(lf), binary])))
    expect(older[1]).toBe(md5(Buffer.concat([Buffer.from(lf), Buffer.alloc(600), Buffer.from('\n')])))
    // A CRLF that is cut between two pieces stays.
    const cut = Buffer.concat([Buffer.alloc(1024 * 1024 - 1, 'x'), Buffer.from('\r\ny')])
    expect((await hashesOf(cut)).older[0]).toBe(md5(cut))
  })

  test('30 % of other bytes are the bound', () => {
    expect(isTextBlock(Buffer.from([...Array(7).fill(65), 200, 200, 200]))).toBe(true)
    expect(isTextBlock(Buffer.from([...Array(6).fill(65), 200, 200, 200, 200]))).toBe(false)
    expect(isTextBlock(Buffer.alloc(0))).toBe(true)
  })
})

describe('nameOfPath', () => {
  test.each([
    ['data/Été 2024.csv', false, 'data-ete-2024'],
    ['data.v2', true, 'data-v2'],
    ['raw/train.csv.gz', false, 'raw-train'],
    ['../..', true, 'data'],
    ['数据', true, 'data'],
    ['_x_', true, 'x'],
    [`${'a'.repeat(80)}/end`, true, `${'a'.repeat(59)}-end`],
    ['.hidden', false, 'hidden'],
  ])('%s (folder: %s) gives %s', (path, isFolder, name) => {
    expect(nameOfPath(path, isFolder)).toBe(name)
    expect(nameOfPath(path, isFolder)).toMatch(/^[a-z0-9][a-z0-9_-]{0,62}$/)
  })

  test('a name that is taken gets a number, within the length of names', () => {
    const taken = new Set(['a', 'a-2', 'b'.repeat(63)])
    expect(freeName('a', (name) => taken.has(name))).toBe('a-3')
    expect(freeName('b'.repeat(63), (name) => taken.has(name))).toBe(`${'b'.repeat(61)}-2`)
  })
})

test('dvcFileText is what DVC writes', () => {
  const output = { name: 'é è', md5: '3a07b80b239a7a7fd8be326dbca76224.dir', bytes: 4, files: 1, isExecutable: false }
  expect(dvcFileText(output)).toBe(
    'outs:\n- md5: 3a07b80b239a7a7fd8be326dbca76224.dir\n  size: 4\n  nfiles: 1\n  hash: md5\n  path: é è\n',
  )
  const file = { name: 'yes', md5: '12345678901234567890123456789012', bytes: 4, files: undefined, isExecutable: true }
  expect(dvcFileText(file)).toBe(
    'outs:\n- md5: "12345678901234567890123456789012"\n  size: 4\n  isexec: true\n  hash: md5\n  path: "yes"\n',
  )
})
