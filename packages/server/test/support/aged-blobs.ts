import type { BlobStore } from '../../src/platform/blobs/index.js'

/**
 * The same store, in which all that is there now was put two hours earlier: beyond the time that the sweep leaves to writers. What is put
 * again or kept from now on is new. The times of real files cannot be set back.
 */
export async function agedBlobs(store: BlobStore): Promise<BlobStore> {
  const old = new Set<string>()
  for await (const hash of store.list()) {
    const entry = await store.find(hash)
    if (entry !== undefined) old.add(`${hash} ${entry.revision}`)
  }
  return {
    ...store,
    async find(sha256) {
      const entry = await store.find(sha256)
      if (entry === undefined || !old.has(`${sha256} ${entry.revision}`)) return entry
      return { ...entry, writtenAt: new Date(entry.writtenAt.getTime() - 2 * 3_600_000) }
    },
  }
}
