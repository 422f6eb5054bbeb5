import { isFabriqueError, type Snapshot } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { getSnapshot, localParts, tableOfParts } from '../datasets/index.js'
import type { ModelAsked, RowsAsked } from './explainer-messages.js'
import type { Subject } from './find-subject.js'

/** Files of this machine that stay until all of it is done. */
export interface Staged {
  model(subject: Subject): Promise<ModelAsked>
  rows(snapshot: Snapshot): Promise<RowsAsked>
  /** The snapshot that a version was trained on, where it is there. */
  trainingRows(subject: Subject): Promise<RowsAsked | undefined>
}

/** Brings files to this machine for as long as the work takes. */
export async function withFiles<Result>(ctx: VerbContext, work: (staged: Staged) => Promise<Result>): Promise<Result> {
  const releases: (() => Promise<void>)[] = []
  const rows = async (snapshot: Snapshot): Promise<RowsAsked> => {
    const parts = await localParts(ctx, snapshot)
    releases.push(parts.release)
    const declared = snapshot.columns.filter((column) => column.declared).map(({ name }) => name)
    return { table: tableOfParts(parts.paths, snapshot.columns), declared }
  }
  try {
    return await work({
      async model({ sha256, signature }) {
        const file = await ctx.blobs.localFile(sha256)
        releases.push(file.release)
        return { file: file.path, signature }
      },
      rows,
      async trainingRows({ snapshotId }) {
        if (snapshotId === undefined) return undefined
        try {
          return await rows(await getSnapshot({ ctx, input: { snapshot: snapshotId } }))
        } catch (error) {
          if (isFabriqueError(error) && error.code === 'snapshot_not_found') return undefined
          throw error
        }
      },
    })
  } finally {
    await Promise.all(releases.map((release) => release()))
  }
}
