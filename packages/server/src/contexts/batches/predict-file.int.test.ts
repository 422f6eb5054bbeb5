import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FabriqueError, isFabriqueError } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { colourFile, colourMetadata, onnxFile, sumFile } from '../../../test/support/onnx-file.js'
import { openDataEngine, rowsOf } from '../../platform/index.js'
import { openOnnxSession } from '../serving/files.js'
import { trainFile } from '../training/files.js'
import { type PredictFileInput, predictFile } from './predict-file.js'

const iris = fileURLToPath(new URL('../../../../../examples/iris/data/iris.csv', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'fabrique-predict-'))
const at = (name: string) => join(folder, name)
const model = at('iris.onnx')
const engine = openDataEngine({ tempFolder: at('spill'), threads: 1 })

let ticks = 0
const seconds = () => {
  ticks += 1
  return ticks
}

const measures = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'] as const

beforeAll(async () => {
  const { onnx } = await trainFile({
    path: iris,
    definition: {
      target: 'species',
      estimator: { kind: 'random_forest_classifier', params: { n_estimators: 12 } },
      split: { kind: 'random', testShare: 0.2 },
      seed: 1,
    },
    mode: { kind: 'one' },
    threads: 1,
    seconds,
  })
  writeFileSync(model, onnx)
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const predict = (input: Pick<PredictFileInput, 'path' | 'out'> & Partial<PredictFileInput>) =>
  predictFile({ model, threads: 1, language: 'en', seconds, ...input })

const refusal = (work: Promise<unknown>): Promise<FabriqueError> =>
  work.then(
    () => {
      throw new Error('It was not refused')
    },
    (error: unknown) => {
      if (isFabriqueError(error)) return error
      throw error
    },
  )

const query = <Row>(text: string) => engine.use(async (connection) => rowsOf<Row>(await connection.runAndReadAll(text)))

/** Rows that differ, written as this text. */
function writeRows(name: string, count: number): string {
  const rows = Array.from({ length: count }, (_, row) =>
    [`00${row}`, 4 + (row % 40) / 10, 2 + (row % 25) / 10, 1 + (row % 60) / 10, 0.1 + (row % 24) / 10].join(','),
  )
  writeFileSync(at(name), `id,${measures.join(',')}\n${rows.join('\n')}\n`)
  return at(name)
}

describe('answers to all rows of a file', () => {
  test('are those that the file gives, in each format', async () => {
    const path = writeRows('rows.csv', 500)
    const session = await openOnnxSession({ content: readFileSync(model), threads: 1 })
    const given = await query<Record<(typeof measures)[number], number>>(`select * from read_csv('${path}')`)
    const names = ['label', 'probability_setosa', 'probability_versicolor', 'probability_virginica']
    const answers = await session.run(
      session.inputs.map((input) => ({
        ...input,
        shape: [given.length],
        data: Float32Array.from(given, (row) => row[measures.find((name) => name === input.name) ?? 'sepal_length']),
      })),
      names,
    )
    await session.release()
    const expected = given.map((_, row) => answers.map(({ data }) => data[row]))

    for (const format of ['csv', 'parquet', 'json', 'ndjson']) {
      const out = at(`answers.${format}`)
      const done = await predict({ path, out })
      expect(done).toMatchObject({ rows: 500, predicted: 500, rejected: 0, resumed: 0 })
      const read = { csv: 'read_csv', parquet: 'read_parquet', json: 'read_json', ndjson: 'read_json' }[format]
      const rows = await query<Record<string, unknown>>(`select * from ${read}('${out}')`)
      const columns = ['prediction', ...names.slice(1)]
      expect(rows.map((row) => columns.map((name) => row[name]))).toEqual(expected)
      expect(Object.keys(rows[0] ?? {})).toEqual(['id', ...measures, ...columns])
    }
    // Where both are CSV, what is not computed with stays as it is written.
    expect(readFileSync(at('answers.csv'), 'utf8')).toContain('\n007,4.7,')
  })

  test('stand beside the columns that were chosen', async () => {
    const out = at('chosen.csv')
    const done = await predict({ path: iris, out, columns: ['species'] })
    expect(done.columns).toEqual([
      'species',
      'prediction',
      'probability_setosa',
      'probability_versicolor',
      'probability_virginica',
    ])
    expect(readFileSync(out, 'utf8').split('\n')[1]).toBe('setosa,setosa,1.0,0.0,0.0')
    expect(await refusal(predict({ path: iris, out: at('no.csv'), columns: ['other'] }))).toMatchObject({
      code: 'batch_refused',
    })
  })

  test('of no rows are a file with columns', async () => {
    writeFileSync(at('none.csv'), `${measures.join(',')}\n`)
    const done = await predict({ path: at('none.csv'), out: at('none.parquet') })
    expect(done).toMatchObject({ rows: 0, predicted: 0 })
    expect(done.columns).toHaveLength(8)
    expect(await query(`select * from read_parquet('${at('none.parquet')}')`)).toEqual([])
  })
})

describe('rows that the model does not take', () => {
  const values = [
    ['5.1', true],
    [' 5.1 ', true],
    ['1e3', true],
    ['-0', true],
    ['abc', false],
    ['', false],
    ['inf', false],
    ['-Infinity', false],
    ['nan', false],
    ['1e60', false],
    ['5,1', false],
    ['true', false],
  ] as const

  test('are set aside, each with its number and reason', async () => {
    const lines = values.map(([value]) => `"${value}",3.5,1.4,0.2`)
    writeFileSync(at('bad.csv'), `${measures.join(',')}\n${lines.join('\n')}\n`)
    const done = await predict({ path: at('bad.csv'), out: at('bad-out.csv') })
    const rejected = values.flatMap(([, isTaken], row) => (isTaken ? [] : [row + 1]))
    expect(done).toMatchObject({ rows: 12, predicted: 4, rejected: 8, rejectedFile: at('bad-out.rejected.ndjson') })
    const told = readFileSync(at('bad-out.rejected.ndjson'), 'utf8').trim().split('\n')
    expect(told.map((line) => JSON.parse(line).row)).toEqual(rejected)
    expect(JSON.parse(told[0] ?? '')).toEqual({
      row: 5,
      code: 'feature_value_wrong',
      feature: 'sepal_length',
      reason: 'Feature sepal_length of row 5 must be a finite number within the 32-bit range, not "abc"',
      values: { sepal_length: 'abc', sepal_width: '3.5', petal_length: '1.4', petal_width: '0.2' },
    })
    expect(readFileSync(at('bad-out.csv'), 'utf8').trim().split('\n')).toHaveLength(5)
  })

  test('go to it where only values are missing and that is allowed', async () => {
    writeFileSync(at('gaps.csv'), `${measures.join(',')}\n5.1,,1.4,0.2\n5.1,x,1.4,0.2\n`)
    const done = await predict({ path: at('gaps.csv'), out: at('gaps-out.csv'), passMissing: true })
    expect(done).toMatchObject({ predicted: 1, rejected: 1 })
  })

  test('end the work where more of them are found than allowed, with the reasons so far', async () => {
    const out = at('limited.csv')
    expect(await refusal(predict({ path: at('bad.csv'), out, rejectedMax: 7 }))).toMatchObject({
      code: 'batch_rows_rejected',
      params: { rejected: 8, rows: 12, limit: 7 },
    })
    expect(readdirSync(folder)).not.toContain('limited.csv')
    expect(readFileSync(at('limited.rejected.ndjson'), 'utf8').trim().split('\n')).toHaveLength(8)
    expect(await predict({ path: at('bad.csv'), out, rejectedMax: 8 })).toMatchObject({ predicted: 4 })
  })
})

describe('work that was stopped', () => {
  const options = { partRows: 100 }
  const partsOf = (out: string) => readdirSync(`${out}.parts`).filter((name) => /part-\d+\.parquet$/.test(name))

  async function stopAfter(parts: number, input: Pick<PredictFileInput, 'path' | 'out'>): Promise<void> {
    const stop = new AbortController()
    let done = 0
    const onProgress = () => {
      done += 1
      if (done === parts) stop.abort()
    }
    await expect(predict({ ...input, ...options, signal: stop.signal, onProgress })).rejects.toThrow()
  }

  test('goes on where it was, to the same bytes', async () => {
    const path = writeRows('many.csv', 1050)
    for (const format of ['parquet', 'csv', 'ndjson']) {
      const whole = at(`whole.${format}`)
      await predict({ path, out: whole, ...options })
      const out = at(`stopped.${format}`)
      await stopAfter(4, { path, out })
      expect(readdirSync(folder)).not.toContain(`stopped.${format}`)
      expect(partsOf(out)).toHaveLength(4)
      const first = statSync(join(`${out}.parts`, 'part-000000.parquet')).ino
      await stopAfter(1, { path, out: at('other.csv') })
      const stop = new AbortController()
      const onProgress = ({ rowsDone }: { readonly rowsDone: number }) => {
        if (rowsDone === 700) stop.abort()
      }
      await expect(predict({ path, out, ...options, resume: true, onProgress, signal: stop.signal })).rejects.toThrow()
      expect(partsOf(out)).toHaveLength(7)
      expect(statSync(join(`${out}.parts`, 'part-000000.parquet')).ino).toBe(first)
      expect(await predict({ path, out, ...options, resume: true })).toMatchObject({ rows: 1050, resumed: 700 })
      expect(readFileSync(out).equals(readFileSync(whole))).toBe(true)
      expect(readdirSync(folder)).not.toContain(`stopped.${format}.parts`)
    }
  })

  test('does again a part that is not as it was written', async () => {
    const path = at('many.csv')
    const out = at('damaged.parquet')
    await stopAfter(4, { path, out })
    writeFileSync(join(`${out}.parts`, 'part-000002.parquet'), 'cut')
    expect(await predict({ path, out, ...options, resume: true })).toMatchObject({ rows: 1050, resumed: 200 })
    expect(readFileSync(out).equals(readFileSync(at('whole.parquet')))).toBe(true)
  })

  test('does not go on with other rows, another model or other columns', async () => {
    const out = at('changed.csv')
    const path = writeRows('changing.csv', 300)
    await stopAfter(1, { path, out })
    const resumed = { path, out, ...options, resume: true }
    expect(await refusal(predict({ ...resumed, columns: ['id'] }))).toMatchObject({
      code: 'batch_changed',
      params: { what: 'columns' },
    })
    writeRows('changing.csv', 301)
    expect(await refusal(predict(resumed))).toMatchObject({ code: 'batch_changed', params: { what: 'rows' } })
    // Without being asked to go on, it begins anew.
    expect(await predict({ path, out, ...options })).toMatchObject({ rows: 301, resumed: 0 })
  })

  test('is not taken for a folder of the user', async () => {
    const out = at('mine.csv')
    const path = at('many.csv')
    mkdirSync(`${out}.parts`)
    writeFileSync(join(`${out}.parts`, 'notes.txt'), 'keep')
    expect(await refusal(predict({ path, out }))).toMatchObject({ code: 'file_not_written' })
    expect(readdirSync(`${out}.parts`)).toEqual(['notes.txt'])
  })
})

describe('a file that was made elsewhere', () => {
  test('takes columns named like its inputs', async () => {
    writeFileSync(at('sum.onnx'), sumFile())
    writeFileSync(at('sum.csv'), 'a,b\n1.5,2\n3,4.5\n7,9\n1,\n')
    const out = at('sum.ndjson')
    const done = await predict({ model: at('sum.onnx'), path: at('sum.csv'), out })
    expect(done).toMatchObject({ predicted: 2, rejected: 2 })
    expect(
      readFileSync(out, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { a: 1.5, b: 2, sum: 3.5, difference: -0.5 },
      { a: 7, b: 9, sum: 16, difference: -2 },
    ])
  })

  test('takes a matrix of columns in their order, or of those that are named', async () => {
    const matrix = onnxFile({
      inputs: [{ name: 'x', datatype: 'FP64', shape: ['N', 2] }],
      outputs: [{ name: 'y', datatype: 'FP64', shape: ['N', 2] }],
      nodes: [{ operator: 'Neg', inputs: ['x'], outputs: ['y'] }],
    })
    writeFileSync(at('matrix.onnx'), matrix)
    writeFileSync(at('matrix.ndjson'), '{"id":"a","u":1,"v":2}\n{"id":"b","u":3,"v":4}\n')
    const input = { model: at('matrix.onnx'), path: at('matrix.ndjson'), out: at('matrix-out.csv') }
    expect(await refusal(predict(input))).toMatchObject({ code: 'batch_refused' })
    await predict({ ...input, features: ['v', 'u'] })
    expect(readFileSync(input.out, 'utf8')).toBe('id,u,v,y_0,y_1\na,1,2,-2.0,-1.0\nb,3,4,-4.0,-3.0\n')
  })

  test('sets only those rows aside that its computation fails for', async () => {
    const cast = onnxFile({
      inputs: [{ name: 'text', datatype: 'BYTES', shape: ['N'] }],
      outputs: [{ name: 'number', datatype: 'FP32', shape: ['N'] }],
      nodes: [{ operator: 'Cast', inputs: ['text'], outputs: ['number'], ints: { to: 1 } }],
    })
    writeFileSync(at('cast.onnx'), cast)
    const texts = Array.from({ length: 50 }, (_, row) => (row % 20 === 7 ? 'seven' : String(row)))
    writeFileSync(at('texts.ndjson'), texts.map((text) => `${JSON.stringify({ text })}\n`).join(''))
    const out = at('numbers.ndjson')
    const done = await predict({ model: at('cast.onnx'), path: at('texts.ndjson'), out })
    expect(done).toMatchObject({ rows: 50, predicted: 47, rejected: 3 })
    const told = readFileSync(at('numbers.rejected.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(told.map(({ row, code, values }) => ({ row, code, values }))).toEqual(
      [8, 28, 48].map((row) => ({ row, code: 'model_failed', values: { text: 'seven' } })),
    )
  })
})

describe('what cannot be meant', () => {
  const out = () => at('refused.csv')

  test.each([
    ['a model that is not there', { model: at('gone.onnx'), path: iris }, 'file_not_found'],
    ['a model that is none', { model: iris, path: iris }, 'batch_refused'],
    ['rows that are not there', { path: at('gone.csv') }, 'file_not_found'],
    ['rows without the columns', { path: at('matrix.ndjson') }, 'batch_refused'],
    ['rows that have an answer already', { path: at('answers.csv') }, 'batch_refused'],
  ])('%s', async (_, input, code) => {
    expect(await refusal(predict({ out: out(), ...input }))).toMatchObject({ code })
    expect(readdirSync(folder).filter((name) => name.startsWith('refused'))).toEqual([])
  })

  test('a file that is read as the one that is written', async () => {
    expect(await refusal(predict({ path: at('many.csv'), out: at('many.csv') }))).toMatchObject({
      code: 'invalid_request',
    })
  })
})

test('a model of images scores no table, and says so', async () => {
  writeFileSync(at('colours.onnx'), colourFile({ metadata: colourMetadata() }))
  const path = writeRows('of-images.csv', 3)
  const { code, message } = await refusal(predict({ model: at('colours.onnx'), path, out: at('colours.csv') }))
  expect([code, message]).toEqual(['batch_refused', expect.stringContaining('it takes images, as image')])
})
