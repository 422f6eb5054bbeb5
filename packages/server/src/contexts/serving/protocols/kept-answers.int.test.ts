import { Client, credentials, Metadata, type MethodDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { echoFile } from '../../../../test/support/onnx-file.js'
import { classifierFile, type ProtocolServer, protocolServer } from '../../../../test/support/protocol-server.js'
import { countingIds, realClock } from '../../../../test/support/test-clock.js'
import { present } from '../../../kernel/index.js'
import { silentLog } from '../../../platform/logs/index.js'
import { makeHttpMetrics } from '../../../platform/metrics/index.js'
import { localActor } from '../../../platform/verbs/actor.js'
import type { AnsweredLater } from '../../predictions/index.js'
import { type GrpcServer, inferenceProto, openGrpcServer } from './grpc-server.js'
import { mountKserveV1 } from './kserve-v1.js'
import { mountOpenInference } from './open-inference.js'
import { mountScoring } from './scoring.js'

const service = loadSync(inferenceProto, { keepCase: true, defaults: true })[
  'inference.GRPCInferenceService'
] as Readonly<Record<string, MethodDefinition<object, object>>>

let server: ProtocolServer
let grpc: GrpcServer
let client: Client
let kept: AnsweredLater[] = []
let left: AnsweredLater[] = []
const none = new Set<string>()

beforeAll(async () => {
  const files = { flowers: [await classifierFile()], wide: [echoFile('FP32', ['N', 3000])] }
  const predictionLog = {
    keep: () => undefined,
    reserve(answered: AnsweredLater) {
      const id = `pred_${kept.length + 1}`
      return { id, keep: () => void kept.push(answered), leave: () => void left.push(answered) }
    },
    count: () => {},
  }
  server = await protocolServer(
    files,
    [mountOpenInference, mountKserveV1, mountScoring],
    () => localActor,
    predictionLog,
  )
  grpc = await openGrpcServer({
    models: server.models,
    actorOf: () => localActor,
    clock: realClock,
    ids: countingIds(),
    log: silentLog,
    metrics: makeHttpMetrics(),
    host: '127.0.0.1',
    port: 0,
  })
  client = new Client(`127.0.0.1:${grpc.port}`, credentials.createInsecure())
})
afterAll(async () => {
  client?.close()
  await grpc?.close()
  await server?.close()
})
beforeEach(() => {
  kept = []
  left = []
})

const send = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`http://127.0.0.1:${server.port}${path}`, {
    method: 'POST',
    headers: { ...(body instanceof FormData ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body instanceof FormData ? body : typeof body === 'string' ? body : JSON.stringify(body),
  })

const columns = [
  { name: 'width', datatype: 'FP64', shape: [2], data: [1, 3] },
  { name: 'length', datatype: 'FP64', shape: [2], data: [2, 6] },
]

const both = [
  {
    inputs: { width: 1, length: 2 },
    output: { prediction: 'small', probabilities: expect.objectContaining({ small: expect.closeTo(0.976, 2) }) },
  },
  { inputs: { width: 3, length: 6 }, output: { prediction: 'large', probabilities: expect.anything() } },
]

async function inputsOf(model: string) {
  const reply = await fetch(`http://127.0.0.1:${server.port}/v2/models/${model}`)
  return ((await reply.json()) as { inputs: { name: string; datatype: string; shape: number[] }[] }).inputs
}

/** The columns in the types and shapes that the file has. */
async function tensors() {
  const specs = await inputsOf('flowers')
  return columns.map((column) => {
    const spec = specs.find(({ name }) => name === column.name)
    return { ...column, datatype: spec?.datatype ?? '', shape: spec?.shape.length === 2 ? [2, 1] : [2] }
  })
}

describe('answers in the protocols of others are kept as those of /predict', () => {
  test('the Open Inference Protocol', async () => {
    const inputs = await tensors()
    const reply = await send(
      '/v2/models/flowers/infer',
      { inputs },
      { 'x-assignment-key': 'anna', 'x-request-id': 'r1' },
    )
    expect([reply.status, reply.headers.get('x-prediction-id')]).toEqual([200, 'pred_1'])
    expect(kept).toMatchObject([
      { model: 'flowers', version: '1', alias: 'champion', requestId: 'r1', actor: 'local', assignedBy: 'anna' },
    ])
    expect(kept[0]?.read(none)).toEqual(both)
    await send('/v2/models/flowers/versions/1/infer', { inputs })
    expect(kept[1]?.alias).toBeUndefined()
  })

  test('a form with a field for each input', async () => {
    const form = new FormData()
    form.append('width', '1')
    form.append('length', '2')
    expect((await send('/v2/models/flowers/infer', form)).status).toBe(200)
    expect(kept[0]?.read(none)).toEqual([both[0]])
  })

  test('TensorFlow Serving, also its classify', async () => {
    const instances = [
      { width: 1, length: 2 },
      { width: 3, length: 6 },
    ]
    const reply = await send('/v1/models/flowers:predict', { instances })
    expect(reply.headers.get('x-prediction-id')).toBe('pred_1')
    await send('/v1/models/flowers:classify', { examples: instances })
    expect(kept.map((one) => one.read(none))).toEqual([both, both])
  })

  test('MLflow scoring, as table and as CSV', async () => {
    const reply = await send('/invocations', {
      dataframe_records: [
        { width: 1, length: 2 },
        { width: 3, length: 6 },
      ],
    })
    expect(reply.headers.get('x-prediction-id')).toBe('pred_1')
    await send('/invocations', 'width,length\n1,2\n3,6\n', { 'content-type': 'text/csv' })
    expect(kept.map((one) => one.read(none))).toEqual([both, both])
  })

  test('gRPC, with the id in the metadata', async () => {
    const method = present(service.ModelInfer, 'call')
    const inputs = (await tensors()).map(({ name, datatype, shape, data }) => ({
      name,
      datatype,
      shape,
      contents: { [datatype === 'FP64' ? 'fp64_contents' : 'fp32_contents']: data },
    }))
    const { path, requestSerialize, responseDeserialize } = method
    const metadata = await new Promise<Metadata>((resolve, reject) => {
      const message = { model_name: 'flowers', inputs }
      const call = client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        message,
        new Metadata(),
        (error) => {
          if (error !== null) reject(error)
        },
      )
      call.on('metadata', resolve)
    })
    expect(metadata.get('x-prediction-id')).toEqual(['pred_1'])
    expect(kept[0]?.read(none)).toEqual(both)
  })

  test('what is computed and then not answered is not', async () => {
    const requester = { requestId: 'req_1', actor: 'local', bytes: 10 }
    const inputs = (await inputsOf('wide')).map(({ name }) => ({
      name,
      datatype: 'FP32' as const,
      shape: [1, 3000],
      data: new Float32Array(3000),
    }))
    const use = (fails: boolean) =>
      server.models.use({ model: 'wide', requester }, async ({ runtime }) => {
        await runtime.infer(inputs)
        expect(kept).toEqual([])
        if (fails) throw new Error('no reply')
      })
    await expect(use(true)).rejects.toThrow('no reply')
    expect([kept.length, left.length]).toEqual([0, 1])
    await use(false)
    expect([kept.length, left.length]).toEqual([1, 1])
  })

  test('what is refused is not, and what is large is cut', async () => {
    expect((await send('/v2/models/flowers/infer', { inputs: [] })).status).toBe(400)
    expect(kept).toEqual([])
    const data = Array.from({ length: 3000 }, (_, index) => index)
    const [spec] = await inputsOf('wide')
    const input = { name: spec?.name ?? '', datatype: 'FP32', shape: [1, 3000], data }
    expect((await send('/v2/models/wide/infer', { inputs: [input] })).status).toBe(200)
    expect(kept[0]?.bytes).toBeLessThan(1000)
    const cut = { shape: [3000], first: data.slice(0, 16), cut: true }
    expect(kept[0]?.read(none)).toEqual([{ inputs: { [input.name]: cut }, output: { outputs: { y: cut } } }])
  })
})
