import { type FabriqueError, isFabriqueError, type MonitorAction, type MonitorDefinition } from '@fabrique/contract'
import type { Said } from '@fabrique/ml/drift'
import { sql } from 'kysely'
import type { RecordChange, VerbContext } from '../../../platform/index.js'
import { tellStoredError } from '../../jobs/index.js'
import { championAlias, rollbackAlias } from '../../registry/index.js'
import { isFrom, severityOf } from '../model.js'
import type { StoredAction } from '../store.js'
import { type FoundReport, openFinding, resolveByItself } from './find.js'

/** A flow that a monitor asks for. */
export interface AskedFlow {
  readonly project: string
  readonly flow: string
  readonly params: Extract<MonitorAction, { do: 'flow' }>['params']
  readonly model: string | undefined
  readonly reason: string
  /** The same key gives the same run. */
  readonly key: string
}

/** What a monitor needs of higher contexts. */
export interface MonitorTools {
  /** Starts a flow in the transaction of the report. Throws what the verb throws that starts it for people. */
  startFlow(ctx: VerbContext, asked: AskedFlow): Promise<string>
}

export interface Acting {
  readonly report: FoundReport
  readonly definition: MonitorDefinition
  readonly tools: MonitorTools
  readonly record: RecordChange
}

/**
 * What follows from a report, in its transaction: each action once, or why not. A report without alarm ends the finding that is there,
 * unless what fell could not be decided since; one without enough data changes nothing.
 */
export async function act(ctx: VerbContext, acting: Acting): Promise<readonly StoredAction[]> {
  const { report, definition, record } = acting
  const severity = severityOf(report.state)
  if (severity === undefined) {
    if (report.state === 'ok' && !report.isUnsettled) await resolveByItself(ctx, report, record)
    return []
  }
  const taken: StoredAction[] = []
  for (const action of definition.actions) {
    if (!isFrom(severity, action.from)) continue
    const done = await take(ctx, action, acting)
    taken.push(done)
    await sql`
      insert into monitor_actions (monitor, report_id, at, what, detail)
      values (${report.monitor}, ${report.id}, ${ctx.clock.now()}, ${whatOf(action)}, ${JSON.stringify(done)})
    `.execute(ctx.db)
  }
  return taken
}

const whatOf = (action: MonitorAction): string => (action.do === 'flow' ? `flow:${action.flow}` : action.do)

async function take(ctx: VerbContext, action: MonitorAction, acting: Acting): Promise<StoredAction> {
  const { report, definition, record } = acting
  switch (action.do) {
    case 'finding':
    case 'block_promotion': {
      const blocks = action.do === 'block_promotion'
      const { id, isNew } = await openFinding(ctx, report, blocks, record)
      return { do: action.do, outcome: isNew ? 'done' : 'open_already', finding_id: id }
    }
    case 'alert': {
      const cooling = await coolingUntil(ctx, action, acting)
      if (cooling !== undefined) return { do: 'alert', outcome: 'cool_down', until: cooling }
      const { id, monitor, project, state } = report
      const { model } = definition
      await record({
        subject: `monitors/${monitor}`,
        event: 'drift.alerted',
        payload: { project, monitor, report_id: id, state, ...(model === undefined ? {} : { model }) },
        reason: report.sentence.en.slice(0, 500),
      })
      return { do: 'alert', outcome: 'done' }
    }
    case 'flow': {
      const cooling = await coolingUntil(ctx, action, acting)
      const of = { do: 'flow', flow: action.flow } as const
      if (cooling !== undefined) return { ...of, outcome: 'cool_down', until: cooling }
      return startFlow(ctx, action, acting)
    }
    case 'roll_back':
      return rollBack(ctx, action, acting)
  }
}

