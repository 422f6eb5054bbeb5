import { queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.js'

export type FigureSpan = 'hour' | 'day' | 'week'

/** Seconds that are shown, and that one point stands for. */
export const spans: Readonly<Record<FigureSpan, { readonly seconds: number; readonly step: number }>> = {
  hour: { seconds: 3600, step: 60 },
  day: { seconds: 86_400, step: 900 },
  week: { seconds: 604_800, step: 7200 },
}

export const hourSeconds = 3600

export const predictionsPage = 50

/** What the pages of endpoints ask. */
export const servingQueries = {
  figures: (model: string, span: FigureSpan) =>
    queryOptions({
      queryKey: ['figures', model, span],
      queryFn: ({ signal }) => {
        const since = new Date(Date.now() - spans[span].seconds * 1000).toISOString()
        return call('getAnswerFigures', { query: { model, since, step_seconds: spans[span].step }, signal })
      },
      refetchInterval: 10_000,
    }),
  /** Of all models: the newest hour as a whole. */
  lastHour: () =>
    queryOptions({
      queryKey: ['figures', 'all'],
      queryFn: ({ signal }) => {
        const since = new Date(Date.now() - hourSeconds * 1000).toISOString()
        return call('getAnswerFigures', { query: { since, step_seconds: hourSeconds }, signal })
      },
      refetchInterval: 10_000,
    }),
  rollouts: (model: string) =>
    queryOptions({
      queryKey: ['rollouts', model],
      queryFn: ({ signal }) => call('listRollouts', { query: { model, limit: 100 }, signal }),
    }),
  rollout: (rollout: string) =>
    queryOptions({
      queryKey: ['rollouts', 'one', rollout],
      queryFn: ({ signal }) => call('getRollout', { params: { rollout }, signal }),
      refetchInterval: ({ state }) => (state.data?.state === 'running' ? 5000 : false),
    }),
  predictionData: (model: string) =>
    queryOptions({
      queryKey: ['prediction-data', model],
      queryFn: ({ signal }) => call('listPredictionData', { query: { model }, signal }),
    }),
  predictions: (model: string, token: string | undefined) =>
    queryOptions({
      queryKey: ['predictions', model, token],
      queryFn: ({ signal }) =>
        call('listPredictions', { query: { model, limit: predictionsPage, page_token: token }, signal }),
    }),
}
