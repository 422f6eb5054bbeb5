import { FabriqueError, type TraceState } from '@fabrique/contract'
import { type RawBuilder, sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import type { Assessment, TraceInfo } from './model.js'

interface TraceRow extends Omit<TraceInfo, 'assessments'> {
  readonly assessments: readonly Assessment[] | null
}

/** Traces without spans, in one round trip. `page` is a query of rows of `traces` with their `position`. */
export async function selectTraces(ctx: VerbContext, page: RawBuilder<unknown>): Promise<readonly TraceInfo[]> {
  const { rows } = await sql<TraceRow>`
    with page as (${page})
    select t.id, t.experiment_id::text as experiment_id, t.client_request_id, t.request_ms, t.execution_ms, t.state, t.name,
      t.request_preview, t.response_preview, t.metadata, t.tags, t.span_count,
      (select json_agg(row_to_json(a) order by a.created_ms, a.id) from trace_assessments a where a.trace_id = t.id) as assessments
    from page t order by t.position
  `.execute(ctx.db)
  return rows.map((row) => ({ ...row, assessments: row.assessments ?? [] }))
}

/** The trace of an id. Throws `trace_not_found`. */
export async function selectTrace(ctx: VerbContext, id: string): Promise<TraceInfo> {
  const [found] = await selectTraces(ctx, sql`select *, 1 as position from traces where id = ${id}`)
  if (found === undefined) throw new FabriqueError('trace_not_found', { trace: id })
  return found
}

export interface LockedTrace {
  readonly experiment_id: string
  readonly tags: Readonly<Record<string, string>>
  readonly request_ms: number
}

/** Locks a trace for a change. Throws `trace_not_found`. */
export async function lockTrace(ctx: VerbContext, id: string): Promise<LockedTrace> {
  const { rows } = await sql<LockedTrace>`
    select experiment_id::text as experiment_id, tags, request_ms from traces where id = ${id} for no key update
  `.execute(ctx.db)
  if (rows[0] === undefined) throw new FabriqueError('trace_not_found', { trace: id })
  return rows[0]
}

/** What is told of a change of a trace. */
export function traceChanged(traceId: string, experimentId: string, change: string) {
  return {
    subject: `traces/${traceId}`,
    event: 'trace.changed',
    payload: { trace_id: traceId, experiment_id: experimentId, change },
  } as const
}

export interface NewTrace extends Omit<TraceInfo, 'span_count' | 'assessments'> {
  readonly is_final: boolean
}

/** Stores what a client says of a whole trace; it knows better than spans that came before. One statement. */
export async function upsertTrace(ctx: VerbContext, trace: NewTrace): Promise<void> {
  await sql`
    insert into traces as t (id, experiment_id, client_request_id, request_ms, execution_ms, state, name, request_preview,
      response_preview, metadata, tags, is_final)
    values (${trace.id}, ${trace.experiment_id}::bigint, ${trace.client_request_id}, ${trace.request_ms}, ${trace.execution_ms},
      ${trace.state}, ${trace.name}, ${trace.request_preview}, ${trace.response_preview}, ${JSON.stringify(trace.metadata)},
      ${JSON.stringify(trace.tags)}, ${trace.is_final})
    on conflict (id) do update set experiment_id = excluded.experiment_id, client_request_id = excluded.client_request_id,
      request_ms = excluded.request_ms, execution_ms = excluded.execution_ms, state = excluded.state,
      name = coalesce(excluded.name, t.name),
      request_preview = coalesce(excluded.request_preview, t.request_preview),
      response_preview = coalesce(excluded.response_preview, t.response_preview),
      metadata = t.metadata || excluded.metadata, tags = t.tags || excluded.tags, is_final = t.is_final or excluded.is_final
  `.execute(ctx.db)
}

/** Ends a trace of an older client: its time counts from its start. */
export async function endTrace(
  ctx: VerbContext,
  id: string,
  end: {
    readonly end_ms: number
    readonly state: TraceState
    readonly metadata: Readonly<Record<string, string>>
    readonly tags: Readonly<Record<string, string>>
    readonly name: string | null
  },
): Promise<void> {
  await sql`
    update traces set execution_ms = ${end.end_ms}::bigint - request_ms, state = ${end.state}, name = coalesce(${end.name}::text, name),
      metadata = metadata || ${JSON.stringify(end.metadata)}::jsonb, tags = tags || ${JSON.stringify(end.tags)}::jsonb
    where id = ${id}
  `.execute(ctx.db)
}

export interface SpanContent {
  readonly trace_id: string
  readonly content: string
}

/** The spans of traces as the texts that were stored: roots first, then by start. */
export async function selectSpanContents(
  ctx: VerbContext,
  traceIds: readonly string[],
  max = Number.MAX_SAFE_INTEGER,
): Promise<readonly SpanContent[]> {
  const { rows } = await sql<SpanContent>`
    select trace_id, content from trace_spans where trace_id = any(${[...traceIds]}::text[])
    order by trace_id, parent_span_id is not null, start_ns, span_id limit ${max}
  `.execute(ctx.db)
  return rows
}
