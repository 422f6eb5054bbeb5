import { z } from 'zod'
import { Json, PageQuery, pageOf, Slug, Timestamp } from './common.js'

const Column = z.string().min(1).max(500)

/** How drift is judged: as Evidently does by default, or with thresholds that hold what they promise. */
export const DriftMode = z.enum(['evidently', 'calibrated'])

/** What the current rows are compared with. */
export const MonitorReference = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('training'),
      alias: z.string().min(1).max(300).default('champion').meta({
        description: 'The version of the model whose training set it is; without one that has it, the newest',
      }),
    }),
    z.strictObject({
      kind: z.literal('snapshot'),
      snapshot: z.string().min(1).max(300).meta({ description: 'By its id, or as PROJECT/DATASET@REF' }),
    }),
    z.strictObject({
      kind: z.literal('window'),
      days: z.number().min(0.01).max(400).meta({ description: 'How long the span is, in days' }),
      offset_days: z.number().min(0).max(400).default(0).meta({
        description: 'How long before the current span it ends; 0 ends where that begins',
      }),
    }),
  ])
  .meta({ id: 'MonitorReference' })
export type MonitorReference = z.output<typeof MonitorReference>

/** What is looked at. */
export const MonitorCurrent = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('predictions'),
      days: z.number().min(0.01).max(400).default(7).meta({ description: 'The newest predictions, so many days' }),
      version: z.string().min(1).max(20).optional().meta({ description: 'Of one version only; all without' }),
    }),
    z.strictObject({
      kind: z.literal('snapshot'),
      dataset: Slug.meta({ description: 'Data set of the project of the monitor' }),
      ref: z.string().min(1).max(200).default('latest').meta({ description: 'A tag, an id, or latest' }),
    }),
  ])
  .meta({ id: 'MonitorCurrent' })
export type MonitorCurrent = z.output<typeof MonitorCurrent>

/** From a warning on, or only at an alarm. */
export const MonitorSeverity = z.enum(['warning', 'alarm'])
export type MonitorSeverity = z.infer<typeof MonitorSeverity>

/** Measures of the quality of the current rows. */
export const qualityMetrics = [
  'rows',
  'missing_share',
  'empty_columns',
  'constant_columns',
  'duplicate_rows_share',
  'new_values_share',
  'out_of_range_share',
] as const

/** A bound that a figure has to hold. What cannot be computed holds no bound and breaks none: it is told as not computed. */
export const MonitorCheck = z
  .strictObject({
    kind: z.enum(['quality', 'performance', 'estimated_performance']),
    metric: z
      .string()
      .min(1)
      .max(100)
      .meta({
        description: `Of quality ${qualityMetrics.join(', ')}; of performance the names of trainings, as roc_auc or rmse; of an estimate accuracy, f1, roc_auc, mae or rmse`,
      }),
    column: Column.optional().meta({ description: 'Of quality: one column only; all together without' }),
    min: z.number().optional(),
    max: z.number().optional(),
    severity: MonitorSeverity.default('alarm'),
  })
  .refine(({ min, max }) => min !== undefined || max !== undefined, { path: ['min'], message: 'give min, max or both' })
  .meta({ id: 'MonitorCheck' })
export type MonitorCheck = z.output<typeof MonitorCheck>

/** Figures whose fall in a part of the rows can be told from chance: each is a mean over rows. */
export const segmentMetrics = ['accuracy', 'recall', 'precision', 'log_loss', 'brier', 'mae', 'rmse'] as const

const isRising = (edges: readonly number[]) => edges.every((edge, at) => at === 0 || edge > (edges[at - 1] ?? 0))

/** A column whose values part the rows: labels as they are, numbers in bins. */
export const MonitorSegment = z
  .union([
    Column,
    z
      .strictObject({
        column: Column,
        edges: z
          .array(z.number())
          .min(1)
          .max(49)
          .refine(isRising, 'must rise')
          .optional()
          .meta({ description: 'Where numbers are cut: a bin begins at each, and one lies below the first' }),
        bins: z.number().int().min(2).max(20).optional().meta({
          description: 'Numbers without edges: so many bins with equally many rows of the reference; 4 without',
        }),
      })
      .refine(({ edges, bins }) => edges === undefined || bins === undefined, {
        path: ['bins'],
        message: 'goes without edges',
      }),
  ])
  .meta({ id: 'MonitorSegment' })
export type MonitorSegment = z.output<typeof MonitorSegment>

