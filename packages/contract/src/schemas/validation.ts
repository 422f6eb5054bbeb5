import { z } from 'zod'
import { Json, Slug, Timestamp } from './common.js'
import { Expectation, Severity } from './project.js'

/** A suite of expectations that is kept on the server, beside those that a project declares. */
export const Suite = z
  .object({
    project: Slug,
    dataset: Slug,
    name: z.string().min(1).max(200),
    expectations: z.array(Expectation),
    meta: z.record(z.string(), Json),
    updated_by: z.string(),
    updated_at: Timestamp,
  })
  .meta({ id: 'Suite' })
export type Suite = z.infer<typeof Suite>

/** How much of each result is kept and sent, as Great Expectations names it. */
export const ResultFormat = z.enum(['BOOLEAN_ONLY', 'BASIC', 'SUMMARY', 'COMPLETE'])
export type ResultFormat = z.infer<typeof ResultFormat>

/** One expectation over the snapshots of a data set, oldest first. */
export const ExpectationHistory = z
  .object({
    expectation: Expectation,
    suite: z.string(),
    points: z.array(
      z.object({
        validation_id: z.string(),
        snapshot_id: z.string(),
        created_at: Timestamp,
        success: z.boolean(),
        is_evaluated: z.boolean(),
        unexpected_share: z.number().optional(),
        observed: Json.optional(),
      }),
    ),
  })
  .meta({ id: 'ExpectationHistory' })
export type ExpectationHistory = z.infer<typeof ExpectationHistory>

/** Rows of a snapshot that break an expectation, with the values of the key. */
export const FailingRows = z
  .object({
    columns: z.array(z.string()).meta({ description: 'Those of the snapshot, or of the query of the suite' }),
    key: z.array(z.string()),
    rows: z.array(
      z.object({
        row: z.number().int().optional().meta({
          description: 'Number of the row in the snapshot, from 0; absent where a query of the suite gives the rows',
        }),
        values: z.array(Json),
      }),
    ),
    total: z.number().int(),
  })
  .meta({ id: 'FailingRows' })
export type FailingRows = z.infer<typeof FailingRows>

/** A suite proposed from the profile of a snapshot, with the reason of each expectation. */
export const SuiteProposal = z
  .object({
    items: z.array(z.object({ expectation: Expectation, why: z.string() })),
  })
  .meta({ id: 'SuiteProposal' })
export type SuiteProposal = z.infer<typeof SuiteProposal>

/** A validation in the list of a data set. */
export const ValidationSummary = z
  .object({
    id: z.string(),
    snapshot_id: z.string(),
    project: Slug,
    dataset: Slug,
    suite: z.string(),
    success: z.boolean(),
    evaluated: z.number().int(),
    failed: z.number().int(),
    failed_by_severity: z.record(Severity, z.number().int()),
    not_evaluated: z.number().int(),
    created_at: Timestamp,
  })
  .meta({ id: 'ValidationSummary' })
export type ValidationSummary = z.infer<typeof ValidationSummary>
