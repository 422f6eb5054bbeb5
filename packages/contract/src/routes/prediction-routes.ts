import { z } from 'zod'
import { pageOf } from '../schemas/common.js'
import { Job } from '../schemas/job.js'
import {
  AnswerFigures,
  AnswerFiguresQuery,
  CompactRequest,
  FeedbackReply,
  FeedbackRequest,
  LoggedPrediction,
  LoggedPredictionsQuery,
  PredictionData,
  PredictionDataQuery,
} from '../schemas/prediction-log.js'
import { defineRoute } from './define-route.js'

/** What was predicted, what came of it, and how fast. */
export const predictionRoutes = {
  sendFeedback: defineRoute({
    method: 'POST',
    path: '/feedback',
    summary: 'Tell what was right of a prediction, or how well it did',
    tag: 'predictions',
    permission: 'feedback.write',
    body: FeedbackRequest,
    reply: FeedbackReply,
  }),
  listPredictions: defineRoute({
    method: 'GET',
    path: '/api/v1/predictions',
    summary: 'Logged predictions, newest first',
    tag: 'predictions',
    permission: 'predictions.read',
    query: LoggedPredictionsQuery,
    reply: pageOf('LoggedPrediction', LoggedPrediction),
  }),
  getPrediction: defineRoute({
    method: 'GET',
    path: '/api/v1/predictions/:prediction',
    summary: 'The rows of one request, with what became known of them',
    tag: 'predictions',
    permission: 'predictions.read',
    reply: z.object({ items: z.array(LoggedPrediction) }),
  }),
  listPredictionData: defineRoute({
    method: 'GET',
    path: '/api/v1/prediction-data',
    summary: 'What of the log of each model is in files, as a data set',
    tag: 'predictions',
    permission: 'predictions.read',
    query: PredictionDataQuery,
    reply: z.object({ items: z.array(PredictionData) }),
  }),
  compactPredictions: defineRoute({
    method: 'POST',
    path: '/api/v1/prediction-data/compact',
    summary: 'Write days of the log to files, as a job for each model that has some which are due',
    tag: 'predictions',
    permission: 'datasets.write',
    body: CompactRequest,
    reply: z.object({ items: z.array(Job) }),
  }),
  getAnswerFigures: defineRoute({
    method: 'GET',
    path: '/api/v1/answer-figures',
    summary: 'Rate, errors and durations of each version over time',
    tag: 'predictions',
    permission: 'predictions.read',
    query: AnswerFiguresQuery,
    reply: z.object({ items: z.array(AnswerFigures) }),
  }),
} as const