/** Ways to compare columns together. */
export const multivariateMethods = ['domain_classifier', 'reconstruction'] as const

/** Columns together: whether they go together as they did, which no column tells alone. */
export const MonitorMultivariate = z
  .union([
    z.boolean(),
    z.strictObject({
      columns: z.array(Column).min(2).max(1000).optional().meta({
        description: 'Features that are looked at; all that are compared without',
      }),
      methods: z.array(z.enum(multivariateMethods)).min(1).max(2).optional().meta({
        description:
          'domain_classifier: whether boosted trees tell the sides apart; reconstruction: what principal components of the reference lose. Both without',
      }),
      auc_min: z.number().min(0.5).lt(1).optional().meta({
        description: 'Of the domain classifier: smallest area under the ROC curve that matters; 0.55 without',
      }),
    }),
  ])
  .meta({ id: 'MonitorMultivariate' })
export type MonitorMultivariate = z.output<typeof MonitorMultivariate>

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
    .array(Column)
    .min(1)
    .max(10_000)
    .optional()
    .meta({ description: 'Columns that are compared; all of both sides without' }),
  mode: DriftMode.default('calibrated'),
  types: z.record(Column, z.enum(['num', 'cat', 'text'])).default({}),
  methods: z.record(Column, z.string().min(1).max(100)).default({}),
  thresholds: z.record(Column, z.number()).default({}).meta({
    description: 'By column, in the mode evidently; the calibrated mode has its level',
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
  target: Column.optional().meta({ description: 'Column of the right answers; in predictions those of the feedback' }),
  prediction: Column.optional().meta({ description: 'Column of the predictions, in a snapshot' }),
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

interface Watched {
  readonly model?: string | undefined
  readonly reference: MonitorReference
  readonly current: MonitorCurrent
  readonly checks: readonly MonitorCheck[]
  readonly actions: readonly MonitorAction[]
  readonly segments?: readonly MonitorSegment[] | undefined
  readonly segment_metric?: string | undefined
  readonly target?: string | undefined
  readonly prediction?: string | undefined
}

/** What does not go together, as path and message. */
export function monitorContradictions(given: Watched): readonly { readonly path: string; readonly message: string }[] {
  const found: { path: string; message: string }[] = []
  const needsModel = (path: string, why: string) => {
    if (given.model === undefined) found.push({ path, message: `${why} needs a model` })
  }
  if (given.current.kind === 'predictions') needsModel('current', 'a window of predictions')
  if (given.reference.kind === 'training') needsModel('reference', 'the training set as reference')
  if (given.reference.kind === 'window' && given.current.kind !== 'predictions')
    found.push({ path: 'reference', message: 'a past window goes with predictions as current rows' })
  for (const [index, { do: what }] of given.actions.entries())
    if (what === 'block_promotion' || what === 'roll_back') needsModel(`actions.${index}`, `the action ${what}`)
  for (const [index, check] of given.checks.entries()) {
    const known: readonly string[] = qualityMetrics
    if (check.kind === 'quality' && !known.includes(check.metric))
      found.push({ path: `checks.${index}.metric`, message: `must be one of ${known.join(', ')}` })
    if (check.kind !== 'quality' && check.column !== undefined)
      found.push({ path: `checks.${index}.column`, message: 'goes with checks of quality only' })
  }
  return [...found, ...segmentContradictions(given)]
}

const columnOf = (segment: MonitorSegment): string => (typeof segment === 'string' ? segment : segment.column)

function segmentContradictions({ segments, segment_metric, current, target, prediction }: Watched) {
  const found: { path: string; message: string }[] = []
  const columns = (segments ?? []).map(columnOf)
  if (segments === undefined && segment_metric !== undefined)
    found.push({ path: 'segment_metric', message: 'goes with segments' })
  if (segments !== undefined && current.kind === 'snapshot' && (target === undefined || prediction === undefined))
    found.push({ path: 'segments', message: 'of a snapshot need its columns target and prediction' })
  for (const [index, column] of columns.entries())
    if (columns.indexOf(column) < index) found.push({ path: `segments.${index}`, message: 'is there twice' })
  return found
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

/** What a run came to. `not_enough_data` is never `ok`; `failed` says what is in the way. */
export const MonitorState = z.enum(['ok', 'warning', 'alarm', 'not_enough_data', 'failed'])
export type MonitorState = z.infer<typeof MonitorState>

/** One side of a comparison: what it was, and its rows. */
export const ReportSide = z
  .object({
    what: z.enum(['training', 'profile', 'snapshot', 'predictions', 'file']),
    rows: z.number().int(),
    project: z.string().optional(),
    dataset: z.string().optional(),
    snapshot_id: z.string().optional(),
    model: z.string().optional(),
    version: z.string().optional(),
    run_id: z.string().optional().meta({ description: 'The training that read it' }),
    from: Timestamp.optional(),
    until: Timestamp.optional(),
    stands_for: z.number().int().optional().meta({
      description: 'Predictions that the rows of a sampled log stand for, where that is more; each row counts once',
    }),
    sampled_of: z.number().int().optional().meta({ description: 'Rows that the rows read were taken from, evenly' }),
  })
  .meta({ id: 'ReportSide' })
export type ReportSide = z.infer<typeof ReportSide>

/** Both sides on shared bins. Divide the share of a bin by its width to draw densities. */
export const ColumnHistogram = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('numbers'),
      edges: z.array(z.number()).meta({ description: 'One more than bins; what lies beyond counts at the ends' }),
      reference: z.array(z.number()).meta({ description: 'Share of the rows with a value, by bin' }),
      current: z.array(z.number()),
    }),
    z.object({
      kind: z.literal('labels'),
      labels: z.array(z.string()),
      reference: z.array(z.number()).meta({ description: 'Shares; where there are others, one more for all of them' }),
      current: z.array(z.number()),
      others: z.number().int().meta({ description: 'Labels that are not drawn one by one' }),
    }),
  ])
  .meta({ id: 'ColumnHistogram' })
