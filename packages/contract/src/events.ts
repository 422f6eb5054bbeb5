import { z } from 'zod'

/**
 * The catalogue of events: what happened to which thing. A state change and its event are written in one transaction,
 * so an event is seen if and only if the change was committed.
 */
export const eventCatalogue = {
  'project.applied': z.object({ project: z.string(), digest: z.string() }),
  'snapshot.created': z.object({ project: z.string(), dataset: z.string(), snapshot_id: z.string() }),
  'snapshot.changed': z.object({
    project: z.string(),
    dataset: z.string(),
    snapshot_id: z.string(),
    change: z.string(),
  }),
  'snapshot.deleted': z.object({ project: z.string(), dataset: z.string(), snapshot_id: z.string() }),
  'ingest.started': z.object({ project: z.string(), dataset: z.string(), ingest_id: z.string() }),
  'ingest.finished': z.object({
    project: z.string(),
    dataset: z.string(),
    ingest_id: z.string(),
    state: z.string(),
    rows_quarantined: z.number(),
  }),
  'suite.changed': z.object({ project: z.string(), dataset: z.string(), suite: z.string(), change: z.string() }),
  'remote.changed': z.object({ remote: z.string(), change: z.string() }),
  'job.changed': z.object({ job_id: z.string(), kind: z.string(), subject: z.string(), state: z.string() }),
  'features.applied': z.object({ project: z.string(), created: z.number(), updated: z.number(), deleted: z.number() }),
  'feature_view.applied': z.object({
    project: z.string(),
    view: z.string(),
    version: z.number(),
    change: z.enum(['create', 'update', 'delete']),
  }),
  'feature_view.materialized': z.object({
    project: z.string(),
    view: z.string(),
    version: z.number(),
    state: z.string(),
  }),
  'feature_view.checked': z.object({
    project: z.string(),
    view: z.string(),
    version: z.number(),
    mismatches: z.number(),
  }),
  'validation.finished': z.object({
    project: z.string(),
    dataset: z.string(),
    snapshot_id: z.string(),
    validation_id: z.string(),
    success: z.boolean(),
    critical: z.number().optional(),
    warning: z.number().optional(),
    info: z.number().optional(),
    not_evaluated: z.number().optional(),
    suite: z.string().optional(),
  }),
  'rollout.changed': z.object({ rollout_id: z.string(), model: z.string(), change: z.string() }),
  'experiment.changed': z.object({ experiment_id: z.string(), change: z.string() }),
  'run.created': z.object({ run_id: z.string(), experiment_id: z.string() }),
  'run.changed': z.object({ run_id: z.string(), experiment_id: z.string(), change: z.string() }),
  'run.purged': z.object({ run_id: z.string() }),
  'logged_model.purged': z.object({ model_id: z.string() }),
  'runs.imported': z.object({ experiments: z.number(), runs: z.number(), models: z.number() }),
  'logged_model.changed': z.object({ model_id: z.string(), experiment_id: z.string(), change: z.string() }),
  'trace.changed': z.object({ trace_id: z.string(), experiment_id: z.string(), change: z.string() }),
  'traces.deleted': z.object({ experiment_id: z.string(), count: z.number() }),
  'evaluation_dataset.changed': z.object({ dataset_id: z.string(), change: z.string() }),
  'artifact.written': z.object({ root: z.string(), path: z.string() }),
  'artifact.deleted': z.object({ root: z.string(), path: z.string() }),
  'model.changed': z.object({
    model: z.string(),
    version: z.string().optional(),
    change: z.string(),
    change_id: z.number().optional(),
  }),
  'model_version.created': z.object({
    model: z.string(),
    version: z.string(),
    run_id: z.string().optional(),
    change_id: z.number().optional(),
  }),
  'alias.moved': z.object({
    model: z.string(),
    alias: z.string(),
    from_version: z.string().optional(),
    to_version: z.string().optional(),
    change_id: z.number().optional(),
  }),
  'user.changed': z.object({ user: z.string(), change: z.string() }),
  'key.changed': z.object({ key_id: z.string(), change: z.string() }),
  'webhook.changed': z.object({ webhook_id: z.string(), change: z.string() }),
  'flow.changed': z.object({ project: z.string(), flow: z.string(), change: z.string() }),
  /** `state` is the type of state; a run that another worker went on with is RUNNING again. */
  'flow_run.changed': z.object({
    flow_run_id: z.string(),
    project: z.string(),
    flow: z.string(),
    state: z.string(),
    state_name: z.string(),
  }),
  'monitor.changed': z.object({ project: z.string(), monitor: z.string(), change: z.string() }),
  'drift_report.finished': z.object({
    project: z.string(),
    monitor: z.string(),
    report_id: z.string(),
    state: z.string(),
    tested: z.number(),
    drifted: z.number(),
    /** It compared other rows than those of the monitor. */
    ad_hoc: z.boolean().optional(),
    model: z.string().optional(),
    dataset: z.string().optional(),
  }),
  /** What the action `alert` of a monitor says: alerts hear it, and so do flows. */
  'drift.alerted': z.object({
    project: z.string(),
    monitor: z.string(),
    report_id: z.string(),
    state: z.string(),
    model: z.string().optional(),
  }),
  'finding.changed': z.object({
    project: z.string(),
    monitor: z.string(),
    finding_id: z.string(),
    state: z.string(),
    model: z.string().optional(),
  }),
  'flow_limit.changed': z.object({ limit: z.string(), change: z.string() }),
  'loop.changed': z.object({
    flow_run_id: z.string(),
    project: z.string(),
    model: z.string(),
    state: z.string(),
    stage: z.string(),
  }),
} as const

export type EventKind = keyof typeof eventCatalogue
export type EventPayload<Kind extends EventKind> = z.infer<(typeof eventCatalogue)[Kind]>
export const eventKinds = Object.keys(eventCatalogue) as readonly EventKind[]
