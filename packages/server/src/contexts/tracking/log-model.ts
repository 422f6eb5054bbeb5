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
    await sql`
      insert into run_tags (run_id, key, value) values (${input.run_id}, ${loggedModelsTag}, ${`[${model}]`})
      on conflict (run_id, key) do update set value = (run_tags.value::jsonb || excluded.value::jsonb)::text
    `.execute(ctx.db)
    await record(runChanged(input.run_id, experiment_id, 'model logged'))
  },
})

/** The JSON text of the model, checked. */
function parseModel(text: string): string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new FabriqueError('invalid_json', { reason: 'model_json is not JSON' }, { cause: error })
  }
  if (!Model.safeParse(value).success) throw invalidValue('model_json', text, 'it must be an object with artifact_path')
  return JSON.stringify(value)
}
