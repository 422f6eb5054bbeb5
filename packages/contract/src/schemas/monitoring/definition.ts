import { z } from 'zod'
import { ColumnName, Slug } from '../common.js'
import { MonitorAction } from './actions.js'
import { MonitorCheck } from './checks.js'
import { monitorContradictions, type Watched } from './contradictions.js'
import { MonitorEmbeddings } from './embeddings.js'
import { MonitorMultivariate } from './multivariate.js'
import { MonitorSegment, segmentMetrics } from './segments.js'
import { MonitorCurrent, MonitorReference } from './sides.js'

/** How drift is judged: as Evidently does by default, or with thresholds that hold what they promise. */
export const DriftMode = z.enum(['evidently', 'calibrated'])

export const MonitorSchedule = z
  .strictObject({
    cron: z.string().min(1).max(200).meta({ description: 'Five fields, as 0 6 * * 1' }),
    timezone: z.string().default('UTC').meta({ description: 'IANA name, as Europe/Paris' }),
  })
  .meta({ id: 'MonitorSchedule' })
export type MonitorSchedule = z.output<typeof MonitorSchedule>

const definition = {
  description: z.string().max(1000).default(''),
  model: z.string().min(1).max(250).optional().meta({ description: 'Registered model that it watches' }),
  reference: MonitorReference,
  current: MonitorCurrent,
  columns: z
    .array(ColumnName)
    .min(1)
    .max(10_000)
    .optional()
    .meta({ description: 'Columns that are compared; all of both sides without' }),
  embeddings: MonitorEmbeddings.optional(),
  mode: DriftMode.default('calibrated'),
  types: z.record(ColumnName, z.enum(['num', 'cat', 'text'])).default({}),
  methods: z.record(ColumnName, z.string().min(1).max(100)).default({}),
  thresholds: z.record(ColumnName, z.number()).default({}).meta({
    description: 'By column or embedding, in the mode evidently; the calibrated mode has its level',
  }),
  level: z.number().gt(0).lt(1).default(0.05).meta({
    description: 'Calibrated: probability of an alarm with nothing changed',
  }),
  effect_min: z.number().min(0).max(10).default(0.005).meta({
    description: 'Calibrated: smallest difference that matters, in deviations of the reference or as Cohen’s w',
  }),
  share_min: z.number().gt(0).max(1).optional().meta({
    description: 'Share of drifted columns from which it is an alarm; less is a warning. That of the mode without it',
  }),
  rows_min: z.number().int().min(2).max(100_000_000).default(100).meta({
    description: 'Rows that each side needs; with fewer there is not enough data',
  }),
  target: ColumnName.optional().meta({
    description: 'Column of the right answers; in predictions those of the feedback',
  }),
  prediction: ColumnName.optional().meta({ description: 'Column of the predictions, in a snapshot' }),
  checks: z.array(MonitorCheck).max(100).default([]),
  segments: z.array(MonitorSegment).min(1).max(20).optional().meta({
    description: 'Performance also by the values of these columns; one of the inputs, or model_version or variant',
  }),
  segment_metric: z.enum(segmentMetrics).optional().meta({
    description: 'Whose fall is looked for in segments; accuracy of classes and mae of numbers without',
  }),
  multivariate: MonitorMultivariate.optional().meta({
    description: 'Columns together as well; true for all of them in both ways',
  }),
  schedule: MonitorSchedule.optional(),
  after_snapshot: z.boolean().default(false).meta({
    description: 'Also whenever there is a new snapshot of the data set that it watches',
  }),
  actions: z
    .array(MonitorAction)
    .max(20)
    .default([{ do: 'finding', from: 'alarm' }]),
  cool_down_minutes: z.number().min(0).max(525_600).default(1440).meta({
    description:
      'After an alert, a flow or a roll-back, none of the same again for so long; a finding that is open is not opened twice',
  }),
  enabled: z.boolean().default(true),
}

type Issues = { readonly issues: unknown[] }

function agree(given: Watched, { issues }: Issues): void {
  for (const { path, message } of monitorContradictions(given))
    issues.push({ code: 'custom', path: path.split('.'), message, input: given })
}

/** A monitor as a project declares it; people send the same with the name of a project. */
export const MonitorDefinition = z
  .strictObject({ name: Slug.meta({ description: 'Unique on the server' }), ...definition })
  .check(({ value, issues }) => agree(value, { issues }))
  .meta({ id: 'MonitorDefinition' })
export type MonitorDefinition = z.output<typeof MonitorDefinition>
export type MonitorDefinitionInput = z.input<typeof MonitorDefinition>

export const CreateMonitor = z
  .strictObject({ name: Slug, project: Slug, ...definition })
  .check(({ value, issues }) => agree(value, { issues }))
  .meta({ id: 'CreateMonitor' })
export type CreateMonitor = z.output<typeof CreateMonitor>
export type CreateMonitorInput = z.input<typeof CreateMonitor>

/** Whether it runs by itself; the one thing of a declared monitor that is not the project's. */
export const SwitchMonitor = z.strictObject({ enabled: z.boolean() })
