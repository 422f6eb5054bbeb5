// A worker that materialises, in a process of its own, from the built program, so that a test can kill it at any moment.
// Arguments: database url, data folder, address of the online store (empty for PostgreSQL). Prints a line when it is about to look for
// jobs; runs until it is killed.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { materializeJob, materializeJobKind, openOnlineStore } from '../../dist/contexts/features/index.js'
import { startJobWorker } from '../../dist/contexts/jobs/index.js'
import { makeIds } from '../../dist/kernel/index.js'
import { localActor, openDatabase, openDataEngine, openFolderBlobStore, silentLog } from '../../dist/platform/index.js'

const [url, folder, address] = process.argv.slice(2)
const ids = makeIds((count) => randomBytes(count))
const database = openDatabase({ url, applicationName: 'materialize test', poolMax: 4, onError: () => {} })
const blobs = await openFolderBlobStore({ folder: join(folder, 'blobs'), uniqueName: () => ids.hex32() })
const data = openDataEngine({ tempFolder: join(folder, 'duckdb'), threads: 1 })
const clock = { now: () => new Date(), monotonicMs: () => performance.now() }
const ctx = { actor: localActor, db: database.db, blobs, data, clock, ids, log: silentLog }
const store = await openOnlineStore(ctx.db, address)
process.stdout.write('ready\n')
const events = { subscribe: () => () => {} }
const handlers = { [materializeJobKind]: materializeJob({ store, findCode: () => undefined, bucketRows: 15_000 }) }
await startJobWorker({ ctx, url, events, handlers, pollMs: 50 })
