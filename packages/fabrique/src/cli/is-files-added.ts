import type { FilesAdded } from '@fabrique/contract'

/** Whether a value has what is shown of added files. By hand, since making the schemas takes longer than adding some thousand files. */
export function isFilesAdded(value: unknown): value is FilesAdded {
  if (typeof value !== 'object' || value === null) return false
  const { snapshot_id, content_hash, is_new, files, files_read, bytes, left_out, left_out_count } =
    value as Partial<FilesAdded>
  const counts = [files, files_read, bytes, left_out_count]
  return (
    typeof snapshot_id === 'string' &&
    typeof content_hash === 'string' &&
    typeof is_new === 'boolean' &&
    counts.every((count) => typeof count === 'number') &&
    Array.isArray(left_out) &&
    left_out.every((file) => typeof file?.path === 'string' && typeof file.reason === 'string')
  )
}
