import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import type { TestProject } from 'vitest/node'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/platform/embedded-postgres/index.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder with the database servers of this run. */
    databaseServers: string
    /** How each of them is set. */
    databaseSettings: Readonly<Record<string, string>>
  }
}

// A transaction of the server itself, as one that analyses a table, holds back events too: tests are not to meet it by chance.
const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' }

/** Runs once, around all tests: gives them a folder for their database servers, which end with it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'fabrique-test-pg-'))
  project.provide('databaseServers', folder)
  project.provide('databaseSettings', settings)
  return async () => {
    await Promise.all((await readdir(folder)).map(async (name) => (await start(join(folder, name))).stop()))
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * The embedded server of the worker that runs this file, started by the first file that needs it. Each worker has its own: files that run
 * at the same time share none, since an open transaction holds back the events of every database of its server.
 */
export function databaseServer(): Promise<EmbeddedPostgres> {
  return start(join(inject('databaseServers'), process.env.VITEST_POOL_ID ?? 'one'))
}

function start(folder: string): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    logFile: join(folder, 'postgres.log'),
    settings,
  })
}
