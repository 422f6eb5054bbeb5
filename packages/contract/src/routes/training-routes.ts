import { z } from 'zod'
import { pageOf } from '../schemas/common.js'
import { Job } from '../schemas/job.js'
import {
  EstimatorInfo,
  Training,
  TrainingExportQuery,
  TrainingQuery,
  TrainingRequest,
  TrainingStarted,
} from '../schemas/training.js'
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
  listTrainings: defineRoute({
    method: 'GET',
    path: '/api/v1/projects/:project/trainings',
    summary: 'Trainings with their metrics, newest first, by page',
    tag: 'training',
    permission: 'runs.read',
    query: TrainingQuery,
    reply: pageOf('Training', Training),
  }),
  exportTrainings: defineRoute({
    method: 'GET',
    path: '/api/v1/projects/:project/trainings/export',
    summary: 'The history of metrics as CSV: a line for each training that ended well, oldest first',
    tag: 'training',
    permission: 'runs.read',
    query: TrainingExportQuery,
    replyType: 'text/csv',
  }),
  uploadDataset: defineRoute({
    method: 'POST',
    path: '/api/v1/projects/:project/datasets/:dataset/upload',
    summary:
      'Send one file, as the body, to become a snapshot of a data set that the project does not declare, as a job',
    tag: 'datasets',
    permission: 'datasets.write',
    query: z.object({
      file_name: z.string().min(1).max(300).meta({ description: 'As houses.csv: its ending tells the format' }),
    }),
    bodyType: 'application/octet-stream',
    reply: Job,
  }),
}
