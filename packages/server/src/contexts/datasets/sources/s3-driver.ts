import { rm } from 'node:fs/promises'
import { FabriqueError, isFabriqueError, type SourceDefinition } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { brokenObject, downloadPart, openObject, openS3, type S3, type S3Object } from '../../../platform/index.js'
import { safeName } from './http-driver.js'
import { readS3Uri } from './s3-pattern.js'
import type { LocalFile, SourceDriver, SourceScope } from './source-driver.js'

/**
 * Objects of an S3 server, sorted by key. Credentials are those that the AWS tools would take. An object is known by its tag and size;
 * while it is fetched it must keep its tag. Errors: `source_not_found`, `source_too_large`, those of `S3`.
 */
export const s3Driver: SourceDriver<'s3'> = {
  kind: 's3',
  async list(source, scope) {
    // Not closed: a listed object may be opened long after. Idle connections keep no process alive.
    const s3 = openS3({ endpoint: source.endpoint, region: source.region })
    const { bucket, prefix, matches } = readS3Uri(source.uri)
    const names = { path: source.uri, dataset: scope.dataset }
    const objects: S3Object[] = []
    try {
      if (matches === undefined) {
        const one = await s3.head(bucket, prefix, scope.ctx.signal)
        if (one !== undefined) objects.push(one)
      } else {
        for await (const object of s3.list(bucket, prefix, scope.ctx.signal)) {
          // Tools make empty objects that stand for folders.
          if (object.key.endsWith('/') || !matches(object.key)) continue
          objects.push(object)
          if (objects.length > limit('sources.files_max')) {
            const reason = `it has more than ${limit('sources.files_max')} objects`
            throw new FabriqueError('source_unreadable', { ...names, reason })
          }
        }
      }
    } catch (error) {
      if (isFabriqueError(error) && error.code === 's3_not_found') {
        throw new FabriqueError('source_not_found', names, { cause: error })
      }
      throw error
    }
    if (objects.length === 0) throw new FabriqueError('source_not_found', names)
    return {
      mode: 'whole',
      items: objects.map((object) => ({
        name: `s3://${bucket}/${object.key}`,
        mark: `${object.etag}-${object.bytes}`,
        bytes: object.bytes,
        format: source.content,
        open: (report) => fetchObject({ s3, bucket, object, source, scope, report }),
      })),
    }
  },
}

interface Fetch {
  readonly s3: S3
  readonly bucket: string
  readonly object: S3Object
  readonly source: Extract<SourceDefinition, { kind: 's3' }>
  readonly scope: SourceScope
  readonly report: (bytes: number) => void
}

async function fetchObject({ s3, bucket, object, source, scope, report }: Fetch): Promise<LocalFile> {
  const { ctx } = scope
  const tooLarge = () =>
    new FabriqueError('source_too_large', {
      path: `s3://${bucket}/${object.key}`,
      limit_bytes: limit('data.download_bytes_max'),
    })
  if (object.bytes > limit('data.download_bytes_max')) throw tooLarge()
  const place = [source.endpoint ?? '', bucket, object.key, object.etag, object.bytes]
  const done = await downloadPart({
    folder: ctx.blobs.stagingFolder,
    content: [scope.project, scope.dataset, ...place].join('\n'),
    name: `got-${ctx.ids.hex32()}-${safeName(object.key)}`,
    open: (from) => openObject(s3, { bucket, object, signal: ctx.signal }, from),
    toError: (reason) => brokenObject(bucket, object.key, reason),
    bytesMax: limit('data.download_bytes_max'),
    tooLarge,
    report,
    attempts: limit('s3.attempts_max'),
    signal: ctx.signal,
  })
  return { ...done, release: () => rm(done.path, { force: true }) }
}
