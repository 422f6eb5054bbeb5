import type { ModelSignature } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import type { AnsweredLater } from '../predictions/index.js'
import { answerKeeper } from './answer-keeper.js'
import type { ModelRuntime } from './runtime/model-runtime.js'
import { type LoadedVersion, VersionFigures } from './served-version.js'

type Kept = Pick<AnsweredLater, 'rowCount' | 'likelyRows' | 'bytes' | 'read'>

const bytesOf = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

const place = { id: 'pred_1', keep: () => undefined, leave: () => undefined }
const none = new Set<string>()
const runtime: ModelRuntime = {
  platform: 'onnxruntime_onnx',
  inputs: [],
  outputs: [],
  memoryBytes: 0,
  infer: async () => [],
  release: async () => undefined,
}
const signature: ModelSignature = {
  task: 'regression',
  features: [
    { name: 'a', type: 'number' },
    { name: 'b', type: 'number' },
  ],
  target: { name: 'y', classes: [] },
  example: {},
}

const loaded: LoadedVersion = {
  model: 'm',
  version: '1',
  runtime,
  memoryBytes: 0,
  signature,
  predictor: undefined,
  loadedAt: new Date(0),
  figures: new VersionFigures(),
  inFlight: 0,
  isRetired: false,
  lastUse: 0,
}

/** What is kept of a request of MLflow's scoring protocol. */
function scored(body: unknown, answer: unknown, status = 200): Kept | undefined {
  let kept: Kept | undefined
  const keeper = answerKeeper(loaded, (one) => {
    kept = one
    return place
  })
  const contentType = typeof body === 'string' ? 'text/csv' : 'application/json'
  const reply = { status, contentType: 'application/json', body: bytesOf(answer) }
  expect(keeper.scored({ contentType, body: bytesOf(body) }, reply)).toBe(status === 200 ? place : undefined)
  return kept
}

describe('what is kept of a model that answers in the scoring protocol', () => {
  test('has the rows of a table by name, and the answer to each', () => {
    const kept = scored(
      {
        dataframe_split: {
          columns: ['a', 'b'],
          data: [
            [1, 'x'],
            [2, null],
          ],
        },
      },
      { predictions: [7, 8] },
    )
    expect(kept?.read(none)).toEqual([
      { inputs: { a: 1, b: 'x' }, output: { prediction: 7 } },
      { inputs: { a: 2, b: null }, output: { prediction: 8 } },
    ])
    expect(scored('a,b\n1,x\n', { predictions: [{ mean: 1, low: 0 }] })?.read(none)).toMatchObject([
      { inputs: { b: 'x' }, output: { outputs: { mean: 1, low: 0 } } },
    ])
    expect(scored({ inputs: [[1, 2]] }, { predictions: [[3, 4]] })?.read(none)).toEqual([
      { inputs: { 0: 1, 1: 2 }, output: { prediction: [3, 4] } },
    ])
  })

  test('is nothing of a refusal, and one row of answers that are not one for each', () => {
    expect(scored({ inputs: [1] }, { error_code: 'BAD_REQUEST' }, 400)).toBeUndefined()
    expect(scored('a,b\n1,x\n2,y\n', { predictions: { y: 1 } })?.read(none)).toEqual([
      { inputs: { a: ['1', '2'], b: ['x', 'y'] }, output: { outputs: { y: 1 } } },
    ])
    expect(scored({ inputs: [1, 2] }, { predictions: 3 })?.read(none)).toEqual([
      { inputs: { 0: [1, 2] }, output: { prediction: 3 } },
    ])
  })

  test('counts as about as many rows as it becomes', () => {
    const inputs = Array.from({ length: 30 }, (_, row) => [row, 0])
    expect(scored({ inputs }, { predictions: inputs.map(([row]) => row) })).toMatchObject({
      rowCount: 1,
      likelyRows: 30,
    })
    const many = Array.from({ length: 5000 }, () => [1, 2])
    expect(scored({ inputs: many }, { predictions: many.map(() => 1) })?.likelyRows).toBe(1000)
  })

  test('has whole numbers of many digits as numbers', () => {
    const long = '{"dataframe_records": [{"a": 1234567890123456, "b": [1234567890123456]}]}'
    const keeper = answerKeeper({} as LoadedVersion, (one) => {
      expect(one.read(none)).toMatchObject([{ inputs: { a: 1234567890123456, b: [1234567890123456] } }])
      return place
    })
    const reply = { status: 200, contentType: 'application/json', body: bytesOf({ predictions: [1] }) }
    expect(keeper.scored({ contentType: 'application/json', body: bytesOf(long) }, reply)).toBe(place)
  })

  test('tells hidden values by their names, and has none that is not named', () => {
    const hidden = new Set(['b'])
    const inputsOf = (body: unknown) => scored(body, { predictions: [1] })?.read(hidden)[0]?.inputs
    // The log leaves out `b`.
    expect(inputsOf({ inputs: [[1, 2]] })).toEqual({ a: 1, b: 2 })
    expect(inputsOf({ inputs: [[1, 2, 3]] })).toEqual({ 0: '[redacted]', 1: '[redacted]', 2: '[redacted]' })
    expect(inputsOf({ inputs: { a: 1, matrix: [[1, 2]] } })).toEqual({ a: 1, matrix: '[redacted]' })
  })
})
