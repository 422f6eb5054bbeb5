// Adds, pushes or pulls in a process of its own, from the built program, so that a test can kill it at any moment.
// Arguments: database url, data folder, verb, input as JSON. Prints one line of JSON when it is done.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { addFiles } from '../../dist/contexts/datasets/index.js'
import { pullSnapshots, pushSnapshots } from '../../dist/contexts/remotes/index.js'
import { makeIds } from '../../dist/kernel/index.js'
import { localActor, openDatabase, openDataEngine, openFolderBlobStore, silentLog } from '../../dist/platform/index.js'

const [url, folder, verb, text] = process.argv.slice(2)
const verbs = { add: addFiles, push: pushSnapshots, pull: pullSnapshots }
const ids = makeIds((count) => randomBytes(count))
const database = openDatabase({ url, applicationName: 'sharing test', poolMax: 4, onError: () => {} })
const blobs = await openFolderBlobStore({ folder: join(folder, 'blobs'), uniqueName: () => ids.hex32() })
const data = openDataEngine({ tempFolder: join(folder, 'duckdb'), threads: 1 })
const { request, ...input } = JSON.parse(text)
const clock = { now: () => new Date() }
const ctx = { actor: localActor, db: database.db, blobs, data, clock, ids, log: silentLog, requestId: request }
process.stdout.write('ready\n')
const result = await verbs[verb]({ ctx, input })
process.stdout.write(`${JSON.stringify(result)}\n`)
await data.close()
await database.close()
