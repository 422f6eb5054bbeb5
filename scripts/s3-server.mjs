// An S3 server for tests: Moto's from PyPI, on a free port of loopback, its objects in memory.
// `node scripts/s3-server.mjs COMMAND ARGUMENTS...` runs a command while it is up, with TEST_S3_ENDPOINT and credentials set.
// Where TEST_S3_ENDPOINT names a server already, that one is used.
import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pythonOf } from './python-environment.mjs'

const packages = ['moto[server]==5.2.5']
const startTimeoutMs = 60_000

async function freePort() {
  const probe = createServer()
  await new Promise((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return port
}

/** The Python that runs it. */
export const s3Python = () => pythonOf('s3', packages)

/** Starts the server. Gives the environment that tests and the AWS tools find it by, and how to stop it. */
export async function startS3Server() {
  if (process.env.TEST_S3_ENDPOINT) return { env: {}, stop: async () => {} }
  const python = await s3Python()
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const child = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  })
  const gone = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`)))
  const stop = async () => {
    child.kill('SIGKILL')
    await gone
  }
  const deadline = performance.now() + startTimeoutMs
  while (performance.now() < deadline) {
    const reply = await fetch(endpoint, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
    if (reply !== undefined) {
      const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' }
      return { env: { TEST_S3_ENDPOINT: endpoint, ...credentials }, stop }
    }
    const ended = await Promise.race([gone, sleep(100, undefined)])
    if (ended !== undefined) throw new Error(`The S3 server ended with ${ended}`)
  }
  await stop()
  throw new Error(`The S3 server did not answer within ${startTimeoutMs} ms`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command, ...args] = process.argv.slice(2)
  if (command === undefined) throw new Error('Name a command to run while the server is up')
  const server = await startS3Server()
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
