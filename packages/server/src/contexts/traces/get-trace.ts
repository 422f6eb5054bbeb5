import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb } from '../../platform/index.js'
import { invalidValue } from '../../platform/mlflow/index.js'
import { spansInStore, type TraceInfo, traceMetadata, traceTags } from './model.js'
import { Text, TraceId } from './schema.js'
import { selectSpanContents, selectTrace, selectTraces } from './trace-store.js'

/** A trace with the texts of its spans, as protocol buffers write them in JSON; roots first, then by start. */
export interface WholeTrace {
  readonly info: TraceInfo
  readonly spans: readonly string[]
}

/** One trace without its spans. Throws `trace_not_found`. */
export const getTraceInfo = readVerb({
  name: 'traces.get_trace_info',
  permission: 'traces.read',
  input: TraceId,
  async run({ ctx, input }): Promise<TraceInfo> {
    return selectTrace(ctx, input.trace_id)
  },
})

const TraceIds = z.object({ trace_ids: z.array(Text), experiment_ids: z.array(Text).optional() })

function checkIds(ids: readonly string[]): void {
  const max = limit('traces.batch_get_max')
  if (ids.length > max) throw invalidValue('trace_ids', ids.length, `at most ${max} traces are asked for at once`)
}

/** Traces by their ids, without spans, in that order; those that are not there are left out. */
export const getTraceInfos = readVerb({
  name: 'traces.get_trace_infos',
  permission: 'traces.read',
  input: TraceIds,
  async run({ ctx, input }): Promise<readonly TraceInfo[]> {
    checkIds(input.trace_ids)
    const within =
      input.experiment_ids === undefined
        ? sql`true`
        : sql`traces.experiment_id::text = any(${input.experiment_ids}::text[])`
    return selectTraces(
      ctx,
      sql`select traces.*, asked.position from unnest(${input.trace_ids}::text[]) with ordinality as asked (id, position)
        join traces on traces.id = asked.id where ${within}`,
    )
  },
})

/** How many spans the client said that the trace has. */
function expectedSpans({ metadata }: TraceInfo): number {
  const stats = metadata[traceMetadata.sizeStats]
  if (stats === undefined) return 0
  try {
    const parsed: unknown = JSON.parse(stats)
    return typeof parsed === 'object' && parsed !== null && 'num_spans' in parsed ? Number(parsed.num_spans) || 0 : 0
  } catch {
    // A free text of the client: what is not JSON promises nothing.
    return 0
  }
}

/** True when every span that the client announced is there. */
export function isComplete(info: TraceInfo): boolean {
  return info.span_count >= expectedSpans(info)
}

/**
 * One trace with its spans. Throws `trace_not_found`, and `trace_incomplete` while spans are missing unless `allow_partial`.
 */
export const getTrace = readVerb({
  name: 'traces.get_trace',
  permission: 'traces.read',
  input: TraceId.extend({ allow_partial: z.boolean().default(false), spans_max: z.number().int().optional() }),
  async run({ ctx, input }): Promise<WholeTrace> {
    const info = await selectTrace(ctx, input.trace_id)
    const isStored = info.tags[traceTags.spansLocation] === spansInStore
    if (!input.allow_partial && isStored && !isComplete(info)) {
      const expected = expectedSpans(info)
      throw new FabriqueError('trace_incomplete', { trace: info.id, found: info.span_count, expected })
    }
    const spans = await selectSpanContents(ctx, [info.id], input.spans_max)
    return { info, spans: spans.map(({ content }) => content) }
  },
})

/** Traces with their spans, by ids; those that are not there, or not complete yet, are left out. */
export const getTraces = readVerb({
  name: 'traces.get_traces',
  permission: 'traces.read',
  input: TraceIds,
  async run({ ctx, input }): Promise<readonly WholeTrace[]> {
    const infos = (await getTraceInfos({ ctx, input })).filter((info) => info.span_count > 0 && isComplete(info))
    const spans = new Map<string, string[]>(infos.map(({ id }) => [id, []]))
    for (const { trace_id, content } of await selectSpanContents(ctx, [...spans.keys()])) {
      spans.get(trace_id)?.push(content)
    }
    return infos.map((info) => ({ info, spans: spans.get(info.id) ?? [] }))
  },
})
