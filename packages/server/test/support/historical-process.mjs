// A worker that makes training sets, in a process of its own, from the built program, that comes to a moment and stays there, so that a
// test can kill it then. Arguments: database url, data folder, moment: `derive` (in the code of a feature), `written` (all rows are in a
// file) or `adopted` (the file is kept, and nothing is recorded). Prints a line once it is there.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { historicalJob, historicalJobKind } from '../../dist/contexts/features/index.js'
import { startJobWorker } from '../../dist/contexts/jobs/index.js'
import { makeIds } from '../../dist/kernel/index.js'
import { localActor, openDatabase, openDataEngine, openFolderBlobStore, silentLog } from '../../dist/platform/index.js'

const [url, folder, moment] = process.argv.slice(2)
const ids = makeIds((count) => randomBytes(count))
const database = openDatabase({ url, applicationName: 'historical test', poolMax: 4, onError: () => {} })
const store = await openFolderBlobStore({ folder: join(folder, 'blobs'), uniqueName: () => ids.hex32() })
const never = new Promise(() => {})
const arrive = () => process.stdout.write(`${moment}\n`)
const blobs = {
  ...store,
  async adopt(path) {
    if (moment === 'written') {
      arrive()
      await never
    }
    const blob = await store.adopt(path)
    if (moment === 'adopted') {
      arrive()
      await never
    }
    return blob
  },
}
const data = openDataEngine({ tempFolder: join(folder, 'duckdb'), threads: 1 })
const clock = { now: () => new Date(), monotonicMs: () => performance.now() }
const ctx = { actor: localActor, db: database.db, blobs, data, clock, ids, log: silentLog }
const run = ({ hours }) => {
  if (moment === 'derive') {
    arrive()
    // Code of people does not give way: the process stands still.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
  return `${hours}h`
}
const handlers = { [historicalJobKind]: historicalJob({ code: () => ({ digest: 'v1', run }) }) }
await startJobWorker({ ctx, url, events: { subscribe: () => () => {} }, handlers, pollMs: 50 })
