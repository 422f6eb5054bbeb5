import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { echoFile, sumFile } from '../../../../test/support/onnx-file.js'
import {
  classifierFile,
  type ProtocolServer,
  protocolServer,
  textFile,
} from '../../../../test/support/protocol-server.js'
import { mountScoring } from './scoring.js'

let server: ProtocolServer
beforeAll(async () => {
  const files = {
    sum: [sumFile(), sumFile()],
    matrix: [echoFile('FP32', ['N', 3])],
    texts: [textFile()],
    flowers: [await classifierFile()],
  }
  server = await protocolServer(files, [mountScoring])
})
afterAll(() => server?.close())

async function ask(model: string, body: unknown, type = 'application/json') {
  const path = model === '' ? '/invocations' : `/api/v1/models/${model}/invocations`
  const reply = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  })
  const text = await reply.text()
  return { status: reply.status, type: reply.headers.get('content-type'), text }
}

const rows = [
  { sum: 2.5, difference: 0.5 },
  { sum: 4.5, difference: 0.5 },
]
const byOutput = { sum: [2.5, 4.5], difference: [0.5, 0.5] }
const split = {
  columns: ['a', 'b'],
  data: [
    [1.5, 1],
    [2.5, 2],
  ],
}
/** The probabilities that a server of MLflow 3.17 gives for the file of the tests at width 1 and length 2. */
const small = {
  label: 'small',
  probability_large: expect.closeTo(5.958223482593894e-6, 9),
  probability_middle: expect.closeTo(0.023515304550528526, 6),
  probability_small: expect.closeTo(0.9764787554740906, 6),
}

describe('answers are those of MLflow 3.17 to the same bodies', () => {
  test.each([
    ['a split table', 'sum', { dataframe_split: split }, rows],
    ['a split table with an index', 'sum', { dataframe_split: { ...split, index: [7, 8] } }, rows],
    [
      'records',
      'sum',
      {
        dataframe_records: [
          { a: 1.5, b: 1 },
          { b: 2, a: 2.5 },
        ],
      },
      rows,
    ],
    ['inputs by name', 'sum', { inputs: { a: [1.5, 2.5], b: [1, 2] } }, byOutput],
    [
      'instances by name',
      'sum',
      {
        instances: [
          { a: 1.5, b: 1 },
          { a: 2.5, b: 2 },
        ],
      },
      byOutput,
    ],
    ['the default model', '', { dataframe_split: split }, rows],
    ['a version', 'sum/versions/1', { dataframe_split: split }, rows],
    ['an alias', 'sum/versions/champion', { dataframe_split: split }, rows],
    ['a name with an alias', 'sum@champion', { dataframe_split: split }, rows],
    ['params beside it', 'sum', { dataframe_split: split, params: { deep: true } }, rows],
    [
      'a matrix of rows',
      'matrix',
      {
        instances: [
          [1, 2, 3],
          [4, 5, 6],
        ],
      },
      {
        y: [
          [1, 2, 3],
          [4, 5, 6],
        ],
      },
    ],
    ['a matrix of columns', 'matrix', { inputs: [[1.5, 2, 3]] }, { y: [[1.5, 2, 3]] }],
    ['a matrix by name', 'matrix', { inputs: { x: [[1.5, 2, 3]] } }, { y: [[1.5, 2, 3]] }],
    [
      'a matrix out of a table',
      'matrix',
      { dataframe_split: { columns: ['u', 'v', 'w'], data: [[1, 2, 3]] } },
      [{ y: [1, 2, 3] }],
    ],
    ['a missing number', 'matrix', { inputs: [[null, 2, 3]] }, { y: [[null, 2, 3]] }],
    ['texts', 'texts', { dataframe_records: [{ word: 'é', count: 3 }] }, [{ said: ['é'], counted: [3] }]],
    [
      'features as a split table',
      'flowers',
      { dataframe_split: { columns: ['width', 'length'], data: [[1, 2]] } },
      [small],
    ],
    [
      'features in another order',
      'flowers',
      { dataframe_split: { columns: ['length', 'width'], data: [[2, 1]] } },
      [small],
    ],
    ['features and more', 'flowers', { dataframe_records: [{ width: 1, length: 2, extra: 3 }] }, [small]],
    ['features by column', 'flowers', { inputs: { width: [1], length: [2] } }, [small]],
    ['features as single values', 'flowers', { inputs: { width: 1, length: 2 } }, [small]],
    ['features as instances', 'flowers', { instances: [{ width: 1, length: 2 }] }, [small]],
  ] as const)('%s', async (_, model, body, predictions) => {
    const reply = await ask(model, body)
    expect([reply.status, JSON.parse(reply.text)]).toEqual([200, { predictions }])
    expect(reply.type).toBe('application/json; charset=utf-8')
  })

  test.each([
    ['CSV', 'sum', 'a,b\n1.5,1\n2.5,2\n', rows],
    ['CSV with quotes, other line ends and a mark at its start', 'sum', '\ufeff"a","b"\r\n"1.5","1"\r\n2.5,2', rows],
    [
      'CSV of texts',
      'texts',
      'word,count\n"a,""b""\nc",9223372036854775807\n',
      '[{"said":["a,\\"b\\"\\nc"],"counted":[9223372036854775807]}]',
    ],
    ['CSV of features', 'flowers', 'width,length\n1,2\n', [small]],
    ['CSV with a missing number', 'matrix', 'a,b,c\n1,,NaN\n', [{ y: [1, null, null] }]],
  ] as const)('%s', async (_, model, body, predictions) => {
    const reply = await ask(model, body, 'text/csv; charset=utf-8')
    expect(reply.status).toBe(200)
    if (typeof predictions === 'string') expect(reply.text).toBe(`{"predictions":${predictions}}`)
    else expect(JSON.parse(reply.text)).toEqual({ predictions })
  })
})

