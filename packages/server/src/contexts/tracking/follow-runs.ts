import { FabriqueError, routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { type ContextOf, type EventStream, mountRoute, openEventSource, readVerb } from '../../platform/index.js'
import type { ModelVersionsOf } from './api-run.js'
import { checkedExperimentId } from './checks.js'
import { selectExperiment } from './experiment-store.js'
import { openRunFeed, parseFeedPosition } from './run-feed.js'
import type { FeedScope } from './run-feed-store.js'

const runsMax = 100

function wrong(field: string, reason: string): FabriqueError {
  return new FabriqueError('invalid_request', { field, reason }, { field })
}

/** The runs that a request wants to follow. Throws `invalid_request`, `experiment_not_found`. */
const feedScope = readVerb({
  name: 'tracking.feed_scope',
  permission: 'runs.read',
  input: z.object({
    run_ids: z.string().optional(),
    experiment_id: z.string().optional(),
    position: z.string().optional(),
  }),
  async run({ ctx, input }): Promise<FeedScope> {
    const runIds = [...new Set((input.run_ids ?? '').split(',').filter((id) => id !== ''))]
    if (runIds.length > runsMax) throw wrong('run_ids', `at most ${runsMax} runs can be followed, not ${runIds.length}`)
    if (runIds.some((id) => id.includes('\0'))) throw wrong('run_ids', 'must not contain NUL')
    if (input.position !== undefined && parseFeedPosition(input.position) === undefined)
      throw wrong('position', 'must be one that a search of runs told')
    if (input.experiment_id === undefined) {
      if (runIds.length === 0) throw wrong('run_ids', 'name runs in run_ids, or an experiment in experiment_id')
      return { kind: 'runs', runIds }
    }
    if (runIds.length > 0) throw wrong('experiment_id', 'follow either runs or an experiment')
    const experimentId = checkedExperimentId(input.experiment_id)
    const { experiment_id } = await selectExperiment(ctx, experimentId)
    return { kind: 'experiment', experimentId: experiment_id }
  },
})

export interface RunStreamOptions {
  readonly contextOf: ContextOf
  readonly modelVersionsOf: ModelVersionsOf
  readonly events: EventStream
}

/** Mounts the stream of runs as they change. */
export function mountRunStream(app: FastifyInstance, { contextOf, modelVersionsOf, events }: RunStreamOptions): void {
  mountRoute(app, routes.streamRuns, async ({ request, reply, query }) => {
    const ctx = contextOf(request)
    const scope = await feedScope({ ctx, input: query })
    let close = () => {}
    const source = openEventSource(request, reply, () => close())
    const position = parseFeedPosition(source.lastId) ?? parseFeedPosition(query.position)
    const feed = openRunFeed({ ctx, events, modelVersionsOf, scope, position, send: source.send })
    close = () => feed.close()
    return reply
  })
}
