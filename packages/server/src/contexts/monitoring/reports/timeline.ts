import {
  type FlowRun,
  isFabriqueError,
  type Language,
  type ModelChange,
  type TimelineEntry,
  TimelineQuery,
} from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { checkModelGrant, fromJsonb, readVerb, type VerbContext } from '../../../platform/index.js'
import { listSnapshots } from '../../datasets/index.js'
import { findVersion, listModelHistory } from '../../registry/index.js'
import { getRuns } from '../../tracking/index.js'
import { grantedAll, grantedOne, language } from '../model.js'
import {
  type FindingRow,
  type MonitorRow,
  type ReportRow,
  type StoredAction,
  toAction,
  toFinding,
  toReport,
} from '../store.js'
import { timelineTexts } from './timeline-texts.js'

/** What the timeline needs of higher contexts. */
export interface TimelineTools {
  /** Runs of flows that some ids name, and those of the loop of a model, within a span of time. */
  flowRuns(
    ctx: VerbContext,
    asked: {
      readonly ids: readonly string[]
      readonly model: string | undefined
      readonly since: string
      readonly until: string
      readonly language: Language
    },
  ): Promise<readonly FlowRun[]>
}

const dayMs = 86_400_000
const daysShown = 90

/** Whose timeline: of one monitor, or of all of a model. */
const Whose = z.union([
  z.object({ monitor: z.string(), model: z.undefined().optional() }),
  z.object({ model: z.string(), monitor: z.undefined().optional() }),
])

interface Span {
  readonly since: string
  readonly until: string
  readonly limit: number
  readonly language: Language
}

/**
 * From the shift to the decision, newest first: reports, findings, what monitors did, flows, versions, aliases, roll-outs, snapshots; who did
 * it and why. What the actor may not see is left out. Throws `model_not_granted`.
 */
export const getTimeline = readVerb({
  name: 'monitoring.get_timeline',
  permission: 'monitors.read',
  input: z.intersection(TimelineQuery.extend({ language, tools: z.custom<TimelineTools>() }), Whose),
  async run({ ctx, input }): Promise<{ items: TimelineEntry[] }> {
    const { language: tongue, limit } = input
    if (input.model !== undefined) checkModelGrant(ctx.actor, input.model)
    const now = ctx.clock.now()
    const until = input.until ?? now.toISOString()
    const since = input.since ?? new Date(now.getTime() - daysShown * dayMs).toISOString()
    const span: Span = { since, until, limit, language: tongue }
    const monitors = await monitorsOf(ctx, input)
    const names = monitors.map(({ name }) => name)
    const models = [...new Set([input.model, ...monitors.map(({ model }) => model ?? undefined)])].filter(
      (name) => name !== undefined,
    )
    const actions = await actionsOf(ctx, names, span)
    const found = [
      ...(await reportsOf(ctx, names, span)),
      ...(await findingsOf(ctx, names, span)),
      ...actions,
      ...(await changesOf(ctx, monitors, span)),
      ...(await snapshotsOf(ctx, monitors, span)),
    ]
    for (const model of models) {
      found.push(...(await versionsOf(ctx, model, span)), ...(await rolloutsOf(ctx, model, span)))
    }
    const ids = actions.flatMap(({ flow_run_id }) => flow_run_id ?? [])
    for (const [index, model] of (models.length === 0 ? [undefined] : models).entries()) {
      const runs = await input.tools.flowRuns(ctx, {
        ids: index === 0 ? ids : [],
        model,
        since,
        until,
        language: tongue,
      })
      found.push(...runs.flatMap((run) => entriesOfRun(run, tongue)))
    }
    const items = found
      .filter(({ at }) => at >= since && at <= until)
      .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
      .slice(0, limit)
    return { items: await withDecisions(ctx, items, tongue) }
  },
})

type Shown = Pick<MonitorRow, 'name' | 'project' | 'model' | 'dataset'>

async function monitorsOf(
  ctx: VerbContext,
  { monitor, model }: { readonly monitor?: string | undefined; readonly model?: string | undefined },
): Promise<readonly Shown[]> {
  const which = monitor === undefined ? sql`model = ${model ?? ''}` : sql`name = ${monitor}`
  const { rows } = await sql<Shown>`
    select name, project, model, dataset from monitors where ${which} and ${grantedOne(ctx.actor, sql`model`)} order by name
  `.execute(ctx.db)
  return rows
}

async function reportsOf(ctx: VerbContext, monitors: readonly string[], span: Span): Promise<TimelineEntry[]> {
  const { rows } = await sql<ReportRow>`
    select * from monitor_reports where monitor = any(${[...monitors]}::text[]) and ${grantedAll(ctx.actor, sql`models`)}
      and at >= ${new Date(span.since)} and at <= ${new Date(span.until)} order by at desc limit ${span.limit}
  `.execute(ctx.db)
  return rows.map((row) => {
    const report = toReport(row, span.language)
    return {
      at: report.at,
      actor: report.requested_by,
      kind: 'report',
      what: report.sentence,
      state: report.state,
      report_id: report.id,
      project: report.project,
      ...(report.model === undefined ? {} : { model: report.model }),
    }
  })
}

