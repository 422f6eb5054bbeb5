import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFolderBlobStore } from '../../src/platform/blobs/index.js'
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

/** For `beforeAll`; call `close` in `afterAll`. */
export async function openTestContext(): Promise<TestContext> {
  const database = await openTestDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'fabrique-test-'))
  const clock = testClock()
  const ids = countingIds()
  const blobs = await openFolderBlobStore({ folder: join(folder, 'blobs'), uniqueName: () => ids.hex32() })
  const data = openDataEngine({ tempFolder: join(folder, 'duckdb'), threads: 1 })
  return {
    ctx: { actor: localActor, db: database.db, blobs, data, clock, ids, log: silentLog },
    clock,
    database,
    folder,
    close: async () => {
      await data.close()
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
