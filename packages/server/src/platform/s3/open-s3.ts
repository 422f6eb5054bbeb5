import { Readable } from 'node:stream'
import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3'
import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import type { S3, S3Body, S3Object, S3Options } from './s3.js'
import { isMissing, statusOf, toS3Error } from './s3-errors.js'

const mib = 1024 * 1024
/** Parts of an upload: S3 takes at most 10,000, each but the last of at least 5 MiB. */
const partBytesMin = 8 * mib
const partsMax = 10_000
/** Keys that one request removes, by the protocol. */
const deletedAtOnce = 1000

/** The server's tag without quotes. */
function tagOf(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '')
}

const abortOf = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { abortSignal: signal })

/** Opens a client. Nothing is loaded or asked before its first use. */
export function openS3(options: S3Options = {}): S3 {
  let client: Promise<S3Client> | undefined

  const open = async () => {
    const sdk = await import('@aws-sdk/client-s3')
    const region = options.region ?? (options.endpoint === undefined ? undefined : 'us-east-1')
    return new sdk.S3Client({
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint, forcePathStyle: true }),
      ...(region === undefined ? {} : { region }),
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
      maxAttempts: options.attemptsMax ?? limit('s3.attempts_max'),
      // Other servers than AWS do not all know the newer checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: limit('s3.connect_timeout_ms'),
        socketTimeout: limit('s3.silence_timeout_ms'),
        httpAgent: { maxSockets: limit('s3.connections_max'), keepAlive: true },
        httpsAgent: { maxSockets: limit('s3.connections_max'), keepAlive: true },
      },
    })
  }

  /** Runs requests; what they throw becomes an error of the catalogue about this place. */
  async function ask<Result>(
    location: string,
    signal: AbortSignal | undefined,
    request: (opened: S3Client, sdk: typeof import('@aws-sdk/client-s3')) => Promise<Result>,
  ): Promise<Result> {
    signal?.throwIfAborted()
    try {
      client ??= open()
      return await request(await client, await import('@aws-sdk/client-s3'))
    } catch (error) {
      throw toS3Error(error, location, signal)
    }
  }

  return {
    location: options.endpoint ?? 's3',

    async *list(bucket, prefix, signal) {
      let token: string | undefined
      do {
        const continued = token
        const page = await ask(`s3://${bucket}/${prefix}`, signal, (opened, sdk) =>
          opened.send(
            new sdk.ListObjectsV2Command({
              Bucket: bucket,
              Prefix: prefix,
              ...(continued === undefined ? {} : { ContinuationToken: continued }),
            }),
            abortOf(signal),
          ),
        )
        for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
          if (Key === undefined) continue
          yield { key: Key, bytes: Size ?? 0, etag: tagOf(ETag), modifiedAt: LastModified } satisfies S3Object
        }
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined
      } while (token !== undefined)
    },

    async head(bucket, key, signal) {
      return ask(`s3://${bucket}/${key}`, signal, async (opened, sdk) => {
        try {
          const found = await opened.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: key }), abortOf(signal))
          return { key, bytes: found.ContentLength ?? 0, etag: tagOf(found.ETag), modifiedAt: found.LastModified }
        } catch (error) {
          if (isMissing(error)) return undefined
          throw error
        }
      })
    },

    async get(bucket, key, { range, ifMatch, signal } = {}) {
      const location = `s3://${bucket}/${key}`
      return ask(location, signal, async (opened, sdk) => {
        const found = await opened.send(
          new sdk.GetObjectCommand({
            Bucket: bucket,
            Key: key,
            ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end ?? ''}` }),
            ...(ifMatch === undefined ? {} : { IfMatch: `"${ifMatch}"` }),
          }),
          abortOf(signal),
        )
        if (ifMatch !== undefined && tagOf(found.ETag) !== ifMatch) {
          destroyBody(found)
          throw new FabriqueError('s3_changed', { location })
        }
        return bodyOf(found, location)
      })
    },

    async put(bucket, key, body, { bytes, contentType, metadata, signal, report } = {}) {
      return ask(`s3://${bucket}/${key}`, signal, async (opened) => {
        const { Upload } = await import('@aws-sdk/lib-storage')
        const upload = new Upload({
          client: opened,
          params: {
            Bucket: bucket,
            Key: key,
            Body: body,
            ...(contentType === undefined ? {} : { ContentType: contentType }),
            ...(metadata === undefined ? {} : { Metadata: { ...metadata } }),
          },
          queueSize: limit('s3.parts_at_once'),
          partSize: Math.max(partBytesMin, Math.ceil((bytes ?? 0) / partsMax)),
          leavePartsOnError: false,
        })
        if (report !== undefined) upload.on('httpUploadProgress', ({ loaded }) => report(loaded ?? 0))
        const abort = () => void upload.abort()
        signal?.addEventListener('abort', abort, { once: true })
        try {
          const done = await upload.done()
          return { etag: tagOf(done.ETag) }
        } finally {
          signal?.removeEventListener('abort', abort)
          if (body instanceof Readable) body.destroy()
        }
      })
    },

    async putNew(bucket, key, body, signal) {
      return ask(`s3://${bucket}/${key}`, signal, async (opened, sdk) => {
        try {
          const command = new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: body, IfNoneMatch: '*' })
          await opened.send(command, abortOf(signal))
          return 'created'
        } catch (error) {
          const status = statusOf(error)
          // 409: another writer with the same condition was at work and has won.
          if (status === 412 || status === 409) return 'exists'
          if (status === 501) return 'unsupported'
          throw error
        }
      })
    },

    async delete(bucket, keys, signal) {
      for (let start = 0; start < keys.length; start += deletedAtOnce) {
        const some = keys.slice(start, start + deletedAtOnce)
        const reply = await ask(`s3://${bucket}/${some[0]}`, signal, (opened, sdk) =>
          opened.send(
            new sdk.DeleteObjectsCommand({
              Bucket: bucket,
              Delete: { Objects: some.map((Key) => ({ Key })), Quiet: true },
            }),
            abortOf(signal),
          ),
        )
        const failed = reply.Errors?.find(({ Code }) => Code !== 'NoSuchKey')
        if (failed === undefined) continue
        throw toS3Error({ name: failed.Code, message: failed.Message }, `s3://${bucket}/${failed.Key ?? ''}`)
      }
    },

    close() {
      void client?.then((opened) => opened.destroy())
      client = undefined
    },
  }
}

function destroyBody({ Body }: GetObjectCommandOutput): void {
  if (Body instanceof Readable) Body.destroy()
}

/** In Node the body is a readable stream. */
function bodyOf(found: GetObjectCommandOutput, location: string): S3Body {
  if (!(found.Body instanceof Readable)) {
    throw new FabriqueError('s3_unavailable', { location, reason: 'the reply has no body' })
  }
  return { body: found.Body, bytes: found.ContentLength ?? 0, etag: tagOf(found.ETag) }
}