async function findingsOf(ctx: VerbContext, monitors: readonly string[], span: Span): Promise<TimelineEntry[]> {
  const { rows } = await sql<FindingRow>`
    select * from findings where monitor = any(${[...monitors]}::text[]) and ${grantedAll(ctx.actor, sql`models`)}
      and last_at >= ${new Date(span.since)} order by opened_at desc limit ${span.limit}
  `.execute(ctx.db)
  return rows.flatMap((row) => {
    const finding = toFinding(row, span.language)
    const { id, project, model, severity, note } = finding
    const about = { finding_id: id, project, ...(model === undefined ? {} : { model }) }
    const texts = timelineTexts(span.language)
    const entry = (
      kind: TimelineEntry['kind'],
      at: string | undefined,
      actor: string,
      what: string,
    ): TimelineEntry[] => (at === undefined ? [] : [{ at, actor, kind, what, ...about }])
    const noted = note === '' ? {} : { reason: note }
    return [
      ...entry('finding_opened', finding.opened_at, 'system:monitor', texts.findingOpened(texts.severities[severity])),
      ...entry(
        'finding_acknowledged',
        finding.acknowledged_at,
        finding.acknowledged_by ?? '',
        texts.findingAcknowledged,
      ).map((one) => ({ ...one, ...noted })),
      ...entry('finding_resolved', finding.resolved_at, finding.resolved_by ?? '', texts.findingResolved).map(
        (one) => ({
          ...one,
          ...noted,
        }),
      ),
    ]
  })
}

interface ActionRow {
  readonly report_id: string
  readonly at: Date
  readonly detail: unknown
  readonly project: string
  readonly model: string | null
}

/** What a cool-down held back stands in the report: here stands what was done, and what was refused. */
async function actionsOf(ctx: VerbContext, monitors: readonly string[], span: Span): Promise<TimelineEntry[]> {
  const { rows } = await sql<ActionRow>`
    select a.report_id, a.at, a.detail, m.project, m.model from monitor_actions a join monitors m on m.name = a.monitor
    where a.monitor = any(${[...monitors]}::text[]) and a.at >= ${new Date(span.since)} and a.at <= ${new Date(span.until)}
      and a.what <> 'finding' and a.detail ->> 'outcome' in ('done', 'refused') order by a.at desc limit ${span.limit}
  `.execute(ctx.db)
  const texts = timelineTexts(span.language)
  return rows.map(({ report_id, at, detail, project, model }) => {
    const action = toAction(fromJsonb<StoredAction>(detail), span.language)
    const told = texts.actions[action.do](action.flow ?? '', action.to_version ?? '')
    return {
      at: at.toISOString(),
      actor: 'system:monitor',
      kind: 'action',
      what: action.outcome === 'refused' ? texts.refused(told) : told,
      state: action.outcome,
      report_id,
      project,
      ...(model === null ? {} : { model }),
      ...(action.flow === undefined ? {} : { flow: action.flow }),
      ...(action.flow_run_id === undefined ? {} : { flow_run_id: action.flow_run_id }),
      ...(action.to_version === undefined ? {} : { version: action.to_version }),
      ...(action.from_version === undefined ? {} : { from_version: action.from_version }),
      ...(action.why === undefined ? {} : { reason: action.why }),
    }
  })
}

interface AuditRow {
  readonly at: Date
  readonly actor: string
  readonly verb: string
  readonly reason: string
  readonly detail: unknown
}

async function changesOf(ctx: VerbContext, monitors: readonly Shown[], span: Span): Promise<TimelineEntry[]> {
  const subjects = monitors.map(({ name }) => `monitors/${name}`)
  const { rows } = await sql<AuditRow>`
    select at, actor, verb, reason, detail from audit where subject = any(${subjects}::text[]) and detail ? 'change'
      and at >= ${new Date(span.since)} and at <= ${new Date(span.until)} order by id desc limit ${span.limit}
  `.execute(ctx.db)
  const texts = timelineTexts(span.language)
  return rows.map(({ at, actor, detail }) => {
    const { monitor, project, change } = fromJsonb<{ monitor: string; project: string; change: string }>(detail)
    return {
      at: at.toISOString(),
      actor,
      kind: 'monitor_changed',
      what: texts.monitorChanged(monitor, change),
      project,
    }
  })
}

async function rolloutsOf(ctx: VerbContext, model: string, span: Span): Promise<TimelineEntry[]> {
  const { rows } = await sql<AuditRow>`
    select at, actor, verb, reason, detail from audit where subject = ${`models/${model}`} and detail ? 'rollout_id'
      and at >= ${new Date(span.since)} and at <= ${new Date(span.until)} order by id desc limit ${span.limit}
  `.execute(ctx.db)
  const texts = timelineTexts(span.language)
  return rows.map(({ at, actor, reason, detail }) => {
    const { rollout_id, change } = fromJsonb<{ rollout_id: string; change: string }>(detail)
    const what = texts.rollout(change)
    return { at: at.toISOString(), actor, kind: 'rollout', what, state: change, rollout_id, model, ...reasoned(reason) }
  })
}

