import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cleanUp, copyOfIris, type RunningFabrique, runFabrique, startFabrique } from '../support/running-fabrique.js'

let folder: string
let fabrique: RunningFabrique | undefined
beforeAll(async () => {
  folder = copyOfIris()
  fabrique = await startFabrique(folder)
}, 180_000)
afterAll(async () => {
  await fabrique?.end('SIGTERM')
  cleanUp(folder)
})

const data = (...args: string[]) => runFabrique(['data', ...args, '--url', fabrique?.url ?? ''])

async function json(...args: string[]) {
  const { status, stdout, stderr } = await data(...args, '--json')
  expect([status, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

describe('fabrique data profile', () => {
  test('tells the figures of a file, for people and as JSON', async () => {
    const file = join(folder, 'data', 'iris.csv')
    const text = await runFabrique(['data', 'profile', file])
    expect([text.status, text.stderr]).toEqual([0, ''])
    expect(text.stdout).toMatch(/^150 rows × 5 columns/)
    expect(text.stdout).toMatch(/█/)
    const french = await runFabrique(['data', 'profile', file, '--lang', 'fr'])
    expect(french.stdout).toMatch(/^150 lignes × 5 colonnes/)
    const { status, stdout } = await runFabrique(['data', 'profile', file, '--json'])
    expect(status).toBe(0)
    const profile = JSON.parse(stdout)
    expect(profile.row_count).toBe(150)
    expect(profile.columns[0]).toMatchObject({ type: 'number', count: 150, min: 4.3, max: 7.9, distinct: 35 })
    expect(profile.columns[0].mean).toBeCloseTo(5.843333333333334, 12)
    expect(profile.columns[0].std).toBeCloseTo(0.828066127977863, 12)
  })

  test('says what is wrong with a file', async () => {
    const none = await runFabrique(['data', 'profile', join(folder, 'none.csv')])
    expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('file_not_found')])
    writeFileSync(join(folder, 'broken.parquet'), 'PAR1')
    const broken = await runFabrique(['data', 'profile', join(folder, 'broken.parquet')])
    expect([broken.status, broken.stderr]).toEqual([3, expect.stringContaining('file_unreadable')])
  })
})

describe('fabrique data', () => {
  test('lists, shows, tags, asks, compares, exports and erases snapshots', async () => {
    const datasets = await json('ls')
    const [{ project, name, latest_snapshot: snapshot }] = datasets
    const place = `${project}/${name}`
    expect((await data('ls')).stdout).toContain(name)
    expect((await json('ls', project, name)).map(({ id }: { id: string }) => id)).toEqual([snapshot.id])
    expect((await json('show', place)).profile.row_count).toBe(150)
    expect((await data('show', snapshot.id)).stdout).toContain(snapshot.content_hash)

    expect(await json('tag', place, 'first', '--reason', 'a test')).toMatchObject({
      tag: 'first',
      snapshot_id: snapshot.id,
    })
    expect((await data('ls', place)).stdout).toMatch(/first/)
    expect((await json('show', `${place}@first`)).snapshot.id).toBe(snapshot.id)
    expect((await json('show', `${place}@${snapshot.content_hash.slice(0, 8)}`)).snapshot.tags).toEqual(['first'])

    const answer = await json(
      'query',
      place,
      'select count(*) as n, count(o.species) from data join o on true',
      '--with',
      `o=${place}@first`,
    )
    expect(answer.rows).toEqual([[22_500, 22_500]])
    expect((await data('query', place, 'select species from data group by 1 order by 1')).stdout).toMatch(
      /setosa\nversicolor/,
    )
    const refused = await data('query', place, "select * from read_text('/etc/hostname')")
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('query_refused')])

    expect((await data('diff', place, `${place}@first`)).stdout).toBe('The same content\n')
    expect((await json('diff', place, `${place}@first`)).rows).toMatchObject({ added: 0, removed: 0, unchanged: 150 })

    const out = join(folder, 'out.parquet')
    expect(await json('export', place, '--out', out)).toMatchObject({ format: 'parquet', bytes: snapshot.bytes })
    expect(readFileSync(out).subarray(0, 4).toString()).toBe('PAR1')
    const csv = await data('export', place, '--format', 'csv')
    expect(csv.stdout.trimEnd().split('\n')).toHaveLength(151)
    expect((await data('export', place, '--format', 'xls')).status).toBe(2)
    expect((await data('export', 'dvc')).stderr).toMatch(/Usage: fabrique data export dvc/)

    const inUse = await data('rm', place, '--yes')
    expect([inUse.status, inUse.stderr]).toEqual([2, expect.stringContaining('snapshot_in_use')])
    expect((await data('rm', place)).status).toBe(2)
    expect((await data('tag', place, 'first', '--delete')).stdout).toContain('first')
    expect((await data('show', `${place}@first`)).stderr).toContain('snapshot_ref_not_found')
  }, 300_000)
})
