import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scanFile } from './scan-file.js'

const folder = mkdtempSync(join(tmpdir(), 'fabrique-scan-'))

test.each([
  ['a,b\n1,2\n', { lineCount: 2, longestLine: { number: 1, bytes: 3 }, hasQuotes: false }],
  ['a\n\n\nlong\r\nx', { lineCount: 3, longestLine: { number: 4, bytes: 4 } }],
  ['a\r\n\r\nb\r\n', { lineCount: 2 }],
  ['"a"', { lineCount: 1, hasQuotes: true, longestLine: { number: 1, bytes: 3 } }],
  ['', { lineCount: 0, bytes: 0 }],
  [`x\n${'y'.repeat(3_000_000)}\nz`, { lineCount: 3, longestLine: { number: 2, bytes: 3_000_000 } }],
])('scanFile measures lines (%#)', async (text, expected) => {
  const path = join(folder, 'file')
  writeFileSync(path, text)
  expect(await scanFile(path)).toMatchObject(expected)
})
