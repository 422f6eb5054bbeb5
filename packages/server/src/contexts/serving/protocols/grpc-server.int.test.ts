import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FabriqueError, fabriqueVersion } from '@fabrique/contract'
import { Client, credentials, Metadata, type MethodDefinition, type ServiceError, status } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { echoFile, sumFile, testDatatypes } from '../../../../test/support/onnx-file.js'
import { countingIds, realClock } from '../../../../test/support/test-clock.js'
import { silentLog } from '../../../platform/logs/index.js'
import { makeHttpMetrics } from '../../../platform/metrics/index.js'
import { type Actor, localActor, nobody } from '../../../platform/verbs/actor.js'
import { folderSource } from '../folder-source.js'
import { type ModelServer, openModelServer } from '../model-server.js'
import { onnxOpener } from '../onnx-opener.js'
import { type GrpcServer, inferenceProto, openGrpcServer } from './grpc-server.js'

let folder: string
let models: ModelServer
let server: GrpcServer
let client: Client
const logged: object[] = []

/** What the keys of the tests may do. */
const actors: Readonly<Record<string, Actor>> = {
  'Bearer all': localActor,
  'Bearer sum-only': { ...localActor, kind: 'key', id: 'key:sum', models: new Set(['sum']) },
  'Bearer often': { ...localActor, kind: 'key', id: 'key:often' },
  'Bearer nothing': { ...nobody, kind: 'key', id: 'key:nothing' },
}

const options = () => ({
  models,
  clock: realClock,
  ids: countingIds(),
  log: { ...silentLog, info: (fields: object) => logged.push(fields) },
  metrics: makeHttpMetrics(),
  host: '127.0.0.1',
  port: 0,
  actorOf: ({ authorization }: { readonly authorization: string | undefined }) => {
    const actor = actors[authorization ?? 'Bearer all']
    if (actor === undefined) throw new FabriqueError('credentials_invalid', { reason: 'unknown', reason_fr: 'inconnu' })
    return actor
  },
  admit: async ({ actor, model }: { readonly actor: Actor; readonly model: string }) => {
    if (actor.id !== 'key:often' || model !== 'sum') return
    throw new FabriqueError('rate_limited', { scope: 'predict', limit: 1, window_s: 60, retry_after_s: 60 })
  },
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fabrique-grpc-'))
  const places = [{ path: join(folder, 'sum.onnx') }]
  await writeFile(join(folder, 'sum.onnx'), sumFile())
  for (const datatype of testDatatypes) {
    const path = join(folder, `echo_${datatype}.onnx`)
    await writeFile(path, echoFile(datatype, ['N', 2]))
    places.push({ path })
  }
  models = openModelServer({
    source: folderSource(places),
    openers: [onnxOpener({ clock: realClock, threads: 1 })],
    clock: realClock,
    log: silentLog,
    defaultModel: undefined,
  })
  await models.reconcile()
  server = await openGrpcServer(options())
  client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure())
})
afterAll(async () => {
  client?.close()
  await server?.close()
  await models?.close()
  await rm(folder, { recursive: true, force: true })
})

const service = loadSync(inferenceProto, { keepCase: true, defaults: true, longs: String })[
  'inference.GRPCInferenceService'
] as Readonly<Record<string, MethodDefinition<object, object>>>

type Reply = Readonly<Record<string, unknown>>

function ask(name: string, message: object, headers: Readonly<Record<string, string>> = {}, deadlineMs = 60_000) {
  const method = service[name]
  if (method === undefined) throw new Error(`There is no call ${name}`)
  const metadata = new Metadata()
  for (const [key, value] of Object.entries(headers)) metadata.set(key, value)
  return new Promise<Reply>((resolve, reject) => {
    const deadline = Date.now() + deadlineMs
    const { path, requestSerialize, responseDeserialize } = method
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      message,
      metadata,
      { deadline },
      (error, reply) => (error === null ? resolve({ ...reply }) : reject(error)),
    )
  })
}

/** A promise for the end of a call, however it ends. */
function settled() {
  let settle = () => {}
  const promise = new Promise<void>((resolve) => {
    settle = () => resolve()
  })
  return { promise, settle: () => settle() }
}

