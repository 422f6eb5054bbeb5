import { expect } from 'vitest'

/**
 * Requests of the Open Inference Protocol and what a server answers to each: a black box that any server of the protocol could be put
 * in. The models are those of `open-inference-models.ts`.
 */
export interface InferenceCase {
  readonly name: string
  /** POST where there is a body, otherwise GET. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** A body as JSON. */
  readonly json?: unknown
  /** A body as it is. */
  readonly text?: string
  /** Binary blocks in hexadecimal, after the JSON, whose length stands in the header then. */
  readonly blocks?: string
  readonly status: number
  /** What the JSON of the answer holds. */
  readonly answer?: unknown
  /** The answer as it is, where numbers are too large for a parser. */
  readonly answerText?: string
  /** The code of the error and a part of what it says. */
  readonly error?: readonly [code: string, part: string]
  /** Blocks of the answer in hexadecimal. */
  readonly answerBlocks?: string
}

const tensor = (datatype: string, shape: readonly unknown[], data: unknown) => ({ name: 'x', datatype, shape, data })
const infer = (model: string) => `/v2/models/${model}/infer`
const echoed = (datatype: string, shape: readonly number[], data: unknown) => ({
  outputs: [{ name: 'y', datatype, shape, data }],
})

/** A request with one input to the model that echoes its type. */
function echo(
  name: string,
  datatype: string,
  given: { readonly shape: readonly unknown[]; readonly data: unknown; readonly parameters?: unknown },
): Pick<InferenceCase, 'name' | 'path' | 'json'> {
  const { shape, data, parameters } = given
  const input = { ...tensor(datatype, shape, data), ...(parameters === undefined ? {} : { parameters }) }
  return { name, path: infer(`echo_${datatype.toLowerCase()}`), json: { inputs: [input] } }
}

const sumInputs = [
  { name: 'a', datatype: 'FP32', shape: [2], data: [1.5, 2.5] },
  { name: 'b', datatype: 'INT64', shape: [2], data: [1, 2] },
]
const fp32Block = { name: 'x', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } }
/** 1 and 2 as little-endian numbers of 32 bits. */
const oneAndTwo = '0000803f00000040'

/** Of the server itself. */
const server: readonly InferenceCase[] = [
  { name: 'server is live', path: '/v2/health/live', status: 200, answer: { live: true } },
  { name: 'server is ready', path: '/v2/health/ready', status: 200, answer: { ready: true } },
  {
    name: 'server metadata',
    path: '/v2',
    status: 200,
    answer: {
      name: 'fabrique',
      version: expect.any(String),
      extensions: ['binary_tensor_data', 'model_repository', 'statistics'],
    },
  },
  { name: 'server metadata with a slash', path: '/v2/', status: 200, answer: { name: 'fabrique' } },
  { name: 'models are listed', path: '/v2/models', status: 200, answer: { models: expect.arrayContaining(['sum']) } },
  { name: 'an unknown path', path: '/v2/nothing', status: 404, error: ['route_not_found', '/v2/nothing'] },
  {
    name: 'an unknown path below a model',
    path: '/v2/models/sum/nothing',
    status: 404,
    error: ['route_not_found', '/v2/models/sum/nothing'],
  },
  { name: 'a wrong method', method: 'PUT', path: infer('sum'), status: 404, error: ['route_not_found', 'PUT'] },
  { name: 'an inference that is read', path: infer('sum'), status: 404, error: ['route_not_found', 'GET'] },
  { name: 'a path that cannot be decoded', path: '/v2/models/%zz', status: 400, error: ['invalid_request', ''] },
]

const sumMetadata = {
  name: 'sum',
  versions: ['2', '1'],
  platform: 'onnxruntime_onnx',
  inputs: [
    { name: 'a', datatype: 'FP32', shape: [-1] },
    { name: 'b', datatype: 'INT64', shape: [-1] },
  ],
  outputs: [
    { name: 'sum', datatype: 'FP32', shape: [-1] },
    { name: 'difference', datatype: 'FP32', shape: [-1] },
  ],
}

