import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { changeVerb } from '../../platform/index.js'
import { lockActiveRun, runChanged } from './run-store.js'
import { RunId, Text } from './schema.js'

/** Removes a tag of a run. Throws `tag_not_found`, `run_not_found`, `run_not_active`. */
export const deleteTag = changeVerb({
  name: 'tracking.delete_tag',
  permission: 'runs.write',
  input: RunId.extend({ key: Text }),
  async run({ ctx, input, record }): Promise<void> {
    const { experiment_id } = await lockActiveRun(ctx, input.run_id)
    const { numAffectedRows } = await sql`
      delete from run_tags where run_id = ${input.run_id} and key = ${input.key}
    `.execute(ctx.db)
    if (numAffectedRows !== 1n) throw new FabriqueError('tag_not_found', { key: input.key, owner: input.run_id })
    await record(runChanged(input.run_id, experiment_id, `tag ${input.key} removed`))
  },
})
