import { designMatrix, exportEstimator, numericColumn, randomForestRegressor } from '@fabrique/ml'
import { afterAll, describe, expect, test } from 'vitest'
import { echoFile, onnxFile, sumFile, type TestDatatype, testDatatypes } from '../../../../test/support/onnx-file.js'
import { realClock } from '../../../../test/support/test-clock.js'
import type { ModelRuntime } from './model-runtime.js'
import { openOnnxRuntime } from './onnx-runtime.js'
import type { Tensor, TensorData } from './tensor.js'

const opened: ModelRuntime[] = []
afterAll(() => Promise.all(opened.map((runtime) => runtime.release())))

/** A runtime that counts its computations and the requests in them. */
async function open(content: Uint8Array) {
  const batches: number[] = []
  const observer = { executed: ({ requests }: { readonly requests: number }) => void batches.push(requests) }
  const runtime = await openOnnxRuntime({ file: { content }, threads: 2, clock: realClock, observer })
  opened.push(runtime)
  return { runtime, batches }
}

const values: Readonly<Record<TestDatatype, TensorData>> = {
  BOOL: Uint8Array.of(0, 1, 1, 0, 0, 1),
  UINT8: Uint8Array.of(0, 1, 255, 3, 4, 5),
  UINT16: Uint16Array.of(0, 1, 65_535, 3, 4, 5),
  UINT32: Uint32Array.of(0, 1, 2 ** 32 - 1, 3, 4, 5),
  UINT64: BigUint64Array.of(0n, 1n, 2n ** 64n - 1n, 3n, 4n, 5n),
  INT8: Int8Array.of(0, 1, -128, 127, 4, 5),
  INT16: Int16Array.of(0, 1, -32_768, 32_767, 4, 5),
  INT32: Int32Array.of(0, 1, -(2 ** 31), 2 ** 31 - 1, 4, 5),
  INT64: BigInt64Array.of(0n, 1n, -(2n ** 63n), 2n ** 63n - 1n, 4n, 5n),
  FP16: Uint16Array.of(0x0000, 0x3c00, 0x7bff, 0x8001, 0x7c00, 0xc000),
  FP32: Float32Array.of(0, -0, 3.4e38, Number.NaN, Number.POSITIVE_INFINITY, 1e-45),
  FP64: Float64Array.of(0, -0, 1.7e308, Number.NaN, Number.NEGATIVE_INFINITY, 5e-324),
  BYTES: ['', 'é', '😀', 'a\nb', 'x'.repeat(10_000), '0'],
}

test.each(testDatatypes)('values of %s come back as they went, bit for bit', async (datatype) => {
  const { runtime } = await open(echoFile(datatype, ['N', 'M']))
  expect(runtime.inputs).toEqual([{ name: 'x', datatype, shape: [-1, -1] }])
  const [y] = await runtime.infer([{ name: 'x', datatype, shape: [3, 2], data: values[datatype] }])
  expect(y).toEqual({ name: 'y', datatype, shape: [3, 2], data: values[datatype] })
  expect(y?.data.constructor).toBe(values[datatype].constructor)
})