/** Of what is known about models. */
const models: readonly InferenceCase[] = [
  { name: 'model metadata', path: '/v2/models/sum', status: 200, answer: sumMetadata },
  { name: 'metadata of a version', path: '/v2/models/sum/versions/1', status: 200, answer: sumMetadata },
  { name: 'metadata of an alias', path: '/v2/models/sum/versions/champion', status: 200, answer: sumMetadata },
  { name: 'metadata by name and alias', path: '/v2/models/sum@champion', status: 200, answer: sumMetadata },
  {
    name: 'metadata with fixed dimensions',
    path: '/v2/models/fixed',
    status: 200,
    answer: { inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 3] }] },
  },
  { name: 'a model is ready', path: '/v2/models/sum/ready', status: 200, answer: { name: 'sum', ready: true } },
  { name: 'a version is ready', path: '/v2/models/sum/versions/1/ready', status: 200, answer: { ready: true } },
  { name: 'an alias is ready', path: '/v2/models/sum/versions/champion/ready', status: 200, answer: { ready: true } },
  { name: 'an unknown model', path: '/v2/models/none', status: 404, error: ['model_not_served', 'none'] },
  {
    name: 'an unknown model is not ready',
    path: '/v2/models/none/ready',
    status: 404,
    error: ['model_not_served', 'none'],
  },
  { name: 'an unknown version', path: '/v2/models/sum/versions/9', status: 404, error: ['model_not_served', '9'] },
  { name: 'an unknown alias', path: '/v2/models/sum/versions/best', status: 404, error: ['model_not_served', 'best'] },
  { name: 'an unknown alias by name', path: '/v2/models/sum@best', status: 404, error: ['model_not_served', 'best'] },
  {
    name: 'a version beyond all numbers',
    path: `/v2/models/sum/versions/${'9'.repeat(400)}`,
    status: 404,
    error: ['model_not_served', '999'],
  },
  {
    name: 'inference with an unknown model',
    path: infer('none'),
    json: { inputs: sumInputs },
    status: 404,
    error: ['model_not_served', 'none'],
  },
  {
    name: 'inference with an unknown version',
    path: '/v2/models/sum/versions/9/infer',
    json: { inputs: sumInputs },
    status: 404,
    error: ['model_not_served', '9'],
  },
]

/** Of tensors as JSON, one of each type. */
const types: readonly InferenceCase[] = [
  {
    ...echo('BOOL', 'BOOL', { shape: [1, 2], data: [true, false] }),
    status: 200,
    answer: echoed('BOOL', [1, 2], [true, false]),
  },
  {
    ...echo('UINT8', 'UINT8', { shape: [1, 2], data: [0, 255] }),
    status: 200,
    answer: echoed('UINT8', [1, 2], [0, 255]),
  },
  {
    ...echo('UINT16', 'UINT16', { shape: [1, 2], data: [0, 65535] }),
    status: 200,
    answer: echoed('UINT16', [1, 2], [0, 65535]),
  },
  {
    ...echo('UINT32', 'UINT32', { shape: [1, 1], data: [4294967295] }),
    status: 200,
    answer: echoed('UINT32', [1, 1], [4294967295]),
  },
  {
    ...echo('INT8', 'INT8', { shape: [1, 2], data: [-128, 127] }),
    status: 200,
    answer: echoed('INT8', [1, 2], [-128, 127]),
  },
  {
    ...echo('INT16', 'INT16', { shape: [1, 2], data: [-32768, 32767] }),
    status: 200,
    answer: echoed('INT16', [1, 2], [-32768, 32767]),
  },
  {
    ...echo('INT32', 'INT32', { shape: [1, 1], data: [-2147483648] }),
    status: 200,
    answer: echoed('INT32', [1, 1], [-2147483648]),
  },
  {
    ...echo('INT64', 'INT64', { shape: [1, 2], data: [-5, 9007199254740991] }),
    status: 200,
    answer: echoed('INT64', [1, 2], [-5, 9007199254740991]),
  },
  { ...echo('UINT64', 'UINT64', { shape: [1, 1], data: [5] }), status: 200, answer: echoed('UINT64', [1, 1], [5]) },
  {
    ...echo('FP16', 'FP16', { shape: [1, 3], data: [0.5, -2, 65504] }),
    status: 200,
    answer: echoed('FP16', [1, 3], [0.5, -2, 65504]),
  },
  {
    ...echo('FP32', 'FP32', { shape: [1, 2], data: [0.25, -1e30] }),
    status: 200,
    answer: echoed('FP32', [1, 2], [0.25, Math.fround(-1e30)]),
  },
  {
    ...echo('FP64', 'FP64', { shape: [1, 2], data: [0.1, 1e300] }),
    status: 200,
    answer: echoed('FP64', [1, 2], [0.1, 1e300]),
  },
  {
    ...echo('BYTES', 'BYTES', { shape: [1, 2], data: ['', 'é 🦔 "x"'] }),
    status: 200,
    answer: echoed('BYTES', [1, 2], ['', 'é 🦔 "x"']),
  },
  {
    name: 'INT64 keeps all digits',
    path: infer('echo_int64'),
    text: '{"inputs":[{"name":"x","shape":[1,2],"datatype":"INT64","data":[9223372036854775807,-9223372036854775808]}]}',
    status: 200,
    answerText: '"data":[9223372036854775807,-9223372036854775808]',
  },
  {
    name: 'UINT64 keeps all digits',
    path: infer('echo_uint64'),
    text: '{"inputs":[{"name":"x","shape":[1,1],"datatype":"UINT64","data":[18446744073709551615]}]}',
    status: 200,
    answerText: '"data":[18446744073709551615]',
  },
  {
    name: 'long whole numbers are numbers of floats too',
    path: infer('echo_fp64'),
    text: '{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP64","data":[12345678901234567890]}]}',
    status: 200,
    answer: echoed('FP64', [1, 1], [12345678901234567000]),
  },
  {
    name: 'NaN and Infinity as Python writes them',
    path: infer('echo_fp32'),
    text: '{"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[NaN, Infinity, -Infinity]}]}',
    status: 200,
    answer: echoed('FP32', [1, 3], ['NaN', 'Infinity', '-Infinity']),
  },
  {
    ...echo('NaN and Infinity as texts', 'FP64', { shape: [1, 2], data: ['NaN', '-Infinity'] }),
    status: 200,
    answer: echoed('FP64', [1, 2], ['NaN', '-Infinity']),
  },
  {
    ...echo('truth values as numbers', 'BOOL', { shape: [1, 2], data: [1, 0] }),
    status: 200,
    answer: echoed('BOOL', [1, 2], [true, false]),
  },
  {
    ...echo('texts as base64', 'BYTES', { shape: [1, 1], data: ['w6k='], parameters: { content_type: 'base64' } }),
    status: 200,
    answer: echoed('BYTES', [1, 1], ['é']),
  },
  {
    ...echo('nested data', 'FP32', {
      shape: [2, 2],
      data: [
        [1, 2],
        [3, 4],
      ],
    }),
    status: 200,
    answer: echoed('FP32', [2, 2], [1, 2, 3, 4]),
  },
  {
    name: 'deeper nested data',
    path: infer('deep'),
    json: {
      inputs: [
        tensor(
          'FP32',
          [1, 2, 2],
          [
            [
              [1, 2],
              [3, 4],
            ],
          ],
        ),
      ],
    },
    status: 200,
    answer: echoed('FP32', [1, 2, 2], [1, 2, 3, 4]),
  },
]

