// A Redis or Valkey for tests, on a free port of loopback, its values in memory. The program has to be on this machine: `redis-server` or
// `valkey-server`; the Debian package `redis-tools` has it under another name, and starts no service.
// `node scripts/redis-server.mjs COMMAND ARGUMENTS...` runs a command while it is up, with TEST_REDIS_URL set.
// Where TEST_REDIS_URL names a server already, that one is used.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, runWhileUp, untilServes } from './test-server.mjs'

const startTimeoutMs = 120_000
/** It is one program with several names, and does what it is called by. */
const programs = [
  ['redis-server', 'redis-server'],
  ['valkey-server', 'valkey-server'],
  ['redis-check-rdb', 'redis-server'],
]

/** Starts the first of the programs that is there. */
async function spawnServer(args, folder) {
  for (const [file, argv0] of programs) {
    const child = spawn(file, args, { argv0, cwd: folder, stdio: ['ignore', 'ignore', 'ignore'] })
    const isThere = await new Promise((resolve) => {
      child.once('spawn', () => resolve(true))
      child.once('error', () => resolve(false))
    })
    if (isThere) return child
  }
  throw new Error(
    `None of ${programs.map(([file]) => file).join(', ')} is installed: on Debian it is in the package redis-tools`,
  )
}

/** Whether a server answers on a port. */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    const end = (found) => {
      socket.destroy()
      resolve(found)
    }
    socket.setTimeout(2_000, () => end(false))
    socket.once('data', (bytes) => end(bytes.toString('latin1').startsWith('+PONG')))
    socket.once('error', () => end(false))
  })
}

/** Starts the server. Gives the environment that tests find it by, and how to stop it. */
export async function startRedisServer() {
  if (process.env.TEST_REDIS_URL) return { env: {}, stop: async () => {} }
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-redis-'))
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]
  const child = await spawnServer(args, folder)
  const stop = await untilServes(child, { name: 'Redis', answers: () => answers(port), timeoutMs: startTimeoutMs })
  return {
    env: { TEST_REDIS_URL: `redis://127.0.0.1:${port}` },
    async stop() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runWhileUp(startRedisServer)