const reasoned = (reason: string) => (reason === '' ? {} : { reason })

/** A model that is not there any more has no history: what monitors found of it stays. */
async function versionsOf(ctx: VerbContext, model: string, span: Span): Promise<TimelineEntry[]> {
  try {
    const { items } = await listModelHistory({ ctx, input: { model, limit: Math.min(span.limit, 1000) } })
    return items.flatMap((change) => entryOfChange(model, change, span.language))
  } catch (error) {
    if (isFabriqueError(error) && error.code === 'model_not_found') return []
    throw error
  }
}

function entryOfChange(model: string, change: ModelChange, tongue: Language): TimelineEntry[] {
  const { what, version, key, from, to, reason, actor, at } = change
  const texts = timelineTexts(tongue)
  const about = { at, actor, model, ...reasoned(reason) }
  if (what === 'version' && to !== undefined) {
    return [{ ...about, kind: 'version_registered', what: texts.versionRegistered(model, to), version: to }]
  }
  if (what !== 'alias') return []
  return [
    {
      ...about,
      kind: 'alias_moved',
      what: to === undefined ? texts.aliasRemoved(key ?? '') : texts.aliasMoved(key ?? '', to),
      alias: key ?? '',
      ...(to === undefined ? (version === undefined ? {} : { version }) : { version: to }),
      ...(from === undefined ? {} : { from_version: from }),
    },
  ]
}

/** Newest versions of which it is told why they did not become champion. */
const decisionsTold = 50

/** Why versions were not promoted, as the runs that trained them tell; of those that were, the move of the alias does. */
async function withDecisions(
  ctx: VerbContext,
  items: readonly TimelineEntry[],
  tongue: Language,
): Promise<TimelineEntry[]> {
  if (!ctx.actor.permissions.has('runs.read')) return [...items]
  const runOf = new Map<TimelineEntry, string>()
  const registered = items.filter(({ kind, reason }) => kind === 'version_registered' && reason === undefined)
  for (const entry of registered.slice(0, decisionsTold)) {
    const { model = '', version = '' } = entry
    const run = await runOfVersion(ctx, model, version)
    if (run !== undefined) runOf.set(entry, run)
  }
  const runs = await getRuns({ ctx, input: { run_ids: [...new Set(runOf.values())] } })
  const tags = new Map(
    runs.map(({ info, data }) => [info.run_id, new Map(data.tags.map(({ key, value }) => [key, value]))]),
  )
  return items.map((entry) => {
    const of = tags.get(runOf.get(entry) ?? '')
    if (of?.get('fabrique.promoted') !== 'false') return entry
    // Somebody may have made a version of another model of the same run.
    if (of.get('fabrique.promotion_of') !== `${entry.model}/${entry.version}`) return entry
    const reason = of.get(tongue === 'fr' ? 'fabrique.promotion_fr' : 'fabrique.promotion')
    return { ...entry, state: 'not_promoted', ...reasoned(reason ?? '') }
  })
}

/** The run that a version came from. Undefined for one that has none, or that was deleted meanwhile. */
async function runOfVersion(ctx: VerbContext, model: string, version: string): Promise<string | undefined> {
  try {
    const { run_id } = await findVersion({ ctx, input: { model, version } })
    return run_id ?? undefined
  } catch (error) {
    if (isFabriqueError(error) && error.code === 'model_version_not_found') return undefined
    throw error
  }
}

async function snapshotsOf(ctx: VerbContext, monitors: readonly Shown[], span: Span): Promise<TimelineEntry[]> {
  const datasets = new Map(
    monitors.flatMap(({ project, dataset }) =>
      dataset === null ? [] : [[`${project}/${dataset}`, { project, dataset }]],
    ),
  )
  const texts = timelineTexts(span.language)
  const found: TimelineEntry[] = []
  for (const { project, dataset } of datasets.values()) {
    const { items } = await listSnapshots({ ctx, input: { project, dataset, limit: Math.min(span.limit, 1000) } })
    for (const { id, created_at: at, row_count } of items) {
      found.push({
        at,
        actor: 'system:worker',
        kind: 'snapshot',
        what: texts.snapshot(dataset, row_count),
        project,
        dataset,
        snapshot_id: id,
      })
    }
  }
  return found
}

/** A run that is over stands twice: when it was asked for, and when it ended. */
function entriesOfRun(run: FlowRun, tongue: Language): TimelineEntry[] {
  const texts = timelineTexts(tongue)
  const { id, flow, project, model, state, requested_at, ended_at, requested_by, reason } = run
  const about = {
    kind: run.origin === 'loop' ? ('loop' as const) : ('flow_run' as const),
    flow,
    flow_run_id: id,
    project,
    ...(model === undefined ? {} : { model }),
  }
  const begun = { ...about, at: requested_at, actor: requested_by, what: texts.flowAsked(flow), ...reasoned(reason) }
  if (ended_at === undefined) return [{ ...begun, state: state.type }]
  const what = texts.flowEnded(flow, state.type === 'COMPLETED')
  return [begun, { ...about, at: ended_at, actor: 'system:worker', what, state: state.type }]
}