/** Of values that do not fit. */
const values: readonly InferenceCase[] = [
  { ...echo('UINT8 too large', 'UINT8', { shape: [1, 1], data: [256] }), status: 400, error: ['tensor_wrong', '256'] },
  { ...echo('UINT8 negative', 'UINT8', { shape: [1, 1], data: [-1] }), status: 400, error: ['tensor_wrong', '-1'] },
  { ...echo('INT8 too small', 'INT8', { shape: [1, 1], data: [-129] }), status: 400, error: ['tensor_wrong', '-129'] },
  {
    ...echo('INT32 with a fraction', 'INT32', { shape: [1, 1], data: [1.5] }),
    status: 400,
    error: ['tensor_wrong', '1.5'],
  },
  {
    name: 'INT64 beyond 64 bits',
    path: infer('echo_int64'),
    text: '{"inputs":[{"name":"x","shape":[1,1],"datatype":"INT64","data":[9223372036854775808]}]}',
    status: 400,
    error: ['tensor_wrong', '9223372036854775808'],
  },
  {
    name: 'INT64 of a thousand digits',
    path: infer('echo_int64'),
    text: `{"inputs":[{"name":"x","shape":[1,1],"datatype":"INT64","data":[${'9'.repeat(1000)}]}]}`,
    status: 400,
    error: ['tensor_wrong', 'value 0'],
  },
  {
    ...echo('INT64 as a power', 'INT64', { shape: [1, 1], data: [1e20] }),
    status: 400,
    error: ['tensor_wrong', 'value 0'],
  },
  {
    name: 'FP64 beyond a double',
    path: infer('echo_fp64'),
    text: '{"inputs":[{"name":"x","shape":[1,1],"datatype":"FP64","data":[1e400]}]}',
    status: 400,
    error: ['tensor_wrong', 'range of FP64'],
  },
  {
    ...echo('FP32 beyond a float', 'FP32', { shape: [1, 1], data: [1e39] }),
    status: 400,
    error: ['tensor_wrong', 'range of FP32'],
  },
  {
    ...echo('FP16 beyond a half', 'FP16', { shape: [1, 1], data: [70000] }),
    status: 400,
    error: ['tensor_wrong', 'range of FP16'],
  },
  {
    ...echo('a number as text', 'FP32', { shape: [1, 1], data: ['1.5'] }),
    status: 400,
    error: ['tensor_wrong', '1.5'],
  },
  { ...echo('a null', 'FP32', { shape: [1, 2], data: [1, null] }), status: 400, error: ['tensor_wrong', 'value 1'] },
  { ...echo('an object', 'FP32', { shape: [1, 1], data: [{}] }), status: 400, error: ['tensor_wrong', 'value 0'] },
  {
    ...echo('a text for BOOL', 'BOOL', { shape: [1, 1], data: ['true'] }),
    status: 400,
    error: ['tensor_wrong', 'true or false'],
  },
  {
    ...echo('two for BOOL', 'BOOL', { shape: [1, 1], data: [2] }),
    status: 400,
    error: ['tensor_wrong', 'true or false'],
  },
  {
    ...echo('a text with a NUL', 'BYTES', { shape: [1, 1], data: ['a\u0000b'] }),
    status: 400,
    error: ['tensor_wrong', '0000'],
  },
  {
    ...echo('a number for BYTES', 'BYTES', { shape: [1, 1], data: [7] }),
    status: 400,
    error: ['tensor_wrong', 'a text'],
  },
  {
    ...echo('no base64', 'BYTES', { shape: [1, 1], data: ['***'], parameters: { content_type: 'base64' } }),
    status: 400,
    error: ['tensor_wrong', 'base64'],
  },
]

