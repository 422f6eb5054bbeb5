import { z } from 'zod'
import { EstimatorInfo, TrainingRequest, TrainingStarted } from '../schemas/training.js'
import { defineRoute } from './define-route.js'

/** Routes of what can be trained, and of trainings. */
export const trainingRoutes = {
  listEstimators: defineRoute({
    method: 'GET',
    path: '/api/v1/estimators',
    summary: 'What can be trained, with its parameters',
    tag: 'training',
    permission: 'runs.read',
    reply: z.object({ items: z.array(EstimatorInfo) }),
  }),
  startTraining: defineRoute({
    method: 'POST',
    path: '/api/v1/projects/:project/trainings',
    summary: 'Train on a snapshot as a tracked run, as a job',
    tag: 'training',
    permission: 'runs.write',
    body: TrainingRequest,
    reply: TrainingStarted,
  }),
}
