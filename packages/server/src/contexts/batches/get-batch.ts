import type { Readable } from 'node:stream'
import { type Batch, FabriqueError, PageQuery } from '@fabrique/contract'
import { z } from 'zod'
import { isAfter, pageOf, readVerb, type VerbContext } from '../../platform/index.js'
import { getJob } from '../jobs/index.js'
import { type BatchRow, batchTables, toBatch } from './store.js'

/** One batch prediction; throws `batch_not_found`. */
export const getBatch = readVerb({
  name: 'batches.get_batch',
  permission: 'datasets.read',
  input: z.object({ batch: z.string() }),
  async run({ ctx, input }): Promise<Batch> {
    return withState(ctx, await findRow(ctx, input.batch))
  },
})

/** A page of those of a model, newest first. The token is the id of the last one shown. Throws `page_token_invalid`. */
export const listBatches = readVerb({
  name: 'batches.list_batches',
  permission: 'datasets.read',
  input: PageQuery.extend({ model: z.string() }),
  async run({ ctx, input }): Promise<{ items: Batch[]; next_page_token?: string }> {
    const tables = batchTables(ctx)
    let query = tables
      .selectFrom('batches')
      .selectAll()
      .where('model', '=', input.model)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(input.limit + 1)
    if (input.page_token !== undefined) {
      const last = await tables.selectFrom('batches').selectAll().where('id', '=', input.page_token).executeTakeFirst()
      if (last === undefined) throw new FabriqueError('page_token_invalid', { token: input.page_token })
      query = query.where(isAfter('created_at', { id: last.id, at: last.created_at }))
    }
    const { shown, next } = pageOf(await query.execute(), input.limit)
    return { items: await Promise.all(shown.map((row) => withState(ctx, row))), ...next }
  },
})

/** The rows that were set aside, as lines of JSON; none where all have an answer. Throws `batch_not_found`. */
export const openRejected = readVerb({
  name: 'batches.open_rejected',
  permission: 'datasets.read',
  input: z.object({ batch: z.string() }),
  async run({ ctx, input }): Promise<Readable | undefined> {
    const { rejected_sha256 } = await findRow(ctx, input.batch)
    return rejected_sha256 === null ? undefined : ctx.blobs.open(rejected_sha256)
  },
})

async function findRow(ctx: VerbContext, batch: string): Promise<BatchRow> {
  const row = await batchTables(ctx).selectFrom('batches').selectAll().where('id', '=', batch).executeTakeFirst()
  if (row === undefined) throw new FabriqueError('batch_not_found', { batch })
  return row
}

async function withState(ctx: VerbContext, row: BatchRow): Promise<Batch> {
  return toBatch(row, await getJob({ ctx, input: { job: row.job_id } }))
}
