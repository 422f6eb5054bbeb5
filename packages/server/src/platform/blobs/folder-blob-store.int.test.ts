import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blobStoreSuite } from '../../../test/contract/blob-store-suite.js'
import { openFolderBlobStore } from './index.js'

let made = 0
const uniqueName = () => {
  made += 1
  return `temp-${made}`
}

blobStoreSuite('a folder', async () =>
  openFolderBlobStore({
    folder: await mkdtemp(join(tmpdir(), 'fabrique-blobs-')),
    uniqueName,
  }),
)
