import { FabriqueError, TraceState } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { inTransaction, taskVerb, type VerbContext } from '../../platform/index.js'
import { getExperiment } from '../tracking/index.js'
import { insertAssessments, toAssessment } from './assessment-store.js'
import { checkAssessment } from './check-assessment.js'
import { checkedPairs, checkTraceId } from './checks.js'
import { cutText, storable, type TraceInfo, traceMetadata, traceTags } from './model.js'
import { Int64, StartTrace, Text, TextRecord } from './schema.js'
import { traceArtifactUri } from './trace-artifacts.js'
import { endTrace, lockTrace, selectTrace, upsertTrace } from './trace-store.js'

const tagsOf = (tags: Readonly<Record<string, string>>) =>
  checkedPairs(tags, 'tags', limit('mlflow.tag_value_chars_max'))
const metadataOf = (metadata: Readonly<Record<string, string>>) =>
  checkedPairs(metadata, 'trace_metadata', limit('traces.metadata_value_chars_max'))
const preview = (text: string | null) =>
  text === null ? null : storable(cutText(text, limit('traces.preview_chars_max')))

/** Where the files of a trace of this experiment go. Throws `experiment_not_found`, `experiment_not_active`. */
async function locationIn(ctx: VerbContext, experimentId: string, traceId: string): Promise<string> {
  const experiment = await getExperiment({ ctx, input: { experiment_id: experimentId } })
  if (experiment.lifecycle_stage !== 'active') {
    throw new FabriqueError('experiment_not_active', { experiment: experimentId })
  }
  return traceArtifactUri(experiment.artifact_location, traceId)
}

/**
 * Stores what a client says of a trace as a whole; it tells this at the end, before or after the spans. The same again is
 * fine. A trace is data: no audit entry, no event. Throws `experiment_not_found`, `experiment_not_active`.
 */
export const startTrace = taskVerb({
  name: 'traces.start_trace',
  permission: 'traces.write',
  input: StartTrace,
  async run({ ctx, input }): Promise<TraceInfo> {
    // Older clients open a trace without an id and close it later: until then its spans still widen it.
    const isFinal = input.trace_id !== undefined
    const id = input.trace_id ?? ctx.ids.hex32()
    checkTraceId(id)
    const metadata = metadataOf(input.metadata)
    const tags = tagsOf(input.tags)
    for (const assessment of input.assessments) checkAssessment(assessment)
    const location = await locationIn(ctx, input.experiment_id, id)
    const now = ctx.clock.now().getTime()
    const assessments = input.assessments.map((given) =>
      toAssessment(given, { id: `a-${ctx.ids.hex32()}`, traceId: id, now }),
    )
    await inTransaction(ctx, async (inner) => {
      await upsertTrace(inner, {
        id,
        experiment_id: input.experiment_id,
        client_request_id: input.client_request_id,
        request_ms: input.request_ms,
        execution_ms: input.execution_ms,
        state: input.state,
        name: tags[traceTags.name] ?? null,
        request_preview: preview(input.request_preview),
        response_preview: preview(input.response_preview),
        metadata: isFinal ? { ...metadata, [traceMetadata.infoFinalized]: 'true' } : metadata,
        tags: { ...tags, [traceTags.artifactLocation]: location },
        is_final: isFinal,
      })
      await insertAssessments(inner, assessments)
    })
    return selectTrace(ctx, id)
  },
})

/** Closes a trace that an older client opened: its times, state, and more tags and metadata. Throws `trace_not_found`. */
export const finishTrace = taskVerb({
  name: 'traces.finish_trace',
  permission: 'traces.write',
  input: z.object({
    trace_id: Text,
    end_ms: Int64,
    state: TraceState,
    metadata: TextRecord.default({}),
    tags: TextRecord.default({}),
  }),
  async run({ ctx, input }): Promise<TraceInfo> {
    const tags = tagsOf(input.tags)
    const end = { ...input, tags, metadata: metadataOf(input.metadata), name: tags[traceTags.name] ?? null }
    await inTransaction(ctx, async (inner) => {
      await lockTrace(inner, input.trace_id)
      await endTrace(inner, input.trace_id, end)
    })
    return selectTrace(ctx, input.trace_id)
  },
})
