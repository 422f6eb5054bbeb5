import { stat } from 'node:fs/promises'
import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { type DownloadBody, DownloadBroken, type DownloadedFile, downloadFile } from '../download/index.js'
import type { S3, S3Object } from './s3.js'

export interface DownloadObjectOptions {
  readonly bucket: string
  /** The object as it was listed: its tag and size are what must come. */
  readonly object: Pick<S3Object, 'key' | 'etag' | 'bytes'>
  /** The file to write. Where it is there already, its bytes are taken as the beginning of the same object. */
  readonly path: string
  readonly signal?: AbortSignal | undefined
  /** Called with the bytes that are in the file. */
  readonly report?: (bytes: number) => void
}

/** What `downloadFile` asks an object for. Errors: those of `S3`, `s3_changed` when the object is another one meanwhile. */
export async function openObject(
  s3: S3,
  { bucket, object, signal }: Pick<DownloadObjectOptions, 'bucket' | 'object' | 'signal'>,
  from: number,
): Promise<DownloadBody> {
  // A range of no bytes is an error of the protocol.
  if (from === object.bytes && from > 0) return { body: noBytes(), from, total: object.bytes }
  const { body, bytes } = await s3.get(bucket, object.key, {
    ...(from === 0 ? {} : { range: { start: from } }),
    ifMatch: object.etag,
    signal,
  })
  if (bytes === object.bytes - from) return { body, from, total: object.bytes }
  body.destroy()
  throw new DownloadBroken(`${bytes} bytes are announced of ${object.bytes - from}`, (reason) =>
    brokenObject(bucket, object.key, reason),
  )
}

async function* noBytes(): AsyncGenerator<Uint8Array> {
  // The file is complete.
}

export function brokenObject(bucket: string, key: string, reason: string): FabriqueError {
  return new FabriqueError('s3_unavailable', { location: `s3://${bucket}/${key}`, reason })
}

/**
 * Brings an object to a file. A broken connection is taken up where it broke, a bounded number of times without progress; so is the
 * file of a process that was killed. Ends with a file of exactly the listed size; its hash is the caller's to check.
 * Errors: those of `S3`, `s3_changed` when the object is another one meanwhile; what the disk says is left as it is.
 */
export async function downloadObject(s3: S3, options: DownloadObjectOptions): Promise<DownloadedFile> {
  const { bucket, object, path } = options
  const there = (await stat(path).catch(() => undefined))?.size ?? 0
  const toError = (reason: string) => brokenObject(bucket, object.key, reason)
  return downloadFile({
    path,
    // What is longer than the object cannot be its beginning.
    start: there > object.bytes ? 0 : there,
    open: (from) => openObject(s3, options, from),
    toError,
    bytesMax: object.bytes,
    tooLarge: () => toError('it is larger than listed'),
    report: options.report,
    attempts: limit('s3.attempts_max'),
    signal: options.signal,
  })
}
