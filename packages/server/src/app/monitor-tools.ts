import { type FlowRun, isFabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { getFlowRun, listFlowRuns, loopName, requestLoop, startFlow } from '../contexts/flows/index.js'
import { blockingFinding, type MonitorTools, type TimelineTools } from '../contexts/monitoring/index.js'
import type { PromotionBlock } from '../contexts/rollouts/index.js'
import { parseInput } from '../platform/index.js'

/** What monitors need of flows, which are above them. */
export const monitorTools: MonitorTools = {
  async startFlow(ctx, { project, flow, params, model, reason, key }) {
    if (flow === loopName) {
      const asked = parseInput(z.object({ model: z.string() }), { ...params, model: model ?? params.model })
      return (await requestLoop({ ctx, input: { project, reason, ...asked } })).id
    }
    const input = { project, flow, params, reason, idempotency_key: `monitor:${key}` }
    return (await startFlow({ ctx, input })).flow_run
  },
}

/** Newest runs of the loop of a model that a timeline looks at. */
const runsShown = 200

export const timelineTools: TimelineTools = {
  async flowRuns(ctx, { ids, model, since, until, language }) {
    const found = new Map<string, FlowRun>()
    if (model !== undefined) {
      const { items } = await listFlowRuns({
        ctx,
        input: { model, from: since, to: until, limit: runsShown, language },
      })
      for (const run of items) found.set(run.id, run)
    }
    for (const flow_run of ids.slice(0, runsShown)) {
      if (found.has(flow_run)) continue
      const run = await getFlowRun({ ctx, input: { flow_run, language } }).catch((error: unknown) => {
        // Old runs are removed after a time.
        if (isFabriqueError(error) && error.code === 'flow_run_not_found') return undefined
        throw error
      })
      if (run !== undefined) found.set(run.id, run)
    }
    return [...found.values()]
  },
}

/** A finding keeps canaries from being promoted as well. */
export const isPromotionBlocked: PromotionBlock = async (ctx, model) =>
  (await blockingFinding(ctx, model)) !== undefined
