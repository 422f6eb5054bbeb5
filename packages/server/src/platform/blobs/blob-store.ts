import type { Readable } from 'node:stream'

/** What a finished write tells. */
export interface StoredBlob {
  /** SHA-256 of the content, 64 lower case hex digits: the name of the blob. */
  readonly sha256: string
  readonly bytes: number
}

/**
 * A store of immutable content, addressed by SHA-256.
 *
 * - `put` streams: it never holds the content in memory. It resolves only when the content is durable; a failed or killed
 *   put leaves nothing visible. Putting content that is there already is not an error.
 * - `open` streams; its range is inclusive at both ends, in bytes. Throws `blob_not_found`.
 * - Any number of processes may use one store at once.
 * Errors: `disk_full`, `data_folder_not_writable`, `blob_not_found`.
 */
export interface BlobStore {
  put(content: Readable | Uint8Array): Promise<StoredBlob>
  open(sha256: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>
  /** Size in bytes, or undefined when it is not there. */
  size(sha256: string): Promise<number | undefined>
  /**
   * Gives a local file with the content for tools that need one, such as the data engine. It must only be read; it stays
   * at least until `release` is called.
   */
  localFile(sha256: string): Promise<{ readonly path: string; release(): Promise<void> }>
  /** A folder on the same volume for files on their way into the store. */
  readonly stagingFolder: string
  /** Moves a finished local file from the staging folder into the store. */
  adopt(path: string): Promise<StoredBlob>
}
