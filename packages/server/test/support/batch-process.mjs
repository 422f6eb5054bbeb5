// A worker that answers batches in small parts, in a process of its own, from the built program, so that a test can kill it at any moment.
// Arguments: database url, data folder, rows of a part. Prints the number of the process of each batch; runs until it is killed.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { batchJob, batchJobKind } from '../../dist/contexts/batches/index.js'
import { startJobWorker } from '../../dist/contexts/jobs/index.js'
import { makeIds } from '../../dist/kernel/index.js'
import { localActor, openDatabase, openDataEngine, openFolderBlobStore, silentLog } from '../../dist/platform/index.js'

const [url, folder, partRows] = process.argv.slice(2)
const ids = makeIds((count) => randomBytes(count))
const database = openDatabase({ url, applicationName: 'batch test', poolMax: 4, onError: () => {} })
const blobs = await openFolderBlobStore({ folder: join(folder, 'blobs'), uniqueName: () => ids.hex32() })
const data = openDataEngine({ tempFolder: join(folder, 'duckdb'), threads: 1 })
const clock = { now: () => new Date(), monotonicMs: () => performance.now() }
const ctx = { actor: localActor, db: database.db, blobs, data, clock, ids, log: silentLog }
const events = { subscribe: () => () => {} }
const onProcess = (pid) => process.stdout.write(`${pid}\n`)
const handler = batchJob({ threads: 1, partRows: Number(partRows), onProcess })
await startJobWorker({ ctx, url, events, handlers: { [batchJobKind]: handler }, pollMs: 50 })
