import { FlowLogLevel, type FlowLogLine, FlowLogQuery } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { type Db, readVerb } from '../../../platform/index.js'
import { expectRun, positionOf } from './list-steps.js'

/** Levels as rows keep them. */
const levelNumbers = { debug: 10, info: 20, warn: 30, error: 40 } as const satisfies Record<FlowLogLevel, number>

interface LogRow {
  readonly position: number
  readonly at: Date
  readonly level: number
  readonly step: string | null
  readonly stream: FlowLogLine['stream']
  readonly text: string
}

function toLine({ position, at, level, step, stream, text }: LogRow): FlowLogLine {
  return {
    position,
    at: at.toISOString(),
    level: FlowLogLevel.options.findLast((name) => levelNumbers[name] <= level) ?? 'debug',
    ...(step === null ? {} : { step }),
    stream,
    text,
  }
}

export interface LogFilter {
  readonly step?: string | undefined
  readonly level?: FlowLogLevel | undefined
  readonly search?: string | undefined
}

/** At most so many lines of a run after a position, oldest first. */
export async function readLines(
  db: Db,
  run: string,
  { after, most, step, level, search }: LogFilter & { readonly after: number; readonly most: number },
): Promise<readonly FlowLogLine[]> {
  const conditions = [
    sql`run_id = ${run} and position > ${after}`,
    ...(step === undefined ? [] : [sql`(step = ${step} or starts_with(step, ${`${step}[`}))`]),
    ...(level === undefined ? [] : [sql`level >= ${levelNumbers[level]}`]),
    ...(search === undefined || search === '' ? [] : [sql`strpos(lower(text), lower(${search})) > 0`]),
  ]
  const { rows } = await sql<LogRow>`
    select position, at, level, step, stream, text from flow_logs
    where ${sql.join(conditions, sql` and `)} order by position limit ${most}
  `.execute(db)
  return rows.map(toLine)
}

/** Lines of a run that were not kept. */
export async function readDropped(db: Db, run: string): Promise<number> {
  const { rows } = await sql<{ dropped: number }>`select dropped from flow_log_counts where run_id = ${run}`.execute(db)
  return rows[0]?.dropped ?? 0
}

interface LogPage {
  readonly items: FlowLogLine[]
  readonly next_page_token?: string
  readonly dropped: number
}

/**
 * A page of what a run logged, oldest first; of a step, with the items where it is a map. The token is the position of the last line
 * shown. Throws `flow_run_not_found`, `page_token_invalid`.
 */
export const listFlowLogs = readVerb({
  name: 'flows.list_flow_logs',
  permission: 'flows.read',
  input: FlowLogQuery.extend({ flow_run: z.string() }),
  async run({ ctx, input }): Promise<LogPage> {
    await expectRun(ctx.db, input.flow_run)
    const { limit, flow_run: run, page_token, after = -1, ...filter } = input
    const first = Math.max(after, positionOf(page_token))
    const lines = await readLines(ctx.db, run, { ...filter, after: first, most: limit + 1 })
    const shown = lines.slice(0, limit)
    const last = shown.at(-1)
    return {
      items: shown,
      ...(lines.length > shown.length && last !== undefined ? { next_page_token: String(last.position) } : {}),
      dropped: await readDropped(ctx.db, run),
    }
  },
})

const linesAtOnce = 2_000

/** The whole log of a run as text, read as it is sent. Throws `flow_run_not_found` before the first piece. */
export const openLogText = readVerb({
  name: 'flows.open_log_text',
  permission: 'flows.read',
  input: z.object({ flow_run: z.string() }),
  async run({ ctx, input }): Promise<AsyncIterable<string>> {
    await expectRun(ctx.db, input.flow_run)
    return logTexts(ctx.db, input.flow_run)
  },
})

async function* logTexts(db: Db, run: string): AsyncGenerator<string> {
  let after = -1
  for (;;) {
    const lines = await readLines(db, run, { after, most: linesAtOnce })
    const last = lines.at(-1)
    if (last === undefined) break
    after = last.position
    yield `${lines.map(lineText).join('\n')}\n`
  }
  const dropped = await readDropped(db, run)
  if (dropped > 0) yield `(+${dropped})\n`
}

/** As `2026-11-21T06:31:47.000Z WARN  load: slow`. */
export function lineText({ at, level, step, text }: FlowLogLine): string {
  return `${at} ${level.toUpperCase().padEnd(5)} ${step === undefined ? '' : `${step}: `}${text}`
}