async function startFlow(
  ctx: VerbContext,
  { flow, params }: Extract<MonitorAction, { do: 'flow' }>,
  { report, definition, tools }: Acting,
): Promise<StoredAction> {
  const { project, monitor, id: key } = report
  const asked = { project, flow, params, model: definition.model, reason: reasonOf(report), key: `${monitor}:${key}` }
  const tried = await attempt(ctx, () => tools.startFlow(ctx, asked))
  return 'why' in tried
    ? { do: 'flow', flow, outcome: 'refused', why: tried.why }
    : { do: 'flow', flow, outcome: 'done', flow_run_id: tried.done }
}

/** One roll-back for a finding, which it opens where it is alone: whether the version before is at fault too, people decide. */
async function rollBack(ctx: VerbContext, action: MonitorAction, acting: Acting): Promise<StoredAction> {
  const { report, definition, record } = acting
  const { id: finding_id } = await openFinding(ctx, report, false, record)
  const cooling = await coolingUntil(ctx, action, acting)
  if (cooling !== undefined) return { do: 'roll_back', outcome: 'cool_down', until: cooling }
  const { rows } = await sql`
    select from findings f join monitor_actions a on a.monitor = f.monitor and a.at >= f.opened_at
    where f.id = ${finding_id} and a.what = 'roll_back' and a.detail ->> 'outcome' = 'done' limit 1
  `.execute(ctx.db)
  if (rows.length > 0) {
    const why: Said = {
      en: 'It has rolled back since this finding was opened: what comes next is for people to decide',
      fr: 'Il est déjà revenu en arrière depuis l’ouverture de ce constat\u202f: la suite est à décider par une personne',
    }
    return { do: 'roll_back', outcome: 'nothing_to_do', finding_id, why }
  }
  const input = { model: definition.model ?? '', alias: championAlias, reason: reasonOf(report) }
  const tried = await attempt(ctx, () => rollbackAlias({ ctx, input }))
  if ('why' in tried) {
    const outcome = tried.code === 'alias_never_moved' ? 'nothing_to_do' : 'refused'
    return { do: 'roll_back', outcome, why: tried.why }
  }
  const { from_version, to_version } = tried.done
  return {
    do: 'roll_back',
    outcome: 'done',
    ...(from_version === undefined ? {} : { from_version }),
    ...(to_version === undefined ? {} : { to_version }),
  }
}

type Tried<Output> = { readonly done: Output } | { readonly code: string; readonly why: Said }

/** Does something that may be refused. What it wrote until then is taken back, and the report stands. */
async function attempt<Output>({ db }: VerbContext, work: () => Promise<Output>): Promise<Tried<Output>> {
  await sql`savepoint monitor_action`.execute(db)
  try {
    const done = await work()
    await sql`release savepoint monitor_action`.execute(db)
    return { done }
  } catch (error) {
    const refused = refusalOf(error)
    await sql`rollback to savepoint monitor_action`.execute(db)
    return refused
  }
}

const reasonOf = ({ monitor, id, sentence }: FoundReport) =>
  `Monitor ${monitor}, report ${id}: ${sentence.en}`.slice(0, 500)

/** An error that people can act on; others end the transaction. */
function refusalOf(error: unknown): { readonly code: string; readonly why: Said } {
  if (!isFabriqueError(error) || error.code.startsWith('database_') || error.code === 'internal_error') throw error
  const { code, params } = error as FabriqueError
  const told = (language: 'en' | 'fr') => tellStoredError({ code, params }, language).message
  return { code, why: { en: told('en'), fr: told('fr') } }
}

/** Until when an action that was done rests; undefined where it may be done. */
async function coolingUntil(
  ctx: VerbContext,
  action: MonitorAction,
  { report, definition }: Acting,
): Promise<string | undefined> {
  const { rows } = await sql<{ at: Date }>`
    select at from monitor_actions
    where monitor = ${report.monitor} and what = ${whatOf(action)} and detail ->> 'outcome' = 'done'
    order by at desc limit 1
  `.execute(ctx.db)
  const [last] = rows
  if (last === undefined) return undefined
  const until = new Date(last.at.getTime() + definition.cool_down_minutes * 60_000)
  return until > ctx.clock.now() ? until.toISOString() : undefined
}
