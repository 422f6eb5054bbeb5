import { FabriqueError, type Rollout, RolloutRequest } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, checkModelGrant, type VerbContext } from '../../platform/index.js'
import { championAlias, getAlias, getModelVersion } from '../registry/index.js'
import { variantsOf } from './model.js'
import { insertEntry, insertRollout } from './store.js'

/**
 * Begins to share the requests to a model among versions. One at a time for each model. Throws `rollout_running`, `rollout_needs_champion`,
 * `model_not_found`, `model_version_not_found`, `invalid_request`.
 */
export const startRollout = changeVerb({
  name: 'rollouts.start_rollout',
  permission: 'endpoints.write',
  input: z.object({ model: z.string(), request: RolloutRequest }),
  async run({ ctx, input: { model, request }, record }): Promise<Rollout> {
    checkModelGrant(ctx.actor, model)
    const base = await baseOf(ctx, model, request)
    const variants = [...variantsOf(request, base)]
    checkVariants(variants)
    for (const { version } of variants) await getModelVersion({ ctx, input: { model, version } })
    const at = ctx.clock.now().toISOString()
    const rollout: Rollout = {
      id: ctx.ids.prefixed('roll'),
      model,
      kind: request.kind,
      state: 'running',
      variants,
      step: 0,
      step_at: at,
      request,
      started_at: at,
      started_by: ctx.actor.id,
    }
    await insertRollout(ctx, rollout)
    const { reason } = request
    await insertEntry(ctx, rollout, { what: 'started', reason })
    await record({
      subject: `models/${model}`,
      event: 'rollout.changed',
      payload: { rollout_id: rollout.id, model, change: 'started' },
      reason,
    })
    return rollout
  },
})

async function baseOf(ctx: VerbContext, model: string, { kind }: RolloutRequest): Promise<string | undefined> {
  if (kind !== 'canary' && kind !== 'shadow') return undefined
  const champion = await getAlias({ ctx, input: { model, alias: championAlias } })
  if (champion === undefined) throw new FabriqueError('rollout_needs_champion', { model })
  return String(champion.version)
}

function checkVariants(variants: Rollout['variants']): void {
  for (const key of ['name', 'version'] as const) {
    const values = variants.map((variant) => variant[key])
    const twice = values.find((value, index) => values.indexOf(value) !== index)
    if (twice === undefined) continue
    const reason = `has ${key} ${twice} twice`
    throw new FabriqueError('invalid_request', { field: 'variants', reason }, { field: 'variants' })
  }
}
