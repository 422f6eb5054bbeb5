import { expect, test } from 'vitest'
import { testClock } from '../../../../test/support/test-clock.js'
import { limit } from '../../../kernel/index.js'
import { BatchQueue, type Compute } from './batch-queue.js'
import type { Tensor } from './tensor.js'

const column = (...values: number[]): Tensor => ({
  name: 'x',
  datatype: 'FP32',
  shape: [values.length, 1],
  data: Float32Array.from(values),
})

/** A queue over a computation that doubles, refuses what is negative, and notes the rows of each call. */
function doubling({ joinsRequests = true, msPerRow = 0 } = {}) {
  const clock = testClock()
  const calls: number[] = []
  const executed: number[] = []
  const compute: Compute = async ([input]) => {
    const { data, shape } = input ?? column()
    calls.push(shape[0] ?? 0)
    clock.advance(msPerRow * (shape[0] ?? 0))
    if (Array.from(data as Float32Array).some((value) => value < 0)) throw new Error('It is negative')
    return [{ name: 'y', datatype: 'FP32', shape, data: Float32Array.from(data as Float32Array, (value) => 2 * value) }]
  }
  const observer = { executed: ({ requests }: { requests: number }) => executed.push(requests) }
  const queue = new BatchQueue({
    compute,
    joinsRequests,
    clock,
    observer: { executed: (one) => void observer.executed(one) },
  })
  const ask = async (input: Tensor, timeoutMs = 1000) => {
    const [answer] = await queue.ask({ inputs: [input], outputs: ['y'], timeoutMs })
    return answer?.data
  }
  return { clock, calls, executed, ask }
}

const floats = (...values: number[]) => Float32Array.from(values)

test('requests that come together are computed together, and each gets its own rows', async () => {
  const { ask, calls, executed } = doubling()
  const answers = await Promise.all([ask(column(1)), ask(column(2, 3)), ask(column(4))])
  expect(answers).toEqual([floats(2), floats(4, 6), floats(8)])
  expect(calls).toEqual([4])
  expect(executed).toEqual([3])
})

test('rows of another shape, and other outputs, are computed apart', async () => {
  const { ask, calls } = doubling()
  const wide: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: floats(5, 6) }
  expect(await Promise.all([ask(column(1)), ask(wide), ask(column(2))])).toEqual([floats(2), floats(10, 12), floats(4)])
  expect(calls).toEqual([2, 1])
})

test('who comes while many wait for long is refused, and taken again once they are answered', async () => {
  const { ask } = doubling({ joinsRequests: false, msPerRow: limit('serving.queue_ms_max') + 1 })
  const crowd = Array.from({ length: limit('serving.queue_free') + 3 }, () => ask(column(1), 1e6))
  await crowd[1]
  // The third is computed now.
  await expect(ask(column(2))).rejects.toMatchObject({ code: 'server_overloaded' })
  await crowd[2]
  const few = ask(column(3), 1e6)
  await Promise.all(crowd)
  expect(await few).toEqual(floats(6))
})

test('many who come at once are taken, and so are many who do not wait for long', async () => {
  const { ask, clock } = doubling({ joinsRequests: false, msPerRow: limit('serving.queue_ms_max') / 1000 })
  const crowd = Array.from({ length: 300 }, () => ask(column(1)))
  clock.advance(limit('serving.queue_ms_max') - 1)
  await crowd[1]
  expect(await ask(column(2))).toEqual(floats(4))
  await Promise.all(crowd)
})

test('a model that does not answer rows alone gets one request at a time', async () => {
  const { ask, calls } = doubling({ joinsRequests: false })
  await Promise.all([ask(column(1)), ask(column(2))])
  expect(calls).toEqual([1, 1])
})

test('a request that fails among others fails alone', async () => {
  const { ask, calls } = doubling()
  const answers = await Promise.allSettled([ask(column(1)), ask(column(-1)), ask(column(3))])
  expect(answers).toEqual([
    { status: 'fulfilled', value: floats(2) },
    { status: 'rejected', reason: new Error('It is negative') },
    { status: 'fulfilled', value: floats(6) },
  ])
  expect(calls).toEqual([3, 1, 1, 1])
})

test('more rows than fit together are computed in turn', async () => {
  const { ask, calls } = doubling()
  const half = Array.from({ length: limit('serving.batch_rows_max') / 2 + 1 }, (_, index) => index)
  const [first, second] = await Promise.all([ask(column(...half)), ask(column(...half))])
  expect(first).toEqual(second)
  expect(calls).toEqual([half.length, half.length])
})

test('of a model that takes long, fewer rows are computed together', async () => {
  const { ask, calls } = doubling({ msPerRow: limit('serving.batch_ms_max') / 4 })
  for (let round = 0; round < 20; round += 1) await ask(column(1))
  calls.length = 0
  await Promise.all(Array.from({ length: 12 }, (_, index) => ask(column(index))))
  expect(calls).toEqual([4, 4, 4])
})

test('a request that waited longer than it may is refused and not computed', async () => {
  const { ask, calls, clock } = doubling()
  const late = ask(column(1), 10)
  const patient = ask(column(2), 1000)
  clock.advance(11)
  await expect(late).rejects.toMatchObject({
    code: 'server_overloaded',
    params: { reason: 'the prediction waited 11 ms' },
  })
  expect(await patient).toEqual(floats(4))
  expect(calls).toEqual([1])
})

test('more requests than may wait are refused at once, and later ones are taken again', async () => {
  const { ask } = doubling()
  const max = limit('serving.waiting_max')
  const waiting = Array.from({ length: max }, (_, index) => ask(column(index)))
  await expect(ask(column(1))).rejects.toMatchObject({ code: 'server_overloaded' })
  await Promise.all(waiting)
  expect(await ask(column(1))).toEqual(floats(2))
})

test('more bytes than may wait are refused at once', async () => {
  const compute: Compute = async (inputs) => inputs
  const queue = new BatchQueue({ compute, joinsRequests: false, clock: testClock(), observer: { executed: () => {} } })
  const ask = (data: Float32Array) => {
    const input: Tensor = { name: 'x', datatype: 'FP32', shape: [data.length], data }
    return queue.ask({ inputs: [input], outputs: ['x'], timeoutMs: 1000 })
  }
  const first = ask(new Float32Array(limit('serving.waiting_bytes_max') / 4))
  await expect(ask(floats(1))).rejects.toMatchObject({ code: 'server_overloaded' })
  await first
  expect(await ask(floats(1))).toMatchObject([{ data: floats(1) }])
})
