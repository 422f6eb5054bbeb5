import { z } from 'zod'
import { Json, Slug, Timestamp } from '../common.js'
import { MonitorSeverity } from './state.js'

/** What follows from a report. */
export const MonitorAction = z
  .discriminatedUnion('do', [
    z.strictObject({
      do: z.enum(['alert', 'finding', 'block_promotion', 'roll_back']).meta({
        description:
          'alert: an event that alerts hear; finding: something to be acknowledged and resolved; block_promotion: no version of the model becomes champion by itself while the finding is open; roll_back: champion goes back to the version that had it before',
      }),
      from: MonitorSeverity.default('alarm'),
    }),
    z.strictObject({
      do: z
        .literal('flow')
        .meta({ description: 'Starts a flow of the project of the monitor, or of a model its loop' }),
      flow: Slug,
      params: z.record(z.string(), Json).default({}),
      from: MonitorSeverity.default('alarm'),
    }),
  ])
  .meta({ id: 'MonitorAction' })
export type MonitorAction = z.output<typeof MonitorAction>

/** What followed from a report: done, or why not. */
export const ReportAction = z
  .object({
    do: z.enum(['alert', 'finding', 'flow', 'block_promotion', 'roll_back']),
    outcome: z.enum(['done', 'cool_down', 'open_already', 'nothing_to_do', 'refused']),
    flow: z.string().optional(),
    flow_run_id: z.string().optional(),
    finding_id: z.string().optional(),
    from_version: z.string().optional(),
    to_version: z.string().optional(),
    until: Timestamp.optional().meta({ description: 'Of a cool-down' }),
    why: z.string().optional(),
  })
  .meta({ id: 'ReportAction' })
export type ReportAction = z.infer<typeof ReportAction>
