import { mkdirSync, mkdtempSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseOf } from '../support/project-database.js'
import { cleanUp, type RunningFabrique, runFabrique, startFabrique } from '../support/running-fabrique.js'

const config = `
import { csv, dataset, defineProject, derive, entity, featureService, featureView, integer, number, sql, text, timestamp } from 'fabrique'

const usage = dataset('usage', csv('data/usage.csv'), {
  columns: { user_id: text(), at: timestamp(), known: timestamp(), hours: number(), sessions: integer() },
  time: 'at',
})
const labels = dataset('labels', csv('data/labels.csv'), { time: 'at' })
const user = entity('user', { key: 'user_id' })
const usage30d = featureView('usage_30d', {
  from: usage,
  entity: user,
  created: 'known',
  ttl: '45d',
  owner: 'streaming',
  features: ['hours', 'sessions'],
  aggregations: { hours_90d: { of: 'hours', as: 'sum', over: '90d' } },
  derived: {
    per_session: sql('hours / nullif(sessions, 0)'),
    busy: derive(['hours'], 'boolean', ({ hours }) => (hours === null ? null : hours > 15)),
  },
})
const churn = featureService('churn', [usage30d.features('hours', 'hours_90d', 'busy')])
export default defineProject({
  name: 'shop',
  datasets: [usage, labels],
  entities: [user],
  featureViews: [usage30d],
  featureServices: [churn],
})
`
const usage = `user_id,at,known,hours,sessions
a,2024-01-01,2024-01-02,10,2
a,2024-02-01,2024-02-10,20,0
a,2024-02-01,2024-02-12,21,3
b,2024-01-15,2024-01-16,5,5
`
const labels = `user_id,at,churned
b,2024-01-20,false
a,2024-02-11,true
nobody,2024-02-11,true
a,2023-01-01,false
a,2024-06-01,false
`

let folder: string
let fabrique: RunningFabrique | undefined
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'fabrique-e2e-')))
  symlinkSync(fileURLToPath(new URL('../../../../node_modules', import.meta.url)), join(folder, 'node_modules'))
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'shop', private: true, type: 'module' }))
  writeFileSync(join(folder, 'fabrique.config.ts'), config)
  writeFileSync(join(folder, 'data', 'usage.csv'), usage)
  writeFileSync(join(folder, 'data', 'labels.csv'), labels)
  fabrique = await startFabrique(folder, ['--port', '0'], await databaseOf(folder))
})
afterAll(async () => {
  await fabrique?.end('SIGTERM')
  await cleanUp(folder)
})

const run = (...args: string[]) => runFabrique([...args, '--url', fabrique?.url ?? ''])
const features = (...args: string[]) => run('features', ...args)

