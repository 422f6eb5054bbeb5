import { Readable, Transform } from 'node:stream'
import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb, type StoredBlob, taskVerb } from '../../platform/index.js'
import { parseArtifactPath, splitRoot } from './model.js'
import { lockTree, selectArtifact, selectCollision, upsertArtifact } from './store.js'

const Content = z.custom<Readable | Uint8Array>(
  (value) => value instanceof Readable || value instanceof Uint8Array,
  'must be a stream or bytes',
)

/**
 * Stores a file of any size at a complete path; what was there is replaced once the new content is durable.
 * Errors: `artifact_path_invalid`, `artifact_path_taken`, `body_too_large`, `disk_full`.
 */
export const putArtifact = taskVerb({
  name: 'artifacts.put_artifact',
  permission: 'artifacts.write',
  input: z.object({ path: z.string(), content: Content }),
  async run({ ctx, input }): Promise<StoredBlob> {
    const path = parseArtifactPath(input.path)
    const content = input.content instanceof Readable ? bounded(input.content) : input.content
    const blob = await ctx.blobs.put(content)
    await placeArtifact({ ctx, input: { path, ...blob } })
    return blob
  },
})

/** Points a path to content that is in the blob store. */
const placeArtifact = changeVerb({
  name: 'artifacts.place_artifact',
  permission: 'artifacts.write',
  input: z.object({ path: z.string(), sha256: z.string(), bytes: z.number() }),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const { path } = input
    await lockTree(ctx, path)
    const found = await selectArtifact(ctx, path)
    if (found?.sha256 === input.sha256) {
      unchanged()
      return
    }
    const other = found === undefined ? await selectCollision(ctx, path) : undefined
    if (other !== undefined) throw pathTaken(path, other)
    await upsertArtifact(ctx, input)
    await record({ subject: `artifacts/${path}`, event: 'artifact.written', payload: splitRoot(path) })
  },
})

function pathTaken(path: string, other: string): FabriqueError {
  const isBelow = other.startsWith(`${path}/`)
  return new FabriqueError('artifact_path_taken', {
    path,
    other: isBelow ? path : other,
    kind: isBelow ? 'folder' : 'file',
  })
}

/** The same bytes, which fail beyond the limit and when the source ends early. The source itself is never destroyed. */
function bounded(content: Readable): Readable {
  const bytesMax = limit('http.artifact_bytes_max')
  let bytes = 0
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > bytesMax) done(new FabriqueError('body_too_large', { limit_bytes: bytesMax }))
      else done(null, chunk)
    },
  })
  const endedEarly = (cause?: Error) =>
    counter.destroy(new FabriqueError('invalid_request', { field: 'body', reason: 'it ended early' }, { cause }))
  content.on('error', endedEarly)
  content.on('close', () => {
    if (!content.readableEnded) endedEarly()
  })
  return content.pipe(counter)
}
