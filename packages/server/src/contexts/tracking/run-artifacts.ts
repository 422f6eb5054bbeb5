import { FabriqueError } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { unlessEmpty } from '../../platform/mlflow/index.js'
import { type ArtifactFile, listArtifactPage, parseFolderPath } from '../artifacts/index.js'
import { getRun } from './get-run.js'
import { artifactFolderOf } from './model.js'

export interface RunFolder {
  readonly artifact_uri: string
  /** Complete path in the artifact tree; absent where the client keeps the artifacts of this run elsewhere. */
  readonly folder: string | undefined
}

/** Where the artifacts of a run are. Throws `run_not_found`. */
export async function runFolder(ctx: VerbContext, runId: string): Promise<RunFolder> {
  const { info } = await getRun({ ctx, input: { run_id: runId } })
  return { artifact_uri: info.artifact_uri, folder: artifactFolderOf(info.artifact_uri) }
}

/** The complete path of something in a run; `path` alone must be valid, so that it cannot leave the run. */
export function pathInRun(folder: string, path: string): string {
  const inside = parseFolderPath(path)
  return inside === '' ? folder : `${folder}/${inside}`
}

/** The complete path of a file below an artifact address. Throws `artifact_not_found` where files are not kept here. */
export function filePathAt(artifactUri: string, path: string): string {
  const inside = parseFolderPath(path)
  const folder = artifactFolderOf(artifactUri)
  if (folder === undefined) throw new FabriqueError('artifact_not_found', { path })
  return pathInRun(folder, inside)
}

/** The complete path of a file of a run. Throws `artifact_not_found` where files of the run are not kept here. */
export async function runFilePath(ctx: VerbContext, runId: string, path: string): Promise<string> {
  const inside = parseFolderPath(path)
  const { artifact_uri } = await runFolder(ctx, runId)
  return filePathAt(artifact_uri, inside)
}

/** A file or folder as the protocol sends it, by its path from the parent that was listed. */
export function wireFile({ path, is_folder, bytes }: ArtifactFile, parent = '') {
  return { path: parent === '' ? path : `${parent}/${path}`, is_dir: is_folder, file_size: bytes }
}

interface Listing {
  readonly artifact_uri: string
  readonly path: string
  readonly page_token: string | undefined
}

/** A folder below an artifact address as `artifacts/list` answers: with its address, and paths relative to it. */
export async function listBelow(ctx: VerbContext, { artifact_uri, path, page_token }: Listing) {
  const inside = parseFolderPath(path)
  const folder = artifactFolderOf(artifact_uri)
  if (folder === undefined) return { root_uri: artifact_uri }
  const { files, next_page_token } = await listPage(ctx, pathInRun(folder, inside), page_token)
  return { root_uri: artifact_uri, files: unlessEmpty(files.map((file) => wireFile(file, inside))), next_page_token }
}

/** One page of a folder: the token is the last name of the page before. */
export async function listPage(ctx: VerbContext, path: string, page_token: string | undefined) {
  const after = page_token ? Buffer.from(page_token, 'base64url').toString() : undefined
  const { files, isComplete } = await listArtifactPage({ ctx, input: { path, after } })
  const last = files.at(-1)?.path
  if (isComplete || last === undefined) return { files }
  return { files, next_page_token: Buffer.from(last).toString('base64url') }
}
