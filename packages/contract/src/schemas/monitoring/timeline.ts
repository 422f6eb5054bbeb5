import { z } from 'zod'
import { Timestamp } from '../common.js'

/** One moment between a shift and what was decided. What it is about stands as ids, for links. */
export const TimelineEntry = z
  .object({
    at: Timestamp,
    actor: z.string(),
    kind: z.enum([
      'report',
      'finding_opened',
      'finding_acknowledged',
      'finding_resolved',
      'action',
      'flow_run',
      'loop',
      'version_registered',
      'alias_moved',
      'rollout',
      'snapshot',
      'monitor_changed',
    ]),
    what: z.string().meta({ description: 'In a few words, in the language of the request' }),
    state: z.string().optional().meta({
      description:
        'Of a report, a flow run or a loop; not_promoted of a version that its training did not make champion',
    }),
    report_id: z.string().optional(),
    finding_id: z.string().optional(),
    flow: z.string().optional(),
    flow_run_id: z.string().optional(),
    model: z.string().optional(),
    version: z.string().optional(),
    from_version: z.string().optional(),
    run_id: z.string().optional(),
    alias: z.string().optional(),
    rollout_id: z.string().optional(),
    project: z.string().optional(),
    dataset: z.string().optional(),
    snapshot_id: z.string().optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'TimelineEntry' })
export type TimelineEntry = z.infer<typeof TimelineEntry>

export const TimelineQuery = z.object({
  since: Timestamp.optional().meta({ description: '90 days ago without it' }),
  until: Timestamp.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200).meta({ description: 'The newest so many' }),
})