/** Of shapes, names and types that are not those of the model. */
const shapes: readonly InferenceCase[] = [
  {
    ...echo('a negative dimension', 'FP32', { shape: [1, -1], data: [1] }),
    status: 400,
    error: ['tensor_wrong', '-1'],
  },
  {
    ...echo('all dimensions negative', 'FP32', { shape: [-1, -1], data: [1] }),
    status: 400,
    error: ['tensor_wrong', '-1'],
  },
  { ...echo('a dimension of zero', 'FP32', { shape: [0, 2], data: [] }), status: 400, error: ['tensor_wrong', '0'] },
  {
    ...echo('a fraction of a dimension', 'FP32', { shape: [1.5, 2], data: [1, 2, 3] }),
    status: 400,
    error: ['tensor_wrong', '1.5'],
  },
  {
    ...echo('dimensions that overflow', 'FP32', { shape: [2 ** 53, 2 ** 53], data: [1] }),
    status: 400,
    error: ['tensor_wrong', 'limit'],
  },
  {
    ...echo('dimensions that wrap at 64 bits', 'FP32', { shape: [4294967296, 4294967296], data: [1] }),
    status: 400,
    error: ['tensor_wrong', 'limit'],
  },
  {
    name: 'a dimension beyond 64 bits',
    path: infer('echo_fp32'),
    text: '{"inputs":[{"name":"x","shape":[99999999999999999999,1],"datatype":"FP32","data":[1]}]}',
    status: 400,
    error: ['tensor_wrong', 'shape'],
  },
  {
    ...echo('a dimension as text', 'FP32', { shape: ['1', 2], data: [1, 2] }),
    status: 400,
    error: ['tensor_wrong', 'shape'],
  },
  {
    ...echo('too many dimensions', 'FP32', { shape: Array(1000).fill(1), data: [1] }),
    status: 400,
    error: ['tensor_wrong', 'shape'],
  },
  {
    ...echo('one dimension too few', 'FP32', { shape: [2], data: [1, 2] }),
    status: 400,
    error: ['tensor_wrong', '[-1, -1]'],
  },
  {
    ...echo('too few values', 'FP32', { shape: [2, 2], data: [1, 2, 3] }),
    status: 400,
    error: ['tensor_wrong', '3 are given'],
  },
  {
    ...echo('too many values', 'FP32', { shape: [1, 1], data: [1, 2] }),
    status: 400,
    error: ['tensor_wrong', '2 are given'],
  },
  {
    ...echo('ragged lists', 'FP32', { shape: [2, 2], data: [[1], [2, 3, 4]] }),
    status: 400,
    error: ['tensor_wrong', 'nested'],
  },
  {
    ...echo('lists deeper than the shape', 'FP32', { shape: [1, 2], data: [[[1], [2]]] }),
    status: 400,
    error: ['tensor_wrong', 'nested'],
  },
  { ...echo('data that is no list', 'FP32', { shape: [1, 1], data: 1 }), status: 400, error: ['tensor_wrong', 'list'] },
  {
    name: 'other than the fixed dimensions',
    path: infer('fixed'),
    json: { inputs: [tensor('FP32', [3, 2], [1, 2, 3, 4, 5, 6])] },
    status: 400,
    error: ['tensor_wrong', '[2, 3]'],
  },
  {
    name: 'another type than the model has',
    path: infer('echo_fp32'),
    json: { inputs: [tensor('INT64', [1, 1], [1])] },
    status: 400,
    error: ['tensor_wrong', 'FP32'],
  },
  {
    name: 'an unknown type',
    path: infer('echo_fp32'),
    json: { inputs: [tensor('FLOAT', [1, 1], [1])] },
    status: 400,
    error: ['tensor_wrong', 'FLOAT'],
  },
  {
    name: 'no type',
    path: infer('echo_fp32'),
    json: { inputs: [{ name: 'x', shape: [1, 1], data: [1] }] },
    status: 400,
    error: ['tensor_wrong', 'datatype'],
  },
  {
    name: 'no shape',
    path: infer('echo_fp32'),
    json: { inputs: [{ name: 'x', datatype: 'FP32', data: [1] }] },
    status: 400,
    error: ['tensor_wrong', 'shape'],
  },
  {
    name: 'no data',
    path: infer('echo_fp32'),
    json: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1] }] },
    status: 400,
    error: ['tensor_wrong', 'no data'],
  },
  {
    name: 'no name',
    path: infer('echo_fp32'),
    json: { inputs: [{ datatype: 'FP32', shape: [1, 1], data: [1] }] },
    status: 400,
    error: ['invalid_request', 'inputs[0].name'],
  },
  {
    name: 'an input that the model does not have',
    path: infer('echo_fp32'),
    json: { inputs: [{ ...tensor('FP32', [1, 1], [1]), name: 'z' }] },
    status: 400,
    error: ['tensor_wrong', 'z'],
  },
  {
    name: 'an input is missing',
    path: infer('sum'),
    json: { inputs: sumInputs.slice(0, 1) },
    status: 400,
    error: ['tensor_wrong', 'Input b'],
  },
  {
    name: 'an input stands twice',
    path: infer('echo_fp32'),
    json: { inputs: [tensor('FP32', [1, 1], [1]), tensor('FP32', [1, 1], [1])] },
    status: 400,
    error: ['tensor_wrong', 'twice'],
  },
  { name: 'no inputs', path: infer('sum'), json: {}, status: 400, error: ['invalid_request', 'inputs'] },
  {
    name: 'an empty list of inputs',
    path: infer('sum'),
    json: { inputs: [] },
    status: 400,
    error: ['invalid_request', 'inputs'],
  },
  {
    name: 'inputs by name',
    path: infer('sum'),
    json: { inputs: { a: [1] } },
    status: 400,
    error: ['invalid_request', 'inputs'],
  },
  {
    name: 'an input that is no object',
    path: infer('sum'),
    json: { inputs: [1] },
    status: 400,
    error: ['invalid_request', 'inputs[0]'],
  },
  {
    name: 'rows of different counts',
    path: infer('sum'),
    json: { inputs: [sumInputs[0], { name: 'b', datatype: 'INT64', shape: [3], data: [1, 2, 3] }] },
    status: 400,
    error: ['tensor_wrong', ''],
  },
]

