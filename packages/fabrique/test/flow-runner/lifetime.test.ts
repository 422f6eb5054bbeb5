import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunnerRun } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FlowRunnerProcess } from '../support/flow-runner-process.js'

const program = fileURLToPath(new URL('../../bin/fabrique.mjs', import.meta.url))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fabrique-lifetime-'))
  writeFileSync(join(folder, 'package.json'), '{"name":"p","type":"module"}')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run: RunnerRun = {
  id: 'flow_1',
  project: 'p',
  flow: 'block',
  params: {},
  scheduledFor: '2026-11-22T06:00:00.000Z',
  requestedBy: 'local',
  attempt: 1,
  finished: [],
}

/** A worker that does nothing but start a process for flows, and tell of it when the code of its run has begun. */
const worker = `
import { spawn } from 'node:child_process'
const child = spawn(process.execPath, [${JSON.stringify(program)}, 'flow-runner', process.argv[2]], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], detached: true })
child.stdout.on('data', (text) => process.stdout.write(text))
child.send([{ kind: 'run', run: ${JSON.stringify(run)} }])
`

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test.each([
  ['code that blocks', 'for (;;) {}'],
  ['code that waits', 'await new Promise((resolve) => setTimeout(resolve, 1e9))'],
])('%s ends with the worker, and so does what it started', async (_, body) => {
  writeFileSync(
    join(folder, 'fabrique.config.ts'),
    `import { spawn } from 'node:child_process'
     import { writeSync } from 'node:fs'
     import { defineProject, flow } from 'fabrique'
     const block = flow('block', {}, async () => {
       const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
       writeSync(1, JSON.stringify([process.pid, child.pid]))
       ${body}
     })
     export default defineProject({ name: 'p', datasets: [], flows: [block] })`,
  )
  writeFileSync(join(folder, 'worker.mjs'), worker)
  const parent: ChildProcess = spawn(process.execPath, [join(folder, 'worker.mjs'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    if (parent.stdout === null) throw new Error('It has no output')
    const [told] = await once(parent.stdout, 'data')
    const pids: number[] = JSON.parse(String(told))
    expect(pids.map(isAlive)).toEqual([true, true])
    parent.kill('SIGKILL')
    await expect.poll(() => pids.map(isAlive)).toEqual([false, false])
  } finally {
    parent.kill('SIGKILL')
  }
})

test('the end of a step is told before the code after it can end the process', async () => {
  const runner = new FlowRunnerProcess(`const dies = flow('dies', {}, async (step) => {
    await step.run('a', () => 1)
    process.kill(process.pid, 'SIGKILL')
  })
  export default defineProject({ name: 'p', datasets: [], flows: [dies] })`)
  try {
    const told: string[] = []
    const died = runner.run('dies', { onCall: ({ method }) => told.push(method) })
    await expect(died).rejects.toThrow('SIGKILL')
    await expect.poll(() => told).toEqual(['begin', 'end'])
  } finally {
    runner.close()
  }
})

test('a project that does not load is told, with what is wrong', async () => {
  const runner = new FlowRunnerProcess('const oops = \nexport default 1')
  try {
    expect(await runner.ready).toMatchObject({ kind: 'broken', failure: { code: 'project_broken' } })
  } finally {
    runner.close()
  }
})

test('a process tells the flows that it has, with their versions', async () => {
  const runner = new FlowRunnerProcess(
    `export default defineProject({ name: 'p', datasets: [], flows: [flow('a', { version: '3' }, () => 1)] })`,
  )
  try {
    expect(await runner.ready).toEqual({ kind: 'ready', protocol: 3, flows: [{ name: 'a', version: '3' }] })
  } finally {
    runner.close()
  }
})
