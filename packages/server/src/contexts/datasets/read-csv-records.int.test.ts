import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { splitCsv } from './read-csv-records.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fabrique-split-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function split(content: string | Uint8Array, fieldCount: number, hasHeader = true) {
  const [path, target, rejects] = ['in', 'out', 'bad'].map((name) => join(folder, name)) as [string, string, string]
  await writeFile(path, content)
  const counts = await splitCsv({ path, target, rejects, delimiter: ',', quote: '"', hasHeader, fieldCount })
  const bad = (await readFile(rejects, 'utf8')).split('\n').filter((line) => line !== '')
  return {
    ...counts,
    sound: (await readFile(target, 'utf8')).split('\n').slice(0, -1),
    rejects: bad.map((line) => JSON.parse(line) as { line: number; reason: string; row: string }),
  }
}

test('rows over several lines keep the number of their first line', async () => {
  const found = await split('a,b\n1,"x\ny\nz"\n2,w\n', 2)
  expect(found.sound.join('\n')).toBe('2,1,"x\ny\nz","1,""x\ny\nz"""\n5,2,w,"2,w"')
  expect(found.recordCount).toBe(2)
})

test('an open quote costs its own line only', async () => {
  const found = await split('a,b\n1,"x\n2,y\n3,"z"\n4,"w\n', 2)
  expect(found.rejects.map(({ line, reason }) => [line, reason])).toEqual([
    [2, 'unclosed_quote'],
    [5, 'unclosed_quote'],
  ])
  expect(found.sound).toEqual(['3,2,y,"2,y"', '4,3,"z","3,""z"""'])
})

test('a quote within a value is a letter of it', async () => {
  const found = await split('a,b\n5" pipe,1\n', 2)
  expect(found.sound).toEqual(['2,"5"" pipe",1,"5"" pipe,1"'])
})

test('a line of any length is skipped whole', async () => {
  const found = await split(`a,b\n1,2\n${'x'.repeat(30_000_000)}\n3,4\n`, 2)
  expect(found.rejects).toMatchObject([{ line: 3, reason: 'line_too_long' }])
  expect(found.rejects[0]?.row).toHaveLength(10_000)
  expect(found.sound).toEqual(['2,1,2,"1,2"', '4,3,4,"3,4"'])
})

test('empty lines are rows of a file of one column, and of no other', async () => {
  expect((await split('a\n1\n\n2\n', 1)).recordCount).toBe(3)
  expect((await split('a,b\n1,2\n\n3,4\n', 2)).recordCount).toBe(2)
})

test('whatever the bytes are, every row is sound or rejected', async () => {
  let state = 11
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state % below
  }
  const pieces = ['1', 'a', ',', '"', '""', '\n', '\r\n', '\r', ' ', '\0', 'é', '\n\n', ',"x,y"', '\n1,2,3\n']
  for (let round = 0; round < 300; round += 1) {
    const text = Array.from({ length: 60 }, () => pieces[next(pieces.length)]).join('')
    const bytes = Buffer.from(text)
    if (bytes.length > 0 && round % 3 === 0) bytes[next(bytes.length)] = 0xe9
    const found = await split(bytes, 3, false)
    expect(found.rejects).toHaveLength(found.rejectedCount)
    // Rows that go over several lines take them together: line numbers never go back, and no line is in two rows.
    const lines = found.rejects.map(({ line }) => line)
    expect(new Set(lines).size).toBe(lines.length)
    expect(found.recordCount).toBeGreaterThanOrEqual(found.rejectedCount)
  }
})