async function shown(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await features(...args)
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

const json = async (...args: string[]) => JSON.parse(await shown(...args, '--json'))

async function refused(...args: string[]): Promise<readonly [number | null, string | undefined]> {
  const { status, stderr, stdout } = await features(...args)
  expect(stdout).toBe('')
  return [status, /\[(\w+)\]/.exec(stderr)?.[1]]
}

const declare = (change: (text: string) => string) => {
  writeFileSync(join(folder, 'fabrique.config.ts'), change(config))
}

describe('fabrique features', () => {
  test('what is declared is applied when the worker starts, and shown in both languages', async () => {
    expect(await shown('plan', folder)).toBe('Nothing to change\n')
    expect(await shown('plan', folder, '--lang', 'fr')).toBe('Rien à changer\n')
    expect(await shown('ls')).toMatch(
      /^Project {2}Entity .*\nshop +user +user_id +usage_30d\n\n.*\nshop +usage_30d +1 +user +5 +usage +streaming\n\n.*\nshop +churn +1 +usage_30d@1\n$/,
    )
    const view = await shown('show', 'shop/usage_30d')
    expect(view).toMatch(/^shop\/usage_30d 1\nSource +usage\n/)
    expect(view).toMatch(/\nhours_90d +aggregated +number +sum\(hours\), 90d\n/)
    expect(view).toMatch(/\nper_session +derived +number +hours \/ nullif\(sessions, 0\)\n/)
    expect(view).toMatch(/\nbusy +derived +boolean +code of hours\n/)
    expect(await shown('show', 'shop/usage_30d', '--lang', 'fr')).toMatch(/\nDurée de vie +45d\n/)
    expect(await json('show', 'shop/usage_30d')).toMatchObject({ version: 1, services: ['churn'] })
    expect((await json('ls', 'shop')).entities).toMatchObject([{ definition: { name: 'user' } }])
  })

  test('what is unknown or written wrong is told', async () => {
    expect(await refused('show', 'shop/no')).toEqual([2, 'feature_view_not_found'])
    expect(await refused('show', 'shop/usage_30d@9')).toEqual([2, 'feature_view_not_found'])
    expect(await refused('show', 'usage_30d')).toEqual([2, 'invalid_request'])
    expect(await refused('ls', 'nowhere')).toEqual([2, 'project_not_found'])
    const historical = (...args: string[]) => refused('get-historical', 'shop', '--into', 'set', ...args)
    expect(await historical()).toEqual([2, 'invalid_request'])
    expect(await historical('--service', 'no', '--entities', 'labels')).toEqual([2, 'feature_service_not_found'])
    expect(await historical('--features', 'usage_30d:no', '--entities', 'labels')).toEqual([2, 'feature_not_found'])
    expect(await historical('--service', 'churn', '--start', 'soon', '--end', '2024-01-01')).toEqual([
      2,
      'invalid_request',
    ])
    expect(await historical('--service', 'churn', '--start', '2024-01-01', '--end', '2024-02-01')).toEqual([
      3,
      'feature_source_missing',
    ])
  })

  test('a training set is a snapshot, with what became of its rows and what it was made from', async () => {
    for (const dataset of ['usage', 'labels']) {
      expect((await run('data', 'ingest', 'shop', dataset)).status).toBe(0)
    }
    const churn = ['get-historical', 'shop', '--service', 'churn', '--entities', 'labels@latest', '--into', 'set']
    const text = await shown(...churn)
    expect(text).toMatch(/^✔ snap_\w+ {2}set: 5 rows × 6 columns\n/)
    expect(text).toMatch(/\nusage_30d@1 +2 +40% +have features\n/)
    expect(text).toMatch(/\n +1 +20% +no row has the key\n +1 +20% +only later rows\n +1 +20% +older than the time/)
    const french = await shown(...churn, '--lang', 'fr')
    expect(french).toMatch(/le même contenu était déjà là/)
    expect(french).toMatch(/aucune ligne n’a la clé/)
    const made = await json(...churn)
    expect(made).toMatchObject({ dataset: 'set', is_new: false, rows: 5, views: [{ version: 1, matched: 2 }] })
    const query = await run('data', 'query', 'shop/set', 'select hours, hours_90d, busy from data', '--json')
    expect(JSON.parse(query.stdout).rows).toEqual([
      [5, 5, false],
      [21, 51, true],
      [null, null, null],
      [null, null, null],
      [null, null, null],
    ])
    const lineage = await run('lineage', 'snapshot', made.snapshot_id)
    expect(lineage.stdout).toMatch(/joined feature view usage_30d 1.*read snapshot usage.*read snapshot labels/s)
    const range = ['--features', 'usage_30d:hours', '--start', '2024-01-15', '--end', '2024-02-01', '--into', 'range']
    expect(await json('get-historical', 'shop', ...range)).toMatchObject({
      rows: 2,
      columns: ['user_id', 'at', 'hours'],
    })
  })

  test('a change is planned, refused without a yes, and applied as it was planned', async () => {
    declare((text) => text.replace("ttl: '45d'", "ttl: '30d'").replace("'streaming'", "'growth'"))
    const plan = await shown('plan', folder)
    expect(plan).toMatch(/^~ view usage_30d 1 → 2 {2}change\n/)
    expect(plan).toContain('    ttl_seconds: 3888000 → 2592000\n')
    expect(plan).toContain('    owner: "streaming" → "growth"\n')
    expect(plan).toMatch(/\n~ service churn 1 → 2 {2}change\n {4}models stay on the older version/)
    const unasked = await features('apply', folder, '--lang', 'fr')
    expect([unasked.status, unasked.stderr]).toEqual([2, expect.stringContaining('--yes')])
    expect(await json('show', 'shop/usage_30d')).toMatchObject({ version: 1 })
    expect(await shown('apply', folder, '--yes')).toMatch(/\n2 changes applied\n$/)
    expect(await json('show', 'shop/usage_30d')).toMatchObject({ version: 2, definition: { ttl_seconds: 2_592_000 } })
    expect(await json('show', 'shop/usage_30d@1')).toMatchObject({ version: 1, services: [] })
    expect((await json('apply', folder, '--yes')).changes).toMatchObject([
      { change: 'none' },
      { change: 'none' },
      { change: 'none' },
    ])
  })

  test('views over a data set that is new are planned, and wait for the worker to know it', async () => {
    const more = `const visits = dataset('visits', csv('data/visits.csv'), { columns: { user_id: text(), at: timestamp() }, time: 'at' })
const visits7d = featureView('visits_7d', { from: visits, entity: user, aggregations: { n: { as: 'count', over: '7d' } } })`
    declare((text) =>
      text
        .replace('const churn', `${more}\nconst churn`)
        .replace('datasets: [', 'datasets: [visits, ')
        .replace('featureViews: [', 'featureViews: [visits7d, '),
    )
    expect(await shown('plan', folder)).toMatch(/\+ view visits_7d 1 {2}create\n/)
    expect(await refused('apply', folder, '--yes')).toEqual([2, 'features_invalid'])
    declare((text) => text.replace("'hours / nullif(sessions, 0)'", "'sum(hours)'"))
    const broken = await features('plan', folder)
    expect([broken.status, broken.stderr]).toEqual([2, expect.stringMatching(/usage_30d.*per_session.*sum/)])
    writeFileSync(join(folder, 'fabrique.config.ts'), readFileSync(join(folder, 'package.json')))
    expect(await refused('plan', folder)).toEqual([2, 'project_broken'])
  })
})