/** How a call is refused: its status, and the code of the catalogue. */
async function refusal(name: string, message: object, headers: Readonly<Record<string, string>> = {}) {
  const error: ServiceError = await ask(name, message, headers).then(
    () => {
      throw new Error(`${name} was answered`)
    },
    (refused: ServiceError) => refused,
  )
  return [status[error.code], error.metadata.get('error-code')[0], error.details] as const
}

const bytesOf = (...values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer)
const sum = {
  model_name: 'sum',
  id: 'seven',
  inputs: [
    { name: 'a', datatype: 'FP32', shape: [2], contents: { fp32_contents: [1.5, 2] } },
    { name: 'b', datatype: 'INT64', shape: [2], contents: { int64_contents: ['1', '-3'] } },
  ],
}

describe('the server', () => {
  test('tells of itself and of its models', async () => {
    expect(await ask('ServerLive', {})).toEqual({ live: true })
    expect(await ask('ServerReady', {})).toEqual({ ready: true })
    expect(await ask('ServerMetadata', {})).toEqual({
      name: 'fabrique',
      version: fabriqueVersion,
      extensions: ['model_repository', 'statistics'],
    })
    expect(await ask('ModelReady', { name: 'sum' })).toEqual({ ready: true })
    expect(await ask('ModelReady', { name: 'sum', version: '1' })).toEqual({ ready: true })
    expect(await ask('ModelReady', { name: 'sum', version: '2' })).toEqual({ ready: false })
    expect(await ask('ModelReady', { name: 'nowhere' })).toEqual({ ready: false })
    expect(await ask('ModelMetadata', { name: 'sum', version: 'champion' })).toEqual({
      name: 'sum',
      versions: ['1'],
      platform: 'onnxruntime_onnx',
      inputs: [
        { name: 'a', datatype: 'FP32', shape: ['-1'] },
        { name: 'b', datatype: 'INT64', shape: ['-1'] },
      ],
      outputs: [
        { name: 'sum', datatype: 'FP32', shape: ['-1'] },
        { name: 'difference', datatype: 'FP32', shape: ['-1'] },
      ],
    })
  })

  test('answers contents with contents', async () => {
    const reply = await ask('ModelInfer', sum)
    expect(reply).toMatchObject({ model_name: 'sum', model_version: '1', id: 'seven', raw_output_contents: [] })
    expect(reply.outputs).toMatchObject([
      { name: 'sum', datatype: 'FP32', shape: ['2'], contents: { fp32_contents: [2.5, -1] } },
      { name: 'difference', datatype: 'FP32', shape: ['2'], contents: { fp32_contents: [0.5, 5] } },
    ])
  })

  test('answers raw blocks with raw blocks, and only the outputs that are asked for', async () => {
    const inputs = sum.inputs.map(({ contents: _, ...input }) => input)
    const blocks = [bytesOf(1.5, 2), Buffer.from(BigInt64Array.of(1n, -3n).buffer)]
    const reply = await ask('ModelInfer', {
      model_name: 'sum',
      inputs,
      outputs: [{ name: 'difference' }],
      raw_input_contents: blocks,
    })
    expect(reply.outputs).toMatchObject([{ name: 'difference', shape: ['2'], contents: null }])
    expect(reply.raw_output_contents).toEqual([bytesOf(0.5, 5)])
  })

  const largest = { INT64: '9223372036854775807', UINT64: '18446744073709551615' }
  test.each([
    ['BOOL', 'bool_contents', [true, false]],
    ['UINT8', 'uint_contents', [0, 255]],
    ['UINT16', 'uint_contents', [0, 65_535]],
    ['UINT32', 'uint_contents', [0, 4_294_967_295]],
    ['UINT64', 'uint64_contents', ['0', largest.UINT64]],
    ['INT8', 'int_contents', [-128, 127]],
    ['INT16', 'int_contents', [-32_768, 32_767]],
    ['INT32', 'int_contents', [-2_147_483_648, 2_147_483_647]],
    ['INT64', 'int64_contents', ['-9223372036854775808', largest.INT64]],
    ['FP32', 'fp32_contents', [-1.5, Number.POSITIVE_INFINITY]],
    ['FP64', 'fp64_contents', [Number.MIN_VALUE, Number.MAX_VALUE]],
    ['BYTES', 'bytes_contents', [Buffer.from('été'), Buffer.from('')]],
  ])('gives back what it was given of %s', async (datatype, field, values) => {
    const tensor = { name: 'x', datatype, shape: [1, 2], contents: { [field]: values } }
    const { outputs } = await ask('ModelInfer', { model_name: `echo_${datatype}`, inputs: [tensor] })
    expect(outputs).toMatchObject([{ name: 'y', datatype, shape: ['1', '2'], contents: { [field]: values } }])
  })

  test('takes and gives FP16 as bytes', async () => {
    const inputs = [{ name: 'x', datatype: 'FP16', shape: [1, 2] }]
    const raw_input_contents = [Buffer.from('003c00c0', 'hex')]
    const reply = await ask('ModelInfer', { model_name: 'echo_FP16', inputs, raw_input_contents })
    expect(reply.raw_output_contents).toEqual(raw_input_contents)
  })
})

