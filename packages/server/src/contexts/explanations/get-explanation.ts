import { type Explanation, type ExplanationSummary, FabriqueError, PageQuery } from '@fabrique/contract'
import { z } from 'zod'
import { fromJsonb, pageOf, readVerb } from '../../platform/index.js'
import { explanationTables, type StoredFigures, summaryColumns, toSummary } from './store.js'

/** One explanation with its figures; throws `explanation_not_found`. */
export const getExplanation = readVerb({
  name: 'explanations.get_explanation',
  permission: 'runs.read',
  input: z.object({ explanation: z.string() }),
  async run({ ctx, input }): Promise<Explanation> {
    const row = await explanationTables(ctx)
      .selectFrom('explanations')
      .select([...summaryColumns, 'figures'])
      .where('id', '=', input.explanation)
      .executeTakeFirst()
    if (row === undefined) throw new FabriqueError('explanation_not_found', { explanation: input.explanation })
    return { ...toSummary(row), ...fromJsonb<StoredFigures>(row.figures) }
  },
})

/** A page of explanations, newest first. The token is the id of the last one shown. Throws `page_token_invalid`. */
export const listExplanations = readVerb({
  name: 'explanations.list_explanations',
  permission: 'runs.read',
  input: PageQuery.extend({ model: z.string().optional(), version: z.string().optional() }),
  async run({ ctx, input }): Promise<{ items: ExplanationSummary[]; next_page_token?: string }> {
    const tables = explanationTables(ctx)
    let query = tables
      .selectFrom('explanations')
      .select(summaryColumns)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(input.limit + 1)
    if (input.model !== undefined) query = query.where('model', '=', input.model)
    if (input.version !== undefined) {
      // What is no number is no version: there is none of it.
      const version = /^[1-9]\d{0,8}$/.test(input.version) ? Number(input.version) : -1
      query = query.where('version', '=', version)
    }
    if (input.page_token !== undefined) {
      const last = await tables
        .selectFrom('explanations')
        .select(['id', 'created_at'])
        .where('id', '=', input.page_token)
        .executeTakeFirst()
      if (last === undefined) throw new FabriqueError('page_token_invalid', { token: input.page_token })
      query = query.where((row) =>
        row.or([
          row('created_at', '<', last.created_at),
          row.and([row('created_at', '=', last.created_at), row('id', '<', last.id)]),
        ]),
      )
    }
    const { shown, next } = pageOf(await query.execute(), input.limit)
    return { items: shown.map(toSummary), ...next }
  },
})
