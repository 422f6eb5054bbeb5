import type { CheckResult, Json, Snapshot, ValidationResult } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb, type VerbContext } from '../../platform/index.js'
import { snapshotThing } from '../datasets/index.js'
import { markErased, recordLineage } from '../lineage/index.js'
import { boundChecks, cutValue } from './bound-checks.js'
import { isEvaluated, unexpectedShare } from './check-state.js'
import { describeCheck } from './describe-check.js'
import { engineVersion } from './engine/index.js'
import { suiteIdentities } from './expectation-identity.js'
import { toValidation, validationTables } from './store.js'

/** Writes a validation with its lineage and what the history of each expectation needs. */
export const recordValidation = changeVerb({
  name: 'validation.record_validation',
  permission: 'datasets.write',
  input: z.object({
    snapshot: z.custom<Snapshot>((value) => typeof value === 'object' && value !== null),
    suite: z.string(),
    suite_digest: z.string(),
    checks: z.custom<CheckResult[]>(Array.isArray),
    reason: z.string(),
  }),
  async run({
    ctx,
    input: { snapshot, checks: found, reason, ...suite },
    record,
    unchanged,
  }): Promise<ValidationResult> {
    const tables = validationTables(ctx)
    const { project, dataset } = snapshot
    const place = { snapshot_id: snapshot.id, project, dataset, ...suite }
    const checks = boundChecks(found)
    const failing = checks.filter(({ success }) => !success)
    const failedAs = (severity: string) => failing.filter(({ expectation }) => expectation.severity === severity).length
    const counts = {
      success: failing.length === 0,
      evaluated: checks.length,
      failed: failing.length,
      failed_critical: failedAs('critical'),
      failed_warning: failedAs('warning'),
      failed_info: failedAs('info'),
      not_evaluated: checks.filter((check) => !isEvaluated(check)).length,
    }
    const row = await tables
      .insertInto('validations')
      .values({
        ...place,
        ...counts,
        id: ctx.ids.prefixed('val'),
        engine_version: engineVersion,
        snapshot_created_at: new Date(snapshot.created_at),
        checks: JSON.stringify(checks),
        created_at: ctx.clock.now(),
      })
      .onConflict((conflict) =>
        conflict.columns(['snapshot_id', 'suite', 'suite_digest', 'engine_version']).doNothing(),
      )
      .returningAll()
      .executeTakeFirst()
    if (row === undefined) {
      unchanged()
      const other = await tables
        .selectFrom('validations')
        .selectAll()
        .where('snapshot_id', '=', snapshot.id)
        .where('suite', '=', suite.suite)
        .where('suite_digest', '=', suite.suite_digest)
        .where('engine_version', '=', engineVersion)
        .executeTakeFirstOrThrow()
      return toValidation(other)
    }
    await writeChecks(ctx, row.id, checks)
    await recordLineage(ctx, {
      things: [
        { ...snapshotThing(snapshot), keep: true },
        {
          kind: 'validation',
          id: row.id,
          label: `${dataset} ${counts.success ? 'passed' : 'failed'}`,
          project,
          detail: {
            dataset,
            success: counts.success,
            evaluated: counts.evaluated,
            failed: counts.failed,
            critical: counts.failed_critical,
            suite: suite.suite,
          },
        },
      ],
      steps: [
        { from: { kind: 'snapshot', id: snapshot.id }, to: { kind: 'validation', id: row.id }, relation: 'checked' },
      ],
    })
    await record({
      subject: `snapshots/${snapshot.id}`,
      event: 'validation.finished',
      payload: {
        project,
        dataset,
        snapshot_id: snapshot.id,
        validation_id: row.id,
        success: counts.success,
        critical: counts.failed_critical,
        warning: counts.failed_warning,
        info: counts.failed_info,
        not_evaluated: counts.not_evaluated,
        suite: suite.suite,
      },
      reason,
    })
    await dropOldest(ctx, { project, dataset })
    tell(ctx, row.id, place, failing)
    return toValidation(row)
  },
})

/** Warnings and failures stand in the log as well, each with what was found. */
function tell(
  ctx: VerbContext,
  id: string,
  { project, dataset, snapshot_id, suite }: { project: string; dataset: string; snapshot_id: string; suite: string },
  failing: readonly CheckResult[],
): void {
  const alerting = failing.filter(({ expectation }) => expectation.severity !== 'info')
  if (alerting.length === 0) return
  const checks = alerting.slice(0, 10).map((check) => `${check.expectation.severity}: ${describeCheck(check)}`)
  const fields = { validation: id, project, dataset, snapshot: snapshot_id, suite, failed: alerting.length, checks }
  ctx.log.warn(fields, 'Expectations failed')
}

const rowsAtOnce = 1000

async function writeChecks(ctx: VerbContext, id: string, checks: readonly CheckResult[]): Promise<void> {
  const identities = suiteIdentities(checks.map(({ expectation }) => expectation))
  const rows = checks.map((check, position) => ({
    validation_id: id,
    position,
    identity: identities[position] ?? '',
    success: check.success,
    is_evaluated: isEvaluated(check),
    unexpected_share: unexpectedShare(check) ?? null,
    observed: check.observed === undefined ? null : JSON.stringify(pointOf(check.observed)),
  }))
  for (let first = 0; first < rows.length; first += rowsAtOnce) {
    await validationTables(ctx)
      .insertInto('validation_checks')
      .values(rows.slice(first, first + rowsAtOnce))
      .execute()
  }
}

/** What stands in a history: short, since there is one for each snapshot. */
function pointOf(observed: Json): Json {
  return cutValue(observed, 60, 10)
}

async function dropOldest(
  ctx: VerbContext,
  { project, dataset }: { readonly project: string; readonly dataset: string },
): Promise<void> {
  const gone = await validationTables(ctx)
    .deleteFrom('validations')
    .where('id', 'in', (query) =>
      query
        .selectFrom('validations')
        .select('id')
        .where('project', '=', project)
        .where('dataset', '=', dataset)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .offset(limit('validation.results_kept'))
        .limit(100),
    )
    .returning('id')
    .execute()
  await markErased(
    ctx,
    gone.map(({ id }) => ({ kind: 'validation', id })),
  )
}
