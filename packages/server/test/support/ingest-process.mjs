// A worker that takes ingests, in a process of its own, from the built program, so that a test can kill it at any moment.
// Arguments: database url, data folder. Prints a line when it is about to look for jobs; runs until it is killed.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { ingestJob, ingestJobKind } from '../../dist/contexts/datasets/index.js'
import { startJobWorker } from '../../dist/contexts/jobs/index.js'
import { makeIds } from '../../dist/kernel/index.js'
import { localActor, openDatabase, openDataEngine, openFolderBlobStore, silentLog } from '../../dist/platform/index.js'

const [url, folder] = process.argv.slice(2)
const ids = makeIds((count) => randomBytes(count))
const database = openDatabase({ url, applicationName: 'ingest test', poolMax: 4, onError: () => {} })
const blobs = await openFolderBlobStore({ folder: join(folder, 'blobs'), uniqueName: () => ids.hex32() })
const data = openDataEngine({ tempFolder: join(folder, 'duckdb'), threads: 1 })
const clock = { now: () => new Date() }
const ctx = { actor: localActor, db: database.db, blobs, data, clock, ids, log: silentLog }
process.stdout.write('ready\n')
const events = { subscribe: () => () => {} }
await startJobWorker({ ctx, url, events, handlers: { [ingestJobKind]: ingestJob({}) }, pollMs: 50 })
