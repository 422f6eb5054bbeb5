import type { MonitorState } from '@fabrique/contract'
import type { Said } from '@fabrique/ml/drift'
import { sql } from 'kysely'
import type { RecordChange, VerbContext } from '../../../platform/index.js'
import { severityOf, worse } from '../model.js'
import type { FindingRow } from '../store.js'

/** A report as findings and actions need it. */
export interface FoundReport {
  readonly id: string
  readonly monitor: string
  readonly project: string
  readonly model: string | undefined
  readonly state: MonitorState
  readonly sentence: Said
  readonly models: readonly string[]
  /** Something that fell has not been decided since: nothing ends by this report. */
  readonly isUnsettled: boolean
}

/** Opens the finding of a monitor, or puts a further report on the one that is there. */
export async function openFinding(
  ctx: VerbContext,
  report: FoundReport,
  blocks: boolean,
  record: RecordChange,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const severity = severityOf(report.state) ?? 'warning'
  const now = ctx.clock.now()
  const before = await unresolved(ctx, report.monitor)
  if (before === undefined) {
    const id = ctx.ids.prefixed('find')
    await sql`
      insert into findings (id, monitor, project, model, severity, state, sentence, blocks_promotion, reports, report_id, last_report_id,
        opened_at, last_at, note, models)
      values (${id}, ${report.monitor}, ${report.project}, ${report.model ?? null}, ${severity}, 'open', ${JSON.stringify(report.sentence)},
        ${blocks}, 1, ${report.id}, ${report.id}, ${now}, ${now}, '', ${[...report.models]}::text[])
    `.execute(ctx.db)
    await tell(record, report, id, 'open')
    return { id, isNew: true }
  }
  // Two actions of one report are about the same finding.
  const isFurther = before.last_report_id !== report.id
  await sql`
    update findings set severity = ${worse(before.severity, severity)}, sentence = ${JSON.stringify(report.sentence)},
      blocks_promotion = blocks_promotion or ${blocks}, reports = reports + ${isFurther ? 1 : 0}, last_report_id = ${report.id},
      last_at = ${now}, models = array(select distinct unnest(models || ${[...report.models]}::text[]) order by 1)
    where id = ${before.id}
  `.execute(ctx.db)
  if (isFurther || (blocks && !before.blocks_promotion)) await tell(record, report, before.id, before.state)
  return { id: before.id, isNew: before.report_id === report.id || (blocks && !before.blocks_promotion) }
}

/** A report without alarm ends the finding of its monitor; that the monitor did so stands in it. */
export async function resolveByItself(ctx: VerbContext, report: FoundReport, record: RecordChange): Promise<void> {
  const before = await unresolved(ctx, report.monitor)
  if (before === undefined) return
  await sql`
    update findings set state = 'resolved', resolved_at = ${ctx.clock.now()}, resolved_by = ${ctx.actor.id}, last_report_id = ${report.id}
    where id = ${before.id}
  `.execute(ctx.db)
  await tell(record, report, before.id, 'resolved')
}

async function unresolved(ctx: VerbContext, monitor: string): Promise<FindingRow | undefined> {
  const { rows } = await sql<FindingRow>`
    select * from findings where monitor = ${monitor} and state <> 'resolved' for update
  `.execute(ctx.db)
  return rows[0]
}

async function tell(record: RecordChange, report: FoundReport, id: string, state: string): Promise<void> {
  const { project, monitor, model } = report
  await record({
    subject: `findings/${id}`,
    event: 'finding.changed',
    payload: { project, monitor, finding_id: id, state, ...(model === undefined ? {} : { model }) },
    reason: report.sentence.en.slice(0, 500),
  })
}
