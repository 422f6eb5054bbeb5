import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import { changeVerb } from '../../platform/index.js'
import { invalidValue } from '../../platform/mlflow/index.js'
import { checkedPair } from './checks.js'
import { traceTags } from './model.js'
import { Text, TraceId } from './schema.js'
import { lockTrace, traceChanged } from './trace-store.js'

/** Says where the spans are: only the server may change it. */
function checkMutable(key: string, change: string): void {
  if (key === traceTags.spansLocation) {
    throw invalidValue('key', key, `Tag '${key}' is immutable and cannot be ${change} on a trace.`)
  }
}

/** Sets a tag of a trace; the tag of its name renames it. Throws `trace_not_found`. */
export const setTraceTag = changeVerb({
  name: 'traces.set_trace_tag',
  permission: 'traces.write',
  input: TraceId.extend({ key: Text, value: Text }),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    checkMutable(input.key, 'set')
    const [key, value] = checkedPair(input.key, input.value, 'key', limit('mlflow.tag_value_chars_max'))
    const { experiment_id, tags } = await lockTrace(ctx, input.trace_id)
    if (tags[key] === value) {
      unchanged()
      return
    }
    const max = limit('traces.tags_max')
    if (tags[key] === undefined && Object.keys(tags).length >= max) {
      throw invalidValue('key', key, `a trace has at most ${max} tags`)
    }
    await sql`
      update traces set tags = tags || jsonb_build_object(${key}::text, ${value}::text),
        name = case when ${key === traceTags.name} then ${value} else name end
      where id = ${input.trace_id}
    `.execute(ctx.db)
    await record(traceChanged(input.trace_id, experiment_id, `tag ${key}`))
  },
})

/** Removes a tag of a trace. Throws `trace_not_found`, `trace_tag_not_found`. */
export const deleteTraceTag = changeVerb({
  name: 'traces.delete_trace_tag',
  permission: 'traces.write',
  input: TraceId.extend({ key: Text }),
  async run({ ctx, input, record }): Promise<void> {
    checkMutable(input.key, 'deleted')
    const { experiment_id, tags } = await lockTrace(ctx, input.trace_id)
    if (!Object.hasOwn(tags, input.key)) {
      throw new FabriqueError('trace_tag_not_found', { trace: input.trace_id, key: input.key })
    }
    await sql`
      update traces set tags = tags - ${input.key}::text,
        name = case when ${input.key === traceTags.name} then null else name end
      where id = ${input.trace_id}
    `.execute(ctx.db)
    await record(traceChanged(input.trace_id, experiment_id, `tag ${input.key} removed`))
  },
})