const both = [
  { name: 'sum', datatype: 'FP32', shape: [2], data: [2.5, 4.5] },
  { name: 'difference', datatype: 'FP32', shape: [2], data: [0.5, 0.5] },
]

/** Of what is asked for. */
const outputs: readonly InferenceCase[] = [
  {
    name: 'all outputs, of the champion',
    path: infer('sum'),
    json: { inputs: sumInputs },
    status: 200,
    answer: { model_name: 'sum', model_version: '2', outputs: both },
  },
  {
    name: 'inputs in another order',
    path: infer('sum'),
    json: { inputs: sumInputs.slice().reverse() },
    status: 200,
    answer: { outputs: both },
  },
  {
    name: 'a version by number',
    path: '/v2/models/sum/versions/1/infer',
    json: { inputs: sumInputs },
    status: 200,
    answer: { model_version: '1' },
  },
  {
    name: 'a version by alias',
    path: '/v2/models/sum/versions/champion/infer',
    json: { inputs: sumInputs },
    status: 200,
    answer: { model_name: 'sum', model_version: '2' },
  },
  {
    name: 'a version by name and alias',
    path: infer('sum@champion'),
    json: { inputs: sumInputs },
    status: 200,
    answer: { model_name: 'sum', model_version: '2' },
  },
  {
    name: 'one output',
    path: infer('sum'),
    json: { inputs: sumInputs, outputs: [{ name: 'difference' }] },
    status: 200,
    answer: { outputs: [both[1]] },
  },
  {
    name: 'outputs in another order',
    path: infer('sum'),
    json: { inputs: sumInputs, outputs: [{ name: 'difference' }, { name: 'sum' }] },
    status: 200,
    answer: { outputs: both.slice().reverse() },
  },
  {
    name: 'no outputs are all',
    path: infer('sum'),
    json: { inputs: sumInputs, outputs: [] },
    status: 200,
    answer: { outputs: both },
  },
  {
    name: 'an unknown output',
    path: infer('sum'),
    json: { inputs: sumInputs, outputs: [{ name: 'product' }] },
    status: 400,
    error: ['invalid_request', 'product'],
  },
  {
    name: 'an output twice',
    path: infer('sum'),
    json: { inputs: sumInputs, outputs: [{ name: 'sum' }, { name: 'sum' }] },
    status: 400,
    error: ['invalid_request', 'twice'],
  },
  {
    name: 'an output without a name',
    path: infer('sum'),
    json: { inputs: sumInputs, outputs: [{}] },
    status: 400,
    error: ['invalid_request', 'outputs[0].name'],
  },
  {
    name: 'outputs that are no list',
    path: infer('sum'),
    json: { inputs: sumInputs, outputs: 'sum' },
    status: 400,
    error: ['invalid_request', 'outputs'],
  },
  {
    name: 'the id comes back',
    path: infer('sum'),
    json: { id: 'réq-1', inputs: sumInputs },
    status: 200,
    answer: { id: 'réq-1' },
  },
  {
    name: 'an id that is no text',
    path: infer('sum'),
    json: { id: 7, inputs: sumInputs },
    status: 400,
    error: ['invalid_request', 'id'],
  },
  {
    name: 'parameters that concern nothing here',
    path: infer('sum'),
    json: { parameters: { priority: 1, sequence_id: 0 }, inputs: sumInputs },
    status: 200,
    answer: { outputs: both },
  },
  {
    name: 'parameters that are no object',
    path: infer('sum'),
    json: { parameters: [], inputs: sumInputs },
    status: 400,
    error: ['invalid_request', 'parameters'],
  },
  {
    name: 'an extension that is not here',
    path: infer('sum'),
    json: { inputs: sumInputs, outputs: [{ name: 'sum', parameters: { classification: 3 } }] },
    status: 400,
    error: ['invalid_request', 'classification'],
  },
  {
    name: 'shared memory',
    path: infer('echo_fp32'),
    json: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], parameters: { shared_memory_region: 'r' } }] },
    status: 400,
    error: ['invalid_request', 'shared_memory_region'],
  },
]

