import { isFabriqueError, type Rollout, type RolloutCheck } from '@fabrique/contract'
import { chancesOfBest } from '@fabrique/ml/experiments'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb, type VerbContext } from '../../platform/index.js'
import { championAlias, getAlias, getModelVersion } from '../registry/index.js'
import { changeRollout, promoteVariant } from './change-rollout.js'
import { guardChecks, sampleRatio } from './checks.js'
import { baseName, candidateName, type KnownVariant, pairOf, sharesOf } from './model.js'
import { readFigures } from './read-figures.js'
import { selectRollout, selectRunning } from './store.js'

/** What the figures of its step say of a roll-out at the moment. */
export function checksOf(rollout: Rollout, figures: readonly KnownVariant[], now: Date): readonly RolloutCheck[] {
  const { request, variants } = rollout
  // The shares of a bandit change all the time, and a shadow shares nothing.
  if (request.kind === 'shadow' || request.kind === 'bandit') return []
  const ratio = sampleRatio(variants, figures)
  if (request.kind !== 'canary') return [ratio]
  const [base, candidate] = [baseName, candidateName].map((name) => figures.find((one) => one.name === name))
  if (base === undefined || candidate === undefined) return []
  const seconds = (now.getTime() - Date.parse(rollout.step_at)) / 1000
  const needed = request.steps[rollout.step]?.seconds ?? 0
  const found = candidate.answered
  return [
    ...guardChecks(base, candidate, request.guard_rails),
    ratio,
    {
      check: 'requests',
      state: found >= request.requests_min ? 'holds' : 'unknown',
      value: found,
      limit: request.requests_min,
    },
    { check: 'time', state: seconds >= needed ? 'holds' : 'unknown', value: Math.floor(seconds), limit: needed },
  ]
}

/** Guard-rails: what takes a candidate back. That requests are shared wrongly only keeps it from going on. */
const takesBack = (check: RolloutCheck) =>
  check.state === 'violated' && ['error_rate', 'refused_rate', 'p95', 'drift', 'reward'].includes(check.check)

/** Whether no version of a model may become its champion by itself at the moment: told from above. */
export type PromotionBlock = (ctx: VerbContext, model: string) => Promise<boolean>

/**
 * Does what figures say of a roll-out: a canary goes on, is promoted or rolled back; a bandit shifts its shares. They were read before, without its lock; several
 * servers may do it at once: each step is decided once.
 */
const decideRollout = changeVerb({
  name: 'rollouts.decide_rollout',
  permission: 'endpoints.write',
  input: z.object({
    rollout: z.string(),
    step: z.number(),
    figures: z.custom<readonly KnownVariant[]>(),
    isBlocked: z.custom<PromotionBlock>().optional(),
  }),
  async run({ ctx, input, record, unchanged }): Promise<void> {
    const rollout = await selectRollout(ctx, input.rollout, true)
    const isSame = rollout.state === 'running' && rollout.step === input.step
    const change = isSame ? await decisionOf(ctx, rollout, input.figures) : undefined
    if (change === undefined) return unchanged()
    // It stays at its last step until nothing is against it.
    if (change.promotes && (await input.isBlocked?.(ctx, rollout.model)) === true) return unchanged()
    const { checks, ...entry } = change.entry
    const whole = { ...entry, checks: checks ?? checksOf(rollout, input.figures, ctx.clock.now()) }
    const expected = rollout.variants.find(({ name }) => name === baseName)?.version
    if (change.promotes) await promoteVariant(ctx, record, { rollout, name: candidateName, entry: whole, expected })
    else await changeRollout(ctx, record, { rollout, change: change.change, entry: whole })
  },
})

type Decision = { readonly promotes: boolean } & Pick<Parameters<typeof changeRollout>[2], 'change' | 'entry'>

async function decisionOf(
  ctx: VerbContext,
  rollout: Rollout,
  figures: readonly KnownVariant[],
): Promise<Decision | undefined> {
  const gone = await endWhereGone(ctx, rollout)
  if (gone !== undefined || rollout.kind === 'split') return gone
  if (rollout.kind === 'bandit') return shiftShares(rollout, figures)
  const moved = await endWhereMoved(ctx, rollout)
  if (moved !== undefined || rollout.kind === 'shadow') return moved
  return decideCanary(rollout, figures, ctx.clock.now())
}

/** Requests cannot be shared with a version that was deleted, nor those to a model that has another name now. */
async function endWhereGone(ctx: VerbContext, { model, variants }: Rollout): Promise<Decision | undefined> {
  for (const { version } of variants) {
    try {
      await getModelVersion({ ctx, input: { model, version } })
    } catch (error) {
      if (!isFabriqueError(error) || error.spec.status !== 404) throw error
      const reason = `version ${version} of ${model} is not there any more`
      return { promotes: false, change: { state: 'ended' }, entry: { what: 'ended', reason, checks: [] } }
    }
  }
  return undefined
}

