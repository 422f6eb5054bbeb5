import type { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import { onnxFile, sumFile } from '../../../../test/support/onnx-file.js'
import { type OnnxSession, openOnnxSession } from './onnx-session.js'
import type { Tensor } from './tensor.js'
import { hasThreads, openThreadedSession, ThreadStoppedError } from './threaded-session.js'

const opened: OnnxSession[] = []
afterAll(() => Promise.all(opened.map((session) => session.release())))

async function open(content: Uint8Array): Promise<OnnxSession> {
  const session = await openThreadedSession({ content, threads: 1 })
  opened.push(session)
  return session
}

test('a thread says of a model and answers what this thread would', async () => {
  const [apart, here] = [await open(sumFile()), await openOnnxSession({ content: sumFile(), threads: 1 })]
  opened.push(here)
  const { run: _run, release: _release, ...about } = here
  expect(apart).toMatchObject(about)
  const asked = [1, 2, 3].map((rows): readonly Tensor[] => [
    { name: 'a', datatype: 'FP32', shape: [rows], data: Float32Array.from({ length: rows }, (_, row) => row / 3) },
    {
      name: 'b',
      datatype: 'INT64',
      shape: [rows],
      data: BigInt64Array.from({ length: rows }, (_, row) => BigInt(row)),
    },
  ])
  const outputs = ['difference', 'sum']
  const answers = await Promise.all(asked.map((inputs) => apart.run(inputs, outputs)))
  for (const [index, inputs] of asked.entries()) expect(answers[index]).toEqual(await here.run(inputs, outputs))
})

test('a file that is no model, and a computation that fails, are told with the reason', async () => {
  await expect(open(new TextEncoder().encode('no model'))).rejects.toThrow(/protobuf/i)
  const session = await open(sumFile())
  const wrong: Tensor[] = [
    { name: 'a', datatype: 'FP32', shape: [2], data: new Float32Array(2) },
    { name: 'b', datatype: 'INT64', shape: [3], data: new BigInt64Array(3) },
  ]
  await expect(session.run(wrong, ['sum'])).rejects.toThrow(/Non-zero status/)
})

test.skipIf(!hasThreads)(
  'this thread goes on while a long computation runs, and one that is stopped fails what waits',
  async () => {
    const ports = (name: string) => ({ name, datatype: 'FP32', shape: ['N', 'N'] }) as const
    const file = onnxFile({
      inputs: [ports('a'), ports('b')],
      outputs: [ports('y')],
      nodes: [{ operator: 'MatMul', inputs: ['a', 'b'], outputs: ['y'] }],
    })
    const session = await open(file)
    const size = 1500
    const matrix = (name: string): Tensor => ({
      name,
      datatype: 'FP32',
      shape: [size, size],
      data: new Float32Array(size * size).fill(1),
    })
    let turns = 0
    let isOver = false
    const asked = session.run([matrix('a'), matrix('b')], ['y']).finally(() => {
      isOver = true
    })
    while (!isOver) {
      turns += 1
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    expect((await asked)[0]?.data[0]).toBe(size)
    // A computation in this thread would have let it turn a few times only.
    expect(turns).toBeGreaterThan(20)
    const waiting = session.run([matrix('a'), matrix('b')], ['y'])
    await session.release()
    await expect(waiting).rejects.toThrow('The thread that computes the model stopped')
  },
)

test.skipIf(!hasThreads)(
  'a thread that dies fails what it computes, and the next computation has a new one',
  async () => {
    const workers: Worker[] = []
    const note = (worker: Worker) => workers.push(worker)
    process.on('worker', note)
    const session = await open(sumFile())
    const inputs: Tensor[] = [
      { name: 'a', datatype: 'FP32', shape: [1], data: Float32Array.of(2.5) },
      { name: 'b', datatype: 'INT64', shape: [1], data: BigInt64Array.of(2n) },
    ]
    const dying = workers[0]?.terminate()
    await expect(session.run(inputs, ['sum'])).rejects.toBeInstanceOf(ThreadStoppedError)
    await dying
    const answers = await Promise.all([session.run(inputs, ['sum']), session.run(inputs, ['sum'])])
    expect(answers.map(([sum]) => sum?.data[0])).toEqual([4.5, 4.5])
    expect(workers).toHaveLength(2)
    process.off('worker', note)
  },
)
