import { FabriqueError } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { parseFolderPath } from '../artifacts/index.js'
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

/** The complete path of a file of a run. Throws `artifact_not_found` where files of the run are not kept here. */
export async function runFilePath(ctx: VerbContext, runId: string, path: string): Promise<string> {
  const { folder } = await runFolder(ctx, runId)
  if (folder === undefined) throw new FabriqueError('artifact_not_found', { path })
  return pathInRun(folder, path)
}
