import { sql } from 'kysely'
import type { VerbContext } from '../../platform/index.js'
import type { SpanRow } from './span-row.js'
import type { TraceOfSpans } from './trace-of-spans.js'

export interface UpsertedTrace {
  readonly id: string
  /** True where a client told the whole trace: it knows better than its spans. */
  readonly is_final: boolean
  /** True once the root is there. */
  readonly is_complete: boolean
  /** Before the spans of this export. */
  readonly span_count: number
}

/**
 * Makes or widens traces by what their spans say, in one statement. What a trace has is kept; its times only grow. The
 * rows stay locked, so that exports of the same trace take turns.
 */
export async function upsertTracesOfSpans(
  ctx: VerbContext,
  experimentId: string,
  traces: readonly TraceOfSpans[],
): Promise<readonly UpsertedTrace[]> {
  const { rows } = await sql<UpsertedTrace>`
    insert into traces as t (id, experiment_id, request_ms, execution_ms, state, name, request_preview, response_preview, metadata, tags)
    select g.id, ${experimentId}::bigint, g.request_ms, g.end_ms - g.request_ms, coalesce(g.state, 'IN_PROGRESS'), g.name,
      g.request_preview, g.response_preview, g.metadata, g.tags
    from jsonb_to_recordset(${JSON.stringify(traces)}::jsonb) as g (id text, request_ms bigint, end_ms bigint, state text,
      name text, request_preview text, response_preview text, metadata jsonb, tags jsonb)
    order by g.id
    on conflict (id) do update set
      request_ms = case when t.is_final then t.request_ms else least(t.request_ms, excluded.request_ms) end,
      execution_ms = case when t.is_final then t.execution_ms else
        greatest(t.request_ms + t.execution_ms, excluded.request_ms + excluded.execution_ms) - least(t.request_ms, excluded.request_ms) end,
      state = case when t.state in ('IN_PROGRESS', 'STATE_UNSPECIFIED') then excluded.state else t.state end,
      name = coalesce(t.name, excluded.name),
      request_preview = coalesce(t.request_preview, excluded.request_preview),
      response_preview = coalesce(t.response_preview, excluded.response_preview),
      metadata = excluded.metadata || t.metadata,
      tags = excluded.tags || t.tags || jsonb_build_object('mlflow.trace.spansLocation', 'TRACKING_STORE')
    returning id, is_final, state <> 'IN_PROGRESS' as is_complete, span_count
  `.execute(ctx.db)
  return rows
}

/** Writes spans and returns how many each of their traces has now. */
export async function upsertSpans(
  ctx: VerbContext,
  spans: readonly SpanRow[],
): Promise<readonly { readonly id: string; readonly span_count: number }[]> {
  const column = <Value>(read: (span: SpanRow) => Value): Value[] => spans.map(read)
  const { rows } = await sql<{ id: string; span_count: number }>`
    with written as (
      insert into trace_spans (trace_id, span_id, parent_span_id, name, type, status, start_ns, end_ns, usage, cost, model,
        model_provider, attributes, content)
      select * from unnest(${column((span) => span.trace_id)}::text[], ${column((span) => span.span_id)}::text[],
        ${column((span) => span.parent_span_id)}::text[], ${column((span) => span.name)}::text[],
        ${column((span) => span.type)}::text[], ${column((span) => span.status)}::text[],
        ${column((span) => span.start_ns)}::bigint[], ${column((span) => span.end_ns)}::bigint[],
        ${column((span) => span.usage)}::jsonb[], ${column((span) => span.cost)}::jsonb[],
        ${column((span) => span.model)}::text[], ${column((span) => span.model_provider)}::text[],
        ${column((span) => span.attributes)}::jsonb[], ${column((span) => span.content)}::text[])
      on conflict (trace_id, span_id) do update set parent_span_id = excluded.parent_span_id, name = excluded.name,
        type = excluded.type, status = excluded.status, start_ns = excluded.start_ns, end_ns = excluded.end_ns,
        usage = excluded.usage, cost = excluded.cost, model = excluded.model, model_provider = excluded.model_provider,
        attributes = excluded.attributes, content = excluded.content
      returning trace_id, xmax = 0 as is_new
    ), counted as (
      select trace_id, count(*) filter (where is_new) as added from written group by trace_id
    )
    update traces set span_count = span_count + counted.added::integer from counted
    where traces.id = counted.trace_id and counted.added > 0
    returning traces.id, traces.span_count
  `.execute(ctx.db)
  return rows
}

export interface StoredUsage {
  readonly span_id: string
  readonly parent_span_id: string | null
  readonly usage: Readonly<Record<string, number>> | null
  readonly cost: Readonly<Record<string, number>> | null
}

/** The tree of each trace with the tokens and costs of its spans. */
export async function selectUsageNodes(
  ctx: VerbContext,
  traceIds: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredUsage[]>> {
  const { rows } = await sql<StoredUsage & { readonly trace_id: string }>`
    select trace_id, span_id, parent_span_id, usage, cost from trace_spans where trace_id = any(${[...traceIds]}::text[])
  `.execute(ctx.db)
  const found = new Map<string, StoredUsage[]>()
  for (const { trace_id, ...node } of rows) {
    const nodes = found.get(trace_id)
    if (nodes === undefined) found.set(trace_id, [node])
    else nodes.push(node)
  }
  return found
}

export async function mergeTraceMetadata(
  ctx: VerbContext,
  updates: readonly { readonly id: string; readonly metadata: Readonly<Record<string, string>> }[],
): Promise<void> {
  if (updates.length === 0) return
  await sql`
    update traces t set metadata = t.metadata || g.metadata
    from jsonb_to_recordset(${JSON.stringify(updates)}::jsonb) as g (id text, metadata jsonb)
    where t.id = g.id
  `.execute(ctx.db)
}
