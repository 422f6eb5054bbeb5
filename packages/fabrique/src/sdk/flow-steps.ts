import type { Json } from '@fabrique/contract'
import type { z } from 'zod'
import type { Dataset } from './dataset.js'
import type { EmbeddingColumns, EmbeddingOptions } from './embeddings.js'
import type { FeatureService } from './feature-service.js'
import type { FeatureView } from './feature-view.js'
import type { FlowDuration } from './flow-duration.js'
import type { Retry, RetryWithoutCondition } from './flow-retry.js'
import type { Model } from './model.js'

/** What JSON makes of a value, and so what a step gives: a date becomes its text, nothing becomes null. */
export type JsonOf<Value> = Value extends { toJSON(): infer Written }
  ? JsonOf<Written>
  : Value extends string | number | boolean | null
    ? Value
    : // biome-ignore lint/suspicious/noConfusingVoidType: what a step without a result returns
      Value extends undefined | void
      ? null
      : Value extends bigint | symbol | ((...args: never[]) => unknown)
        ? never
        : Value extends object
          ? { -readonly [Key in keyof Value]: JsonMember<Value[Key]> }
          : Value

/** A member that may be absent stays so. */
type JsonMember<Value> = undefined extends Value ? JsonOf<Exclude<Value, undefined>> | undefined : JsonOf<Value>

/** Lines of a step or run, which are shown while it runs. A value that is no text is written as the console would. */
export interface FlowLog {
  debug(...values: readonly unknown[]): void
  info(...values: readonly unknown[]): void
  warn(...values: readonly unknown[]): void
  error(...values: readonly unknown[]): void
}

