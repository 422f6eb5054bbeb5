import {
  GenerateReply,
  GenerateRequest,
  MlflowStatus,
  PredictNewestQuery,
  PredictNewestReply,
  RetrainDebugReply,
  RetrainReply,
  ShortWaitQuery,
} from '../schemas/short-verbs.js'
import { defineRoute } from './define-route.js'

/** The short verbs of a small prediction API, about one model. */
export const shortRoutes = {
  generate: defineRoute({
    method: 'POST',
    path: '/generate',
    summary: 'Make a new snapshot of the synthetic data set of a model',
    tag: 'short verbs',
    permission: 'datasets.write',
    query: ShortWaitQuery,
    // Also without a body: all as declared.
    body: GenerateRequest.nullish().transform((request): GenerateRequest => request ?? {}),
    reply: GenerateReply,
    mayGoOn: true,
  }),
  retrain: defineRoute({
    method: 'POST',
    path: '/retrain',
    summary: 'Train a model on its newest data, tracked and registered; promoted when better',
    tag: 'short verbs',
    permission: 'flows.write',
    query: ShortWaitQuery,
    reply: RetrainReply,
    mayGoOn: true,
  }),
  retrainDebug: defineRoute({
    method: 'POST',
    path: '/retrain-debug',
    summary: 'Train a model on its newest data without tracking, and tell what was done step by step',
    tag: 'short verbs',
    permission: 'jobs.write',
    query: ShortWaitQuery,
    reply: RetrainDebugReply,
    mayGoOn: true,
  }),
  predictNewest: defineRoute({
    method: 'GET',
    path: '/predict',
    summary: 'Predict the newest rows of the data set of a model, beside what they really were',
    tag: 'short verbs',
    permission: 'predictions.make',
    query: PredictNewestQuery,
    reply: PredictNewestReply,
  }),
  getMlflowStatus: defineRoute({
    method: 'GET',
    path: '/mlflow-status',
    summary: 'Whether tracking answers, asked as MLflow clients ask',
    tag: 'short verbs',
    permission: 'status.read',
    reply: MlflowStatus,
  }),
}
