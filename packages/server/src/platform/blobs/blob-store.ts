import type { Readable } from 'node:stream'

/** What a finished write tells. */
export interface StoredBlob {
  /** SHA-256 of the content, 64 lower case hex digits: the name of the blob. */
  readonly sha256: string
  readonly bytes: number
}

/** One content of the store, as it was when it was looked at. */
export interface BlobEntry extends StoredBlob {
  /** When it was last put, by the clock of the store. */
  readonly writtenAt: Date
  /** Changes when the same content is put again. */
  readonly revision: string
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
  /** Those of some blobs that are not there, in no order; for thousands at once. */
  missing(hashes: readonly string[]): Promise<readonly string[]>
  /**
   * Gives a local file with the content for tools that need one, such as the data engine. It must only be read; it stays
   * at least until `release` is called.
   */
  localFile(sha256: string): Promise<{ readonly path: string; release(): Promise<void> }>
  /** The hash of every blob, in no order. One that is put or removed meanwhile may be told or not. */
  list(): AsyncIterable<string>
  /** A blob as it is now, or undefined when it is not there. */
  find(sha256: string): Promise<BlobEntry | undefined>
  /**
   * Removes a blob unless it was put again since it was found: then it stays, and false is returned, as for one that is not
   * there. Who has it open reads on.
   */
  remove(entry: BlobEntry): Promise<boolean>
  /** Removes what killed writers left in the staging folder and no one touched since; returns how many files. */
  clearStaging(untouchedSince: Date): Promise<number>
  /** A folder on the same volume for files on their way into the store. */
  readonly stagingFolder: string
  /**
   * Moves a finished local file from the staging folder into the store. Who has hashed its very bytes says so by `known`; then it is not
   * read again.
   */
  adopt(path: string, known?: StoredBlob): Promise<StoredBlob>
  /** Counts a blob as put again now, so that it is not removed while a writer is about to name it; false when it is not there. */
  keep(sha256: string): Promise<boolean>
}
