import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb } from '../../platform/index.js'
import { invalidValue } from '../../platform/mlflow/index.js'
import { getRun } from '../tracking/index.js'
import { Text, TraceId } from './schema.js'
import { lockTrace, traceChanged } from './trace-store.js'

/** Links traces to a run; those that are not there are passed over. Throws `run_not_found`. */
export const linkTracesToRun = changeVerb({
  name: 'traces.link_traces_to_run',
  permission: 'traces.write',
  input: z.object({ trace_ids: z.array(Text), run_id: Text }),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const max = limit('traces.links_max')
    if (input.trace_ids.length > max) {
      const reason = `Cannot link more than ${max} traces to a run in a single request. Provided ${input.trace_ids.length} traces.`
      throw invalidValue('trace_ids', input.trace_ids.length, reason)
    }
    const { info } = await getRun({ ctx, input: { run_id: input.run_id } })
    const { numAffectedRows } = await sql`
      insert into trace_links (trace_id, kind, target)
      select id, 'run', ${input.run_id} from traces where id = any(${input.trace_ids}::text[]) order by id
      on conflict do nothing
    `.execute(ctx.db)
    const linked = Number(numAffectedRows ?? 0)
    if (linked === 0) unchanged()
    else {
      await record({
        subject: `runs/${input.run_id}`,
        event: 'run.changed',
        payload: { run_id: input.run_id, experiment_id: info.experiment_id, change: `${linked} traces linked` },
      })
    }
  },
})

/** Links versions of prompts to a trace. Throws `trace_not_found`. */
export const linkPromptsToTrace = changeVerb({
  name: 'traces.link_prompts_to_trace',
  permission: 'traces.write',
  input: TraceId.extend({ prompts: z.array(z.object({ name: Text, version: Text })) }),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const max = limit('traces.links_max')
    if (input.prompts.length > max) {
      throw invalidValue('prompt_versions', input.prompts.length, `at most ${max} prompts are linked at once`)
    }
    const { experiment_id } = await lockTrace(ctx, input.trace_id)
    const targets = [...new Set(input.prompts.map(({ name, version }) => `${name}/${version}`))]
    const { numAffectedRows } = await sql`
      insert into trace_links (trace_id, kind, target)
      select ${input.trace_id}, 'prompt', target from unnest(${targets}::text[]) as t (target) order by target
      on conflict do nothing
    `.execute(ctx.db)
    const linked = Number(numAffectedRows ?? 0)
    if (linked === 0) unchanged()
    else await record(traceChanged(input.trace_id, experiment_id, `${linked} prompts linked`))
  },
})