/** What a candidate is compared with must be what serves: where somebody moves the alias, there is nothing to decide any more. */
async function endWhereMoved(ctx: VerbContext, { model, variants }: Rollout): Promise<Decision | undefined> {
  const champion = await getAlias({ ctx, input: { model, alias: championAlias } })
  const base = variants.find(({ name }) => name === baseName)?.version
  const now = champion === undefined ? undefined : String(champion.version)
  if (now === base) return undefined
  const place = now === undefined ? 'was removed' : `was moved to version ${now}`
  return {
    promotes: false,
    change: { state: 'ended' },
    entry: { what: 'ended', reason: `the alias ${championAlias} ${place} meanwhile` },
  }
}

function decideCanary(rollout: Rollout, figures: readonly KnownVariant[], now: Date): Decision | undefined {
  const { request, variants, step } = rollout
  if (request.kind !== 'canary') return undefined
  const checks = checksOf(rollout, figures, now)
  const violated = checks.filter(takesBack)
  if (violated.length > 0) {
    const reason = violated.map(describeViolation).join('; ')
    return { promotes: false, change: { state: 'rolled_back' }, entry: { what: 'rolled_back', reason, checks } }
  }
  if (checks.some(({ check, state }) => ['sample_ratio', 'requests', 'time'].includes(check) && state !== 'holds')) {
    return undefined
  }
  const next = request.steps[step + 1]
  const held = `${checks.filter(({ state }) => state === 'holds').length} of ${checks.length} checks hold, none is violated`
  if (next !== undefined) {
    const [base, candidate] = variants
    const change = {
      variants: pairOf(base?.version ?? '', candidate?.version ?? '', next.share),
      step: step + 1,
    }
    const reason = `to ${percent(next.share)}: ${held}`
    return { promotes: false, change, entry: { what: 'advanced', reason, checks } }
  }
  if (!request.promote) return undefined
  return { promotes: true, change: {}, entry: { what: 'promoted', reason: `all steps are done: ${held}`, checks } }
}

const percent = (share: number) => `${Number((share * 100).toPrecision(3))} %`

function describeViolation({ check, value = 0, low, high, limit: most = 0 }: RolloutCheck): string {
  switch (check) {
    case 'error_rate': {
      const sure = low === undefined ? '' : ` (at least ${percent(low)})`
      return `failed requests are ${percent(value)} above those of the base${sure}, ${percent(most)} may be`
    }
    case 'refused_rate':
      return `refused requests are ${percent(value)} above those of the base, ${percent(most)} may be`
    case 'p95':
      return `95 % of the answers take up to ${value.toFixed(2)} times as long as those of the base, ${most} times may be`
    case 'drift':
      return `what is predicted differs from the base by a population stability index of ${value.toFixed(3)}, ${most} may be`
    default: {
      const sure = high === undefined ? '' : ` (at least ${Math.abs(high).toFixed(3)})`
      return `the mean reward is ${Math.abs(value).toFixed(3)} below that of the base${sure}, ${most} may be`
    }
  }
}

/** Shares differ by this much before they are changed: each change moves keys to other variants. */
const shiftMin = 0.02

function shiftShares(rollout: Rollout, figures: readonly KnownVariant[]): Decision | undefined {
  const { request, variants } = rollout
  if (request.kind !== 'bandit' || figures.some(({ rewards }) => rewards < limit('rollouts.rewards_min')))
    return undefined
  const chances = chancesOfBest(armsOf(figures))
  const shares = sharesOf(chances, request.share_min)
  const isMoved = variants.some(({ share }, place) => Math.abs(share - (shares[place] ?? 0)) >= shiftMin)
  if (!isMoved) return undefined
  const told = variants.map(({ name }, place) => `${name} ${percent(chances[place] ?? 0)}`).join(', ')
  return {
    promotes: false,
    // No step of its own: what was learnt of the variants stays true when their shares change.
    change: { variants: variants.map((variant, place) => ({ ...variant, share: shares[place] ?? 0 })) },
    entry: { what: 'shares_changed', reason: `chance to be the best: ${told}`, checks: [] },
  }
}

export const armsOf = (figures: readonly KnownVariant[]) =>
  figures.map(({ rewards, reward_mean = 0 }) => ({ count: rewards, sum: rewards * reward_mean }))

/** Looks at all that run. One that cannot be decided does not keep the others from it. */
export async function decideRollouts(ctx: VerbContext, isBlocked?: PromotionBlock): Promise<void> {
  for (const rollout of await selectRunning(ctx)) {
    try {
      const figures = await readFigures(ctx, rollout, 'step')
      await decideRollout({ ctx, input: { rollout: rollout.id, step: rollout.step, figures, isBlocked } })
    } catch (error) {
      ctx.log.warn({ err: error, rollout: rollout.id }, 'A roll-out cannot be decided at the moment')
    }
  }
}

/** Looks at them again and again. Returns how to stop. */
export function startDeciding(ctx: VerbContext, isBlocked?: PromotionBlock): () => Promise<void> {
  let deciding: Promise<void> | undefined
  const timer = setInterval(() => {
    deciding ??= decideRollouts(ctx, isBlocked)
      .catch((error: unknown) => ctx.log.debug({ err: error }, 'Roll-outs wait for the database'))
      .finally(() => {
        deciding = undefined
      })
  }, limit('rollouts.decide_every_ms')).unref()
  return async () => {
    clearInterval(timer)
    await deciding
  }
}
