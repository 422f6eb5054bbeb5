import {
  ChangeSharesRequest as ChangeShares,
  type ChangeSharesRequest,
  EndRolloutRequest,
  FabriqueError,
  type Rollout,
} from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, checkModelGrant, type RecordChange, type VerbContext } from '../../platform/index.js'
import { championAlias, moveAlias } from '../registry/index.js'
import { candidateName } from './model.js'
import { type Entry, insertEntry, type RolloutChange, selectRollout, updateRollout } from './store.js'

/** A change of a running roll-out with its entry in the log and in the audit trail. */
export async function changeRollout(
  ctx: VerbContext,
  record: RecordChange,
  { rollout, change, entry }: { readonly rollout: Rollout; readonly change: RolloutChange; readonly entry: Entry },
): Promise<Rollout> {
  checkModelGrant(ctx.actor, rollout.model)
  const changed = await updateRollout(ctx, rollout, change)
  await insertEntry(ctx, changed, entry)
  await record({
    subject: `models/${rollout.model}`,
    event: 'rollout.changed',
    payload: { rollout_id: rollout.id, model: rollout.model, change: entry.what },
    reason: entry.reason,
  })
  return changed
}

/** Moves the alias to a variant, and ends the roll-out with it. */
export async function promoteVariant(
  ctx: VerbContext,
  record: RecordChange,
  {
    rollout,
    name,
    entry,
    expected,
  }: {
    readonly rollout: Rollout
    readonly name: string
    readonly entry: Entry
    /** Where the alias is thought to point; refused where somebody moved it. */
    readonly expected?: string | undefined
  },
): Promise<Rollout> {
  const variant = rollout.variants.find((one) => one.name === name)
  if (variant === undefined) {
    const reason = `is none of ${rollout.variants.map((one) => one.name).join(', ')}`
    throw new FabriqueError('invalid_request', { field: 'variant', reason }, { field: 'variant' })
  }
  // The state first: that the alias moves is then no news that would end the roll-out.
  const changed = await changeRollout(ctx, record, { rollout, change: { state: 'promoted' }, entry })
  const { model, id } = rollout
  const reason = `roll-out ${id}: ${entry.reason}`.slice(0, 1000)
  await moveAlias({
    ctx,
    input: {
      model,
      alias: championAlias,
      version: variant.version,
      reason,
      ...(expected === undefined ? {} : { expected_version: expected }),
    },
  })
  return changed
}

/** Throws `rollout_not_found`, `rollout_over`. */
export async function lockRunning(ctx: VerbContext, id: string): Promise<Rollout> {
  const rollout = await selectRollout(ctx, id, true)
  if (rollout.state !== 'running') throw new FabriqueError('rollout_over', { rollout: id, state: rollout.state })
  return rollout
}

/** Ends a roll-out by hand. Throws `rollout_not_found`, `rollout_over`, `invalid_request`. */
export const endRollout = changeVerb({
  name: 'rollouts.end_rollout',
  permission: 'endpoints.write',
  input: EndRolloutRequest.extend({ rollout: z.string() }),
  async run({ ctx, input: { rollout: id, how, variant, reason }, record }): Promise<Rollout> {
    const rollout = await lockRunning(ctx, id)
    if (how === 'promote') {
      const hasCandidate = rollout.kind === 'canary' || rollout.kind === 'shadow'
      const name = variant ?? (hasCandidate ? candidateName : undefined)
      if (name === undefined) {
        const needed = 'must name which one is promoted'
        throw new FabriqueError('invalid_request', { field: 'variant', reason: needed }, { field: 'variant' })
      }
      return promoteVariant(ctx, record, { rollout, name, entry: { what: 'promoted', reason } })
    }
    const what = how === 'roll_back' ? 'rolled_back' : 'ended'
    return changeRollout(ctx, record, { rollout, change: { state: what }, entry: { what, reason } })
  },
})

/** Changes the weights of a split. Throws `rollout_not_found`, `rollout_over`, `invalid_request`. */
export const changeShares = changeVerb({
  name: 'rollouts.change_shares',
  permission: 'endpoints.write',
  input: ChangeShares.extend({ rollout: z.string() }),
  async run({ ctx, input: { rollout: id, weights, reason }, record }): Promise<Rollout> {
    const rollout = await lockRunning(ctx, id)
    const variants = weighted(rollout, weights)
    const change = { variants, step: rollout.step + 1 }
    return changeRollout(ctx, record, { rollout, change, entry: { what: 'shares_changed', reason } })
  },
})

function weighted(rollout: Rollout, weights: ChangeSharesRequest['weights']): Rollout['variants'] {
  const refuse = (reason: string) =>
    new FabriqueError('invalid_request', { field: 'weights', reason }, { field: 'weights' })
  if (rollout.kind !== 'split') throw refuse(`are those of a split; a ${rollout.kind} shares by itself`)
  const names = rollout.variants.map(({ name }) => name)
  const unknown = Object.keys(weights).filter((name) => !names.includes(name))
  const missing = names.filter((name) => !Object.hasOwn(weights, name))
  if (unknown.length > 0) throw refuse(`name ${unknown.join(', ')}; the variants are ${names.join(', ')}`)
  if (missing.length > 0) throw refuse(`lack ${missing.join(', ')}`)
  const whole = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  if (!(whole > 0)) throw refuse('must not all be 0')
  return rollout.variants.map((variant) => ({ ...variant, share: (weights[variant.name] ?? 0) / whole }))
}
