import type { Readable } from 'node:stream'

/** Which server, and as whom. */
export interface S3Options {
  /** Address of another server than AWS, as `http://127.0.0.1:9000`; objects are then addressed by path. */
  readonly endpoint?: string | undefined
  /** Region of AWS. Without it that of the environment or of the AWS files; `us-east-1` for another server. */
  readonly region?: string | undefined
  /** Without them, those that the AWS tools would take: environment, files, role of the machine. */
  readonly credentials?: S3Credentials | undefined
  /** Tries of one request; that of the limits when not given. */
  readonly attemptsMax?: number
}

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** One object as the server tells it. */
export interface S3Object {
  readonly key: string
  readonly bytes: number
  /** Without its quotes; changes with the content. Not always a hash of it. */
  readonly etag: string
  readonly modifiedAt: Date | undefined
}

export interface S3Body {
  /** Ends with an error when the connection breaks; the caller reads on by range. */
  readonly body: Readable
  /** Bytes of this reply; of a range fewer than the object has. */
  readonly bytes: number
  readonly etag: string
}

export interface S3GetOptions {
  /** First and last byte, both included; without a last one to the end. */
  readonly range?: { readonly start: number; readonly end?: number }
  /** Only while the object has this entity tag; otherwise `s3_changed`. */
  readonly ifMatch?: string
  readonly signal?: AbortSignal | undefined
}

export interface S3PutOptions {
  /** Size of a stream where it is known: large objects then have parts that are large enough. */
  readonly bytes?: number
  readonly contentType?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
  /** Called with the bytes sent so far. */
  readonly report?: (bytes: number) => void
}

/** What came of a put that must not replace anything. `unsupported`: the server knows no conditions; nothing was written. */
export type S3PutNewResult = 'created' | 'exists' | 'unsupported'

/**
 * Objects of any S3-compatible server. The SDK is loaded at first use. Requests are tried again a bounded number of times, and have
 * bounded silence. An aborted signal ends them with its reason.
 * Errors: `s3_unavailable`, `s3_denied`, `s3_not_found`, `s3_changed`.
 */
export interface S3 {
  /** Address for people: the endpoint, or `s3` of AWS. */
  readonly location: string
  /** The objects whose key begins with `prefix`, in the order of their keys. A bucket that is not there is `s3_not_found`. */
  list(bucket: string, prefix: string, signal?: AbortSignal): AsyncIterable<S3Object>
  /** The object, or undefined when it is not there. */
  head(bucket: string, key: string, signal?: AbortSignal): Promise<S3Object | undefined>
  get(bucket: string, key: string, options?: S3GetOptions): Promise<S3Body>
  /**
   * Writes an object, a large one in several parts at once. A reader sees the whole object or nothing; the parts of a failed put are
   * dropped by the server's request of ours, or by its own clean-up when this process was killed.
   */
  put(
    bucket: string,
    key: string,
    body: Readable | Uint8Array,
    options?: S3PutOptions,
  ): Promise<{ readonly etag: string }>
  /** Writes a small object unless there is one of this key. Of several writers at once one is told `created`. */
  putNew(bucket: string, key: string, body: Uint8Array, signal?: AbortSignal): Promise<S3PutNewResult>
  /** Removes objects; one that is not there is no error. */
  delete(bucket: string, keys: readonly string[], signal?: AbortSignal): Promise<void>
  /** Ends idle connections. */
  close(): void
}
