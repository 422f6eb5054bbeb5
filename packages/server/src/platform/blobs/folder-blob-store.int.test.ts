import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { blobStoreSuite } from '../../../test/contract/blob-store-suite.js'
import { openFolderBlobStore } from './index.js'

let made = 0
const uniqueName = () => {
  made += 1
  return `temp-${made}`
}

const folders: string[] = []
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fabrique-blobs-'))
  folders.push(folder)
  return folder
}

blobStoreSuite('a folder', async () =>
  openFolderBlobStore({
    folder: await newFolder(),
    uniqueName,
  }),
)

test('a symbolic link is no blob', async () => {
  const folder = await newFolder()
  const store = await openFolderBlobStore({ folder, uniqueName })
  const hash = 'ab'.repeat(32)
  await mkdir(join(folder, 'ab'))
  await symlink('/etc/passwd', join(folder, 'ab', hash.slice(2)))
  await expect(store.open(hash)).rejects.toMatchObject({ code: 'blob_not_found' })
  expect(await store.size(hash)).toBeUndefined()
  expect(await store.find(hash)).toBeUndefined()
})