describe('the repository', () => {
  test('lists, unloads and loads, as clients of Triton and of KServe ask', async () => {
    const all = (await ask('RepositoryIndex', {})).models
    expect(all).toHaveLength(1 + testDatatypes.length)
    expect(all).toContainEqual({ name: 'sum', version: '1', state: 'READY', reason: '' })
    await ask('RepositoryModelUnload', { model_name: 'echo_BOOL' })
    expect(await ask('ModelReady', { name: 'echo_BOOL' })).toEqual({ ready: false })
    expect((await ask('RepositoryIndex', { ready: true })).models).toHaveLength(testDatatypes.length)
    expect((await refusal('ModelMetadata', { name: 'echo_BOOL' }))[0]).toBe('NOT_FOUND')
    expect(await ask('RepositoryModelLoad', { repository_or_model: 'echo_BOOL' })).toEqual({
      model_name: 'echo_BOOL',
      is_loaded: true,
    })
    expect(await ask('ModelReady', { name: 'echo_BOOL' })).toEqual({ ready: true })
  })

  test('counts', async () => {
    const counted = async () => {
      const { model_stats } = await ask('ModelStatistics', { name: 'sum' })
      return (model_stats as readonly { readonly inference_count: string; readonly inference_stats: object }[])[0]
    }
    const before = Number((await counted())?.inference_count)
    await ask('ModelInfer', sum)
    const after = await counted()
    expect(Number(after?.inference_count)).toBe(before + 2)
    expect(after?.inference_stats).toMatchObject({ success: { count: expect.stringMatching(/^[1-9]/) } })
    expect((await ask('ModelStatistics', {})).model_stats).toBeInstanceOf(Array)
  })
})

const oneInput = (more: object) => ({
  model_name: 'echo_FP32',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], contents: { fp32_contents: [1, 2] }, ...more }],
})

