import type { ComparisonRequest, Job, PredictRequest } from '@fabrique/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.js'

export const isOpenJob = (job: Job | undefined): boolean => job?.state === 'queued' || job?.state === 'running'

/** A prediction that was made: by whom, and for which row. */
export interface ExplainedAnswer {
  readonly model: string
  readonly alias: string
  readonly requestId: string
  readonly body: PredictRequest
}

const pageSize = 10

/** What only these pages ask; the first word of a key is its topic, as in `api/queries.ts`. */
export const explainQueries = {
  list: (model: string, version: string) =>
    infiniteQueryOptions({
      queryKey: ['explanations', model, version],
      queryFn: ({ signal, pageParam }) =>
        call('listExplanations', { query: { model, version, limit: pageSize, page_token: pageParam }, signal }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
    }),
  /** An explanation never changes. */
  one: (explanation: string) =>
    queryOptions({
      queryKey: ['explanation', explanation],
      queryFn: ({ signal }) => call('getExplanation', { params: { explanation }, signal }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  job: (job: string) =>
    queryOptions({
      queryKey: ['jobs', 'one', job],
      queryFn: ({ signal }) => call('getJob', { params: { job }, signal }),
      // Progress comes without an event, so that it costs nothing while nobody looks.
      refetchInterval: ({ state }) => (isOpenJob(state.data) ? 700 : false),
    }),
  /** Why one answer is what it is. */
  row: ({ model, alias, requestId, body }: ExplainedAnswer, wanted: string | undefined) =>
    queryOptions({
      queryKey: ['row-explanation', model, requestId, wanted ?? null],
      queryFn: ({ signal }) =>
        call('explainPrediction', { params: { model }, query: { alias, class: wanted }, body, signal }),
      staleTime: Number.POSITIVE_INFINITY,
      placeholderData: (before) => before,
      retry: false,
    }),
  comparison: (request: Pick<ComparisonRequest, 'first' | 'second' | 'snapshot'>) =>
    queryOptions({
      queryKey: ['model-comparison', request],
      queryFn: ({ signal }) => call('compareModels', { body: request, signal }),
      staleTime: Number.POSITIVE_INFINITY,
      retry: false,
    }),
} as const
