import { z } from 'zod'
import { PageQuery, pageOf, Slug, Timestamp } from '../common.js'
import { MonitorDefinition } from './definition.js'
import { MonitorReport } from './report.js'
import { MonitorCurrent, MonitorReference } from './sides.js'
import { MonitorState } from './state.js'

/** A monitor, with what it came to last. */
export const Monitor = z
  .object({
    name: z.string(),
    project: z.string(),
    model: z.string().optional(),
    dataset: z.string().optional(),
    definition: MonitorDefinition,
    source: z.enum(['project', 'api']).meta({ description: 'Declared ones are changed in their project' }),
    enabled: z.boolean(),
    state: MonitorState.optional().meta({
      description: 'Of the newest report that is not ad hoc; absent before the first',
    }),
    state_since: Timestamp.optional(),
    last_report: MonitorReport.optional(),
    open_findings: z.number().int(),
    next_at: Timestamp.optional(),
    job_id: z.string().optional().meta({ description: 'Of a run that is queued or under way' }),
    created_at: Timestamp,
    created_by: z.string(),
    updated_at: Timestamp,
  })
  .meta({ id: 'Monitor' })
export type Monitor = z.infer<typeof Monitor>

export const MonitorQuery = PageQuery.extend({
  project: Slug.optional(),
  model: z.string().min(1).max(250).optional(),
  state: MonitorState.optional(),
})
export const MonitorPage = pageOf('Monitor', Monitor)

/** Changes for this one run, as another reference to compare with. */
export const RunMonitorRequest = z
  .strictObject({
    reference: MonitorReference.optional(),
    current: MonitorCurrent.optional(),
    reason: z.string().max(500).default(''),
  })
  .meta({ id: 'RunMonitorRequest' })
export type RunMonitorRequest = z.output<typeof RunMonitorRequest>
export type RunMonitorRequestInput = z.input<typeof RunMonitorRequest>