/** What a step leaves to be looked at, under a key: lower case letters, digits, - and _. */
export interface FlowArtifacts {
  markdown(key: string, text: string): Promise<void>
  table(key: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void>
  /** A PNG, JPEG, WebP, GIF or SVG image. */
  image(key: string, bytes: Uint8Array, mediaType?: string): Promise<void>
  link(key: string, url: string, title?: string): Promise<void>
}

/** One attempt of a step, as its function sees it. */
export interface StepTask {
  /** The same in each attempt: what a step writes elsewhere under this key is there once, whatever happens. */
  readonly idempotencyKey: string
  /** Counted from 1. */
  readonly attempt: number
  /** Aborts when the run is cancelled or the time of the step is over. */
  readonly signal: AbortSignal
  readonly log: FlowLog
  readonly artifact: FlowArtifacts
  /** How far it is. */
  progress(done: number, total?: number): void
}

/** Where a result of equal inputs is used again. */
export interface StepCache {
  readonly expiresIn: FlowDuration
  /** What the result depends on; the parameters of the run by default, and the item for those of a map. */
  readonly key?: Json
}

/** What holds for steps that the platform carries out, whose jobs have limits of their own. */
export interface PlatformStepOptions {
  /** Of the step; what it does and to what by default. */
  readonly name?: string
  /** Tried again after an error; never by default. */
  readonly retries?: number | RetryWithoutCondition
  /** Named limits that it takes a slot of while it runs. */
  readonly limit?: string | readonly string[]
}

/** What holds for steps that run a program. */
export interface WorkerStepOptions extends Omit<PlatformStepOptions, 'name'> {
  readonly timeout?: FlowDuration
}

export interface FlowStepOptions extends Omit<WorkerStepOptions, 'retries'> {
  /** Tried again after an error; never by default. */
  readonly retries?: number | Retry
  readonly cache?: StepCache
}

export interface MapOptions extends FlowStepOptions {
  /** Items at work at once; 10 by default. */
  readonly concurrency?: number
}

export interface CommandOptions extends WorkerStepOptions {
  /** In the folder of the project, which it is by default. */
  readonly folder?: string
  readonly environment?: Readonly<Record<string, string>>
}

export interface PythonOptions extends CommandOptions {
  readonly args?: readonly string[]
  /** Name of the experiment that an MLflow client in the script logs to. */
  readonly experiment?: string
}

/** What a person decided. */
export interface Decision<Values> {
  readonly decision: 'approved' | 'rejected'
  readonly by: string
  readonly values: Values
  readonly comment: string
}

export interface ApprovalOptions<Form extends z.ZodObject> {
  readonly prompt: string
  /** Values that are asked for. */
  readonly form?: Form
  /** Fails with `flow_approval_timed_out` after it; waits for ever by default. */
  readonly timeout?: FlowDuration
}

/** What a training gave. */
export interface TrainedStep {
  readonly run_id: string
  readonly version?: string
  readonly promoted?: boolean
  /** Why it became champion or not, in both languages. */
  readonly reason?: string
  readonly reason_fr?: string
  readonly metrics: Readonly<Record<string, number>>
}

/** Which version answers, and where its answers go. */
export interface PredictStepOptions {
  readonly version?: string
  readonly alias?: string
  /** The data set that the answers become a snapshot of; `MODEL-predictions` by default. */
  readonly into?: string
  /** Columns of the rows that stand beside the answers; all by default. */
  readonly columns?: readonly string[]
  /** Fails with `batch_rows_rejected` where more rows are set aside; never by default. */
  readonly maxRejected?: number
}

/** The answers of a model to all rows of a snapshot. */
export interface PredictedStep {
  readonly snapshot_id: string
  readonly version: string
  readonly rows: number
  readonly predicted: number
  readonly rejected: number
}

/** A snapshot, as `step.ingest` gives it. */
export interface IngestedStep {
  readonly snapshot_id: string
  readonly is_new: boolean
}

/** What checks found. */
export interface ValidatedStep {
  readonly success: boolean
  readonly evaluated: number
  readonly failed: number
  readonly validations: readonly string[]
}

/** How two tables are compared; columns are named as the data set or the model has them. */
export interface DriftStepOptions<Column extends string> {
  /** What the champion was trained on, or a snapshot. */
  readonly reference: 'training' | SnapshotRef
  readonly current: SnapshotRef
  /** Of a data set whose training is meant: the model, where the project has several. */
  readonly trainingOf?: NamedModel
  /** Only rows that have come since the reference, by the time that the data set declares. */
  readonly onlyNew?: boolean
  /** Columns that are compared; all by default, of a model those that it reads and its label. */
  readonly columns?: readonly Column[]
  /** Columns that are one vector, by a name of their own. */
  readonly embeddings?: { readonly [Name: string]: EmbeddingColumns<Column> | EmbeddingOptions<Column> }
  /** Thresholds that hold what they promise by default, or those of Evidently. */
  readonly mode?: 'calibrated' | 'evidently'
  readonly types?: { readonly [Name in Column]?: 'num' | 'cat' | 'text' }
  /** Methods as Evidently names them. */
  readonly methods?: { readonly [Name in Column]?: string }
  /** Calibrated: how often chance alone may alarm; 0.05 by default. */
  readonly level?: number
  /** Calibrated: smallest difference that matters, in deviations of the reference, or as Cohen's w of labels; 0.005 by default. */
  readonly effectMin?: number
  /** Share of the columns from which the data drifts: a half in the mode of Evidently, any column in the other. */
  readonly shareMin?: number
  /** Rows with a value that each side needs. */
  readonly rowsMin?: number
}

/** What came of a column; `drift` is null where it could not be tested. */
export interface DriftedColumn {
  readonly name: string
  readonly type: string
  readonly state: 'tested' | 'not_enough_data' | 'no_values' | 'type_changed' | 'missing_column' | 'not_testable'
  readonly method: string | null
  readonly score: number | null
  readonly threshold: number | null
  readonly drift: boolean | null
}

interface DriftTold {
  /** What was computed, on how many rows, and why it alarms or not. */
  readonly sentence: string
  readonly sentence_fr: string
  readonly reference_rows: number
  readonly current_rows: number
  readonly tested: number
  readonly drifted: number
  readonly columns: readonly DriftedColumn[]
  /** The key of the report among what the run has left. */
  readonly report?: string
}

/**
 * Whether data moved. What could not be tested is never `no_drift`: too few rows, or columns that could not be compared as they should, or
 * no reference.
 */
export type DriftStep =
  | (DriftTold & { readonly detected: true; readonly state: 'drift' })
  | (DriftTold & { readonly detected: false; readonly state: 'no_drift' | 'not_enough_data' | 'not_comparable' })

/** The columns that a data set or a model declares; any for a name. */
export type ColumnsOf<Named> =
  Named extends Dataset<infer Columns>
    ? [keyof Columns] extends [never]
      ? string
      : Extract<keyof Columns, string>
    : string

/** A declared flow as another one runs it. */
export interface ChildFlow<Params extends z.ZodObject, Result> {
  readonly kind: 'flow'
  readonly name: string
  readonly options: { readonly params?: Params }
  readonly body: (step: never, params: never) => Result | Promise<Result>
}

/** The parameters of a child, which may be left out where it needs none; its own name is that of the step by default. */
type ChildGiven<Params> =
  Record<never, never> extends Params
    ? [params?: Params, options?: { readonly name?: string }]
    : [params: Params, options?: { readonly name?: string }]

/** What a run is, and why it is there. */
export interface FlowContext {
  readonly runId: string
  readonly project: string
  readonly flow: string
  /** Counted by the retries of the flow, from 1. */
  readonly attempt: number
  /** When it was due. */
  readonly scheduledFor: Date
  readonly requestedBy: string
  /** What the event or webhook that started it told. */
  readonly event?: Json
}

/** A data set or model as it is declared, or its name. */
type NamedDataset = string | Pick<Dataset, 'kind' | 'definition'>
type NamedModel = string | Pick<Model, 'kind' | 'definition'>
type SnapshotRef = string | { readonly snapshot_id: string }

/**
 * The durable steps of a run. Each has a name that no other step of the run has. One that is over is never run again: what comes after a
 * crash, a wait or a move to another machine goes on with what it gave. Code between steps runs again then, and is to have no effects.
 */
export interface FlowSteps {
  readonly context: FlowContext
  readonly log: FlowLog
  /** Runs a function once and keeps what it gives, which is to be JSON. */
  run<Result>(
    name: string,
    action: (task: StepTask) => Result | Promise<Result>,
    options?: FlowStepOptions,
  ): Promise<JsonOf<Result>>
  /** A step for each item, `name[0]`, `name[1]`, …, some at once. One that fails lets those at work end, begins no other, and is thrown. */
  map<Item, Result>(
    name: string,
    items: readonly Item[],
    action: (item: Item, task: StepTask, index: number) => Result | Promise<Result>,
    options?: MapOptions,
  ): Promise<JsonOf<Result>[]>
  /** Waits for a time or until a moment; takes no process meanwhile. */
  sleep(name: string, time: FlowDuration | { readonly until: Date | string }): Promise<void>
  /** Runs another flow of the project as a run of its own, and waits for what it gives. */
  flow<Params extends z.ZodObject, Result>(
    flow: string | ChildFlow<Params, Result>,
    ...given: ChildGiven<z.input<Params>>
  ): Promise<JsonOf<Result>>
  /** Waits until a person approves or rejects. */
  approve<Form extends z.ZodObject = z.ZodObject<Record<never, never>>>(
    name: string,
    options: ApprovalOptions<Form>,
  ): Promise<Decision<z.output<Form>>>
  /** Runs a program without a shell. Its output is logged; it ends with all that it started. */
  command(name: string, command: readonly [string, ...string[]], options?: CommandOptions): Promise<{ status: string }>
  /** Runs a script of the project in the user's own Python; an MLflow client in it logs to this server. */
  python(name: string, script: string, options?: PythonOptions): Promise<{ status: string }>
  /** Reads a data set to a snapshot. */
  ingest(dataset: NamedDataset, options?: PlatformStepOptions): Promise<IngestedStep>
  /** Checks a snapshot against all that is expected of its data set. What does not hold is a result, not an error. */
  validate(snapshot: SnapshotRef, options?: PlatformStepOptions): Promise<ValidatedStep>
  /** Brings the newest values of a view, or of those of a service, online. */
  materialize(
    features: Pick<FeatureView, 'kind' | 'definition'> | FeatureService,
    options?: PlatformStepOptions,
  ): Promise<null>
  /** Trains a model as it is declared, on a snapshot or the newest one; a better version becomes champion. */
  train(model: NamedModel, options?: PlatformStepOptions & { readonly snapshot?: SnapshotRef }): Promise<TrainedStep>
  /** Scores a version of a model, the champion by default, on a snapshot. */
  evaluate(
    model: NamedModel,
    options: PlatformStepOptions & { readonly version?: string; readonly snapshot: SnapshotRef },
  ): Promise<{ readonly version: string; readonly metrics: Readonly<Record<string, number>> }>
  /** Answers all rows of a snapshot with a version, the champion by default; the answers are a snapshot. */
  predict(
    model: NamedModel,
    options: PlatformStepOptions & PredictStepOptions & { readonly snapshot: SnapshotRef },
  ): Promise<PredictedStep>
  /**
   * Compares the rows of a snapshot with those that the champion was trained on, or with another snapshot, column by column. The report is
   * kept with the run, in HTML and JSON.
   */
  drift<Named extends NamedDataset | Pick<Model, 'kind' | 'definition'>>(
    of: Named,
    options: PlatformStepOptions & DriftStepOptions<ColumnsOf<Named>>,
  ): Promise<DriftStep>
  /** Points an alias, the champion by default, to a version. */
  promote(
    model: NamedModel,
    options: PlatformStepOptions & { readonly version: string; readonly alias?: string },
  ): Promise<{ readonly version: string; readonly alias: string }>
}
