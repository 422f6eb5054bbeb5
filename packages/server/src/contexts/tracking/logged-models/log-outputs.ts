import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { changeVerb, type VerbContext } from '../../../platform/index.js'
import { lockActiveRun, runChanged } from '../run-store.js'
import type { ModelInput, ModelOutput } from './model.js'
import { LogOutputs } from './schema.js'

/** Tells which logged models a run made, and at which step. Throws `run_not_found`, `run_not_active`, `logged_model_not_found`. */
export const logOutputs = changeVerb({
  name: 'tracking.log_outputs',
  permission: 'runs.write',
  input: LogOutputs,
  async run({ ctx, input: { run_id, models }, record, unchanged }): Promise<void> {
    const { experiment_id } = await lockActiveRun(ctx, run_id)
    const added = await writeRunModels(ctx, { run_id, role: 'output' }, models)
    if (added === 0) unchanged()
    else await record(runChanged(run_id, experiment_id, `${added} outputs`))
  },
})

/**
 * Notes models that a run took in or made; what is noted already stays. Returns how many are new. For a transaction that
 * holds the run. Throws `logged_model_not_found`.
 */
export async function writeRunModels(
  ctx: VerbContext,
  { run_id, role }: { readonly run_id: string; readonly role: 'input' | 'output' },
  models: readonly (ModelInput | ModelOutput)[],
): Promise<number> {
  if (models.length === 0) return 0
  const ids = models.map(({ model_id }) => model_id)
  const { rows } = await sql<{ model_id: string }>`
    select model_id from unnest(${ids}::text[]) as g (model_id)
    where not exists (select from logged_models l where l.id = g.model_id) limit 1
  `.execute(ctx.db)
  if (rows[0] !== undefined) throw new FabriqueError('logged_model_not_found', { model: rows[0].model_id })
  const steps = models.map((model) => ('step' in model ? model.step : 0))
  const { numAffectedRows } = await sql`
    insert into run_models (run_id, model_id, role, step)
    select ${run_id}, model_id, ${role}, step
    from unnest(${ids}::text[], ${steps}::bigint[]) with ordinality as g (model_id, step, place) order by place
    on conflict do nothing
  `.execute(ctx.db)
  return Number(numAffectedRows ?? 0)
}
