import { z } from 'zod'
import { Batch, BatchRequest } from '../schemas/batch.js'
import { PageQuery, pageOf } from '../schemas/common.js'
import { Job } from '../schemas/job.js'
import { defineRoute } from './define-route.js'

/** Routes of answers to all rows of a snapshot. The answers are a snapshot, exported and looked at as any other. */
export const batchRoutes = {
  startBatch: defineRoute({
    method: 'POST',
    path: '/api/v1/models/:model/batch-predictions',
    summary: 'Answer all rows of a snapshot with a version, as a job; the answers become a snapshot',
    tag: 'predictions',
    permission: 'datasets.write',
    body: BatchRequest,
    reply: z.object({ job: Job, batch: Batch }),
  }),
  listBatches: defineRoute({
    method: 'GET',
    path: '/api/v1/models/:model/batch-predictions',
    summary: 'Batch predictions of a model, newest first, by page',
    tag: 'predictions',
    permission: 'datasets.read',
    query: PageQuery,
    reply: pageOf('Batch', Batch),
  }),
  getBatch: defineRoute({
    method: 'GET',
    path: '/api/v1/batch-predictions/:batch',
    summary: 'One batch prediction; its job tells how far it is, and cancels it',
    tag: 'predictions',
    permission: 'datasets.read',
    reply: Batch,
  }),
  getRejectedRows: defineRoute({
    method: 'GET',
    path: '/api/v1/batch-predictions/:batch/rejected',
    summary: 'The rows that were set aside, as NDJSON: number, code, reason, values',
    tag: 'predictions',
    permission: 'datasets.read',
    replyType: 'application/x-ndjson',
  }),
} as const
