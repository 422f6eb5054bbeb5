import { FabriqueError, type Rollout, type RolloutDetail, RolloutState } from '@fabrique/contract'
import { chancesOfBest } from '@fabrique/ml/experiments'
import { z } from 'zod'
import { checkModelGrant, readVerb } from '../../platform/index.js'
import { armsOf, checksOf } from './decide.js'
import { readFigures, shownFigures } from './read-figures.js'
import { readShadow } from './shadow-store.js'
import { selectEntries, selectRollout, selectRollouts } from './store.js'

/** A roll-out with its figures, checks and log. Throws `rollout_not_found`, `model_not_granted`. */
export const getRollout = readVerb({
  name: 'rollouts.get_rollout',
  permission: 'endpoints.read',
  input: z.object({ rollout: z.string() }),
  async run({ ctx, input }): Promise<RolloutDetail> {
    const rollout = await selectRollout(ctx, input.rollout)
    checkModelGrant(ctx.actor, rollout.model)
    const [figures, inStep, log] = await Promise.all([
      readFigures(ctx, rollout, 'all'),
      readFigures(ctx, rollout, 'step'),
      selectEntries(ctx, rollout.id),
    ])
    const isOver = rollout.state !== 'running'
    return {
      ...rollout,
      figures: figures.map(shownFigures),
      // What was found when it ended stays what is told of it.
      checks: [...(isOver ? (log[0]?.checks ?? []) : checksOf(rollout, inStep, ctx.clock.now()))],
      ...(figures.some(({ rewards }) => rewards > 0) ? { chances_of_best: chancesOfBest(armsOf(figures)) } : {}),
      ...(rollout.kind === 'shadow' ? { shadow: await readShadow(ctx, rollout.id) } : {}),
      log,
    }
  },
})

interface Page {
  readonly items: Rollout[]
  readonly next_page_token?: string
}

/** Roll-outs that match, newest first; of the models that the actor may use. Throws `model_not_granted`. */
export const listRollouts = readVerb({
  name: 'rollouts.list_rollouts',
  permission: 'endpoints.read',
  input: z.object({
    model: z.string().optional(),
    state: RolloutState.optional(),
    page_token: z.string().optional(),
    limit: z.number().int().min(1).max(1000).default(100),
  }),
  async run({ ctx, input: { model, state, page_token, limit } }): Promise<Page> {
    const after = page_token === undefined ? undefined : readToken(page_token)
    if (model !== undefined) checkModelGrant(ctx.actor, model)
    const { models } = ctx.actor
    const found = await selectRollouts(ctx, { model, models, state, after, limit: limit + 1 })
    const items = found.slice(0, limit)
    const last = items.at(-1)
    return found.length > limit && last !== undefined
      ? { items, next_page_token: `${last.started_at} ${last.id}` }
      : { items }
  },
})

function readToken(token: string): { readonly at: Date; readonly id: string } {
  const [at = '', id = ''] = token.split(' ')
  const moment = new Date(at)
  if (id === '' || Number.isNaN(moment.getTime())) {
    const reason = 'is none that a page gave'
    throw new FabriqueError('invalid_request', { field: 'page_token', reason }, { field: 'page_token' })
  }
  return { at: moment, id }
}
