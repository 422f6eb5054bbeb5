import type { VerbContext } from '../../../platform/index.js'
import type { CollectionFile } from './model.js'
import { selectStates, selectStatesOf } from './store.js'

/** A file with what tells that it did not change. */
interface MarkedFile {
  /** In the collection. */
  readonly path: string
  /** Full path. */
  readonly file: string
  readonly mark?: string
  readonly bytes?: number
  readonly executable?: boolean
}

/** What is known of files that did not change since they were read, by place; `folder` is one that all are below. */
export async function knownFiles(
  ctx: VerbContext,
  entries: readonly MarkedFile[],
  folder: string | undefined,
): Promise<readonly (CollectionFile | undefined)[]> {
  if (entries.every(({ mark }) => mark === undefined)) return entries.map(() => undefined)
  const states =
    folder === undefined
      ? await selectStatesOf(
          ctx,
          entries.map(({ file }) => file),
        )
      : await selectStates(ctx, folder)
  return entries.map(({ path, file, mark, bytes = 0, executable = false }) => {
    const state = states.get(file)
    return state === undefined || state.mark !== mark ? undefined : { path, sha256: state.sha256, bytes, executable }
  })
}
