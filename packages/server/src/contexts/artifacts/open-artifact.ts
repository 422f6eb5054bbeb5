import type { Readable } from 'node:stream'
import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import { contentTypeOf, parseArtifactPath } from './model.js'
import { selectArtifact } from './store.js'

/** Bytes from `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

export interface FoundArtifact {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  readonly contentType: string
}

export interface OpenedArtifact extends FoundArtifact {
  readonly content: Readable
  /** The part that `content` has, cut to the size of the file; absent for the whole. */
  readonly range?: ByteRange
}

const Range = z.object({ start: z.number().int().min(0), end: z.number().int().min(0).optional() })
const Suffix = z.object({ last: z.number().int().min(1) })
export type AskedRange = z.input<typeof Range> | z.input<typeof Suffix>

/** What is known of a file without its content. Throws `artifact_not_found`, also for a folder. */
export const findArtifact = readVerb({
  name: 'artifacts.find_artifact',
  permission: 'artifacts.read',
  input: z.object({ path: z.string() }),
  async run({ ctx, input }): Promise<FoundArtifact> {
    const path = parseArtifactPath(input.path)
    const row = await selectArtifact(ctx, path)
    if (row === undefined) throw new FabriqueError('artifact_not_found', { path })
    return { ...row, contentType: contentTypeOf(path) }
  },
})

/**
 * Opens a file, or a range of it (`start` to `end`, or the `last` bytes). A range outside the file is ignored. Who takes
 * the stream must read or destroy it. Throws `artifact_not_found`, also for a folder.
 */
export const openArtifact = readVerb({
  name: 'artifacts.open_artifact',
  permission: 'artifacts.read',
  input: z.object({ path: z.string(), range: z.union([Range, Suffix]).optional() }),
  async run({ ctx, input }): Promise<OpenedArtifact> {
    const found = await findArtifact({ ctx, input: { path: input.path } })
    const range = input.range === undefined ? undefined : rangeWithin(input.range, found.bytes)
    const content = await ctx.blobs.open(found.sha256, range)
    return { ...found, content, ...(range === undefined ? {} : { range }) }
  },
})

/** The part of a file of this size that a range asks for; undefined where it asks for none. */
export function rangeWithin(asked: AskedRange, bytes: number): ByteRange | undefined {
  const start = 'last' in asked ? Math.max(0, bytes - asked.last) : asked.start
  const end = 'last' in asked ? bytes - 1 : Math.min(asked.end ?? bytes - 1, bytes - 1)
  return start <= end ? { start, end } : undefined
}
