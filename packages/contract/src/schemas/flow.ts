import { z } from 'zod'
import { Json, PageQuery, pageOf, Slug, Timestamp } from './common.js'
import { ToldError } from './loop.js'

/** Types of state: logic goes by these. The names below are what people see; both are Prefect's. */
export const FlowStateType = z.enum([
  'SCHEDULED',
  'PENDING',
  'RUNNING',
  'PAUSED',
  'CANCELLING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'CRASHED',
])
export type FlowStateType = z.infer<typeof FlowStateType>

/**
 * Names of states, by type. `Late`: due for more than 15 s and not begun. `Suspended`: waits for a moment, a child or a job, and holds no
 * process. `Paused`: waits for a person. `Failed`: the code threw. `Crashed`: the process or machine died too often.
 */
export const flowStateNames = {
  SCHEDULED: ['Scheduled', 'Late', 'AwaitingRetry', 'AwaitingConcurrencySlot', 'Resuming'],
  PENDING: ['Pending'],
  RUNNING: ['Running', 'Retrying'],
  PAUSED: ['Paused', 'Suspended'],
  CANCELLING: ['Cancelling'],
  COMPLETED: ['Completed', 'Cached'],
  FAILED: ['Failed', 'TimedOut'],
  CANCELLED: ['Cancelled'],
  CRASHED: ['Crashed'],
} as const satisfies Record<FlowStateType, readonly string[]>
export const FlowStateName = z.enum(Object.values(flowStateNames).flat() as [string, ...string[]])

/** Types of state in which nothing happens any more. */
export const endedFlowStates = ['COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED'] as const satisfies FlowStateType[]

export const FlowState = z
  .object({ type: FlowStateType, name: z.string().meta({ description: 'As Running, Late, AwaitingRetry, TimedOut' }) })
  .meta({ id: 'FlowState' })
export type FlowState = z.infer<typeof FlowState>

/** What happens when a schedule is due while an earlier run of it is open. */
export const OverlapPolicy = z.enum(['skip', 'queue', 'cancel_old'])
export type OverlapPolicy = z.infer<typeof OverlapPolicy>

/** Which of the missed moments of a schedule are made up for: none, the newest, all of them. */
export const CatchUpPolicy = z.enum(['none', 'newest', 'all'])
export type CatchUpPolicy = z.infer<typeof CatchUpPolicy>

const positiveMs = z.number().int().min(1)

/** When a flow runs by itself: exactly one of `cron`, `every_ms` and `at`. */
export const ScheduleDefinition = z
  .strictObject({
    name: Slug.meta({ description: 'Unique among the schedules of the flow' }),
    cron: z.string().min(1).max(200).optional().meta({ description: 'Five or six fields, as 0 6 1 * *' }),
    every_ms: positiveMs.min(1000).optional(),
    anchor: Timestamp.optional().meta({ description: 'Moments of every_ms are counted from here; 1970 without it' }),
    at: Timestamp.optional(),
    timezone: z.string().default('UTC').meta({ description: 'IANA name, as Europe/Paris; for cron' }),
    overlap: OverlapPolicy.default('skip'),
    catch_up: CatchUpPolicy.default('none'),
    catch_up_window_ms: positiveMs.default(86_400_000).meta({ description: 'What is longer ago is not made up for' }),
    params: z.record(z.string(), Json).default({}),
    params_by_code: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether the project computes parameters from the moment' }),
  })
  .refine(({ cron, every_ms, at }) => [cron, every_ms, at].filter((one) => one !== undefined).length === 1, {
    path: ['cron'],
    message: 'give exactly one of cron, every_ms and at',
  })
export type ScheduleDefinition = z.infer<typeof ScheduleDefinition>

/** What starts a flow: an event of the platform, where its payload holds the values of `where`, or a webhook. */
export const TriggerDefinition = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('event'),
    name: Slug,
    event: z.string().min(1).meta({ description: 'As snapshot.created' }),
    where: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .meta({ description: 'Values that the payload of the event must have' }),
    params: z.record(z.string(), Json).default({}),
    params_by_code: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal('webhook'),
    name: Slug,
    params: z.record(z.string(), Json).default({}),
    params_by_code: z.boolean().default(false),
  }),
])
export type TriggerDefinition = z.infer<typeof TriggerDefinition>

/** How often something is tried again, and after how long: the n-th delay before the n-th retry, the last one for all that follow. */
export const RetryPolicy = z.strictObject({
  retries: z.number().int().min(0).max(1000),
  delays_ms: z.array(z.number().int().min(0)).min(1).max(50).default([0]),
  jitter: z.number().min(0).max(1).default(0).meta({ description: 'Share by which a delay may be longer' }),
})
export type RetryPolicy = z.infer<typeof RetryPolicy>

