import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
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
    return startWorker({ config, projects, startLoops: flags.startLoops === true })
  })
}
