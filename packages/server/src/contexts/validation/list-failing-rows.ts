import { FabriqueError, type FailingRows, type Json } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb } from '../../platform/index.js'
import { getSnapshot } from '../datasets/index.js'
import { cutValue } from './bound-checks.js'
import { findDeclared } from './declared-suite.js'
import { findValidation, toValidation } from './store.js'
import { findFailingRows } from './use-engine.js'

/**
 * A page of the rows of the snapshot that break one expectation of a validation, in the order of the snapshot: their numbers and all
 * values, the columns of the key first; those that a query of the suite finds have no numbers, and its columns. None where the
 * expectation is not about rows. Errors: `validation_not_found`,
 * `snapshot_not_found` where the snapshot was erased since.
 */
export const listFailingRows = readVerb({
  name: 'validation.list_failing_rows',
  permission: 'datasets.read',
  input: z.object({
    validation: z.string(),
    check: z.number().int().min(0),
    limit: z.number().int().min(1).max(1000).default(100),
    offset: z.number().int().min(0).default(0),
  }),
  async run({ ctx, input }): Promise<FailingRows> {
    const validation = toValidation(await findValidation(ctx, input.validation))
    const check = validation.checks[input.check]
    if (check === undefined) {
      const reason = `the validation has ${validation.checks.length} expectations, counted from 0`
      throw new FabriqueError('invalid_request', { field: 'check', reason }, { field: 'check' })
    }
    const snapshot = await getSnapshot({ ctx, input: { snapshot: validation.snapshot_id } })
    const names = snapshot.columns.map(({ name }) => name)
    const declared = await findDeclared(ctx, validation)
    const key = (declared?.key ?? []).filter((name) => names.includes(name))
    const columns = [...key, ...names.filter((name) => !key.includes(name))]
    if (check.error !== undefined) return { columns, key, rows: [], total: 0 }
    const found = await findFailingRows(ctx, snapshot, {
      expectation: check.expectation,
      columns,
      limit: input.limit,
      offset: input.offset,
    })
    return {
      columns: found.columns,
      key: key.filter((name) => found.columns.includes(name)),
      rows: withinBytes(found.rows),
      total: found.total,
    }
  },
})

/** Rows with their values cut so that a page stays below its bound, however long the values are. */
function withinBytes(rows: FailingRows['rows']): FailingRows['rows'] {
  const cells = rows.reduce((sum, { values }) => sum + values.length, 0)
  const chars = Math.max(
    20,
    Math.min(10_000, Math.floor(limit('validation.failing_rows_bytes_max') / Math.max(1, cells))),
  )
  return rows.map(({ values, ...number }) => ({
    ...number,
    values: values.map((value): Json => cutValue(value, chars, 100)),
  }))
}