/** A flow as a project declares it, without its function. */
export const FlowDefinition = z.strictObject({
  name: Slug,
  description: z.string().max(1000).optional(),
  version: z.string().min(1).max(64).meta({ description: 'Digest of its code, or what the project says' }),
  params_schema: z.record(z.string(), Json).meta({ description: 'JSON Schema of its parameters' }),
  schedules: z.array(ScheduleDefinition).max(100).default([]),
  triggers: z.array(TriggerDefinition).max(100).default([]),
  retry: RetryPolicy.optional(),
  timeout_ms: positiveMs.optional(),
  concurrency: z.number().int().min(1).max(10_000).optional().meta({ description: 'Runs at once, over all workers' }),
  limits: z.array(Slug).max(10).default([]).meta({ description: 'Named limits that each run takes a slot of' }),
  priority: z.number().int().min(-1000).max(1000).default(0).meta({ description: 'Higher is first' }),
  cache_ms: positiveMs.optional().meta({ description: 'How long the result of equal parameters is used again' }),
  tags: z.array(z.string().min(1).max(100)).max(50).default([]),
})
export type FlowDefinition = z.infer<typeof FlowDefinition>

/** Why a run exists. */
export const FlowRunOrigin = z.enum(['manual', 'schedule', 'backfill', 'event', 'webhook', 'flow', 'retry', 'loop'])
export type FlowRunOrigin = z.infer<typeof FlowRunOrigin>

/** What a run that is not running waits for. */
export const FlowWait = z
  .object({
    kind: z.enum(['moment', 'approval', 'run', 'job', 'limit', 'version', 'worker']),
    what: z.string().optional().meta({ description: 'The step, child run, job, limit or version that it waits for' }),
    until: Timestamp.optional(),
  })
  .meta({ id: 'FlowWait' })
export type FlowWait = z.infer<typeof FlowWait>

export const FlowRun = z
  .object({
    id: z.string().meta({ description: 'flow_…' }),
    project: Slug,
    flow: Slug,
    version: z.string().optional().meta({ description: 'Set when a worker first takes it' }),
    state: FlowState,
    wait: FlowWait.optional(),
    params: z.record(z.string(), Json),
    params_left_out: z
      .boolean()
      .optional()
      .meta({ description: 'True in a list where they are large; the run itself has them' }),
    origin: FlowRunOrigin,
    origin_of: z.string().optional().meta({
      description:
        'Name of the schedule (of a backfill too) or trigger, id of the parent run, or of the run tried again',
    }),
    model: Slug.optional().meta({ description: 'Of a run of the loop of a model' }),
    priority: z.number().int(),
    attempt: z.number().int().meta({ description: 'Counted by the retries of the flow, from 1' }),
    take_overs: z.number().int().meta({ description: 'How often another worker went on with it' }),
    scheduled_for: Timestamp.meta({ description: 'When it is or was due' }),
    requested_at: Timestamp,
    started_at: Timestamp.optional(),
    ended_at: Timestamp.optional(),
    worker: z.string().optional(),
    requested_by: z.string(),
    reason: z.string(),
    tags: z.array(z.string()),
    steps_done: z.number().int().meta({ description: 'A map is one step' }),
    steps_total: z.number().int().meta({ description: 'Known so far' }),
    result: Json.optional().meta({ description: 'Left out in lists' }),
    error: ToldError.extend({ stack: z.string().optional() }).optional(),
  })
  .meta({ id: 'FlowRun' })
export type FlowRun = z.infer<typeof FlowRun>

export const FlowStepKind = z.enum([
  'run',
  'map',
  'sleep',
  'flow',
  'approve',
  'command',
  'python',
  'ingest',
  'validate',
  'materialize',
  'train',
  'evaluate',
  'predict',
  'promote',
  'drift',
])
export type FlowStepKind = z.infer<typeof FlowStepKind>

/** One attempt of a step: where and when it ran, and how it ended; `crashed` when its process died. */
export const FlowAttempt = z.object({
  attempt: z.number().int(),
  worker: z.string(),
  started_at: Timestamp,
  ended_at: Timestamp.optional(),
  state: z.enum(['running', 'completed', 'failed', 'timed_out', 'cancelled', 'crashed']),
  error: ToldError.extend({ stack: z.string().optional() }).optional(),
})
export type FlowAttempt = z.infer<typeof FlowAttempt>

