import type { FlowRun, FlowStep } from '@fabrique/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'

const runPage = 50
const stepPage = 1000
/** Steps of a run that its page holds; what is beyond is said. */
export const stepsMax = 5000
/** Items of a map that are shown at a time. */
const itemPage = 200

/** Which runs of a flow are shown. */
export interface RunChoice {
  readonly state?: string | undefined
  readonly origin?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** The steps of a run, as far as its page holds them. */
export interface Steps {
  readonly items: readonly FlowStep[]
  readonly isWhole: boolean
}

async function allSteps(run: string, signal: AbortSignal): Promise<Steps> {
  const items: FlowStep[] = []
  let token: string | undefined
  do {
    const query = { limit: stepPage, page_token: token }
    const page = await call('listFlowSteps', { params: { flow_run: run }, query, signal })
    items.push(...page.items)
    token = page.next_page_token
  } while (token !== undefined && items.length < stepsMax)
  return { items, isWhole: token === undefined }
}

export const isOver = ({ state: { type } }: Pick<FlowRun, 'state'>): boolean =>
  type === 'COMPLETED' || type === 'FAILED' || type === 'CANCELLED' || type === 'CRASHED'

/**
 * What only these pages ask; the first word of a key is its topic, as in `api/queries.ts`. An open run is followed by its own
 * stream, so its answers have a topic of their own: `flow-run` is asked again when the run itself has ended.
 */
export const flowQueries = {
  flows: queries.flows,
  flow: (project: string, flow: string) =>
    queryOptions({
      queryKey: ['flows', project, flow],
      queryFn: ({ signal }) => call('getFlow', { params: { project, flow }, signal }),
    }),
  runs: (project: string, flow: string, choice: RunChoice) =>
    infiniteQueryOptions({
      queryKey: ['flows', project, flow, 'runs', choice],
      queryFn: ({ signal, pageParam }) =>
        call('listFlowRuns', { query: { project, flow, ...choice, limit: runPage, page_token: pageParam }, signal }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
      placeholderData: (before) => before,
    }),
  run: (run: string) =>
    queryOptions({
      queryKey: ['flow-run', run],
      queryFn: ({ signal }) => call('getFlowRun', { params: { flow_run: run }, signal }),
    }),
  /** A run that another page names: kept current by events, as it has no stream there. */
  linkedRun: (run: string) =>
    queryOptions({
      queryKey: ['flows', 'run', run],
      queryFn: ({ signal }) => call('getFlowRun', { params: { flow_run: run }, signal }),
      retry: false,
    }),
  steps: (run: string) =>
    queryOptions({ queryKey: ['flow-run', run, 'steps'], queryFn: ({ signal }) => allSteps(run, signal) }),
  items: (run: string, map: string) =>
    infiniteQueryOptions({
      queryKey: ['flow-run', run, 'items', map],
      queryFn: ({ signal, pageParam }) =>
        call('listFlowSteps', {
          params: { flow_run: run },
          query: { map, limit: itemPage, page_token: pageParam },
          signal,
        }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
    }),
  /** One step with its whole result, which the list leaves out where it is large. */
  wholeStep: (run: string, name: string) =>
    queryOptions({
      queryKey: ['flow-run', run, 'step', name],
      queryFn: async ({ signal }) => {
        const { items } = await call('listFlowSteps', { params: { flow_run: run }, query: { name }, signal })
        return items[0] ?? null
      },
    }),
  artifacts: (run: string) =>
    queryOptions({
      queryKey: ['flow-run', run, 'artifacts'],
      queryFn: ({ signal }) => call('listFlowArtifacts', { params: { flow_run: run }, signal }),
    }),
  // A worker that stops or is lost makes no event: what is looked at is asked for again.
  workers: () =>
    queryOptions({
      queryKey: ['flow-workers'],
      queryFn: ({ signal }) => call('listFlowWorkers', { signal }),
      refetchInterval: 5000,
    }),
  limits: () =>
    queryOptions({
      queryKey: ['flow-limits'],
      queryFn: ({ signal }) => call('listFlowLimits', { signal }),
      refetchInterval: 5000,
    }),
} as const
