import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('../../test/support/orphan-process.mjs', import.meta.url))

test('a part stops whose supervisor was gone before it had started', async () => {
  const part = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] })
  try {
    await once(part, 'message')
    const exited = once(part, 'exit')
    part.disconnect()
    expect(await exited).toEqual([7, null])
  } finally {
    part.kill('SIGKILL')
  }
})