export type ColumnHistogram = z.infer<typeof ColumnHistogram>

export const ColumnRole = z.enum(['feature', 'prediction', 'target'])
export type ColumnRole = z.infer<typeof ColumnRole>

export const DriftColumnState = z.enum([
  'tested',
  'not_enough_data',
  'no_values',
  'type_changed',
  'missing_column',
  'not_testable',
])

/** What the comparison of a column came to. Only `tested` has a decision. */
export const ReportColumn = z
  .object({
    name: z.string(),
    role: ColumnRole,
    type: z.enum(['num', 'cat', 'text', 'datetime', 'unknown']),
    state: DriftColumnState,
    method: z.string().nullable(),
    method_title: z.string().nullable().meta({ description: 'As people call it, in the language of the request' }),
    score: z.number().nullable(),
    threshold: z.number().nullable(),
    drift: z.boolean().nullable(),
    broken: z.boolean().meta({ description: 'It should have been compared and could not be' }),
    reference_rows: z.number().int().meta({ description: 'With a value' }),
    current_rows: z.number().int(),
    missing: z.object({ reference: z.number().int(), current: z.number().int() }),
    p_value: z.number().optional().meta({ description: 'Calibrated: of this column alone' }),
    adjusted_p_value: z.number().optional().meta({ description: 'Calibrated: with all columns in mind' }),
    effect: z.number().optional(),
    sentence: z.string().meta({ description: 'What was computed, on how many rows, and why it alarms or not' }),
    histogram: ColumnHistogram.optional(),
  })
  .meta({ id: 'ReportColumn' })
export type ReportColumn = z.infer<typeof ReportColumn>

/** A figure with its bound, where a check gives it one. */
export const ReportMetric = z
  .object({
    kind: z.enum(['quality', 'performance', 'estimated_performance']),
    metric: z.string(),
    column: z.string().optional(),
    value: z.number().nullable().meta({ description: 'Null where it could not be computed' }),
    low: z.number().optional().meta({ description: 'Band of 95 %, where one is known' }),
    high: z.number().optional(),
    rows: z.number().int().meta({ description: 'That it was computed on' }),
    min: z.number().optional(),
    max: z.number().optional(),
    severity: MonitorSeverity.optional(),
    state: z.enum(['holds', 'violated', 'not_computed', 'no_bound']),
    why_not: z.string().optional().meta({ description: 'Why it could not be computed' }),
  })
  .meta({ id: 'ReportMetric' })
export type ReportMetric = z.infer<typeof ReportMetric>

