import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pythonEnvironment } from '../serving/files.js'
import { type PredictFileInput, predictFile } from './predict-file.js'

/** A Python with the real `mlflow`: given by the suite of foreign clients. */
const python = process.env.TEST_MLFLOW_PYTHON ?? ''
const plainPython = 'python3'
const hasPlainPython = spawnSync(plainPython, ['--version']).status === 0
const support = (name: string) => fileURLToPath(new URL(`../../../test/support/${name}`, import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'predict-python-'))
const at = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const predict = (program: string, input: Partial<PredictFileInput>) =>
  predictFile({
    model: at('doubler'),
    path: at('rows.csv'),
    out: at('scores.csv'),
    threads: 1,
    language: 'en',
    seconds: () => performance.now() / 1000,
    python: { python: program, environment: pythonEnvironment(process.env), memoryBytesMax: 4 * 1024 ** 3 },
    ...input,
  })

const lines = (name: string) => readFileSync(at(name), 'utf8').trim().split(/\r?\n/)

test.skipIf(!hasPlainPython)(
  'a folder whose signature says nothing is refused, and so is what is no folder',
  async () => {
    mkdirSync(at('bare'))
    writeFileSync(at('bare/MLmodel'), 'flavors: { python_function: { loader_module: mlflow.sklearn } }')
    writeFileSync(at('rows.csv'), 'x\n1\n')
    await expect(predict(plainPython, { model: at('bare') })).rejects.toMatchObject({
      code: 'batch_refused',
      params: { reason: expect.stringContaining('Its signature does not say what it takes and gives') },
    })
    await expect(predict(plainPython, { model: at('nowhere') })).rejects.toMatchObject({ code: 'file_not_found' })
  },
)

describe.skipIf(python === '')('rows that Python computes', () => {
  beforeAll(() => {
    execFileSync(python, [support('mlflow_batch_model.py'), folder], { stdio: 'ignore' })
  })

  test('are answered; those that it refuses, dies of or has no answer for are set aside, and no other', async () => {
    const rows = Array.from({ length: 24 }, (_, row) => `00${row},${row},${row === 3 ? 'none' : 'some'},`)
    writeFileSync(at('rows.csv'), `id,x,word,extra\n${[...rows, '024,many,some,1', '025,1,,2'].join('\n')}\n`)
    const told = await predict(python, { columns: ['id'], rejectedMax: 10 })
    expect(told).toMatchObject({ rows: 26, predicted: 21, rejected: 5, columns: ['id', 'prediction'] })
    const [header, ...answered] = lines('scores.csv')
    expect(header).toBe('id,prediction')
    expect(answered.slice(0, 4)).toEqual(['000,0.0', '001,2.0', '002,4.0', '004,8.0'])
    const aside = lines('scores.rejected.ndjson').map((line) => JSON.parse(line))
    expect(aside.map(({ row, code, feature }) => [row, code, feature])).toEqual([
      [4, 'prediction_not_finite', undefined],
      [14, 'model_failed', undefined],
      [18, 'model_failed', undefined],
      [25, 'feature_value_wrong', 'x'],
      [26, 'feature_value_wrong', 'word'],
    ])
    expect(aside[1].reason).toContain('13 is no number to ask for')
    expect(aside[2].reason).toContain('its Python process died')
  })

  test('one that dies of every row ends the batch; what was answered before stays', async () => {
    const rows = Array.from({ length: 16 }, (_, row) => `${100 + row},${row < 8 ? 'some' : 'deadly'}`)
    writeFileSync(at('rows.csv'), `x,word\n${rows.join('\n')}\n`)
    await expect(predict(python, { partRows: 8, out: at('deadly.csv') })).rejects.toMatchObject({
      code: 'batch_crashed',
      params: {
        reason: 'its Python process died 14 times in a row',
        reason_fr: expect.stringContaining('14 fois de suite'),
      },
    })
    const { parts } = JSON.parse(readFileSync(at('deadly.csv.parts/manifest.json'), 'utf8'))
    expect(parts).toMatchObject([{ rows: 8, predicted: 8 }])
  })

  test('are gone on with where they were stopped, and end as if they had never been', async () => {
    const rows = Array.from({ length: 3000 }, (_, row) => `${100 + row},some`)
    // Columns that its signature does not require need not be there.
    writeFileSync(at('rows.csv'), `x,word\n${rows.join('\n')}\n`)
    const stop = new AbortController()
    const parts = { partRows: 1000, resume: true }
    const stopped = predict(python, { ...parts, signal: stop.signal, onProgress: () => stop.abort() })
    await expect(stopped).rejects.toThrow()
    const { resumed, predicted } = await predict(python, parts)
    expect([resumed, predicted]).toEqual([1000, 3000])
    const whole = readFileSync(at('scores.csv'), 'utf8')
    await predict(python, { out: at('whole.csv') })
    expect(readFileSync(at('whole.csv'), 'utf8')).toBe(whole)
  })
})
