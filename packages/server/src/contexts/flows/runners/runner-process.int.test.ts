import type { FromRunner } from '@fabrique/contract'
import { expect, test } from 'vitest'
import { RunnerProcess } from './runner-process.js'

const call = { kind: 'call', call: 1, method: 'end', name: 'a', end: { kind: 'completed', result: '1' } } as const

const runnerOf = (code: string) =>
  new RunnerProcess({ command: [process.execPath, '-e', code], environment: process.env, memoryMb: 64 })

test('what a process said and did not go on from is heard before its death', async () => {
  const runner = runnerOf(`process.send([${JSON.stringify(call)}], () => process.kill(process.pid, 'SIGKILL'))`)
  const heard: FromRunner[] = []
  runner.attach(
    (message) => heard.push(message),
    () => {},
  )
  expect(await runner.exited).toMatchObject({ code: 'flow_runner_died', params: { how: 'SIGKILL' } })
  expect(heard).toEqual([call])
})

test('code that blocks after the end of a step does not hold that back', async () => {
  const runner = runnerOf(`process.send([${JSON.stringify(call)}], () => { for (;;) {} })`)
  try {
    expect(await new Promise((resolve) => runner.attach(resolve, () => {}))).toEqual(call)
  } finally {
    runner.kill()
    await runner.exited
  }
})
