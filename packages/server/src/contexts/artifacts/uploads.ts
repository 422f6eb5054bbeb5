import { Readable } from 'node:stream'
import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { inTransaction, type StoredBlob, taskVerb, type VerbContext } from '../../platform/index.js'
import { bounded } from './bounded-content.js'
import { parseArtifactPath } from './model.js'
import { Content, placeArtifact } from './put-artifact.js'
import {
  completedUpload,
  deleteUpload,
  insertUpload,
  type PartRow,
  selectParts,
  selectUpload,
  type UploadRow,
  upsertPart,
} from './upload-store.js'

// An upload in progress is no state that people care for: only the file that it ends in is recorded.

/**
 * Starts an upload of a file in parts, numbered from 1. The id cannot be guessed: who has it may upload parts. Unfinished
 * uploads expire. Throws `artifact_path_invalid`, `artifact_upload_invalid`, `artifact_uploads_full`.
 */
export const createUpload = taskVerb({
  name: 'artifacts.create_upload',
  permission: 'artifacts.write',
  input: z.object({ path: z.string(), part_count: z.number() }),
  async run({ ctx, input }): Promise<{ readonly upload_id: string }> {
    const path = parseArtifactPath(input.path)
    const partsMax = limit('artifacts.upload_parts_max')
    if (!Number.isInteger(input.part_count) || input.part_count < 0 || input.part_count > partsMax) {
      throw invalid(path, `it has ${input.part_count} parts, and at most ${partsMax} are possible`)
    }
    const id = ctx.ids.hex32()
    await insertUpload(ctx, { id, path, part_count: input.part_count })
    return { upload_id: id }
  },
})

/**
 * Stores one part; sent again, it replaces the one before. Its hash is the ETag that completes the upload.
 * Throws `artifact_upload_not_found`, `artifact_upload_invalid`, `body_too_large`, `disk_full`.
 */
export const putUploadPart = taskVerb({
  name: 'artifacts.put_upload_part',
  permission: 'artifacts.write',
  input: z.object({ upload_id: z.string(), part_number: z.number(), content: Content }),
  async run({ ctx, input: { upload_id, part_number, content } }): Promise<StoredBlob> {
    const upload = await openUpload(ctx, upload_id)
    if (!Number.isInteger(part_number) || part_number < 1 || part_number > upload.part_count) {
      throw invalid(upload.path, `part ${part_number} is not from 1 to ${upload.part_count}`)
    }
    const blob = await ctx.blobs.put(content instanceof Readable ? bounded(content) : content)
    if (!(await upsertPart(ctx, upload_id, { part_number, ...blob }))) throw notFound(upload_id)
    return blob
  },
})

const CompleteUpload = z.object({
  upload_id: z.string(),
  path: z.string(),
  parts: z.array(z.object({ part_number: z.number(), etag: z.string() })),
})

/**
 * Puts the parts together and the file in place. Every part must be there with the ETag it was stored under. Completing
 * again gives the same answer. Throws `artifact_upload_not_found`, `artifact_upload_invalid`, `artifact_path_taken`.
 */
export const completeUpload = taskVerb({
  name: 'artifacts.complete_upload',
  permission: 'artifacts.write',
  input: CompleteUpload,
  async run({ ctx, input }): Promise<StoredBlob> {
    const path = parseArtifactPath(input.path)
    const upload = await selectUpload(ctx, input.upload_id)
    if (upload === undefined || upload.path !== path) throw notFound(input.upload_id)
    if (upload.sha256 !== null && upload.bytes !== null) return { sha256: upload.sha256, bytes: upload.bytes }
    const parts = await checkedParts(ctx, upload, input.parts)
    const blob = await ctx.blobs.put(Readable.from(contentOf(ctx, parts)))
    await inTransaction(ctx, async (inner) => {
      await placeArtifact({ ctx: inner, input: { path, ...blob } })
      await completedUpload(inner, upload.id, blob)
    })
    return blob
  },
})

/** Drops an upload with its parts; one that is not there is dropped already, and a complete one keeps its file. */
export const abortUpload = taskVerb({
  name: 'artifacts.abort_upload',
  permission: 'artifacts.write',
  input: z.object({ upload_id: z.string(), path: z.string() }),
  async run({ ctx, input }): Promise<void> {
    const path = parseArtifactPath(input.path)
    const upload = await selectUpload(ctx, input.upload_id)
    if (upload?.path === path && upload.sha256 === null) await deleteUpload(ctx, upload.id)
  },
})

async function openUpload(ctx: VerbContext, id: string): Promise<UploadRow> {
  const upload = await selectUpload(ctx, id)
  if (upload === undefined || upload.sha256 !== null) throw notFound(id)
  return upload
}

type GivenParts = z.output<typeof CompleteUpload>['parts']

/** The stored parts in their order, if the client's list says the same. */
async function checkedParts(ctx: VerbContext, upload: UploadRow, given: GivenParts): Promise<readonly PartRow[]> {
  const { path, part_count } = upload
  const etags = new Map(given.map(({ part_number, etag }) => [part_number, etag.replace(/^(?:W\/)?"?|"$/g, '')]))
  if (etags.size !== given.length) throw invalid(path, 'a part is listed twice')
  if (given.length !== part_count) throw invalid(path, `${given.length} of ${part_count} parts are listed`)
  const stored = new Map((await selectParts(ctx, upload.id)).map((part) => [part.part_number, part]))
  const parts: PartRow[] = []
  for (let number = 1; number <= part_count; number += 1) {
    const part = stored.get(number)
    if (part === undefined) throw invalid(path, `part ${number} was not uploaded`)
    if (!etags.has(number)) throw invalid(path, `part ${number} is not listed`)
    if (etags.get(number) !== part.sha256) throw invalid(path, `part ${number} has another ETag`)
    parts.push(part)
  }
  const bytesMax = limit('http.artifact_bytes_max')
  if (parts.reduce((sum, { bytes }) => sum + bytes, 0) > bytesMax) {
    throw new FabriqueError('body_too_large', { limit_bytes: bytesMax })
  }
  return parts
}

async function* contentOf(ctx: VerbContext, parts: readonly PartRow[]): AsyncGenerator<Buffer> {
  for (const { sha256 } of parts) yield* await ctx.blobs.open(sha256)
}

function invalid(path: string, reason: string): FabriqueError {
  return new FabriqueError('artifact_upload_invalid', { path, reason })
}

function notFound(upload: string): FabriqueError {
  return new FabriqueError('artifact_upload_not_found', { upload: upload.slice(0, 100) })
}
