import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { echoFile, sumFile } from '../../../../test/support/onnx-file.js'
import {
  classifierFile,
  type ProtocolServer,
  protocolServer,
  regressionFile,
  textFile,
} from '../../../../test/support/protocol-server.js'
import { mountKserveV1 } from './kserve-v1.js'

let server: ProtocolServer
beforeAll(async () => {
  const files = {
    sum: [sumFile(), sumFile()],
    matrix: [echoFile('FP32', ['N', 3])],
    texts: [textFile()],
    flowers: [await classifierFile()],
    prices: [await regressionFile()],
  }
  server = await protocolServer(files, [mountKserveV1])
})
afterAll(() => server?.close())

async function send(path: string, body?: unknown, type = 'application/json') {
  const reply = await fetch(`http://127.0.0.1:${server.port}/v1/models${path}`, {
    ...(body === undefined
      ? {}
      : {
          method: 'POST',
          headers: { 'content-type': type },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
  })
  return { status: reply.status, json: JSON.parse(await reply.text()) }
}

const both = { a: [1.5, 2.5], b: [1, 2] }
const rows = [
  { sum: 2.5, difference: 0.5 },
  { sum: 4.5, difference: 0.5 },
]

describe('what is known of models', () => {
  test('the states of all versions, or of one by number or label', async () => {
    const ready = (version: string) => ({
      version,
      state: 'AVAILABLE',
      status: { error_code: 'OK', error_message: '' },
    })
    expect(await send('/sum')).toEqual({
      status: 200,
      json: { model_version_status: [ready('2'), ready('1')], name: 'sum', ready: true },
    })
    expect((await send('/sum/versions/1')).json.model_version_status).toEqual([ready('1')])
    expect((await send('/sum/labels/champion')).json.model_version_status).toEqual([ready('2')])
    expect((await send('')).json).toEqual({ models: ['flowers', 'matrix', 'prices', 'sum', 'texts'] })
  })

  test('the inputs and outputs', async () => {
    const { json } = await send('/sum/metadata')
    expect(json.model_spec).toEqual({ name: 'sum', signature_name: '', version: '2' })
    const { inputs, outputs } = json.metadata.signature_def.signature_def.serving_default
    const shape = { dim: [{ size: '-1', name: '' }], unknown_rank: false }
    expect(inputs).toEqual({
      a: { dtype: 'DT_FLOAT', tensor_shape: shape, name: 'a' },
      b: { dtype: 'DT_INT64', tensor_shape: shape, name: 'b' },
    })
    expect(Object.keys(outputs)).toEqual(['sum', 'difference'])
    expect((await send('/sum/versions/1/metadata')).json.model_spec.version).toBe('1')
  })
})

describe('predictions', () => {
  test.each([
    [
      'rows by name',
      '/sum',
      {
        instances: [
          { a: 1.5, b: 1 },
          { a: 2.5, b: 2 },
        ],
      },
      { predictions: rows },
    ],
    [
      'rows by position',
      '/sum',
      {
        instances: [
          [1.5, 1],
          [2.5, 2],
        ],
      },
      { predictions: rows },
    ],
    ['columns by name', '/sum', { inputs: both }, { outputs: { sum: [2.5, 4.5], difference: [0.5, 0.5] } }],
    ['a version', '/sum/versions/1', { inputs: both }, { outputs: { sum: [2.5, 4.5], difference: [0.5, 0.5] } }],
    ['a label', '/sum/labels/champion', { instances: [{ a: 1, b: 1 }] }, { predictions: [{ sum: 2, difference: 0 }] }],
    [
      'a name with an alias',
      '/sum@champion',
      { instances: [{ a: 1, b: 1 }] },
      { predictions: [{ sum: 2, difference: 0 }] },
    ],
    [
      'the name of the signature',
      '/sum',
      { signature_name: 'serving_default', instances: [[1, 1]] },
      { predictions: [{ sum: 2, difference: 0 }] },
    ],
    [
      'rows of the only input, whose output needs no name',
      '/matrix',
      { instances: [[1, 2, 3]] },
      { predictions: [[1, 2, 3]] },
    ],
    ['rows of the only input by name', '/matrix', { instances: [{ x: [1, 2, 3] }] }, { predictions: [[1, 2, 3]] }],
    ['the only input by column', '/matrix', { inputs: [[1, 2, 3]] }, { outputs: [[1, 2, 3]] }],
    ['texts', '/texts', { instances: [{ word: 'é', count: 1 }] }, { predictions: [{ said: ['é'], counted: [1] }] }],
    [
      'texts as base64',
      '/texts',
      { instances: [{ word: { b64: 'w6k=' }, count: 1 }] },
      { predictions: [{ said: ['é'], counted: [1] }] },
    ],
    ['a feature each', '/prices', { instances: [{ width: 1, length: 2 }] }, { predictions: [expect.closeTo(3, 3)] }],
    [
      'features by position',
      '/prices',
      {
        instances: [
          [1, 2],
          [2, 4],
        ],
      },
      { predictions: [expect.closeTo(3, 3), expect.closeTo(6, 3)] },
    ],
    ['features by column', '/prices', { inputs: { width: [1], length: [2] } }, { outputs: [expect.closeTo(3, 3)] }],
  ] as const)('%s', async (_, path, body, answer) => {
    expect(await send(`${path}:predict`, body)).toEqual({ status: 200, json: answer })
  })

  test('classes with their scores, and numbers', async () => {
    const examples = [{ width: 1 }, { width: 3, length: 6 }]
    const classes = await send('/flowers:classify', { context: { length: 2 }, examples })
    const scores = (best: string) =>
      expect.arrayContaining([[best, expect.any(Number)]]) &&
      expect.toSatisfy((list: [string, number][]) => {
        const [first] = [...list].sort((left, right) => right[1] - left[1])
        return list.length === 3 && first?.[0] === best
      })
    expect(classes).toEqual({ status: 200, json: { result: [scores('small'), scores('large')] } })
    const numbers = await send('/prices:regress', { context: { length: 2 }, examples: [{ width: 1 }] })
    expect(numbers).toEqual({ status: 200, json: { result: [expect.closeTo(3, 3)] } })
  })
})

describe('what is wrong', () => {
  test.each([
    ['both forms', '/sum:predict', { instances: [], inputs: {} }, 400, 'invalid_request'],
    ['neither form', '/sum:predict', {}, 400, 'invalid_request'],
    ['rows that are no list', '/sum:predict', { instances: {} }, 400, 'invalid_request'],
    ['no rows', '/sum:predict', { instances: [] }, 400, 'invalid_request'],
    ['rows of both kinds', '/sum:predict', { instances: [{ a: 1, b: 1 }, [1, 1]] }, 400, 'invalid_request'],
    ['a row that lacks an input', '/sum:predict', { instances: [{ a: 1 }] }, 400, 'tensor_wrong'],
    ['rows that are too short', '/sum:predict', { instances: [[1]] }, 400, 'tensor_wrong'],
    ['a text for a number', '/sum:predict', { inputs: { a: ['1'], b: [1] } }, 400, 'tensor_wrong'],
    ['another signature', '/sum:predict', { signature_name: 'other', instances: [[1, 1]] }, 400, 'invalid_request'],
    ['no base64', '/texts:predict', { instances: [{ word: { b64: '*' }, count: 1 }] }, 400, 'invalid_request'],
    [
      'bytes that are no text',
      '/texts:predict',
      { instances: [{ word: { b64: '/w==' }, count: 1 }] },
      400,
      'invalid_request',
    ],
    ['classes of a regression', '/prices:classify', { examples: [{ width: 1, length: 2 }] }, 400, 'invalid_request'],
    ['classes of an unknown kind', '/sum:classify', { examples: [{ a: 1, b: 1 }] }, 400, 'invalid_request'],
    ['no examples', '/flowers:classify', { examples: [] }, 400, 'invalid_request'],
    ['a missing feature', '/flowers:classify', { examples: [{ width: 1 }] }, 400, 'feature_names_wrong'],
    ['no JSON', '/sum:predict', '{', 400, 'invalid_json'],
    ['deep JSON', '/sum:predict', '['.repeat(50_000), 400, 'json_too_deep'],
    ['an unknown model', '/none:predict', { instances: [[1]] }, 404, 'model_not_served'],
    ['an unknown version', '/sum/versions/9:predict', { instances: [[1, 1]] }, 404, 'model_not_served'],
    ['an unknown label', '/sum/labels/best:predict', { instances: [[1, 1]] }, 404, 'model_not_served'],
    ['an unknown verb', '/sum:explain', {}, 404, 'route_not_found'],
    ['no verb', '/sum', {}, 404, 'route_not_found'],
    ['an unknown model to read', '/none', undefined, 404, 'model_not_served'],
    ['metadata of an unknown model', '/none/metadata', undefined, 404, 'model_not_served'],
  ] as const)('%s', async (_, path, body, status, code) => {
    const reply = await send(path, body)
    expect(reply).toEqual({ status, json: { error: expect.stringMatching(new RegExp(`^${code}: `)) } })
  })

  test('another content type', async () => {
    const reply = await send('/sum:predict', 'a,b', 'text/csv')
    expect(reply).toEqual({ status: 415, json: { error: expect.stringContaining('text/csv') } })
  })
})
