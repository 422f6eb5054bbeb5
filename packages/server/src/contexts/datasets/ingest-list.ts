import { FabriqueError, type Ingest, type Language, PageQuery } from '@fabrique/contract'
import { z } from 'zod'
import { isAfter, pageOf, readVerb } from '../../platform/index.js'
import { type IngestRow, ingestTables, toIngest } from './ingest-store.js'

const language = z.custom<Language>((value) => value === 'en' || value === 'fr').default('en')

/** One ingest with its counts. Throws `ingest_not_found`. */
export const getIngest = readVerb({
  name: 'datasets.get_ingest',
  permission: 'datasets.read',
  input: z.object({ ingest: z.string(), language }),
  async run({ ctx, input }): Promise<Ingest> {
    const row = await ingestTables(ctx)
      .selectFrom('ingest_runs')
      .selectAll()
      .where('id', '=', input.ingest)
      .executeTakeFirst()
    if (row === undefined) throw new FabriqueError('ingest_not_found', { ingest: input.ingest })
    return toIngest(row as IngestRow, input.language)
  },
})

/** A page of the ingests of a data set, newest first. The token is the id of the last one shown. Throws `page_token_invalid`. */
export const listIngests = readVerb({
  name: 'datasets.list_ingests',
  permission: 'datasets.read',
  input: PageQuery.extend({ project: z.string(), dataset: z.string(), language }),
  async run({ ctx, input }): Promise<{ items: Ingest[]; next_page_token?: string }> {
    const tables = ingestTables(ctx)
    let query = tables
      .selectFrom('ingest_runs')
      .selectAll()
      .where('project', '=', input.project)
      .where('dataset', '=', input.dataset)
      .orderBy('started_at', 'desc')
      .orderBy('id', 'desc')
      .limit(input.limit + 1)
    if (input.page_token !== undefined) {
      const last = await tables
        .selectFrom('ingest_runs')
        .select(['id', 'started_at'])
        .where('id', '=', input.page_token)
        .executeTakeFirst()
      if (last === undefined) throw new FabriqueError('page_token_invalid', { token: input.page_token })
      query = query.where(isAfter('started_at', { id: last.id, at: last.started_at }))
    }
    const { shown, next } = pageOf((await query.execute()) as readonly IngestRow[], input.limit)
    return { items: shown.map((row) => toIngest(row, input.language)), ...next }
  },
})
