import { type TrashItem, TrashQuery } from '@fabrique/contract'
import { readVerb } from '../../platform/index.js'
import { offsetOf, pageOfRows } from '../../platform/mlflow/index.js'
import { artifactBytesUnder } from '../artifacts/index.js'
import { artifactFolderOf, deletedThings } from '../tracking/index.js'

/** A page of what was deleted and can be brought back, the last deleted first. Throws `page_token_invalid`. */
export const listTrash = readVerb({
  name: 'trash.list_trash',
  permission: 'runs.read',
  input: TrashQuery,
  async run({ ctx, input }): Promise<{ items: TrashItem[]; next_page_token?: string }> {
    const offset = offsetOf(input.page_token)
    const rows = await deletedThings(ctx, { kind: input.kind, offset, limit: input.limit + 1 })
    const { page, nextPageToken } = pageOfRows(rows, { offset, size: input.limit })
    const folders = page.flatMap(({ artifact_uri }) => artifactFolderOf(artifact_uri) ?? [])
    const usage = await artifactBytesUnder(ctx, folders)
    const items = page.map(({ artifact_uri, deleted_ms, run_count, ...thing }) => ({
      ...thing,
      deleted_at: new Date(deleted_ms).toISOString(),
      ...(run_count === null ? {} : { run_count }),
      artifact_bytes: usage.get(artifactFolderOf(artifact_uri) ?? '')?.bytes ?? 0,
    }))
    return nextPageToken === undefined ? { items } : { items, next_page_token: nextPageToken }
  },
})
