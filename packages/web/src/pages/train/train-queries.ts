import type { Job, Training } from '@fabrique/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.js'

/** Which trainings of a project are asked for. */
export interface TrainingFilter {
  readonly dataset?: string | undefined
  readonly target?: string | undefined
}

export const isOpenJob = (job: Job | undefined): boolean => job?.state === 'queued' || job?.state === 'running'
export const isOpenTraining = ({ status }: Training): boolean => status === 'SCHEDULED' || status === 'RUNNING'

/** What only these pages ask; the first word of a key is its topic, as in `api/queries.ts`. */
export const trainQueries = {
  /** The descriptions are in the language of the request, so each language has an answer of its own. */
  estimators: (language: string) =>
    queryOptions({
      queryKey: ['estimators', language],
      queryFn: async ({ signal }) => (await call('listEstimators', { signal })).items,
      staleTime: Number.POSITIVE_INFINITY,
    }),
  job: (job: string) =>
    queryOptions({
      queryKey: ['jobs', 'one', job],
      queryFn: ({ signal }) => call('getJob', { params: { job }, signal }),
      enabled: job !== '',
      // Progress comes without an event, so that it costs nothing while nobody looks.
      refetchInterval: ({ state }) => (isOpenJob(state.data) ? 700 : false),
    }),
  trainings: (project: string, { dataset, target }: TrainingFilter, limit: number) =>
    infiniteQueryOptions({
      queryKey: ['runs', 'trainings', project, dataset ?? null, target ?? null, limit],
      queryFn: ({ signal, pageParam }) =>
        call('listTrainings', {
          params: { project },
          query: { dataset, target, limit, page_token: pageParam },
          signal,
        }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: (page) => page.next_page_token,
      placeholderData: (before) => before,
    }),
} as const
