import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseOf } from '../support/project-database.js'
import {
  cleanUp,
  copyOfIris,
  predict,
  type RunningFabrique,
  runFabrique,
  startFabrique,
} from '../support/running-fabrique.js'

const iris = fileURLToPath(new URL('../../../../examples/iris/data/iris.csv', import.meta.url))
const files = mkdtempSync(join(tmpdir(), 'fabrique-predict-'))
const at = (name: string) => join(files, name)
const measures = 'sepal_length,sepal_width,petal_length,petal_width'

let folder: string
let fabrique: RunningFabrique
beforeAll(async () => {
  folder = copyOfIris()
  writeFileSync(at('rows.csv'), `id,${measures}\n007,5.1,3.5,1.4,0.2\n008,abc,3,4,1\n009,6.5,3,5.2,2\n`)
  writeFileSync(at('good.csv'), `id,${measures}\na,5.1,3.5,1.4,0.2\nb,6.5,3,5.2,2\n`)
  fabrique = await startFabrique(folder, ['--port', '0'], await databaseOf(folder))
})
afterAll(async () => {
  await cleanUp(folder)
  rmSync(files, { recursive: true, force: true })
})

describe('fabrique predict on files, without a server', () => {
  const model = at('iris.onnx')
  const run = (...args: readonly string[]) => runFabrique(['predict', '--model', model, ...args])

  beforeAll(async () => {
    const trained = await runFabrique([
      'train',
      iris,
      '--target',
      'species',
      '--estimator',
      'random_forest_classifier',
      '--param',
      'n_estimators=12',
      '--out',
      model,
    ])
    expect(trained.status).toBe(0)
  })

  test('writes the answers beside the columns of the rows', async () => {
    const done = await run('--in', at('good.csv'), '--out', at('good-out.csv'), '--json')
    expect(done).toMatchObject({ status: 0, stderr: '' })
    expect(JSON.parse(done.stdout)).toMatchObject({ rows: 2, predicted: 2, rejected: 0, rejected_file: null })
    expect(readFileSync(at('good-out.csv'), 'utf8').split('\n')[1]).toBe('a,5.1,3.5,1.4,0.2,setosa,1.0,0.0,0.0')
  })

  test('ends with 1 where rows were set aside, and with 0 where so many were allowed', async () => {
    const out = at('rows-out.csv')
    const strict = await run('--in', at('rows.csv'), '--out', out)
    expect(strict.status).toBe(1)
    expect(strict.stdout).toContain('1 row set aside')
    expect(
      readFileSync(out, 'utf8')
        .split('\n')
        .slice(1, 3)
        .map((line) => line.slice(0, 3)),
    ).toEqual(['007', '009'])
    expect(JSON.parse(readFileSync(at('rows-out.rejected.ndjson'), 'utf8'))).toMatchObject({
      row: 2,
      values: { id: '008' },
    })
    expect(await run('--in', at('rows.csv'), '--out', out, '--max-rejected', '1')).toMatchObject({ status: 0 })
  })

  test('writes nothing where more rows were set aside than allowed', async () => {
    const done = await run('--in', at('rows.csv'), '--out', at('none.csv'), '--max-rejected', '0', '--lang', 'fr')
    expect(done.status).toBe(1)
    expect(done.stderr).toContain('ont été écartées')
    expect(existsSync(at('none.csv'))).toBe(false)
  })

  test.each([
    [['--in', at('good.csv')], '--out'],
    [['--out', at('x.csv')], '--in'],
    [['--in', at('good.csv'), '--out', at('x.csv'), '--at', 'day'], '--at'],
    [['--in', at('good.csv'), '--out', at('x.csv'), '--max-rejected', '-1'], '--max-rejected'],
    [['--in', at('good.csv'), '--out', at('x.csv'), '--missing', 'guess'], '--missing'],
    [['--in', at('good.csv'), '--out', at('x.xls')], 'x.xls'],
  ])('%j is wrong use', async (args, named) => {
    const done = await run(...args)
    expect(done.status).toBe(2)
    expect(done.stderr).toContain(named)
    expect(existsSync(at('x.csv'))).toBe(false)
  })
})

describe('fabrique predict with a model of a server', () => {
  const run = (model: string, ...args: readonly string[]) =>
    runFabrique(['predict', '--model', model, '--url', fabrique.url, ...args])

  test('sends the rows of a file, follows the job and writes the answers', async () => {
    const out = at('served.csv')
    const done = await run('iris@champion', '--in', at('good.csv'), '--project', 'iris', '--out', out, '--json')
    expect(done.status).toBe(0)
    const { result, dataset, version, state } = JSON.parse(done.stdout)
    expect({ dataset, state, result }).toMatchObject({
      dataset: 'iris-predictions',
      state: 'succeeded',
      result: { rows: 2, predicted: 2, rejected: 0 },
    })
    const [header = '', first = ''] = readFileSync(out, 'utf8').split('\n')
    expect(header.startsWith(`id,${measures},prediction,probability_setosa`)).toBe(true)
    const { body } = await predict(fabrique.url)
    expect(first.split(',')[5]).toBe(body.prediction)
    const again = await run(`iris/${version}`, '--snapshot', result.snapshot_id, '--columns', 'id', '--into', 'again')
    expect(again).toMatchObject({ status: 0 })
    expect(again.stdout).toContain('2 rows answered')
  })

  test('answers a snapshot, and tells what cannot be', async () => {
    const done = await run('iris', '--snapshot', 'iris/iris', '--columns', 'species', '--json')
    expect(done.status).toBe(0)
    expect(JSON.parse(done.stdout)).toMatchObject({ state: 'succeeded', result: { rows: 150, rejected: 0 } })
    const gone = await run('iris@gone', '--snapshot', 'iris/iris')
    expect(gone.status).toBe(2)
    expect(gone.stderr).toContain('gone')
    const unnamed = await run('iris', '--in', at('good.csv'))
    expect(unnamed).toMatchObject({ status: 2 })
    expect(unnamed.stderr).toContain('--project')
  })
})
