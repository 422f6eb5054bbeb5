import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { changeVerb, type VerbContext } from '../../platform/index.js'
import { writeBatch } from './batch-store.js'
import { checkedTag, checkKey } from './checks.js'
import { runNameTag } from './model.js'
import { lockActiveRun, runChanged } from './run-store.js'
import { RunId, Text } from './schema.js'

/**
 * What people change of a run: its name, and tags; one that is null is removed, and one that is not there may be.
 * Throws `run_not_found`, `run_not_active`, `invalid_request`.
 */
export const editRun = changeVerb({
  name: 'tracking.edit_run',
  permission: 'runs.write',
  input: RunId.extend({
    name: Text.min(1).optional(),
    tags: z.record(Text, Text.nullable()).default({}),
  }),
  async run({ ctx, input: { run_id, name, tags }, record, unchanged }): Promise<void> {
    const { experiment_id } = await lockActiveRun(ctx, run_id)
    checkName(name, tags)
    const named = name === undefined ? tags : { ...tags, [runNameTag]: name }
    let changes = 0
    // One by one in the order that every writer of tags keeps, so that none waits for another in a circle.
    for (const key of Object.keys(named).sort())
      changes += await writeTag(ctx, run_id, { key, value: named[key] ?? null })
    if (changes === 0) unchanged()
    else await record(runChanged(run_id, experiment_id, `${changes} tags`))
  },
})

/** Sets a tag, or removes it where the value is null; 1 where that changed something. */
async function writeTag(
  ctx: VerbContext,
  run_id: string,
  { key, value }: { readonly key: string; readonly value: string | null },
): Promise<number> {
  if (value !== null) {
    const tag = checkedTag({ key, value }, 'tags.')
    return (await writeBatch(ctx, { run_id, params: [], tags: [tag] })).changed_tags
  }
  checkKey(key, 'tags.key')
  const { numAffectedRows } = await sql`delete from run_tags where run_id = ${run_id} and key = ${key}`.execute(ctx.db)
  return Number(numAffectedRows ?? 0)
}

/** The name is also a tag: they must not be told to differ, and a run always has one. */
function checkName(name: string | undefined, tags: Readonly<Record<string, string | null>>): void {
  const tagged = tags[runNameTag]
  if (tagged === undefined) return
  const field = `tags.${runNameTag}`
  if (tagged === null || tagged === '') {
    throw new FabriqueError('invalid_request', { field, reason: 'the name of a run cannot be removed' }, { field })
  }
  if (name !== undefined && name !== tagged) {
    throw new FabriqueError('invalid_request', { field, reason: `the name is '${name}' in this request` }, { field })
  }
}