/** How the model does on one part of the rows. */
export const ReportSegment = z
  .object({
    column: z.string(),
    segment: z.string().nullable().meta({ description: 'Null: the rows without a value' }),
    title: z.string().meta({ description: 'As people read it, in the language of the request' }),
    from: z.number().optional().meta({ description: 'Of numbers: the bin begins here' }),
    below: z.number().optional().meta({ description: 'Of numbers: the bin ends before it' }),
    state: z.enum(['tested', 'not_enough_data', 'no_reference', 'not_computed']),
    rows: z.number().int().meta({ description: 'Current rows' }),
    labelled: z.number().int().meta({ description: 'Of them those that the figure counts: their truth is known' }),
    reference_labelled: z.number().int(),
    now: z.number().nullable().meta({ description: 'The figure that is compared; null with too few truths' }),
    before: z.number().nullable().meta({ description: 'The same of the reference' }),
    p_value: z.number().optional(),
    adjusted_p_value: z.number().optional().meta({ description: 'With the whole and all segments in mind' }),
    effect: z
      .number()
      .optional()
      .meta({ description: 'How much worse, in deviations of the reference; absent where that had none' }),
    falls: z.boolean().nullable().meta({ description: 'Null where nothing could be decided' }),
    metrics: z.array(
      z.object({
        metric: z.string(),
        value: z.number(),
        low: z.number().optional().meta({ description: 'Band of 95 %, where one is known' }),
        high: z.number().optional(),
      }),
    ),
    sentence: z
      .string()
      .meta({ description: 'What was compared, on how many rows, and why it counts as a fall or not' }),
  })
  .meta({ id: 'ReportSegment' })
export type ReportSegment = z.infer<typeof ReportSegment>

/** Performance by segment, the worst first. */
export const ReportSegments = z
  .object({
    metric: z.string().meta({ description: 'The figure that is compared' }),
    tested: z.number().int(),
    fallen: z.number().int(),
    whole: ReportSegment.omit({ column: true, segment: true, title: true }).meta({ description: 'All rows together' }),
    segments: z.array(ReportSegment),
    columns: z.array(
      z.object({
        column: z.string(),
        segments: z.number().int(),
        left_out: z.object({ segments: z.number().int(), rows: z.number().int() }).optional().meta({
          description: 'Values with fewer rows than those that are told of',
        }),
        why_not: z.string().optional().meta({ description: 'Why the rows cannot be parted by it' }),
      }),
    ),
  })
  .meta({ id: 'ReportSegments' })
export type ReportSegments = z.infer<typeof ReportSegments>

/** Columns together: what one method came to. */
export const ReportMultivariate = z
  .object({
    method: z.enum(multivariateMethods),
    state: z.enum(['tested', 'not_enough_data', 'not_testable']),
    score: z.number().nullable().meta({ description: 'Area under the ROC curve, or mean error of reconstruction' }),
    low: z.number().optional().meta({ description: 'Band of the score: 95 % of the area, three sampling errors' }),
    high: z.number().optional(),
    threshold_low: z.number().optional(),
    threshold: z.number().nullable().meta({ description: 'Above it, or below threshold_low, it drifts' }),
    p_value: z.number().optional(),
    drift: z.boolean().nullable().meta({ description: 'Null where nothing could be decided' }),
    columns: z.number().int().meta({ description: 'Looked at' }),
    left_out: z
      .array(z.string())
      .meta({ description: 'Should have been looked at, and one side has them not, or as another kind' }),
    reference_rows: z.number().int().meta({ description: 'Looked at' }),
    current_rows: z.number().int(),
    importances: z.array(z.object({ column: z.string(), share: z.number() })).meta({
      description: 'Which columns tell the sides apart, the most first',
    }),
    sentence: z.string(),
  })
  .meta({ id: 'ReportMultivariate' })
export type ReportMultivariate = z.infer<typeof ReportMultivariate>

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

/** A report without its columns, as lists have it. */
export const MonitorReport = z
  .object({
    id: z.string().meta({ description: 'drift_…' }),
    monitor: z.string(),
    project: z.string(),
    model: z.string().optional(),
    at: Timestamp,
    origin: z.enum(['schedule', 'snapshot', 'manual', 'flow']),
    ad_hoc: z.boolean().meta({
      description: 'It compared other rows than those of the monitor: its state is not that of the monitor',
    }),
    state: MonitorState,
    sentence: z.string(),
    mode: DriftMode,
    reference: ReportSide.optional().meta({ description: 'Absent where the run failed before it was known' }),
    current: ReportSide.optional(),
    rows_min: z.number().int(),
    tested: z.number().int(),
    drifted: z.number().int(),
    broken: z.number().int(),
    columns_total: z.number().int(),
    share: z.number().nullable(),
    share_min: z.number().nullable(),
    violated: z.number().int().meta({ description: 'Checks whose bound does not hold' }),
    multivariate_drift: z.boolean().nullable().optional().meta({
      description: 'Columns together, where they are looked at; null where nothing could be decided',
    }),
    performance_falls: z.boolean().nullable().optional().meta({
      description: 'Of a monitor with segments: all rows together; null where nothing could be decided',
    }),
    segments_fallen: z.number().int().optional().meta({ description: 'Segments in which the model does worse' }),
    segments_undecided: z.number().int().optional().meta({
      description: 'Segments of which is not known whether the model does worse',
    }),
    worst_column: z.string().optional(),
    actions: z.array(ReportAction),
    error: z
      .object({ code: z.string(), message: z.string(), hint: z.string() })
      .optional()
      .meta({ description: 'Of a run that failed' }),
    job_id: z.string().optional(),
    requested_by: z.string(),
    duration_ms: z.number(),
  })
  .meta({ id: 'MonitorReport' })