describe('what is wrong is refused', () => {
  test.each([
    ['an unknown model', { ...sum, model_name: 'nowhere' }, 'NOT_FOUND', 'model_not_served'],
    ['an unknown version', { ...sum, model_version: '9' }, 'NOT_FOUND', 'model_not_served'],
    ['an unknown alias', { ...sum, model_version: 'shadow' }, 'NOT_FOUND', 'model_not_served'],
    ['no inputs', { model_name: 'sum' }, 'INVALID_ARGUMENT', 'tensor_wrong'],
    ['an unknown datatype', oneInput({ datatype: 'FLOAT' }), 'INVALID_ARGUMENT', 'tensor_wrong'],
    ['another datatype', { ...oneInput({}), model_name: 'echo_FP64' }, 'INVALID_ARGUMENT', 'tensor_wrong'],
    ['an unknown input', oneInput({ name: 'z' }), 'INVALID_ARGUMENT', 'tensor_wrong'],
    ['a negative dimension', oneInput({ shape: [-1, -2] }), 'INVALID_ARGUMENT', 'tensor_wrong'],
    ['dimensions beyond numbers', oneInput({ shape: ['9223372036854775807', 2] }), 'INVALID_ARGUMENT', 'tensor_wrong'],
    ['no rows', oneInput({ shape: [0, 2], contents: undefined }), 'INVALID_ARGUMENT', 'tensor_wrong'],
    ['a shape of another rank', oneInput({ shape: [2] }), 'INVALID_ARGUMENT', 'tensor_wrong'],
    ['too few values', oneInput({ contents: { fp32_contents: [1] } }), 'INVALID_ARGUMENT', 'tensor_wrong'],
    ['no values', oneInput({ contents: undefined }), 'INVALID_ARGUMENT', 'tensor_wrong'],
    ['values of another type', oneInput({ contents: { fp64_contents: [1, 2] } }), 'INVALID_ARGUMENT', 'tensor_wrong'],
    [
      'a value beyond its type',
      {
        model_name: 'echo_INT8',
        inputs: [{ name: 'x', datatype: 'INT8', shape: [1, 2], contents: { int_contents: [0, 128] } }],
      },
      'INVALID_ARGUMENT',
      'tensor_wrong',
    ],
    [
      'FP16 as contents',
      { model_name: 'echo_FP16', inputs: [{ name: 'x', datatype: 'FP16', shape: [1, 2] }] },
      'INVALID_ARGUMENT',
      'tensor_wrong',
    ],
    [
      'bytes that are no text',
      {
        model_name: 'echo_BYTES',
        inputs: [
          { name: 'x', datatype: 'BYTES', shape: [1, 2], contents: { bytes_contents: [Buffer.of(0xff), Buffer.of()] } },
        ],
      },
      'INVALID_ARGUMENT',
      'tensor_wrong',
    ],
    [
      'contents and raw blocks',
      { ...oneInput({}), raw_input_contents: [bytesOf(1, 2)] },
      'INVALID_ARGUMENT',
      'invalid_request',
    ],
    [
      'more raw blocks than inputs',
      { ...oneInput({ contents: undefined }), raw_input_contents: [bytesOf(1, 2), bytesOf(1)] },
      'INVALID_ARGUMENT',
      'invalid_request',
    ],
    [
      'a raw block of another length',
      { ...oneInput({ contents: undefined }), raw_input_contents: [bytesOf(1)] },
      'INVALID_ARGUMENT',
      'tensor_wrong',
    ],
    [
      'shared memory',
      oneInput({ parameters: { shared_memory_region: { string_param: 'r' } } }),
      'INVALID_ARGUMENT',
      'tensor_wrong',
    ],
    ['an unknown output', { ...oneInput({}), outputs: [{ name: 'z' }] }, 'INVALID_ARGUMENT', 'tensor_wrong'],
    [
      'classification',
      { ...oneInput({}), outputs: [{ name: 'y', parameters: { classification: { int64_param: 3 } } }] },
      'INVALID_ARGUMENT',
      'invalid_request',
    ],
  ])('%s', async (_what, message, code, error) => {
    expect(await refusal('ModelInfer', message)).toEqual([code, error, expect.stringMatching(/\S/)])
  })

  test('other calls of unknown models', async () => {
    for (const call of ['ModelMetadata', 'ModelStatistics']) {
      expect(await refusal(call, { name: 'nowhere' })).toEqual(['NOT_FOUND', 'model_not_served', expect.any(String)])
    }
    expect((await refusal('RepositoryModelLoad', { model_name: 'nowhere' }))[0]).toBe('NOT_FOUND')
  })

  test.each([
    ['nobody known', 'other', 'ModelInfer', sum, 'UNAUTHENTICATED', 'credentials_invalid'],
    ['who may nothing', 'nothing', 'ModelInfer', sum, 'PERMISSION_DENIED', 'permission_denied'],
    ['who may nothing', 'nothing', 'RepositoryIndex', {}, 'PERMISSION_DENIED', 'permission_denied'],
    ['another model', 'sum-only', 'ModelInfer', oneInput({}), 'PERMISSION_DENIED', 'model_not_granted'],
    [
      'another model',
      'sum-only',
      'RepositoryModelUnload',
      { model_name: 'echo_BOOL' },
      'PERMISSION_DENIED',
      'model_not_granted',
    ],
    ['too often', 'often', 'ModelInfer', sum, 'RESOURCE_EXHAUSTED', 'rate_limited'],
  ])('%s: %s asks %s', async (_what, key, call, message, code, error) => {
    const authorization = `Bearer ${key}`
    expect(await refusal(call, message, { authorization })).toEqual([code, error, expect.any(String)])
    expect(await ask('ServerLive', {}, { authorization })).toEqual({ live: true })
  })

  /** What a message of any bytes fails with. */
  function refusalOf(bytes: Buffer, authorization: string): Promise<ServiceError | null> {
    const metadata = new Metadata()
    metadata.set('authorization', authorization)
    const { path, responseDeserialize } = service.ModelInfer ?? { path: '', responseDeserialize: () => ({}) }
    return new Promise((resolve) =>
      client.makeUnaryRequest(
        path,
        () => bytes,
        responseDeserialize,
        {},
        metadata,
        {},
        (error) => resolve(error),
      ),
    )
  }

  test('a message of more entries than may be decoded is refused', async () => {
    // Inputs without anything, two bytes each.
    const failed = await refusalOf(Buffer.from('2a00'.repeat(2_000_001), 'hex'), 'Bearer all')
    expect(failed).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining('2000000 entries') })
  })

  test('nobody known is told so before the message is decoded', async () => {
    const failed = await refusalOf(Buffer.from([0xff]), 'Bearer other')
    expect(failed).toMatchObject({ code: status.UNAUTHENTICATED })
    expect(failed?.metadata.get('error-code')).toEqual(['credentials_invalid'])
  })

  test('too often says when to come back', async () => {
    const refused = await ask('ModelInfer', sum, { authorization: 'Bearer often' }).catch(
      (error: ServiceError) => error,
    )
    expect(refused).toMatchObject({ code: status.RESOURCE_EXHAUSTED })
    expect((refused as ServiceError).metadata.get('retry-after')).toEqual(['60'])
  })

  test('clients that go away are no trouble', async () => {
    const method = service.ModelInfer
    if (method === undefined) throw new Error('There is no such call')
    const { path, requestSerialize, responseDeserialize } = method
    // No more than may wait however slow the machine is: else the last call may be refused.
    const ended = Array.from({ length: 30 }, (_, place) => {
      const { promise, settle } = settled()
      const call = client.makeUnaryRequest(path, requestSerialize, responseDeserialize, sum, settle)
      if (place % 2 === 0) call.cancel()
      else setImmediate(() => call.cancel())
      return promise
    })
    await Promise.all(ended)
    expect(await ask('ModelInfer', sum)).toMatchObject({ id: 'seven' })
  })

  test('a message beyond the limit', async () => {
    const block = Buffer.alloc(64 * 1024 * 1024)
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [block.length / 8, 2] }]
    const [code] = await refusal('ModelInfer', { model_name: 'echo_FP32', inputs, raw_input_contents: [block] })
    expect(code).toBe('RESOURCE_EXHAUSTED')
    expect(await ask('ServerLive', {})).toEqual({ live: true })
  })

  test('a port that is taken, and an address of another machine', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(openGrpcServer({ ...options(), port })).rejects.toMatchObject({ code: 'port_taken', params: { port } })
    await expect(openGrpcServer({ ...options(), host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'address_not_available',
    })
    await new Promise((resolve) => taken.close(resolve))
  })
})

test('each call is logged once, with who asked and which version answered', async () => {
  const request_id = 'the-one'
  await ask('ModelInfer', sum, { 'x-request-id': request_id })
  await expect
    .poll(() => logged.filter((fields) => 'request_id' in fields && fields.request_id === request_id))
    .toEqual([
      {
        request_id,
        route: '/inference.GRPCInferenceService/ModelInfer',
        status: 200,
        actor: 'local',
        model: 'sum',
        version: '1',
        duration_ms: expect.any(Number),
      },
    ])
})
