import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isFabriqueError } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type JoinFilesInput, joinFiles } from './join-files.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fabrique-join-files-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const labels = () => file('labels.csv', 'user_id,ts,churned\n1,2024-02-01,0\n2,2024-02-01,1\n9,2024-02-01,1\n')
const usage = () =>
  file(
    'usage.csv',
    'user_id,ts,created,hours,plan\n1,2024-01-10,2024-01-11,5.5,basic\n1,2024-01-20,2024-03-01,7.25,"pro, plus"\n2,2024-01-15,2024-01-15,1,\n',
  )

/** Joins with what is told; anything else is plain. */
function joined(given: Partial<JoinFilesInput> & { readonly key?: string }) {
  const { key = 'user_id', ...more } = given
  const [entity = '', feature = entity] = key.split('=')
  const plain = { entities: labels(), features: usage(), on: [{ entity, feature }], time: 'ts', threads: 2 }
  return joinFiles({ ...plain, out: join(folder, 'out.csv'), tempFolder: folder, ...more })
}

async function refusalOf(given: Parameters<typeof joined>[0]): Promise<string> {
  const out = join(folder, 'never.csv')
  const error = await joined({ out, ...given }).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isFabriqueError(error)) throw error ?? new Error('It was not refused')
  expect(readdirSync(folder)).not.toContain('never.csv')
  expect(readdirSync(folder).filter((name) => name.endsWith('.part') || name.startsWith('fabrique-files-'))).toEqual([])
  return error.code
}

describe('files of each format', () => {
  test('one follows from another', async () => {
    const [lines, parquet, json, packed, tabs] = ['a.ndjson', 'b.parquet', 'c.json', 'd.csv.gz', 'e.tsv'].map((name) =>
      join(folder, name),
    )
    const created = { created: 'created' }
    await joined({ ...created, columns: ['hours'], prefix: true, out: lines ?? '' })
    await joined({ ...created, entities: lines ?? '', columns: ['plan'], out: parquet ?? '' })
    await joined({ ...created, entities: parquet ?? '', columns: ['hours'], asKnown: true, out: packed ?? '' })
    await joined({ ...created, entities: packed ?? '', features: usage(), columns: ['created'], out: tabs ?? '' })
    const { columns, matched } = await joined({
      entities: tabs ?? '',
      columns: ['plan'],
      prefix: true,
      out: json ?? '',
    })
    expect(columns).toEqual(['user_id', 'ts', 'churned', 'usage__hours', 'plan', 'hours', 'created', 'usage__plan'])
    expect(matched).toBe(2)
    expect(JSON.parse(readFileSync(json ?? '', 'utf8'))).toEqual([
      {
        user_id: 1,
        ts: '2024-02-01',
        churned: 0,
        usage__hours: 7.25,
        plan: 'pro, plus',
        hours: 5.5,
        created: '2024-03-01',
        usage__plan: 'pro, plus',
      },
      expect.objectContaining({ user_id: 2, hours: 1, plan: null }),
      expect.objectContaining({ user_id: 9, hours: null, usage__plan: null }),
    ])
  })

  test('codes with zeros before them and long numbers stay what they are, also beyond the first rows', async () => {
    const many = Array.from({ length: 30_000 }, (_, index) => `${index + 1},2024-01-01,${index}`).join('\n')
    const features = file('late.csv', `id,ts,x\n${many}\n007,2024-01-01,-7\n12345678901234567890,2024-01-01,-1\n`)
    const entities = file('asked.csv', 'id,ts\n7,2024-01-02\n007,2024-01-02\n12345678901234567891,2024-01-02\n')
    await joined({ entities, features, key: 'id' })
    expect(readFileSync(join(folder, 'out.csv'), 'utf8')).toBe(
      'id,ts,x\n7,2024-01-02,6\n007,2024-01-02,-7\n12345678901234567891,2024-01-02,\n',
    )
  })

  test('numbers here and words there are compared as they are written; another way to write a number is refused', async () => {
    const entities = file('numbers.csv', 'id,ts\n7,2024-01-02\n8,2024-01-02\n')
    const words = file('words.csv', 'id,ts,x\n7,2024-01-01,1\nA8,2024-01-01,2\n')
    expect(await joined({ entities, features: words, key: 'id' })).toMatchObject({
      matched: 1,
      unmatched: { noRow: 1 },
    })
    const zeros = file('zeros.csv', 'id,ts,x\n7,2024-01-01,1\n008,2024-01-01,2\n')
    expect(await refusalOf({ entities, features: zeros, key: 'id' })).toBe('feature_key_type')
  })

  test('keys of other names, moments of other zones, values that JSON does not have', async () => {
    const entities = file(
      'zones.ndjson',
      '{"who":"a","at":"2024-06-01T12:00:00+02:00"}\n{"who":"b","at":"2024-06-01T09:59:59Z"}\n',
    )
    const features = file(
      'zoned.csv',
      'id,seen,x\na,2024-06-01T10:00:00Z,NaN\nb,2024-06-01T10:00:00Z,1.5\na,2024-05-01T00:00:00Z,2.5\n',
    )
    const out = join(folder, 'zones.json')
    await joined({ entities, features, key: 'who=id', time: 'at', featureTime: 'seen', out })
    const rows: readonly { readonly x: unknown }[] = JSON.parse(readFileSync(out, 'utf8'))
    expect(rows.map(({ x }) => x)).toEqual(['nan', null])
  })

  test('a column may have the name of the number of a row', async () => {
    const entities = join(folder, 'named.parquet')
    const numbered = file('named.csv', 'user_id,ts,file_row_number\n2,2024-02-01,5\n1,2024-02-01,5\n')
    await joined({ entities: numbered, columns: [], out: entities })
    await joined({ entities, columns: ['plan'] })
    expect(readFileSync(join(folder, 'out.csv'), 'utf8')).toBe(
      'user_id,ts,file_row_number,plan\n2,2024-02-01,5,\n1,2024-02-01,5,"pro, plus"\n',
    )
  })
})

