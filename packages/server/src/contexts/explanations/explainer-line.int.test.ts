import type { ModelSignature } from '@fabrique/contract'
import { afterEach, expect, test } from 'vitest'
import { limit } from '../../kernel/index.js'
import { type ExplainerLine, openExplainerLine } from './explainer-line.js'
import type { ExplainerTask } from './explainer-messages.js'

const lines: ExplainerLine[] = []
afterEach(() => {
  for (const line of lines.splice(0)) line.close()
})

function open(): ExplainerLine {
  const line = openExplainerLine({ threads: 1 })
  lines.push(line)
  return line
}

const signature: Pick<ModelSignature, 'task' | 'features' | 'target'> = {
  task: 'regression',
  features: [],
  target: { name: 'y', classes: [] },
}
const drop: ExplainerTask = { kind: 'drop', key: 'none' }
const row: ExplainerTask = { kind: 'row', key: 'none', values: [] }

test('a process answers one task after the other, and tells what a task refuses', async () => {
  const line = open()
  const pid = await line.run(async (child) => {
    expect(await child.ask(drop)).toBeNull()
    await expect(child.ask(row)).rejects.toMatchObject({ code: 'explanation_crashed' })
    const model = { file: '/nowhere/model.onnx', signature }
    await expect(
      child.ask({ kind: 'load', key: 'a', model: { ...model, signature: { ...signature, features: [] } } }),
    ).rejects.toMatchObject({
      code: 'explanation_crashed',
    })
    return child.pid
  })
  // The same process goes on.
  expect(await line.run(async (child) => child.pid)).toBe(pid)
})

test('a process that dies or takes too long is told as such, and the next request has a new one', async () => {
  const line = open()
  const first = await line.run(async (child) => {
    process.kill(child.pid ?? 0, 'SIGKILL')
    await expect(child.ask(drop)).rejects.toMatchObject({ code: 'explanation_crashed', params: { reason: 'SIGKILL' } })
    return child.pid
  })
  const second = await line.run(async (child) => {
    // It has not even started by then.
    await expect(child.ask(drop, { timeoutMs: 1 })).rejects.toMatchObject({ code: 'explanation_timed_out' })
    return child.pid
  })
  const third = await line.run(async (child) => {
    const stop = new AbortController()
    const asked = child.ask(drop, { signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    return child.pid
  })
  expect(new Set([first, second, third, await line.run(async (child) => child.pid)]).size).toBe(4)
  expect(await line.run((child) => child.ask(drop))).toBeNull()
})

test('no more wait than may, and none once it is closed', async () => {
  const line = open()
  let free = () => {}
  const first = line.run(() => new Promise<void>((resolve) => (free = resolve)))
  const others = Array.from({ length: limit('explanations.waiting_max') - 1 }, () => line.run(async () => 'done'))
  await expect(line.run(async () => 'late')).rejects.toMatchObject({ code: 'explanations_busy' })
  // The first begins in its turn.
  await new Promise((resolve) => setImmediate(resolve))
  free()
  await first
  expect(await Promise.all(others)).toHaveLength(others.length)
  line.close()
  await expect(line.run(async () => 'closed')).rejects.toMatchObject({ code: 'explanations_busy' })
})
