import { loadSync } from '@grpc/proto-loader'
import { expect, test } from 'vitest'
import { checkEntries } from './grpc-entries.js'
import { inferenceProto } from './grpc-server.js'

const service = loadSync(inferenceProto, { keepCase: true })['inference.GRPCInferenceService']

function encode(request: object): Uint8Array {
  const call = Reflect.get(service ?? {}, 'ModelInfer')
  return call.requestSerialize(request)
}

const tooMany = expect.objectContaining({ code: 'invalid_request' })

test.each([
  ['inputs', { inputs: Array(20).fill({}) }],
  ['outputs', { outputs: Array(20).fill({}) }],
  ['blocks', { raw_input_contents: Array(20).fill(new Uint8Array()) }],
  ['sizes', { inputs: [{ shape: Array(20).fill(1) }] }],
  ['texts', { inputs: [{ contents: { bytes_contents: Array(20).fill(new Uint8Array()) } }] }],
  ['whole numbers', { inputs: [{ contents: { int64_contents: Array(20).fill(300) } }] }],
  ['whole numbers without sign', { inputs: [{ contents: { uint64_contents: Array(20).fill(1) } }] }],
  ['parameters', { parameters: Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`p${at}`, {}])) }],
])('%s beyond the bound are refused', (_, request) => {
  expect(() => checkEntries(encode(request), 19)).toThrow(tooMany)
  expect(() => checkEntries(encode(request), 30)).not.toThrow()
})

test('values that become no objects do not count, nor does what is no message', () => {
  const floats = { inputs: [{ contents: { fp32_contents: Array(1000).fill(0.5) } }] }
  expect(() => checkEntries(encode(floats), 10)).not.toThrow()
  for (const bytes of [[0xff], [0x0f], [0x2a, 0xff, 0xff, 0xff, 0xff, 0x0f]]) {
    expect(() => checkEntries(Uint8Array.from(bytes), 10)).not.toThrow()
  }
})
