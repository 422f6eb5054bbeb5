import { rm } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { FabriqueError, type Remote } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { downloadObject, openS3, type VerbContext } from '../../platform/index.js'
import { blobPath, hashOfPath, manifestPath, placeOf, type RemoteStore } from './remote-store.js'

/** Contents below this go in one request from memory; larger ones in parts. */
const wholeBytesMax = 8 * 1024 * 1024

/** A remote in a bucket of any S3-compatible server. Throws the errors of the client. */
export function openS3Remote(ctx: VerbContext, remote: Remote): RemoteStore {
  const [, bucket = '', rest = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(remote.url) ?? []
  const base = rest.replace(/\/+$/, '')
  const keyOf = (path: string) => (base === '' ? path : `${base}/${path}`)
  const pathOf = (key: string) => (base === '' ? key : key.slice(base.length + 1))
  const s3 = openS3({ endpoint: remote.endpoint, region: remote.region })
  const { signal } = ctx

  return {
    async sizeOf(sha256) {
      return (await s3.head(bucket, keyOf(blobPath(sha256)), signal))?.bytes
    },
    async *list() {
      for await (const { key, bytes } of s3.list(bucket, keyOf('blobs/'), signal)) {
        const sha256 = hashOfPath(pathOf(key))
        if (sha256 !== undefined) yield { sha256, bytes }
      }
    },
    async put(blob) {
      const key = keyOf(blobPath(blob.sha256))
      const content = await blob.open()
      const body = blob.bytes <= wholeBytesMax ? await buffer(content) : content
      await s3.put(bucket, key, body, { bytes: blob.bytes, signal })
    },
    async fetch(sha256, bytes, path) {
      const object = await s3.head(bucket, keyOf(blobPath(sha256)), signal)
      const refuse = (reason: string) => {
        throw new FabriqueError('remote_content_wrong', { hash: sha256, remote: remote.name, reason })
      }
      if (object === undefined) return refuse('it is not there')
      if (object.bytes !== bytes) return refuse(`it has ${object.bytes} bytes, not ${bytes}`)
      // An empty object has no range to ask for.
      if (bytes === 0) await rm(path, { force: true })
      await downloadObject(s3, { bucket, object, path, signal })
    },
    async *listManifests(project, dataset) {
      const below = [project, dataset].filter((part) => part !== undefined).map((part) => `${part}/`)
      for await (const { key } of s3.list(bucket, keyOf(`snapshots/${below.join('')}`), signal)) {
        const place = placeOf(pathOf(key))
        if (place !== undefined) yield place
      }
    },
    async readManifest(place) {
      const key = keyOf(manifestPath(place))
      const found = await s3.head(bucket, key, signal)
      if (found === undefined) return undefined
      if (found.bytes > limit('remotes.manifest_bytes_max')) {
        throw new FabriqueError('remote_manifest_invalid', {
          snapshot: place.id,
          remote: remote.name,
          reason: 'it is too large',
        })
      }
      const { body } = await s3.get(bucket, key, { ifMatch: found.etag, signal })
      return (await buffer(body)).toString()
    },
    async writeManifest(place, text) {
      const options = { contentType: 'application/json', signal }
      await s3.put(bucket, keyOf(manifestPath(place)), Buffer.from(text), options)
    },
    close: () => s3.close(),
  }
}
