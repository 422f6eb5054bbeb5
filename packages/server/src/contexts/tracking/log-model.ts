import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { changeVerb } from '../../platform/index.js'
import { invalidValue } from '../../platform/mlflow/index.js'
import { loggedModelsTag } from './model.js'
import { lockActiveRun, runChanged } from './run-store.js'
import { RunId } from './schema.js'

const Model = z.looseObject({ artifact_path: z.string(), run_id: z.string().optional() })

/** Notes a model that a 2.x client logged in a run: it is appended to the JSON list in a tag of the run. */
export const logModel = changeVerb({
  name: 'tracking.log_model',
  permission: 'runs.write',
  input: RunId.extend({ model_json: z.string() }),
  async run({ ctx, input, record }): Promise<void> {
    const model = parseModel(input.model_json)
    const { experiment_id } = await lockActiveRun(ctx, input.run_id)
    const { rows } = await sql<{ value: string }>`
      select value from run_tags where run_id = ${input.run_id} and key = ${loggedModelsTag}
    `.execute(ctx.db)
    const list = JSON.stringify([...listIn(rows[0]?.value), model])
    await sql`
      insert into run_tags (run_id, key, value) values (${input.run_id}, ${loggedModelsTag}, ${list})
      on conflict (run_id, key) do update set value = excluded.value
    `.execute(ctx.db)
    await record(runChanged(input.run_id, experiment_id, 'model logged'))
  },
})

/** The list in the tag. A client may have set the tag to anything: what is no list is replaced by one. */
function listIn(text = '[]'): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

/** The model, checked. */
function parseModel(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new FabriqueError(
      'invalid_json',
      { reason: 'Malformed model info: model_json is not a valid JSON' },
      { cause: error },
    )
  }
  if (!Model.safeParse(value).success)
    throw invalidValue('model_json', text, 'Model json is missing mandatory fields: artifact_path')
  return value
}