/** Of binary tensors. */
const binary: readonly InferenceCase[] = [
  {
    name: 'a binary input',
    path: infer('echo_fp32'),
    json: { inputs: [fp32Block] },
    blocks: oneAndTwo,
    status: 200,
    answer: echoed('FP32', [1, 2], [1, 2]),
  },
  {
    name: 'a binary input that is not aligned',
    path: infer('echo_fp32'),
    json: { id: '12', inputs: [fp32Block] },
    blocks: oneAndTwo,
    status: 200,
    answer: { id: '12', ...echoed('FP32', [1, 2], [1, 2]) },
  },
  {
    name: 'a binary output',
    path: infer('echo_fp32'),
    json: { inputs: [tensor('FP32', [1, 2], [1, 2])], outputs: [{ name: 'y', parameters: { binary_data: true } }] },
    status: 200,
    answer: { outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } }] },
    answerBlocks: oneAndTwo,
  },
  {
    name: 'all outputs binary',
    path: infer('echo_fp32'),
    json: { parameters: { binary_data_output: true }, inputs: [fp32Block] },
    blocks: oneAndTwo,
    status: 200,
    answer: { outputs: [{ parameters: { binary_data_size: 8 } }] },
    answerBlocks: oneAndTwo,
  },
  {
    name: 'all outputs binary but one',
    path: infer('sum'),
    json: {
      parameters: { binary_data_output: true },
      inputs: sumInputs,
      outputs: [{ name: 'sum' }, { name: 'difference', parameters: { binary_data: false } }],
    },
    status: 200,
    answer: { outputs: [{ name: 'sum', parameters: { binary_data_size: 8 } }, both[1]] },
    answerBlocks: '0000204000009040',
  },
  {
    name: 'two binary inputs in order',
    path: infer('sum'),
    json: {
      inputs: [
        { name: 'b', datatype: 'INT64', shape: [1], parameters: { binary_data_size: 8 } },
        { name: 'a', datatype: 'FP32', shape: [1], parameters: { binary_data_size: 4 } },
      ],
    },
    blocks: '0300000000000000000000bf',
    status: 200,
    answer: { outputs: [{ data: [2.5] }, { data: [-3.5] }] },
  },
  {
    name: 'binary beside JSON',
    path: infer('sum'),
    json: {
      inputs: [sumInputs[0], { name: 'b', datatype: 'INT64', shape: [2], parameters: { binary_data_size: 16 } }],
    },
    blocks: '01000000000000000200000000000000',
    status: 200,
    answer: { outputs: both },
  },
  {
    name: 'binary texts both ways',
    path: infer('echo_bytes'),
    json: {
      parameters: { binary_data_output: true },
      inputs: [{ name: 'x', datatype: 'BYTES', shape: [1, 2], parameters: { binary_data_size: 10 } }],
    },
    blocks: '0000000002000000c3a9',
    status: 200,
    answer: { outputs: [{ parameters: { binary_data_size: 10 } }] },
    answerBlocks: '0000000002000000c3a9',
  },
  {
    name: 'binary truth values',
    path: infer('echo_bool'),
    json: { inputs: [{ name: 'x', datatype: 'BOOL', shape: [1, 2], parameters: { binary_data_size: 2 } }] },
    blocks: '0001',
    status: 200,
    answer: echoed('BOOL', [1, 2], [false, true]),
  },
  {
    name: 'the body is the block of the only input',
    path: infer('echo_row_fp32'),
    headers: { 'inference-header-content-length': '0', 'content-type': 'application/octet-stream' },
    blocks: oneAndTwo,
    status: 200,
    answer: { outputs: [{ name: 'y', shape: [1, 2], parameters: { binary_data_size: 8 } }] },
    answerBlocks: oneAndTwo,
  },
  {
    name: 'the body is the block of one of two inputs',
    path: infer('sum'),
    headers: { 'inference-header-content-length': '0' },
    blocks: oneAndTwo,
    status: 400,
    error: ['invalid_request', 'one input'],
  },
  {
    name: 'the body is a block of an unknown shape',
    path: infer('echo_fp32'),
    headers: { 'inference-header-content-length': '0' },
    blocks: oneAndTwo,
    status: 400,
    error: ['tensor_wrong', 'shape'],
  },
  {
    name: 'the body is part of a value',
    path: infer('echo_row_fp32'),
    headers: { 'inference-header-content-length': '0' },
    blocks: '000000',
    status: 400,
    error: ['tensor_wrong', ''],
  },
  {
    name: 'a block that is cut off',
    path: infer('echo_fp32'),
    json: { inputs: [fp32Block] },
    blocks: '0000803f00',
    status: 400,
    error: ['tensor_wrong', 'cut off'],
  },
  {
    name: 'no block at all',
    path: infer('echo_fp32'),
    json: { inputs: [fp32Block] },
    status: 400,
    error: ['tensor_wrong', 'cut off'],
  },
  {
    name: 'bytes after the last block',
    path: infer('echo_fp32'),
    json: { inputs: [fp32Block] },
    blocks: `${oneAndTwo}ff`,
    status: 400,
    error: ['invalid_request', 'left'],
  },
  {
    name: 'a block of another size than the shape',
    path: infer('echo_fp32'),
    json: { inputs: [{ ...fp32Block, shape: [1, 3] }] },
    blocks: oneAndTwo,
    status: 400,
    error: ['tensor_wrong', '8 bytes'],
  },
  {
    name: 'a block of a negative size',
    path: infer('echo_fp32'),
    json: { inputs: [{ ...fp32Block, parameters: { binary_data_size: -8 } }] },
    blocks: oneAndTwo,
    status: 400,
    error: ['invalid_request', 'binary_data_size'],
  },
  {
    name: 'a block and data',
    path: infer('echo_fp32'),
    json: { inputs: [{ ...fp32Block, data: [1, 2] }] },
    blocks: oneAndTwo,
    status: 400,
    error: ['tensor_wrong', 'binary_data_size'],
  },
  {
    name: 'a text that ends after the block',
    path: infer('echo_bytes'),
    json: { inputs: [{ name: 'x', datatype: 'BYTES', shape: [1, 1], parameters: { binary_data_size: 8 } }] },
    blocks: 'ffffffff61626364',
    status: 400,
    error: ['tensor_wrong', 'text'],
  },
  {
    name: 'a text that is no UTF-8',
    path: infer('echo_bytes'),
    json: { inputs: [{ name: 'x', datatype: 'BYTES', shape: [1, 1], parameters: { binary_data_size: 5 } }] },
    blocks: '01000000ff',
    status: 400,
    error: ['tensor_wrong', 'UTF-8'],
  },
  {
    name: 'a truth value of 2',
    path: infer('echo_bool'),
    json: { inputs: [{ name: 'x', datatype: 'BOOL', shape: [1, 1], parameters: { binary_data_size: 1 } }] },
    blocks: '02',
    status: 400,
    error: ['tensor_wrong', 'BOOL'],
  },
  {
    name: 'a header longer than the body',
    path: infer('echo_fp32'),
    headers: { 'inference-header-content-length': '9999' },
    text: '{}',
    status: 400,
    error: ['invalid_request', '9999'],
  },
  {
    name: 'a header that is no number',
    path: infer('echo_fp32'),
    headers: { 'inference-header-content-length': '-1' },
    text: '{}',
    status: 400,
    error: ['invalid_request', 'Inference-Header-Content-Length'],
  },
]

