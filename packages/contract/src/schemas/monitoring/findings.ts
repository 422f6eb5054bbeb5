import { z } from 'zod'
import { PageQuery, pageOf, Slug, Timestamp } from '../common.js'
import { MonitorSeverity } from './state.js'

export const FindingState = z.enum(['open', 'acknowledged', 'resolved'])
export type FindingState = z.infer<typeof FindingState>

/** Something that a person is to look at. There is one open finding of a monitor: further reports go on it. */
export const Finding = z
  .object({
    id: z.string().meta({ description: 'find_…' }),
    monitor: z.string(),
    project: z.string(),
    model: z.string().optional(),
    severity: MonitorSeverity.meta({ description: 'The worst of its reports' }),
    state: FindingState,
    sentence: z.string().meta({ description: 'Of the newest report that it is about' }),
    blocks_promotion: z.boolean().meta({ description: 'While it is not resolved' }),
    reports: z.number().int().meta({ description: 'That found it' }),
    report_id: z.string().meta({ description: 'The first' }),
    last_report_id: z.string(),
    opened_at: Timestamp,
    last_at: Timestamp,
    acknowledged_at: Timestamp.optional(),
    acknowledged_by: z.string().optional(),
    resolved_at: Timestamp.optional(),
    resolved_by: z.string().optional().meta({ description: 'The monitor itself, where a report without it came' }),
    note: z.string(),
  })
  .meta({ id: 'Finding' })
export type Finding = z.infer<typeof Finding>

export const FindingQuery = PageQuery.extend({
  monitor: Slug.optional(),
  project: Slug.optional(),
  model: z.string().min(1).max(250).optional(),
  state: z.enum(['open', 'acknowledged', 'resolved', 'unresolved']).optional(),
})
export const FindingPage = pageOf('Finding', Finding)

export const FindingNote = z.strictObject({ note: z.string().max(2000).default('') })
