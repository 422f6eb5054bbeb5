import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { inTransaction, taskVerb, type VerbContext } from '../../platform/index.js'
import { getExperiment } from '../tracking/index.js'
import { aggregateUsage } from './aggregate-usage.js'
import { traceMetadata } from './model.js'
import type { OtlpSpan } from './otlp-model.js'
import { type ReadSpan, readSpan } from './span-row.js'
import {
  mergeTraceMetadata,
  selectUsageNodes,
  type UpsertedTrace,
  upsertSpans,
  upsertTracesOfSpans,
} from './span-store.js'
import { traceArtifactUri } from './trace-artifacts.js'
import { traceOfSpans } from './trace-of-spans.js'

const Spans = z.custom<readonly OtlpSpan[]>((value) => Array.isArray(value), 'must be spans')

export interface LoggedSpans {
  readonly spans: number
  /** Traces whose root came with these spans. */
  readonly completedTraces: readonly string[]
}

/**
 * Stores spans of any number of traces, all or none; those that are not there yet are made in the experiment. A span that
 * comes again replaces the old one. Spans are data: no audit entry, no event.
 * Throws `otlp_invalid`, `experiment_not_found`, `experiment_not_active`.
 */
export const logSpans = taskVerb({
  name: 'traces.log_spans',
  permission: 'traces.write',
  input: z.object({ experiment_id: z.string(), spans: Spans }),
  async run({ ctx, input }): Promise<LoggedSpans> {
    const experiment = await getExperiment({ ctx, input: { experiment_id: input.experiment_id } })
    if (experiment.lifecycle_stage !== 'active') {
      throw new FabriqueError('experiment_not_active', { experiment: input.experiment_id })
    }
    const byTrace = groupByTrace(input.spans)
    const traces = [...byTrace].map(([id, spans]) =>
      traceOfSpans(id, [...spans.values()], traceArtifactUri(experiment.artifact_location, id)),
    )
    const completed = traces.filter(({ state }) => state !== null).map(({ id }) => id)
    if (traces.length > 0) {
      await inTransaction(ctx, async (inner) => {
        // In the order of ids, so that writers of the same traces never wait in a circle.
        traces.sort((left, right) => (left.id < right.id ? -1 : 1))
        const upserted = await upsertTracesOfSpans(inner, input.experiment_id, traces)
        const rows = [...byTrace.values()].flatMap((spans) => [...spans.values()].map(({ row }) => row))
        const counts = await upsertSpans(inner, rows)
        checkCounts(counts)
        await updateUsage(inner, upserted.filter(isWorthCounting(byTrace)))
      })
    }
    return { spans: input.spans.length, completedTraces: completed }
  },
})

/** Spans by trace and id; of one that is there twice the last counts. */
function groupByTrace(spans: readonly OtlpSpan[]): ReadonlyMap<string, ReadonlyMap<string, ReadSpan>> {
  const groups = new Map<string, Map<string, ReadSpan>>()
  for (const span of spans) {
    const read = readSpan(span)
    const group = groups.get(read.row.trace_id) ?? new Map<string, ReadSpan>()
    group.set(read.row.span_id, read)
    groups.set(read.row.trace_id, group)
  }
  return groups
}

function checkCounts(counts: readonly { readonly id: string; readonly span_count: number }[]): void {
  const max = limit('traces.spans_max')
  const large = counts.find(({ span_count }) => span_count > max)
  if (large !== undefined)
    throw new FabriqueError('otlp_invalid', { reason: `trace ${large.id} has more than ${max} spans` })
}

const usageKeys = ['input_tokens', 'output_tokens', 'total_tokens']
const costKeys = ['input_cost', 'output_cost', 'total_cost']

/**
 * Tokens are summed once the root is there, and again for what comes later while the trace is small: each sum reads all its
 * spans. What a client told of the trace itself stays.
 */
function isWorthCounting(
  byTrace: ReadonlyMap<string, ReadonlyMap<string, ReadSpan>>,
): (trace: UpsertedTrace) => boolean {
  return ({ id, is_final, is_complete, span_count }) => {
    if (is_final || !is_complete) return false
    const rows = [...(byTrace.get(id)?.values() ?? [])].map(({ row }) => row)
    if (rows.some(({ parent_span_id }) => parent_span_id === null)) return true
    const isSmall = span_count <= limit('traces.usage_spans_max')
    return isSmall && rows.some(({ usage, cost }) => usage !== null || cost !== null)
  }
}

async function updateUsage(ctx: VerbContext, counted: readonly UpsertedTrace[]): Promise<void> {
  if (counted.length === 0) return
  const nodes = await selectUsageNodes(
    ctx,
    counted.map(({ id }) => id),
  )
  const updates = counted.flatMap(({ id }) => {
    const own = nodes.get(id) ?? []
    const usage = aggregateUsage(
      own.map((node) => ({ ...node, counts: node.usage })),
      usageKeys,
    )
    const cost = aggregateUsage(
      own.map((node) => ({ ...node, counts: node.cost })),
      costKeys,
    )
    const metadata = {
      ...(usage === undefined ? {} : { [traceMetadata.tokenUsage]: JSON.stringify(usage) }),
      ...(cost === undefined ? {} : { [traceMetadata.cost]: JSON.stringify(cost) }),
    }
    return usage === undefined && cost === undefined ? [] : [{ id, metadata }]
  })
  await mergeTraceMetadata(ctx, updates)
}