export const FlowStep = z
  .object({
    name: z.string().meta({ description: 'Unique in the run; items of a map are score[0], score[1], …' }),
    kind: FlowStepKind,
    map: z.string().optional().meta({ description: 'The map that it is an item of' }),
    state: FlowState,
    idempotency_key: z.string().meta({ description: 'The same in each attempt' }),
    position: z.number().int().meta({ description: 'In the order in which steps began' }),
    attempts: z.array(FlowAttempt),
    started_at: Timestamp.optional(),
    ended_at: Timestamp.optional(),
    after: z
      .array(z.string())
      .meta({ description: 'Steps that were over when it began, and that none between waited for' }),
    child_run: z.string().optional(),
    job: z.string().optional(),
    progress: z.object({ done: z.number(), total: z.number().optional() }).optional(),
    approval: z
      .object({
        prompt: z.string(),
        form: z.record(z.string(), Json).optional().meta({ description: 'JSON Schema of the values asked for' }),
        until: Timestamp.optional(),
        decision: z.enum(['approved', 'rejected']).optional(),
        decided_by: z.string().optional(),
        decided_at: Timestamp.optional(),
        values: z.record(z.string(), Json).optional(),
        comment: z.string().optional(),
      })
      .optional(),
    taken_from: z
      .string()
      .optional()
      .meta({ description: 'The earlier run that it is taken from, where the run was run again' }),
    result: Json.optional(),
    result_left_out: z
      .boolean()
      .optional()
      .meta({ description: 'True where the result is large; asked for by its name the step has it' }),
    error: ToldError.extend({ stack: z.string().optional() }).optional(),
  })
  .meta({ id: 'FlowStep' })
export type FlowStep = z.infer<typeof FlowStep>

export const FlowLogLevel = z.enum(['debug', 'info', 'warn', 'error'])
export type FlowLogLevel = z.infer<typeof FlowLogLevel>

export const FlowLogLine = z
  .object({
    position: z.number().int().meta({ description: 'Counted in the run' }),
    at: Timestamp,
    level: FlowLogLevel,
    step: z.string().optional(),
    stream: z.enum(['log', 'stdout', 'stderr']),
    text: z.string(),
  })
  .meta({ id: 'FlowLogLine' })
export type FlowLogLine = z.infer<typeof FlowLogLine>

export const FlowLogQuery = PageQuery.extend({
  step: z.string().optional(),
  level: FlowLogLevel.optional().meta({ description: 'This level and those above' }),
  search: z.string().max(200).optional().meta({ description: 'Text that the line contains' }),
  after: z.coerce.number().int().optional().meta({ description: 'Lines after this position' }),
})

/** What a step left to be looked at. Of one key, the newest is kept. */
/** A file that a step of the platform leaves, as `report.html`. */
export const FlowFileName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'must be a file name in lower case')

export const FlowArtifact = z
  .object({
    key: Slug,
    step: z.string().optional(),
    at: Timestamp,
    content: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('markdown'), text: z.string().max(200_000) }),
      z.object({
        kind: z.literal('table'),
        columns: z.array(z.string()).max(200),
        rows: z.array(z.array(Json)).max(1000),
      }),
      z.object({ kind: z.literal('image'), media_type: z.string(), data_base64: z.string().max(4_000_000) }),
      z.object({ kind: z.literal('link'), url: z.url(), title: z.string().max(500).optional() }),
      z.object({
        kind: z.literal('files'),
        title: z.string().max(2000),
        title_fr: z.string().max(2000).optional(),
        files: z
          .array(z.object({ name: FlowFileName, media_type: z.string(), bytes: z.number().int() }))
          .max(20)
          .meta({ description: 'Read at /api/v1/flow-runs/RUN/files/KEY/NAME' }),
        models: z
          .array(z.string())
          .max(10)
          .optional()
          .meta({ description: 'Models that the files tell of: who is limited to others does not see them' }),
      }),
    ]),
  })
  .meta({ id: 'FlowArtifact' })
export type FlowArtifact = z.infer<typeof FlowArtifact>

/** One bar of the run history of a flow. */
export const FlowBar = z.object({
  id: z.string(),
  state: FlowState,
  scheduled_for: Timestamp,
  duration_ms: z.number().optional(),
})

export const FlowSchedule = ScheduleDefinition.and(
  z.object({
    paused: z.boolean(),
    next_at: Timestamp.optional(),
    last_at: Timestamp.optional(),
    skipped_at: Timestamp.optional().meta({ description: 'Newest moment left out, since an earlier run was open' }),
    error: z.string().optional().meta({ description: 'Why it does not fire' }),
  }),
)
export type FlowSchedule = z.infer<typeof FlowSchedule>