export type MonitorReport = z.infer<typeof MonitorReport>

export const MonitorReportDetail = MonitorReport.extend({
  columns: z.array(ReportColumn).meta({ description: 'Prediction and target first, then the drifted, by severity' }),
  metrics: z.array(ReportMetric),
  segments: ReportSegments.optional().meta({ description: 'Of a monitor with segments, where there are predictions' }),
  multivariate: z.array(ReportMultivariate).optional().meta({ description: 'Of a monitor that asks for it' }),
}).meta({ id: 'MonitorReportDetail' })
export type MonitorReportDetail = z.infer<typeof MonitorReportDetail>

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

export const ReportQuery = PageQuery.extend({
  monitor: Slug.optional(),
  project: Slug.optional(),
  model: z.string().min(1).max(250).optional(),
  state: MonitorState.optional(),
})
export const MonitorReportPage = pageOf('MonitorReport', MonitorReport)

/** What of a column stood in one report. */
export const ColumnPoint = z.object({
  report_id: z.string(),
  at: Timestamp,
  state: DriftColumnState,
  method: z.string().nullable(),
  score: z.number().nullable(),
  threshold: z.number().nullable(),
  drift: z.boolean().nullable(),
  missing_share: z.number().nullable().meta({ description: 'Of the current rows' }),
})

export type ColumnPoint = z.infer<typeof ColumnPoint>

/** The columns of a monitor over its newest reports, oldest point first. */
export const MonitorTrends = z
  .object({ columns: z.array(z.object({ name: z.string(), role: ColumnRole, points: z.array(ColumnPoint) })) })
  .meta({ id: 'MonitorTrends' })
export type MonitorTrends = z.infer<typeof MonitorTrends>

export const ColumnTrend = z
  .object({
    name: z.string(),
    role: ColumnRole,
    points: z.array(ColumnPoint),
    newest: ReportColumn.optional().meta({ description: 'As in the newest report that has it' }),
  })
  .meta({ id: 'ColumnTrend' })
export type ColumnTrend = z.infer<typeof ColumnTrend>

export const TrendQuery = z.object({
  reports: z.coerce.number().int().min(1).max(400).default(30).meta({ description: 'How many of the newest' }),
})

/** The figures of a monitor over its newest reports, oldest point first. */
export const MetricTrends = z
  .object({
    metrics: z.array(
      z.object({
        kind: ReportMetric.shape.kind,
        metric: z.string(),
        column: z.string().optional(),
        min: z.number().optional(),
        max: z.number().optional(),
        points: z.array(
          z.object({
            report_id: z.string(),
            at: Timestamp,
            value: z.number().nullable(),
            low: z.number().optional(),
            high: z.number().optional(),
            rows: z.number().int(),
            state: ReportMetric.shape.state,
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'MetricTrends' })
export type MetricTrends = z.infer<typeof MetricTrends>

/** Two reports side by side: columns in the order of the second. */
export const ReportComparison = z
  .object({
    before: MonitorReport,
    after: MonitorReport,
    columns: z.array(
      z.object({
        name: z.string(),
        change: z.enum(['same', 'began', 'ended', 'other_method', 'only_before', 'only_after']).meta({
          description: 'began: it drifts now and did not; ended: the other way round',
        }),
        before: ReportColumn.omit({ histogram: true }).optional(),
        after: ReportColumn.omit({ histogram: true }).optional(),
      }),
    ),
  })
  .meta({ id: 'ReportComparison' })
export type ReportComparison = z.infer<typeof ReportComparison>

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