/** Of bodies that are no request. */
const bodies: readonly InferenceCase[] = [
  { name: 'no JSON', path: infer('sum'), text: '{"inputs":', status: 400, error: ['invalid_json', ''] },
  { name: 'an empty body', path: infer('sum'), text: '', status: 400, error: ['invalid_json', ''] },
  { name: 'a list', path: infer('sum'), text: '[]', status: 400, error: ['invalid_json', 'object'] },
  { name: 'null', path: infer('sum'), text: 'null', status: 400, error: ['invalid_json', 'object'] },
  {
    name: 'JSON a hundred thousand levels deep',
    path: infer('sum'),
    text: '['.repeat(100_000),
    status: 400,
    error: ['json_too_deep', ''],
  },
  {
    name: 'data a thousand levels deep',
    path: infer('echo_fp32'),
    text: `{"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":${'['.repeat(1000)}1${']'.repeat(1000)}}]}`,
    status: 400,
    error: ['json_too_deep', ''],
  },
  {
    name: 'a million rows',
    path: infer('echo_fp64'),
    text: `{"inputs":[{"name":"x","datatype":"FP64","shape":[1000000,1],"data":[${Array(1_000_000).fill('0.123456789').join(',')}]}]}`,
    status: 413,
    error: ['body_too_large', ''],
  },
  {
    name: 'text that is no UTF-8',
    path: infer('sum'),
    headers: { 'content-type': 'application/json' },
    blocks: '7b22ff223a317d',
    status: 400,
    error: ['invalid_json', ''],
  },
  {
    name: 'another content type',
    path: infer('sum'),
    headers: { 'content-type': 'text/csv' },
    text: 'a,b',
    status: 415,
    error: ['unsupported_media_type', 'text/csv'],
  },
  {
    name: 'a form',
    path: infer('sum'),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    text: 'a=1',
    status: 415,
    error: ['unsupported_media_type', 'form'],
  },
  {
    name: 'JSON of a type of its own',
    path: infer('sum'),
    headers: { 'content-type': 'application/vnd.infer+json; charset=utf-8' },
    text: JSON.stringify({ inputs: sumInputs }),
    status: 200,
    answer: { outputs: both },
  },
  {
    name: 'an error in French',
    path: '/v2/models/none',
    headers: { 'accept-language': 'fr' },
    status: 404,
    error: ['model_not_served', 'n’est pas servi'],
  },
]

