// What the servers that tests start have in common.
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export async function freePort() {
  const probe = createServer()
  await new Promise((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return port
}

/** Waits until a server that was spawned answers. Gives what ends it; throws where it ends by itself or takes longer than allowed. */
export async function untilServes(child, { name, answers, timeoutMs }) {
  const gone = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`)))
  const stop = async () => {
    child.kill('SIGKILL')
    await gone
  }
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    if (await answers()) return stop
    const ended = await Promise.race([gone, sleep(100, undefined)])
    if (ended !== undefined) throw new Error(`The ${name} server ended with ${ended}`)
  }
  await stop()
  throw new Error(`The ${name} server did not answer within ${timeoutMs} ms`)
}

/** Runs the command of this program's arguments while a server is up, and ends as it does. */
export async function runWhileUp(startServer) {
  const [command, ...args] = process.argv.slice(2)
  if (command === undefined) throw new Error('Name a command to run while the server is up')
  const server = await startServer()
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...server.env } })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal))
  process.exitCode = await new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(error)
      resolve(1)
    })
    child.once('exit', (code) => resolve(code ?? 1))
  })
  await server.stop()
}
