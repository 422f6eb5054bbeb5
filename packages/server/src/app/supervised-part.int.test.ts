import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startPart } from './supervised-part.js'

test('a part that cannot be made for a while is started again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-part-'))
  const program = join(folder, 'part.mjs')
  writeFileSync(program, "process.send({ kind: 'ready' }); setInterval(() => {}, 1000)")
  const reasons: string[] = []
  const part = startPart({
    name: 'worker',
    program,
    args: [],
    env: process.env,
    onRestart: (reason) => reasons.push(reason),
    onAdminLink: () => {},
    onGiveUp: (error) => reasons.push(error.message),
  })
  const { execPath } = process
  onTestFinished(async () => {
    process.execPath = execPath
    await part.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  await part.ready
  const first = part.pid()
  process.execPath = join(folder, 'no-node')
  process.kill(first ?? 0, 'SIGKILL')
  await expect.poll(() => reasons.at(-1)).toContain('ENOENT')
  process.execPath = execPath
  await expect.poll(() => [undefined, first].includes(part.pid())).toBe(false)
  expect(reasons[0]).toBe('SIGKILL')
})
