import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  failureMessage,
  type Role,
  runUntilStopped,
  startServer,
  startWorker,
  tellSupervisor,
} from '@fabrique/server/roles'
import { findProjectFolders, loadProject } from '../../project/load-project.js'
import { configOf, type Flags } from '../config-of.js'

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

async function runRole(start: () => Promise<Role>): Promise<void> {
  let role: Role
  try {
    role = await start()
  } catch (error) {
    tellSupervisor(failureMessage(error))
    throw error
  }
  await runUntilStopped(role)
  process.exit(0)
}

export async function server(dir: string, flags: Flags): Promise<void> {
  await runRole(() => startServer({ config: configOf(dir, flags), webFolder: webFolder(), role: 'server' }))
}

export async function predictor(dir: string, flags: Flags): Promise<void> {
  await runRole(() => startServer({ config: configOf(dir, flags), webFolder: webFolder(), role: 'predictor' }))
}

export async function worker(dir: string, flags: Flags): Promise<void> {
  await runRole(async () => {
    const config = configOf(dir, flags)
    const projects = []
    for (const folder of findProjectFolders(dir)) projects.push(await loadProject(folder))
    return startWorker({ config, projects, startLoops: flags.startLoops === true, flowRunner })
  })
}
