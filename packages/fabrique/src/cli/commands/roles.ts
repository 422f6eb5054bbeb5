import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FabriqueError } from '@fabrique/contract'
import type { Config } from '@fabrique/server'
import {
  failureMessage,
  type Role,
  runProcesses,
  runUntilStopped,
  startServer,
  startWorker,
  tellSupervisor,
  toDatabaseError,
} from '@fabrique/server/roles'
import { findProjectFolders, loadProject } from '../../project/load-project.js'
import { adminAddress } from '../admin-address.js'
import { authMessages } from '../auth-messages.js'
import { configOf, type Flags } from '../config-of.js'
import { settleMemory } from '../settle-memory.js'
import { terminalLanguage } from '../terminal-language.js'

/** The folder of the built pages. */
function webFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('@fabrique/web/package.json')), 'dist')
}

/** The program of the command line, which runs flows in processes of their own. */
const program = fileURLToPath(new URL('../../../bin/fabrique.mjs', import.meta.url))

function flowRunner({ folder, memoryMb }: { readonly folder: string; readonly memoryMb: number }): readonly string[] {
  const flags = ['flow-runner', folder, '--memory-mb', String(memoryMb)]
  return [process.execPath, `--max-old-space-size=${memoryMb}`, program, ...flags]
}

/** How often it is looked whether a start that failed has been told of. */
const toldMs = 200

async function runRole(config: Config, start: () => Promise<Role>): Promise<void> {
  let role: Role
  try {
    role = await start()
  } catch (cause) {
    const error = toDatabaseError(cause)
    tellSupervisor(failureMessage(error))
    // Connections that it opened before it failed must not keep its process: only when that ends, its supervisor starts another.
    setInterval(() => process.exitCode !== undefined && process.exit(), toldMs).unref()
    throw error
  }
  const { adminLink, port } = role
  // Where a supervisor started it, that one shows the link.
  if (adminLink !== undefined && port !== undefined && process.send === undefined) {
    const texts = authMessages(terminalLanguage(config.language, process.env))
    process.stderr.write(`${texts.adminLink(...adminAddress(config, { link: adminLink, port }))}\n`)
  }
  void settleMemory()
  await runUntilStopped(role)
  process.exit(0)
}

export async function server(dir: string, flags: Flags): Promise<void> {
  const config = configOf(dir, flags)
  await runRole(config, () => startServer({ config, webFolder: webFolder(), role: 'server' }))
}

export async function predictor(dir: string, flags: Flags): Promise<void> {
  const { processes, process: number, ...rest } = flags
  const config = configOf(dir, rest)
  const count = processesOf(processes)
  if (number === undefined && count > 1) {
    const given = process.argv.slice(2)
    const args = (one: number) => [...given, '--process', String(one)]
    await runProcesses({ count, program, args, env: process.env })
    process.exit(0)
  }
  const which = number === undefined ? undefined : Number(number)
  await runRole(config, () => startServer({ config, webFolder: webFolder(), role: 'predictor', number: which }))
}

/** Throws `config_invalid`. */
function processesOf(given: unknown): number {
  const count = Number(given ?? 1)
  if (Number.isInteger(count) && count >= 1 && count <= 64) return count
  const reason = 'it is a whole number from 1 to 64'
  throw new FabriqueError('config_invalid', { key: 'processes', origin: '--processes', reason })
}

export async function worker(dir: string, flags: Flags): Promise<void> {
  const config = configOf(dir, flags)
  await runRole(config, async () => {
    const projects = []
    for (const folder of findProjectFolders(dir)) projects.push(await loadProject(folder))
    return startWorker({ config, projects, startLoops: flags.startLoops === true, flowRunner })
  })
}
