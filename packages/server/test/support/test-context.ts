import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFolderBlobStore } from '../../src/platform/blobs/index.js'
import { type Db, openDatabase } from '../../src/platform/database/index.js'
import { openDataEngine } from '../../src/platform/duckdb/index.js'
import { silentLog } from '../../src/platform/logs/index.js'
import { localActor, type VerbContext } from '../../src/platform/verbs/index.js'
import { countingIds, type TestClock, testClock } from './test-clock.js'
import { openTestDatabase, type TestDatabase } from './test-database.js'

/** Everything a verb needs, on a fresh database and folder. */
export interface TestContext {
  readonly ctx: VerbContext
  readonly clock: TestClock
  readonly database: TestDatabase
  /** A temporary folder of this suite; the blobs are in `blobs` below it. */
  readonly folder: string
  close(): Promise<void>
}

/** The context over a database, with a folder of its own. */
async function contextOver(db: Db): Promise<Omit<TestContext, 'database'>> {
  const folder = await mkdtemp(join(tmpdir(), 'fabrique-test-'))
  const clock = testClock()
  const ids = countingIds()
  const blobs = await openFolderBlobStore({ folder: join(folder, 'blobs'), uniqueName: () => ids.hex32() })
  const data = openDataEngine({ tempFolder: join(folder, 'duckdb'), threads: 1 })
  return {
    ctx: { actor: localActor, db, blobs, data, clock, ids, log: silentLog },
    clock,
    folder,
    close: async () => {
      await data.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** For `beforeAll`; call `close` in `afterAll`. */
export async function openTestContext(): Promise<TestContext> {
  const database = await openTestDatabase()
  const over = await contextOver(database.db)
  return {
    ...over,
    database,
    close: async () => {
      await over.close()
      await database.close()
    },
  }
}

/** The same over a database that is not there: for what takes a context and asks nothing of it yet. */
export async function openIdleContext(): Promise<Omit<TestContext, 'database'>> {
  const database = openDatabase({
    url: 'postgres://nobody@127.0.0.1:1/none',
    applicationName: 'idle',
    onError: () => {},
  })
  const over = await contextOver(database.db)
  return {
    ...over,
    close: async () => {
      await over.close()
      await database.close()
    },
  }
}
