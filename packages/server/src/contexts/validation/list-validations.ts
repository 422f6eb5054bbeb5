import { FabriqueError, PageQuery, type ValidationResult, type ValidationSummary } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { isAfter, pageOf, readVerb } from '../../platform/index.js'
import { sentSuite } from './declared-suite.js'
import { findValidation, summaryColumns, toSummary, toValidation, validationTables } from './store.js'

/** One validation with all that its checks found; throws `validation_not_found`. */
export const getValidation = readVerb({
  name: 'validation.get_validation',
  permission: 'datasets.read',
  input: z.object({ validation: z.string() }),
  async run({ ctx, input }): Promise<ValidationResult> {
    return toValidation(await findValidation(ctx, input.validation))
  },
})

/**
 * The validations of a snapshot, newest first, with all that their checks found: as many as fit in a reply. The newest is always
 * there; the page of the data set lists the others.
 */
export const listValidations = readVerb({
  name: 'validation.list_validations',
  permission: 'datasets.read',
  input: z.object({ snapshot: z.string() }),
  async run({ ctx, input }): Promise<readonly ValidationResult[]> {
    const tables = validationTables(ctx)
    const sizes = await tables
      .selectFrom('validations')
      .select(['id', sql<number>`octet_length(checks::text)`.as('bytes')])
      .where('snapshot_id', '=', input.snapshot)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit('validation.of_snapshot_max'))
      .execute()
    let left = limit('validation.of_snapshot_bytes_max')
    const ids: string[] = []
    for (const { id, bytes } of sizes) {
      left -= Number(bytes)
      if (left < 0 && ids.length > 0) break
      ids.push(id)
    }
    if (ids.length === 0) return []
    const rows = await tables
      .selectFrom('validations')
      .selectAll()
      .where('id', 'in', ids)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .execute()
    return rows.map(toValidation)
  },
})

/** The newest validation of a snapshot by each suite that is declared or kept, by the name of the suite, without what was found. */
export const newestValidations = readVerb({
  name: 'validation.newest_validations',
  permission: 'datasets.read',
  input: z.object({ snapshot: z.string() }),
  async run({ ctx, input }): Promise<readonly ValidationSummary[]> {
    const rows = await validationTables(ctx)
      .selectFrom('validations')
      .distinctOn('suite')
      .select(summaryColumns)
      .where('snapshot_id', '=', input.snapshot)
      .where('suite', '!=', sentSuite)
      .orderBy('suite')
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .execute()
    return rows.map(toSummary)
  },
})

/** A page of the validations of a data set, newest first. The token is the id of the last one shown. */
export const listDatasetValidations = readVerb({
  name: 'validation.list_dataset_validations',
  permission: 'datasets.read',
  input: PageQuery.extend({ project: z.string(), dataset: z.string() }),
  async run({ ctx, input }): Promise<{ items: ValidationSummary[]; next_page_token?: string }> {
    const tables = validationTables(ctx)
    let query = tables
      .selectFrom('validations')
      .select(summaryColumns)
      .where('project', '=', input.project)
      .where('dataset', '=', input.dataset)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(input.limit + 1)
    if (input.page_token !== undefined) {
      const last = await tables
        .selectFrom('validations')
        .select(['id', 'created_at'])
        .where('id', '=', input.page_token)
        .executeTakeFirst()
      if (last === undefined) throw new FabriqueError('page_token_invalid', { token: input.page_token })
      query = query.where(isAfter('created_at', { id: last.id, at: last.created_at }))
    }
    const { shown, next } = pageOf(await query.execute(), input.limit)
    return { items: shown.map(toSummary), ...next }
  },
})
