import type { ArtifactEntry } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { foldersAbove, parseFolderPath } from './model.js'
import { selectChildren, selectTree } from './store.js'

/** A file or a folder; its path is relative to the folder that was listed. */
export type ArtifactFile = ArtifactEntry

/**
 * What is in a folder, by path. Recursive: all below it, folders included. A folder that does not exist is empty, and so
 * is a file. Throws `artifact_path_invalid`.
 */
export const listArtifacts = readVerb({
  name: 'artifacts.list_artifacts',
  permission: 'artifacts.read',
  input: z.object({ path: z.string(), recursive: z.boolean().default(false) }),
  async run({ ctx, input }): Promise<readonly ArtifactFile[]> {
    const folder = parseFolderPath(input.path)
    return input.recursive ? listTree(ctx, folder) : listChildren(ctx, folder)
  },
})

async function listChildren(ctx: VerbContext, folder: string): Promise<readonly ArtifactFile[]> {
  const rows = await selectChildren(ctx, folder)
  return rows.map(({ name, is_folder, sha256, bytes }) =>
    is_folder ? { path: name, is_folder } : { path: name, is_folder, bytes, sha256 },
  )
}

async function listTree(ctx: VerbContext, folder: string): Promise<readonly ArtifactFile[]> {
  const rows = await selectTree(ctx, folder)
  const start = folder === '' ? 0 : folder.length + 1
  const files = rows.map(({ path, bytes, sha256 }) => ({ path: path.slice(start), is_folder: false, bytes, sha256 }))
  const folders = new Set(files.flatMap((file) => foldersAbove(file.path)))
  const entries = [...files, ...[...folders].map((path) => ({ path, is_folder: true }))]
  return entries.sort((left, right) => (left.path < right.path ? -1 : 1))
}
