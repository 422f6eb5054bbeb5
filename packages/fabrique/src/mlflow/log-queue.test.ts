import { describe, expect, test } from 'vitest'
import { LogQueue } from './log-queue.js'
import type { Batch } from './runs.js'

function recorder(act: (batch: Required<Batch>, index: number) => Promise<void> | void = () => {}) {
  const batches: Required<Batch>[] = []
  const send = async (batch: Required<Batch>) => {
    const index = batches.push(batch) - 1
    await act(batch, index)
  }
  return { batches, send }
}

/** A promise that is resolved from outside. */
function makeGate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('LogQueue', () => {
  test('gathers what comes close together into one batch', async () => {
    const { batches, send } = recorder()
    const queue = new LogQueue({ send })
    void queue.metric({ key: 'loss', value: 1, step: 0 })
    void queue.param('depth', '3')
    void queue.tag('team', 'blue')
    await queue.flush()
    expect(batches).toEqual([
      {
        metrics: [{ key: 'loss', value: 1, step: 0, timestamp: expect.any(Number) }],
        params: { depth: '3' },
        tags: { team: 'blue' },
      },
    ])
  })

  test('keeps to the sizes of the protocol and to the order of the points', async () => {
    const { batches, send } = recorder()
    const queue = new LogQueue({ send })
    for (let step = 0; step < 2500; step += 1) void queue.metric({ key: 'loss', value: step, step })
    for (let index = 0; index < 250; index += 1) void queue.param(`p${index}`, 'x')
    for (let index = 0; index < 130; index += 1) void queue.tag(`t${index}`, 'x')
    await queue.flush()
    const sizes = batches.map(({ metrics, params, tags }) => [
      metrics.length,
      Object.keys(params).length,
      Object.keys(tags).length,
    ])
    for (const [metrics = 0, params = 0, tags = 0] of sizes) {
      expect(metrics).toBeLessThanOrEqual(1000)
      expect(params).toBeLessThanOrEqual(100)
      expect(tags).toBeLessThanOrEqual(100)
      expect(metrics + params + tags).toBeLessThanOrEqual(1000)
    }
    const steps = batches.flatMap(({ metrics }) => metrics.map(({ step }) => step))
    expect(steps).toEqual(Array.from({ length: 2500 }, (_, step) => step))
    expect(batches.flatMap(({ params }) => Object.keys(params))).toHaveLength(250)
    expect(batches.flatMap(({ tags }) => Object.keys(tags))).toHaveLength(130)
  })

  test('sends by itself after the linger', async () => {
    const sent = makeGate()
    const { batches, send } = recorder(() => sent.open())
    const queue = new LogQueue({ send, lingerMs: 1 })
    void queue.metric({ key: 'loss', value: 1 })
    await sent.opened
    expect(batches).toHaveLength(1)
  })

  test('what fails for good is told by the next flush, once, and what follows is still sent', async () => {
    const { batches, send } = recorder((_, index) => {
      if (index === 0) throw new Error('refused')
    })
    const queue = new LogQueue({ send })
    for (let step = 0; step < 1500; step += 1) void queue.metric({ key: 'loss', value: 0, step })
    await expect(queue.flush()).rejects.toThrow('refused')
    expect(batches.map(({ metrics }) => metrics.length)).toEqual([1000, 500])
    await queue.flush()
  })

  test('another value of a parameter that waits is refused at once', () => {
    const queue = new LogQueue({ send: async () => {} })
    void queue.param('depth', '3')
    void queue.param('depth', '3')
    expect(() => queue.param('depth', '4')).toThrow(expect.objectContaining({ code: 'param_changed' }))
  })

  test('a full queue makes the program wait until there is room', async () => {
    const gate = makeGate()
    const sending = makeGate()
    const { send } = recorder(() => {
      sending.open()
      return gate.opened
    })
    const queue = new LogQueue({ send, entriesMax: 1000, lingerMs: 0 })
    for (let step = 0; step < 1000; step += 1) void queue.metric({ key: 'loss', value: 0, step })
    await sending.opened
    const passed: number[] = []
    const waits = Array.from({ length: 1000 }, (_, index) =>
      queue.metric({ key: 'loss', value: 0, step: 1000 + index }).then(() => passed.push(index)),
    )
    await Promise.all(waits.slice(0, 999))
    expect(passed).not.toContain(999)
    gate.open()
    await waits[999]
    await queue.flush()
    expect(passed).toHaveLength(1000)
  })
})