describe('what is wrong is a 400 in the form of MLflow', () => {
  test.each([
    ['no format', 'sum', {}, 'exactly one of'],
    ['two formats', 'sum', { inputs: {}, instances: [] }, 'exactly one of'],
    ['a list', 'sum', [], 'one object'],
    ['no JSON', 'sum', '{', 'not valid JSON'],
    ['nothing', 'sum', '', 'not valid JSON'],
    [
      'a row that is too short',
      'sum',
      { dataframe_split: { columns: ['a', 'b'], data: [[1.5]] } },
      'dataframe_split.data[0]',
    ],
    ['a split table without data', 'sum', { dataframe_split: { columns: ['a'] } }, 'dataframe_split.data'],
    ['a split table with more', 'sum', { dataframe_split: { ...split, dtype: 'x' } }, 'dataframe_split.dtype'],
    ['a column twice', 'sum', { dataframe_split: { columns: ['a', 'a'], data: [] } }, 'a twice'],
    ['records that are no list', 'sum', { dataframe_records: { a: 1 } }, 'dataframe_records'],
    ['a record that is none', 'sum', { dataframe_records: [1] }, 'dataframe_records[0]'],
    ['a missing column', 'sum', { dataframe_split: { columns: ['a'], data: [[1.5]] } }, 'Input b'],
    ['a text for a number', 'sum', { inputs: { a: ['x'], b: [1] } }, 'Input a'],
    ['a fraction for a whole number', 'sum', { inputs: { a: [1], b: [1.5] } }, 'Input b'],
    ['an unknown input', 'sum', { inputs: { a: [1], b: [1], c: [1] } }, 'Input c'],
    ['values for no input', 'sum', { instances: [[1.5, 1]] }, 'several inputs'],
    [
      'ragged rows',
      'matrix',
      {
        inputs: [
          [1, 2, 3],
          [1, 2],
        ],
      },
      'one length',
    ],
    ['too few columns', 'matrix', { inputs: [[1, 2]] }, 'Input x'],
    ['no rows', 'matrix', { instances: [] }, 'instances'],
    ['a missing feature', 'flowers', { dataframe_records: [{ width: 1 }] }, 'length'],
    ['a feature that is no number', 'flowers', { dataframe_records: [{ width: 1, length: 'x' }] }, 'length'],
    ['an uneven column', 'flowers', { inputs: { width: [1], length: [2, 3] } }, 'inputs.length'],
    ['deep JSON', 'flowers', `{"inputs":${'['.repeat(10_000)}`, 'deep'],
  ] as const)('%s', async (_, model, body, part) => {
    const reply = await ask(model, body)
    expect([reply.status, reply.text]).toEqual([400, expect.stringContaining(part)])
    expect(Object.keys(JSON.parse(reply.text)).sort()).toEqual(['error_code', 'message'])
  })

  test.each([
    ['a quote that does not end', 'a,b\n"1,2\n', 'line 2'],
    ['a line that is too long', 'a,b\n1,2\n1,2,3\n', 'line 3'],
    ['a column twice', 'a,a\n1,2\n', 'a twice'],
    ['a text for a number', 'a,b\nx,2\n', 'Input a'],
    ['nothing', '', 'names of its columns'],
    ['no UTF-8', Buffer.from('610aff', 'hex'), 'UTF-8'],
  ] as const)('CSV: %s', async (_, body, part) => {
    const reply = await ask('sum', body, 'text/csv')
    expect([reply.status, reply.text]).toEqual([400, expect.stringContaining(part)])
  })

  test.each([
    ['text/plain'],
    ['application/json; charset=latin1'],
    ['application/json; foo=1'],
    ['multipart/form-data; boundary=x'],
  ])('the type %s is a 415 in plain text', async (type) => {
    const reply = await ask('sum', '{}', type)
    expect([reply.status, reply.type]).toEqual([415, 'text/plain; charset=utf-8'])
  })

  test('an unknown model, version or alias is a 404, a body that is too large a 413', async () => {
    for (const model of ['none', 'sum/versions/9', 'sum/versions/best', 'sum@best']) {
      const reply = await ask(model, { dataframe_split: split })
      expect([reply.status, JSON.parse(reply.text).error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST'])
    }
    expect((await ask('sum', `{"inputs":"${'x'.repeat(11_000_000)}"}`)).status).toBe(413)
  })
})

test('a client of MLflow finds out that the server is there', async () => {
  for (const path of ['/ping', '/api/v1/models/sum/ping', '/api/v1/models/sum/versions/1/ping']) {
    const reply = await fetch(`http://127.0.0.1:${server.port}${path}`)
    expect([path, reply.status, await reply.text()]).toEqual([path, 200, '\n'])
  }
  expect((await fetch(`http://127.0.0.1:${server.port}/api/v1/models/none/ping`)).status).toBe(404)
})
