import { z } from 'zod'
import { PageQuery, pageOf } from '../schemas/common.js'
import {
  ChangeSharesRequest,
  EndRolloutRequest,
  Rollout,
  RolloutDetail,
  RolloutRequest,
  RolloutState,
} from '../schemas/rollout.js'
import { defineRoute } from './define-route.js'

/** How requests are shared among the versions of a model. */
export const rolloutRoutes = {
  listRollouts: defineRoute({
    method: 'GET',
    path: '/api/v1/rollouts',
    summary: 'Roll-outs, newest first',
    tag: 'roll-outs',
    permission: 'endpoints.read',
    query: PageQuery.extend({ model: z.string().min(1).max(250).optional(), state: RolloutState.optional() }),
    reply: pageOf('Rollout', Rollout),
  }),
  startRollout: defineRoute({
    method: 'POST',
    path: '/api/v1/models/:model/rollouts',
    summary: 'Share requests among versions: a split, a canary, a shadow or a bandit',
    tag: 'roll-outs',
    permission: 'endpoints.write',
    body: RolloutRequest,
    reply: Rollout,
  }),
  getRollout: defineRoute({
    method: 'GET',
    path: '/api/v1/rollouts/:rollout',
    summary: 'A roll-out with its figures, checks and log',
    tag: 'roll-outs',
    permission: 'endpoints.read',
    reply: RolloutDetail,
  }),
  endRollout: defineRoute({
    method: 'POST',
    path: '/api/v1/rollouts/:rollout/end',
    summary: 'End a roll-out: roll back, or promote a variant',
    tag: 'roll-outs',
    permission: 'endpoints.write',
    body: EndRolloutRequest,
    reply: Rollout,
  }),
  changeShares: defineRoute({
    method: 'POST',
    path: '/api/v1/rollouts/:rollout/shares',
    summary: 'Change the weights of a split',
    tag: 'roll-outs',
    permission: 'endpoints.write',
    body: ChangeSharesRequest,
    reply: Rollout,
  }),
} as const
