import type { VerbContext } from '../../../platform/index.js'
import { type LogColumn, mergeColumns } from './log-columns.js'
import { compactedDays } from './store.js'

/** The columns of the files of a model, whatever the day. For verbs of higher contexts, which have authorised already. */
export async function loggedColumns(ctx: VerbContext, model: string): Promise<readonly LogColumn[]> {
  const days = await compactedDays(ctx, model)
  return mergeColumns(days.flatMap(({ parts }) => parts.map(({ columns }) => columns)))
}
