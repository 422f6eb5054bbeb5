import { FabriqueError, FeatureListQuery, type Language, type Materialization } from '@fabrique/contract'
import { z } from 'zod'
import { pageOf, readVerb } from '../../../platform/index.js'
import { type MaterializationRow, materializationTables, toMaterialization } from './materialization-store.js'

/** A page of what was brought to the online store, newest first. The token is the id of the last one shown. Throws `page_token_invalid`. */
export const listMaterializations = readVerb({
  name: 'features.list_materializations',
  permission: 'features.read',
  input: FeatureListQuery.extend({
    project: z.string(),
    view: z.string(),
    language: z.custom<Language>((value) => value === 'en' || value === 'fr').default('en'),
  }),
  async run({ ctx, input }): Promise<{ items: Materialization[]; next_page_token?: string }> {
    const tables = materializationTables(ctx)
    let query = tables
      .selectFrom('materializations')
      .selectAll()
      .where('project', '=', input.project)
      .where('view', '=', input.view)
      .orderBy('started_at', 'desc')
      .orderBy('id', 'desc')
      .limit(input.limit + 1)
    if (input.page_token !== undefined) {
      const token = input.page_token
      const last = await tables
        .selectFrom('materializations')
        .select(['id', 'started_at'])
        .where('id', '=', token)
        .executeTakeFirst()
      if (last === undefined) throw new FabriqueError('page_token_invalid', { token })
      query = query.where((row) =>
        row.or([
          row('started_at', '<', last.started_at),
          row.and([row('started_at', '=', last.started_at), row('id', '<', last.id)]),
        ]),
      )
    }
    const { shown, next } = pageOf((await query.execute()) as readonly MaterializationRow[], input.limit)
    return { items: shown.map((row) => toMaterialization(row, input.language)), ...next }
  },
})
