// An S3 server for tests: Moto's from PyPI, on a free port of loopback, its objects in memory.
// `node scripts/s3-server.mjs COMMAND ARGUMENTS...` runs a command while it is up, with TEST_S3_ENDPOINT and credentials set.
// Where TEST_S3_ENDPOINT names a server already, that one is used.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { pythonOf } from './python-environment.mjs'
import { freePort, runWhileUp, untilServes } from './test-server.mjs'

const packages = ['moto[server]==5.2.5']
const startTimeoutMs = 120_000

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
  })
  const answers = () =>
    fetch(endpoint, { signal: AbortSignal.timeout(2_000) }).then(
      () => true,
      () => false,
    )
  const stop = await untilServes(child, { name: 'S3', answers, timeoutMs: startTimeoutMs })
  const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' }
  return { env: { TEST_S3_ENDPOINT: endpoint, ...credentials }, stop }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runWhileUp(startS3Server)