export const Flow = z
  .object({
    project: Slug,
    name: Slug,
    definition: FlowDefinition,
    paused: z.boolean().meta({ description: 'Paused: neither schedules nor triggers start it' }),
    schedules: z.array(FlowSchedule),
    webhooks: z.array(
      z.object({ name: Slug, path: z.string().meta({ description: 'POST here; the token is in it' }) }),
    ),
    next_at: Timestamp.optional(),
    has_worker: z.boolean().meta({ description: 'Whether a living worker has this version' }),
    open_runs: z.number().int(),
    average_ms: z.number().optional().meta({ description: 'Of the newest completed runs' }),
    bars: z.array(FlowBar).meta({ description: 'The newest runs, oldest first' }),
    applied_at: Timestamp,
  })
  .meta({ id: 'Flow' })
export type Flow = z.infer<typeof Flow>

export const FlowRunQuery = PageQuery.extend({
  project: Slug.optional(),
  flow: Slug.optional(),
  model: Slug.optional(),
  state: z
    .union([FlowStateType, z.array(FlowStateType)])
    .optional()
    .transform((value) => (value === undefined || Array.isArray(value) ? value : [value])),
  origin: FlowRunOrigin.optional(),
  tag: z.string().optional(),
  from: Timestamp.optional().meta({ description: 'Due at or after' }),
  to: Timestamp.optional().meta({ description: 'Due before' }),
})

export const StartFlow = z.object({
  params: z.record(z.string(), Json).default({}),
  at: Timestamp.optional().meta({ description: 'When it is due; now without it' }),
  priority: z.number().int().min(-1000).max(1000).optional(),
  reason: z.string().max(500).default(''),
  tags: z.array(z.string().min(1).max(100)).max(50).default([]),
  idempotency_key: z.string().min(1).max(200).optional().meta({ description: 'The same key gives the same run' }),
})

export const BackfillRequest = z.object({
  schedule: Slug.optional().meta({ description: 'Where the flow has several' }),
  from: Timestamp,
  to: Timestamp.meta({ description: 'Exclusive; what is still to come is left out' }),
  params: z.record(z.string(), Json).default({}),
  dry_run: z.boolean().default(false),
  again: z
    .enum(['none', 'failed', 'all'])
    .default('none')
    .meta({ description: 'Moments that have a run already: leave out, run again where it failed, run all again' }),
  newest_first: z.boolean().default(false),
  reason: z.string().max(500).default(''),
})

export const Backfill = z
  .object({
    id: z.string().optional().meta({ description: 'back_…, a tag of its runs; absent for a dry run' }),
    moments: z.array(z.object({ at: Timestamp, run: z.string().optional(), skipped: z.boolean() })),
  })
  .meta({ id: 'Backfill' })
export type Backfill = z.infer<typeof Backfill>

export const FlowWorkerInfo = z
  .object({
    id: z.string(),
    host: z.string(),
    pid: z.number().int(),
    state: z.enum(['alive', 'lost', 'stopped']),
    started_at: Timestamp,
    seen_at: Timestamp,
    flows: z.array(z.object({ project: Slug, flow: Slug, version: z.string() })),
    runs: z.array(z.string()).meta({ description: 'Runs in its hands' }),
    runs_max: z.number().int(),
  })
  .meta({ id: 'FlowWorker' })
export type FlowWorkerInfo = z.infer<typeof FlowWorkerInfo>

/** A named limit: slots that runs and steps hold at once, over all workers, and how many may be taken in a time. */
export const FlowLimit = z
  .object({
    name: Slug,
    slots: z.number().int().min(1).max(100_000),
    rate: z.object({ takes: z.number().int().min(1), per_ms: positiveMs }).optional(),
    held: z.number().int(),
    waiting: z.number().int(),
  })
  .meta({ id: 'FlowLimit' })
export type FlowLimit = z.infer<typeof FlowLimit>

export const SetFlowLimit = FlowLimit.pick({ slots: true, rate: true })

export const DecideApproval = z.object({
  decision: z.enum(['approved', 'rejected']),
  values: z.record(z.string(), Json).default({}),
  comment: z.string().max(2000).default(''),
})

export const FlowRunPage = pageOf('FlowRun', FlowRun)

/** What the stream of a run says: the run, the steps that changed (items of maps are left out, as in the list), or new lines of its log. */
export const FlowStreamMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('run'), run: FlowRun }),
  z.object({ kind: z.literal('steps'), steps: z.array(FlowStep) }),
  z.object({ kind: z.literal('logs'), lines: z.array(FlowLogLine), dropped: z.number().int() }),
])
export type FlowStreamMessage = z.infer<typeof FlowStreamMessage>
