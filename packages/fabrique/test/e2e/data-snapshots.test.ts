import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseOf } from '../support/project-database.js'
import { cleanUp, copyOfIris, type RunningFabrique, runFabrique, startFabrique } from '../support/running-fabrique.js'

let folder: string
let fabrique: RunningFabrique | undefined
beforeAll(async () => {
  folder = copyOfIris()
  fabrique = await startFabrique(folder, ['--port', '0'], await databaseOf(folder))
})
afterAll(async () => {
  await fabrique?.end('SIGTERM')
  await cleanUp(folder)
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
  test('sends a file of this machine, which becomes a table', async () => {
    const file = join(folder, 'maisons.csv')
    writeFileSync(file, `surface;ville\n${'12,5;Évry\n'.repeat(400)}`)
    const ingest = await json('upload', file, '--name', 'iris/maisons')
    expect(ingest).toMatchObject({
      state: 'succeeded',
      rows_good: 400,
      is_new: true,
      source: { kind: 'upload', location: 'maisons.csv' },
    })
    expect((await json('show', 'iris/maisons')).profile.columns[0]).toMatchObject({ type: 'number', mean: 12.5 })
    const again = await data('upload', file, '--name', 'iris/maisons', '--lang', 'fr')
    expect(again.stdout).toMatch(/^Rien n’a changé/)
    const job = await json('upload', file, '--name', 'iris/maisons-2', '--no-follow')
    expect(job).toMatchObject({ kind: 'data.ingest', project: 'iris' })
    const refusals = await Promise.all([
      data('upload', file, '--name', 'iris/iris'),
      data('upload', join(folder, 'none.csv'), '--name', 'iris/x'),
      data('upload', join(folder, 'fabrique.config.ts'), '--name', 'iris/x'),
      data('upload', file, '--name', 'nowhere/x'),
      data('upload', file, '--name', 'x'),
    ])
    expect(refusals.map(({ status, stderr }) => [status, /\[(\w+)\]/.exec(stderr)?.[1]])).toEqual([
      [2, 'dataset_declared'],
      [2, 'file_not_found'],
      [2, 'file_format_unknown'],
      [2, 'project_not_found'],
      [2, expect.any(String)],
    ])
  })

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
  })

  test('keeps suites, checks snapshots with them, and says no by its exit status', async () => {
    const place = 'iris/iris'
    const declared = await json('check', place)
    expect(declared).toMatchObject([{ suite: 'declared', success: true }])
    expect((await data('suite', 'ls', place)).stdout).toContain('No suite is kept')

    const file = join(folder, 'suite.json')
    const narrow = { type: 'expect_column_values_to_be_between', kwargs: { column: 'sepal_length', max_value: 7 } }
    writeFileSync(file, JSON.stringify({ name: 'other', expectations: [narrow] }))
    expect((await data('suite', 'put', place, 'narrow', file)).stdout).toBe(
      'Suite narrow is kept, with 1 expectation\n',
    )
    expect((await json('suite', 'get', place, 'narrow')).expectations).toMatchObject([narrow])
    const failed = await data('check', place, '--suite', 'narrow')
    expect(failed.status).toBe(1)
    expect(failed.stdout).toMatch(/Suite narrow: 0 of 1 expectation hold\n.*\n\s+12 of 150 rows, as 7\.1/)
    const french = await data('check', place, '--lang', 'fr')
    expect(french.status).toBe(1)
    expect(french.stdout).toMatch(/Suite declared\u202f: \d+ attentes sur \d+ sont respectées/)
    expect(french.stdout).toMatch(/Suite narrow\u202f: 0 attente sur 1 est respectée/)
    expect((await data('suite', 'propose', place)).stdout).toMatch(/^\d+ expectations fit this snapshot\n/)

    writeFileSync(file, '{"expectations":')
    const [broken, unknown] = await Promise.all([
      data('suite', 'put', place, 'broken', file),
      data('check', place, '--suite', 'nope'),
    ])
    expect([broken.status, broken.stderr]).toEqual([2, expect.stringContaining('not JSON')])
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('suite_not_found')])
  })

  test('adds files, forgets remotes, and erases what nothing needs only when it is told to', async () => {
    const files = join(folder, 'files')
    mkdirSync(files)
    const added: { snapshot_id: string }[] = []
    for (const text of ['one', 'two', 'three']) {
      writeFileSync(join(files, 'a.txt'), text)
      added.push(await json('add', files, '--name', 'iris/notes'))
    }
    const ids = async () => (await json('ls', 'iris/notes')).map(({ id }: { id: string }) => id)
    const [first, second, third] = added.map(({ snapshot_id }) => snapshot_id)
    expect(await ids()).toEqual([third, second, first])

    expect((await data('remote', 'add', 'shelf', join(folder, 'shelf'), '--default')).stdout).toContain('shelf')
    expect((await data('push', 'iris/notes')).stdout).toMatch(/^\d snapshots? sent; \d+ contents?, /)
    expect((await data('remote', 'rm', 'shelf')).stdout).toContain('what is in it stays')
    expect(existsSync(join(folder, 'shelf'))).toBe(true)
    const [none, again, lost] = await Promise.all([
      data('remote', 'ls'),
      data('remote', 'rm', 'shelf'),
      data('push', 'iris/notes'),
    ])
    expect(none.stdout).toBe('There are no remotes\n')
    expect(again.stderr).toContain('remote_not_found')
    expect(lost.stderr).toContain('remote_not_chosen')

    const gc = ['gc', 'iris/notes', '--keep-newest', '1', '--keep-days', '0']
    expect((await data(...gc)).stdout).toMatch(/2 snapshots would be erased/)
    expect(await ids()).toEqual([third, second, first])
    expect((await data(...gc, '--yes', '--dry-run')).stdout).toMatch(/2 snapshots would be erased/)
    const done = await json(...gc, '--yes')
    expect(done).toMatchObject({ dry_run: false })
    expect(done.snapshots.map(({ id }: { id: string }) => id).sort()).toEqual([first, second].sort())
    expect(await ids()).toEqual([third])
    const out = join(folder, 'out')
    const [gone, wrong, written] = await Promise.all([
      data('show', first ?? ''),
      data('gc', 'iris/notes', '--keep-newest', 'some'),
      data('checkout', 'iris/notes', out),
    ])
    expect(gone.stderr).toContain('snapshot_not_found')
    expect(wrong.status).toBe(2)
    expect(written.stdout).toMatch(/1 of 1 file written/)
    expect(readFileSync(join(out, 'a.txt'), 'utf8')).toBe('three')
  })
})