/** Made-up numbers, the same in each run. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

describe('requests of many callers', () => {
  const request = (next: () => number): readonly Tensor[] => {
    const rows = 1 + Math.floor(next() * 4)
    return [
      { name: 'a', datatype: 'FP32', shape: [rows], data: Float32Array.from({ length: rows }, () => next() * 1e3) },
      {
        name: 'b',
        datatype: 'INT64',
        shape: [rows],
        data: BigInt64Array.from({ length: rows }, () => BigInt(Math.floor(next() * 1e6))),
      },
    ]
  }

  test('are answered together as each would be alone, bit for bit', async () => {
    const { runtime, batches } = await open(sumFile())
    for (let seed = 1; seed <= 40; seed += 1) {
      const next = numbers(seed)
      const requests = Array.from({ length: 1 + Math.floor(next() * 40) }, () => request(next))
      const outputs = seed % 3 === 0 ? ['difference'] : undefined
      const together = await Promise.all(requests.map((inputs) => runtime.infer(inputs, outputs)))
      for (const [index, inputs] of requests.entries()) {
        expect(together[index]).toEqual(await runtime.infer(inputs, outputs))
      }
    }
    expect(Math.max(...batches)).toBeGreaterThan(10)
  })

  test('of inputs with different numbers of rows are refused', async () => {
    const { runtime } = await open(sumFile())
    const [a] = request(numbers(1))
    const b: Tensor = { name: 'b', datatype: 'INT64', shape: [9], data: new BigInt64Array(9) }
    await expect(runtime.infer([{ ...a, name: 'a' } as Tensor, b])).rejects.toMatchObject({
      code: 'tensor_wrong',
      field: 'b',
    })
  })

  test('are not put together where the first dimension is no row: each answer is that of its request', async () => {
    // Shares along the first dimension: what else stands in it counts.
    const file = onnxFile({
      inputs: [{ name: 'x', datatype: 'FP32', shape: ['T', 2] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: ['T', 2] }],
      nodes: [{ operator: 'Softmax', inputs: ['x'], outputs: ['y'], ints: { axis: 0 } }],
    })
    const { runtime, batches } = await open(file)
    const ask = (...data: number[]) =>
      runtime.infer([{ name: 'x', datatype: 'FP32', shape: [data.length / 2, 2], data: Float32Array.from(data) }])
    const [[one], [two]] = await Promise.all([ask(1, 2), ask(3, 4, 3, 4)])
    expect(one?.data).toEqual(Float32Array.of(1, 1))
    expect(two?.data).toEqual(Float32Array.of(0.5, 0.5, 0.5, 0.5))
    expect(batches).toEqual([1, 1])
  })
})

test('a computation that these inputs make fail is the fault of the inputs, and the next one works', async () => {
  const file = onnxFile({
    inputs: [
      { name: 'a', datatype: 'FP32', shape: ['N', 'K'] },
      { name: 'b', datatype: 'FP32', shape: ['K2', 'M'] },
    ],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['N', 'M'] }],
    nodes: [{ operator: 'MatMul', inputs: ['a', 'b'], outputs: ['y'] }],
  })
  const { runtime } = await open(file)
  const matrix = (name: string, rows: number, width: number): Tensor => ({
    name,
    datatype: 'FP32',
    shape: [rows, width],
    data: new Float32Array(rows * width).fill(1),
  })
  await expect(runtime.infer([matrix('a', 2, 3), matrix('b', 4, 2)])).rejects.toMatchObject({
    code: 'tensor_wrong',
    params: { input: 'a, b', reason: expect.stringContaining('MatMul') },
  })
  const [y] = await runtime.infer([matrix('a', 2, 3), matrix('b', 3, 2)])
  expect(y).toMatchObject({ shape: [2, 2], data: Float32Array.of(3, 3, 3, 3) })
})

describe('trees', () => {
  /** Of two features; each free dimension N is replaced by three bytes of the same field. */
  const forestFile = async (dimension?: readonly [number, number, number]) => {
    const values = Array.from({ length: 40 }, (_, row) => row)
    const features = designMatrix([
      numericColumn('a', values),
      numericColumn(
        'b',
        values.map((value) => value % 7),
      ),
    ])
    const target = { kind: 'values', values: Float64Array.from(values) } as const
    const model = await randomForestRegressor.fit({ features, target, parameters: { nEstimators: 5 } })
    const file = Buffer.from(exportEstimator(randomForestRegressor, model))
    const free = Buffer.from([0x0a, 3, 0x12, 1, 0x4e])
    for (let at = file.indexOf(free); dimension !== undefined && at >= 0; at = file.indexOf(free, at)) {
      file.set(dimension, at + 2)
    }
    return file
  }
  const column = (name: string, ...data: number[]): Tensor => ({
    name,
    datatype: 'FP32',
    shape: [data.length],
    data: Float32Array.from(data),
  })

  test('are computed at once', async () => {
    const { runtime } = await open(await forestFile())
    expect(runtime.inferNow?.([column('a', 1, 2), column('b', 1, 2)], ['prediction'])?.[0]?.shape).toEqual([2])
  })

  test('of a file that takes one row and no other are left to the runtime', async () => {
    // A field of a number, 1 in two bytes.
    const { runtime } = await open(await forestFile([0x08, 0x81, 0]))
    expect(runtime.inputs.map(({ shape }) => shape)).toEqual([[1], [1]])
    expect(runtime.inferNow).toBeUndefined()
    const [answer] = await runtime.infer([column('a', 20), column('b', 6)])
    expect(answer?.shape).toEqual([1])
  })

  test('refuse inputs of different lengths, also where the file does not say that they are of one', async () => {
    // A field that says nothing of the size.
    const { runtime } = await open(await forestFile([0x1a, 1, 0x4e]))
    expect(runtime.inferNow?.([column('a', 1), column('b', 1)], ['prediction'])).toBeDefined()
    for (const inputs of [
      [column('a', 1, 2), column('b', 1)],
      [column('a', 1), column('b', 1, 2)],
    ]) {
      expect(runtime.inferNow?.(inputs, ['prediction'])).toBeUndefined()
      await expect(runtime.infer(inputs)).rejects.toMatchObject({ code: 'tensor_wrong' })
    }
  })
})

test('outputs are given as they are asked for, in the order of the model; one that there is not is refused', async () => {
  const { runtime } = await open(sumFile())
  const inputs: Tensor[] = [
    { name: 'b', datatype: 'INT64', shape: [1], data: BigInt64Array.of(2n) },
    { name: 'a', datatype: 'FP32', shape: [1], data: Float32Array.of(5) },
  ]
  const named = await runtime.infer(inputs, ['difference', 'sum'])
  expect(named.map(({ name, data }) => [name, data])).toEqual([
    ['sum', Float32Array.of(7)],
    ['difference', Float32Array.of(3)],
  ])
  await expect(runtime.infer(inputs, ['other'])).rejects.toMatchObject({ code: 'tensor_wrong', field: 'outputs' })
})

test.each([
  ['nothing', new Uint8Array(0)],
  ['a text', new TextEncoder().encode('<html>')],
  ['the start of a file', sumFile().slice(0, 60)],
])('%s is no model', async (_what, content) => {
  await expect(open(content)).rejects.toThrow()
})