describe('bad input', () => {
  test.each([
    ['an unknown key', { key: 'nobody' }, 'feature_column_unknown'],
    ['an unknown time', { time: 'nobody' }, 'feature_column_unknown'],
    ['an unknown feature', { columns: ['hours', 'nobody'] }, 'feature_column_unknown'],
    ['a time that is none', { time: 'churned', featureTime: 'ts' }, 'feature_time_type'],
    ['keys of two kinds', { key: 'user_id=hours', columns: ['plan'] }, 'feature_key_type'],
    ['a name that comes twice', { columns: ['ts'] }, 'feature_name_clash'],
  ] as const)('%s', async (_name, given, code) => {
    expect(await refusalOf(given)).toBe(code)
  })

  test('files that are missing, empty, without rows, of no format, or the same', async () => {
    const header = file('header.csv', 'user_id,ts,created,hours,plan\n')
    expect(await refusalOf({ entities: join(folder, 'nobody.csv') })).toBe('file_not_found')
    expect(await refusalOf({ features: file('empty.csv', '') })).toBe('file_unreadable')
    expect(await refusalOf({ features: header })).toBe('feature_rows_missing')
    expect(await refusalOf({ entities: header })).toBe('feature_rows_missing')
    expect(await refusalOf({ out: join(folder, 'out.xlsx') })).toBe('file_format_unknown')
    expect(await refusalOf({ out: labels() })).toBe('invalid_request')
    linkSync(usage(), join(folder, 'linked.csv'))
    expect(await refusalOf({ out: join(folder, 'linked.csv') })).toBe('invalid_request')
    expect(await refusalOf({ out: join(folder, 'nowhere', 'out.csv') })).toBe('file_not_written')
    mkdirSync(join(folder, 'folder.csv'))
    expect(await refusalOf({ out: join(folder, 'folder.csv') })).toBe('file_not_written')
    expect(readFileSync(labels(), 'utf8')).toContain('user_id,ts,churned')
    expect(readFileSync(usage(), 'utf8')).toContain('user_id,ts,created')
  })

  test('a stopped join leaves the old file as it was', async () => {
    const abort = new AbortController()
    abort.abort()
    const out = file('stopped.csv', 'as it was')
    await expect(joined({ out, signal: abort.signal })).rejects.toThrow('aborted')
    expect(readFileSync(out, 'utf8')).toBe('as it was')
  })
})
