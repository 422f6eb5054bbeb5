import { z } from 'zod'
import { PageQuery, pageOf } from '../schemas/common.js'
import {
  ComparisonRequest,
  Explanation,
  ExplanationRequest,
  ExplanationSummary,
  ModelComparison,
  RowExplanation,
} from '../schemas/explanation.js'
import { Job } from '../schemas/job.js'
import { PredictRequest } from '../schemas/prediction.js'
import { defineRoute } from './define-route.js'

/** Routes of why a model says what it says, and of which of two is better. */
export const explanationRoutes = {
  startExplanation: defineRoute({
    method: 'POST',
    path: '/api/v1/explanations',
    summary: 'Find out what a model goes by: importance, dependence, contributions, fairness; as a job',
    tag: 'explanations',
    permission: 'runs.write',
    body: ExplanationRequest,
    reply: z.object({ job: Job, explanation_id: z.string() }),
  }),
  listExplanations: defineRoute({
    method: 'GET',
    path: '/api/v1/explanations',
    summary: 'What was found out about a model, newest first, by page',
    tag: 'explanations',
    permission: 'runs.read',
    query: PageQuery.extend({ model: z.string().optional(), version: z.string().optional() }),
    reply: pageOf('Explanation', ExplanationSummary),
  }),
  getExplanation: defineRoute({
    method: 'GET',
    path: '/api/v1/explanations/:explanation',
    summary: 'One explanation with its figures',
    tag: 'explanations',
    permission: 'runs.read',
    reply: Explanation,
  }),
  explainPrediction: defineRoute({
    method: 'POST',
    path: '/api/v1/models/:model/explain',
    summary: 'Predict one row and say what each column added',
    tag: 'predictions',
    permission: 'predictions.make',
    query: z.object({
      alias: z.string().optional(),
      class: z.string().optional().meta({ description: 'By default the class that is predicted' }),
    }),
    body: PredictRequest,
    reply: RowExplanation,
  }),
  compareModels: defineRoute({
    method: 'POST',
    path: '/api/v1/model-comparisons',
    summary: 'Two versions on the same rows, with a test of their difference',
    tag: 'explanations',
    permission: 'runs.read',
    body: ComparisonRequest,
    reply: ModelComparison,
  }),
}
