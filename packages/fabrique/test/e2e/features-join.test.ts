import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runFabrique } from '../support/running-fabrique.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fabrique-features-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const joined = (...args: string[]) => runFabrique(['features', 'join', ...args])
const labels = () =>
  file(
    'labels.csv',
    `user_id,ts,churned
1,2024-02-01,0
2,2024-02-01,1
,2024-02-01,0
9,2024-02-01,1
1,2024-01-01,1
2,2024-06-01,0
1,,1
`,
  )
const usage = () =>
  file(
    'usage.csv',
    `user_id,ts,created,hours,plan
1,2024-01-10,2024-01-11,5.5,basic
1,2024-01-20,2024-03-01,7.25,"pro, plus"
2,2024-01-15,2024-01-15,1,basic
2,2024-01-15,2024-01-20,2,
`,
  )
const keys = ['--on', 'user_id', '--time', 'ts', '--created', 'created']

describe('fabrique features join', () => {
  test('each row has the features as they were, in the order of the file; the reasons of the others are told', async () => {
    const out = join(folder, 'out.csv')
    const finished = await joined(labels(), usage(), ...keys, '--ttl', '90d', '--out', out, '--json')
    expect(finished.stderr).toBe('')
    expect(finished.status).toBe(0)
    expect(JSON.parse(finished.stdout)).toEqual({
      out,
      bytes: expect.any(Number),
      rows: 7,
      feature_rows: 4,
      columns: ['user_id', 'ts', 'churned', 'hours', 'plan'],
      matched: 2,
      unmatched: { no_row: 1, future: 1, not_known: 0, expired: 1, null_key: 1, null_time: 1 },
      left_out: { null_key: 0, null_time: 0, null_created: 0 },
    })
    expect(readFileSync(out, 'utf8')).toBe(
      `user_id,ts,churned,hours,plan
1,2024-02-01,0,7.25,"pro, plus"
2,2024-02-01,1,2.0,
,2024-02-01,0,,
9,2024-02-01,1,,
1,2024-01-01,1,,
2,2024-06-01,0,,
1,,1,,
`,
    )
  })

  test('as known then, with prefix and ages, to NDJSON', async () => {
    const lines = join(folder, 'out.ndjson')
    const flags = [...keys, '--as-known', '--features', 'hours', '--prefix', '--ages']
    expect((await joined(labels(), usage(), ...flags, '--out', lines)).status).toBe(0)
    const [first] = readFileSync(lines, 'utf8').split('\n')
    expect(JSON.parse(first ?? '')).toEqual({
      user_id: 1,
      ts: '2024-02-01',
      churned: 0,
      usage__hours: 5.5,
      usage__event_time: '2024-01-10',
      usage__age: 22 * 86_400,
    })
  })

  test('what it says to people, in both languages', async () => {
    const out = join(folder, 'told.csv')
    const english = await joined(labels(), usage(), ...keys, '--ttl', '90d', '--out', out, '--lang', 'en')
    expect(english.stdout).toContain('7 rows × 5 columns')
    expect(english.stdout).toMatch(/2\s+28\.6%\s+have features/)
    expect(english.stdout).toMatch(/1\s+14\.3%\s+older than the time-to-live/)
    const french = await joined(labels(), usage(), ...keys, '--out', out, '--lang', 'fr')
    expect(french.stdout).toContain('7 lignes × 5 colonnes')
    expect(french.stdout).toMatch(/aucune ligne n’a la clé/)
  })

  test('what is wrong is told with its code, in both languages, and nothing is written', async () => {
    const out = join(folder, 'never.csv')
    const args = [labels(), usage(), '--on', 'nobody', '--time', 'ts', '--out', out]
    const english = await joined(...args, '--lang', 'en')
    expect(english.stderr).toContain('labels.csv has no column nobody')
    expect(english.stderr).toContain('[feature_column_unknown]')
    expect(english.status).toBe(2)
    const french = await joined(...args, '--as-known', '--lang', 'fr')
    expect(french.stderr).toContain('--as-known')
    expect(french.stderr).toContain('il faut --created')
    expect(french.stderr).toContain('[invalid_request]')
    expect(french.status).toBe(2)
    expect(readdirSync(folder)).not.toContain('never.csv')
  })
})

describe('a file is there whole or as it was', () => {
  const program = fileURLToPath(new URL('../../bin/fabrique.mjs', import.meta.url))

  test('killed while it writes, the old file stays', async () => {
    const rows = Array.from({ length: 150_000 }, (_, index) => `${index % 5000},2024-02-01,${'x'.repeat(40)}`).join(
      '\n',
    )
    const entities = file('many.csv', `user_id,ts,text\n${rows}\n`)
    const out = file('kept.json', 'as it was')
    const args = ['features', 'join', entities, usage(), ...keys, '--out', out]
    const child = spawn(process.execPath, [program, ...args], { stdio: 'ignore' })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    const isWriting = () => readdirSync(folder).some((name) => name.startsWith('.kept.json.'))
    while (child.exitCode === null && !isWriting()) await sleep(1)
    child.kill('SIGKILL')
    await ended
    // Where it was done before the signal came the file is the new one, and complete.
    const text = readFileSync(out, 'utf8')
    if (text !== 'as it was') expect(JSON.parse(text)).toHaveLength(150_000)
  })

  test('where the disk takes no more, the old file stays and nothing is left beside it', async () => {
    const rows = Array.from({ length: 20_000 }, (_, index) => `${index % 5},2024-02-01,text ${index}`).join('\n')
    const entities = file('more.csv', `user_id,ts,text\n${rows}\n`)
    const out = file('kept.csv', 'as it was')
    const command = ['features', 'join', entities, usage(), ...keys, '--out', out].map((word) => `'${word}'`).join(' ')
    // Files of at most 200 KB: the engine gets the same refusal as from a disk with a quota.
    const limited = spawn(
      'bash',
      ['-c', `trap '' XFSZ; ulimit -f 200; exec '${process.execPath}' '${program}' ${command}`],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    let said = ''
    limited.stderr.on('data', (some: Buffer) => {
      said += some.toString()
    })
    const status = await new Promise((resolve) => limited.once('close', resolve))
    expect(said).toMatch(/\[(file_not_written|file_unreadable|disk_full)\]/)
    expect(status).toBe(3)
    expect(readFileSync(out, 'utf8')).toBe('as it was')
    expect(readdirSync(folder).filter((name) => name.startsWith('.kept.csv'))).toEqual([])
  })
})