/** Of the repository and the statistics. */
const repository: readonly InferenceCase[] = [
  {
    name: 'the index',
    method: 'POST',
    path: '/v2/repository/index',
    status: 200,
    answer: expect.arrayContaining([{ name: 'sum', version: '2', state: 'READY', reason: '' }]),
  },
  {
    name: 'the index of what is ready',
    path: '/v2/repository/index',
    json: { ready: true },
    status: 200,
    answer: expect.arrayContaining([expect.objectContaining({ name: 'sum', state: 'READY' })]),
  },
  { name: 'load', path: '/v2/repository/models/sum/load', json: {}, status: 200, answer: { name: 'sum', load: true } },
  {
    name: 'load without a body',
    method: 'POST',
    path: '/v2/repository/models/sum/load',
    status: 200,
    answer: { load: true },
  },
  {
    name: 'load an unknown model',
    path: '/v2/repository/models/none/load',
    json: {},
    status: 404,
    error: ['model_not_served', 'none'],
  },
  {
    name: 'load from the request',
    path: '/v2/repository/models/sum/load',
    json: { parameters: { 'file:1/model.onnx': 'AAAA' } },
    status: 400,
    error: ['invalid_request', 'file:1/model.onnx'],
  },
  {
    name: 'unload an unknown model',
    path: '/v2/repository/models/none/unload',
    json: {},
    status: 404,
    error: ['model_not_served', 'none'],
  },
  {
    name: 'statistics of a model',
    path: '/v2/models/sum/stats',
    status: 200,
    answer: {
      model_stats: expect.arrayContaining([
        expect.objectContaining({
          name: 'sum',
          inference_stats: expect.objectContaining({ success: expect.anything() }),
        }),
      ]),
    },
  },
  {
    name: 'statistics of a version',
    path: '/v2/models/sum/versions/2/stats',
    status: 200,
    answer: { model_stats: [{ name: 'sum', version: '2' }] },
  },
  { name: 'statistics of all', path: '/v2/models/stats', status: 200, answer: { model_stats: expect.any(Array) } },
  {
    name: 'statistics of an unknown model',
    path: '/v2/models/none/stats',
    status: 404,
    error: ['model_not_served', 'none'],
  },
]

export const openInferenceCases = {
  server,
  models,
  types,
  values,
  shapes,
  outputs,
  binary,
  bodies,
  repository,
} as const
