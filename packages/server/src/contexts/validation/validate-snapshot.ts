import { createHash } from 'node:crypto'
import type { CheckResult, ValidationResult } from '@fabrique/contract'
import { z } from 'zod'
import { canonicalJson } from '../../kernel/index.js'
import { changeVerb, readVerb, taskVerb } from '../../platform/index.js'
import { getSnapshot, useSnapshot } from '../datasets/index.js'
import { datasetOf, getProject } from '../projects/index.js'
import { evaluate } from './evaluate.js'
import { toValidation, type ValidationRow, validationTables } from './store.js'

/**
 * Checks a snapshot against the expectations its data set declares. A failed expectation is a result, not an error. The
 * same snapshot and suite are evaluated once.
 */
export const validateSnapshot = taskVerb({
  name: 'validation.validate_snapshot',
  permission: 'datasets.write',
  input: z.object({ snapshot: z.string() }),
  async run({ ctx, input }): Promise<ValidationResult> {
    const snapshot = await getSnapshot({ ctx, input })
    const project = await getProject({ ctx, input: { project: snapshot.project } })
    const { expectations } = datasetOf(project, snapshot.dataset)
    const suiteDigest = createHash('sha256').update(canonicalJson(expectations)).digest('hex')
    const known = await validationTables(ctx)
      .selectFrom('validations')
      .selectAll()
      .where('snapshot_id', '=', snapshot.id)
      .where('suite_digest', '=', suiteDigest)
      .executeTakeFirst()
    if (known !== undefined) return toValidation(known as ValidationRow)
    const names = snapshot.columns.map(({ name }) => name)
    const checks = await useSnapshot(ctx, snapshot, (connection, table) =>
      evaluate(connection, table, names, expectations),
    )
    return recordValidation({
      ctx,
      input: {
        snapshot_id: snapshot.id,
        project: snapshot.project,
        dataset: snapshot.dataset,
        suite_digest: suiteDigest,
        checks,
      },
    })
  },
})

const recordValidation = changeVerb({
  name: 'validation.record_validation',
  permission: 'datasets.write',
  input: z.object({
    snapshot_id: z.string(),
    project: z.string(),
    dataset: z.string(),
    suite_digest: z.string(),
    checks: z.custom<CheckResult[]>(Array.isArray),
  }),
  async run({ ctx, input, record, unchanged }): Promise<ValidationResult> {
    const failed = input.checks.filter(({ success }) => !success).length
    const row = await validationTables(ctx)
      .insertInto('validations')
      .values({
        ...input,
        id: ctx.ids.prefixed('val'),
        success: failed === 0,
        evaluated: input.checks.length,
        failed,
        checks: JSON.stringify(input.checks),
        created_at: ctx.clock.now(),
      })
      .onConflict((conflict) => conflict.columns(['snapshot_id', 'suite_digest']).doNothing())
      .returningAll()
      .executeTakeFirst()
    if (row === undefined) {
      unchanged()
      const other = await validationTables(ctx)
        .selectFrom('validations')
        .selectAll()
        .where('snapshot_id', '=', input.snapshot_id)
        .where('suite_digest', '=', input.suite_digest)
        .executeTakeFirstOrThrow()
      return toValidation(other as ValidationRow)
    }
    await record({
      subject: `snapshots/${input.snapshot_id}`,
      event: 'validation.finished',
      payload: {
        project: input.project,
        dataset: input.dataset,
        snapshot_id: input.snapshot_id,
        validation_id: row.id,
        success: failed === 0,
      },
    })
    return toValidation(row as ValidationRow)
  },
})

/** The results of the checks of a snapshot, newest first. */
export const listValidations = readVerb({
  name: 'validation.list_validations',
  permission: 'datasets.read',
  input: z.object({ snapshot: z.string() }),
  async run({ ctx, input }): Promise<readonly ValidationResult[]> {
    const rows = await validationTables(ctx)
      .selectFrom('validations')
      .selectAll()
      .where('snapshot_id', '=', input.snapshot)
      .orderBy('created_at', 'desc')
      .limit(1000)
      .execute()
    return rows.map((row) => toValidation(row as ValidationRow))
  },
})
