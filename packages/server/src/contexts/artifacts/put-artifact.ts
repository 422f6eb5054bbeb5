import { Readable } from 'node:stream'
import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, type StoredBlob, taskVerb } from '../../platform/index.js'
import { bounded } from './bounded-content.js'
import { parseArtifactPath, splitRoot } from './model.js'
import { lockTree, selectArtifact, selectCollision, upsertArtifact } from './store.js'

export const Content = z.custom<Readable | Uint8Array>(
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
  input: z.object({ path: z.string(), content: Content, bytes_max: z.number().int().optional() }),
  async run({ ctx, input }): Promise<StoredBlob> {
    const path = parseArtifactPath(input.path)
    const content = input.content instanceof Readable ? bounded(input.content, input.bytes_max) : input.content
    const blob = await ctx.blobs.put(content)
    await placeArtifact({ ctx, input: { path, ...blob } })
    return blob
  },
})

/** Points a path to content that is in the blob store. Throws `artifact_path_taken`. */
export const placeArtifact = changeVerb({
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
