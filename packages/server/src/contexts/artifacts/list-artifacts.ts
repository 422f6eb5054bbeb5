import type { ArtifactEntry } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { foldersAbove, parseFolderPath } from './model.js'
import { type ChildRow, selectChildren, selectTree } from './store.js'

/** A file or a folder; its path is relative to the folder that was listed. */
export type ArtifactFile = ArtifactEntry

/**
 * What is in a folder, by path; at most `artifacts.listed_max` entries. Recursive: all below it, folders included. A folder
 * that does not exist is empty, and so is a file. Throws `artifact_path_invalid`.
 */
export const listArtifacts = readVerb({
  name: 'artifacts.list_artifacts',
  permission: 'artifacts.read',
  input: z.object({ path: z.string(), recursive: z.boolean().default(false) }),
  async run({ ctx, input }): Promise<readonly ArtifactFile[]> {
    const folder = parseFolderPath(input.path)
    if (input.recursive) return listTree(ctx, folder)
    const size = limit('artifacts.listed_max')
    return (await selectChildren(ctx, folder, { size })).slice(0, size).map(toFile)
  },
})

export interface ArtifactPage {
  readonly files: readonly ArtifactFile[]
  /** False where more names follow the last. */
  readonly isComplete: boolean
}

/** One page of what is directly in a folder, by name, from the one after `after`. Throws `artifact_path_invalid`. */
export const listArtifactPage = readVerb({
  name: 'artifacts.list_artifact_page',
  permission: 'artifacts.read',
  input: z.object({ path: z.string(), after: z.string().optional(), size: z.number().int().min(1).optional() }),
  async run({ ctx, input }): Promise<ArtifactPage> {
    const max = limit('artifacts.listed_max')
    const size = Math.min(input.size ?? max, max)
    const rows = await selectChildren(ctx, parseFolderPath(input.path), { size, after: input.after })
    return { files: rows.slice(0, size).map(toFile), isComplete: rows.length <= size }
  },
})

function toFile({ name, is_folder, sha256, bytes }: ChildRow): ArtifactFile {
  return is_folder ? { path: name, is_folder } : { path: name, is_folder, bytes, sha256 }
}

async function listTree(ctx: VerbContext, folder: string): Promise<readonly ArtifactFile[]> {
  const rows = await selectTree(ctx, folder)
  const start = folder === '' ? 0 : folder.length + 1
  const files = rows.map(({ path, bytes, sha256 }) => ({ path: path.slice(start), is_folder: false, bytes, sha256 }))
  const folders = new Set(files.flatMap((file) => foldersAbove(file.path)))
  const entries = [...files, ...[...folders].map((path) => ({ path, is_folder: true }))]
  return entries.sort((left, right) => (left.path < right.path ? -1 : 1))
}
