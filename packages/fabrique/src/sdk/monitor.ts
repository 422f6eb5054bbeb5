import { loggedMetricNames, type MonitorCheck, type MonitorDefinitionInput } from '@fabrique/contract'
import type { Dataset } from './dataset.js'
import { type EmbeddingColumns, type EmbeddingOptions, plainEmbeddings } from './embeddings.js'
import type { Flow } from './flow.js'
import { type FlowDuration, millisecondsOf } from './flow-duration.js'
import type { Schedule } from './flow-schedule.js'
import type { ColumnsOf } from './flow-steps.js'
import type { Model } from './model.js'

type NamedModel = string | Pick<Model, 'kind' | 'definition'>
type NamedDataset = string | Pick<Dataset, 'kind' | 'definition'>

/** The newest predictions of the model, so far back; or the newest snapshot of a data set, or one of its tags. */
export type MonitoredRows<Rows extends NamedDataset> =
  | { readonly predictions: FlowDuration; readonly version?: string; readonly dataset?: never }
  | { readonly dataset: Rows; readonly ref?: string; readonly predictions?: never }

/** What rows are compared with: what the champion (or another alias) was trained on, a snapshot, or a span of predictions before. */
export type MonitorReferenceOptions =
  | 'training'
  | { readonly training: string }
  | { readonly snapshot: string }
  | { readonly window: FlowDuration; readonly before?: FlowDuration }

/** A bound that a figure has to hold. */
export type MonitorCheckOptions<Column extends string> = {
  readonly min?: number
  readonly max?: number
  /** `alarm` by default. */
  readonly severity?: MonitorSeverity
} & (
  | { readonly quality: QualityMetric; readonly column?: Column }
  /** With the labels that came; names of metrics in code, as `rocAuc`. */
  | { readonly performance: string }
  /** Before labels come. */
  | { readonly estimatedPerformance: string }
)
type MonitorSeverity = NonNullable<MonitorCheck['severity']>
type QualityMetric =
  | 'rows'
  | 'missing_share'
  | 'empty_columns'
  | 'constant_columns'
  | 'duplicate_rows_share'
  | 'new_values_share'
  | 'out_of_range_share'

/** A column whose values part the rows: labels as they are; numbers in four bins of the reference, in `bins`, or cut at `edges`. */
export type MonitorSegmentOptions<Column extends string> =
  | Column
  | { readonly column: Column; readonly bins?: number; readonly edges?: never }
  | { readonly column: Column; readonly edges: readonly number[]; readonly bins?: never }

/** Columns that are one vector; a threshold is of the mode of Evidently. */
export type MonitoredEmbedding<Column extends string> =
  | EmbeddingColumns<Column>
  | (EmbeddingOptions<Column> & { readonly threshold?: number })

/** Columns together: whether a classifier tells the sides apart, and what their principal components lose. */
export interface MonitorMultivariateOptions<Column extends string> {
  /** All that are compared by default. */
  readonly columns?: readonly Column[]
  /** Both by default. */
  readonly methods?: readonly ('domain_classifier' | 'reconstruction')[]
  /** Smallest area under the ROC curve that matters; 0.55 by default. */
  readonly aucMin?: number
}

/** What follows from an alarm; `from: 'warning'` also from less. */
export type MonitorActionOptions =
  | 'alert'
  | 'finding'
  | 'block_promotion'
  | 'roll_back'
  /** Runs the loop of the model, which trains it anew. */
  | 'loop'
  | { readonly do: 'alert' | 'finding' | 'block_promotion' | 'roll_back'; readonly from?: MonitorSeverity }
  | {
      /** A flow of the project, which starts with these parameters. */
      readonly flow: Pick<Flow, 'kind' | 'name'>
      readonly params?: Readonly<Record<string, unknown>>
      readonly from?: MonitorSeverity
    }

export interface MonitorOptions<Rows extends NamedDataset = NamedDataset> {
  readonly description?: string
  /** The model that it watches. */
  readonly model?: NamedModel
  readonly reference: MonitorReferenceOptions
  readonly current: MonitoredRows<Rows>
  /** Columns that are compared; all of both sides by default. */
  readonly columns?: readonly ColumnsOf<Rows>[]
  /** Columns that are one vector, by a name of their own: those are compared together, and not one by one. */
  readonly embeddings?: { readonly [Name: string]: MonitoredEmbedding<ColumnsOf<Rows>> }
  /** `calibrated` by default: thresholds that hold what they promise. */
  readonly mode?: 'calibrated' | 'evidently'
  readonly types?: { readonly [Name in ColumnsOf<Rows>]?: 'num' | 'cat' | 'text' }
  readonly methods?: { readonly [Name in ColumnsOf<Rows>]?: string }
  readonly thresholds?: { readonly [Name in ColumnsOf<Rows>]?: number }
  readonly level?: number
  readonly effectMin?: number
  readonly shareMin?: number
  readonly rowsMin?: number
  /** Column of the right answers, and that of the predictions of a snapshot. */
  readonly target?: ColumnsOf<Rows>
  readonly prediction?: ColumnsOf<Rows>
  readonly checks?: readonly MonitorCheckOptions<ColumnsOf<Rows>>[]
  /** Performance also by these: where the model does worse than on the same part of the reference is an alarm. */
  readonly segments?: readonly MonitorSegmentOptions<ColumnsOf<Rows>>[]
  /** The figure whose fall is looked for; `accuracy` of classes and `mae` of numbers by default. */
  readonly segmentMetric?: 'accuracy' | 'recall' | 'precision' | 'logLoss' | 'brier' | 'mae' | 'rmse'
  /** Columns together as well. */
  readonly multivariate?: boolean | MonitorMultivariateOptions<ColumnsOf<Rows>>
  /** A cron expression, or one made with `cron`. */
  readonly schedule?: string | Schedule
  /** Also whenever there is a new snapshot of the data set. */
  readonly afterSnapshot?: boolean
  /** A finding at each alarm by default. */
  readonly actions?: readonly MonitorActionOptions[]
  /** After an alert, a flow or a roll-back none of the same again for so long; a day by default. */
  readonly coolDown?: FlowDuration
  readonly enabled?: boolean
}

/** A declared monitor. */
export interface Monitor {
  readonly kind: 'monitor'
  readonly name: string
  readonly options: MonitorOptions<never>
}

/** Declares a monitor: what is compared with what, when, and what follows. */
export function monitor<const Rows extends NamedDataset = string>(
  name: string,
  options: MonitorOptions<Rows>,
): Monitor {
  // Read by `monitorDefinition`, for which the names of columns are texts.
  return { kind: 'monitor', name, options: options as MonitorOptions<never> }
}

const dayMs = 86_400_000
const minuteMs = 60_000

/** Where something is declared; told what is wrong, it gives the error. */
export type RefuseMonitor = (field: string, reason: string) => Error

/** A declared monitor as data. Throws what `refuse` gives. */
export function monitorDefinition({ name, options }: Monitor, refuse: RefuseMonitor): MonitorDefinitionInput {
  const ms = (field: string, duration: FlowDuration): number => {
    const read = millisecondsOf(duration)
    if (read === undefined) throw refuse(field, `${JSON.stringify(duration)} is no duration as 12h, 7d or 30d`)
    return read
  }
  const { description, model, columns, mode, types, methods, thresholds, level, effectMin, shareMin } = options
  const { rowsMin, target, prediction, checks, schedule, afterSnapshot, actions, coolDown, enabled } = options
  const { segments, segmentMetric, multivariate, embeddings } = options
  const vectors = plainEmbeddings(embeddings)
  return defined({
    name,
    description,
    model: model === undefined ? undefined : nameOf(model),
    reference: referenceOf(options.reference, ms),
    current: currentOf(options.current, ms),
    columns: columns === undefined ? undefined : [...columns],
    embeddings: embeddings === undefined ? undefined : vectors.embeddings,
    mode,
    types,
    methods: joined(methods, vectors.methods),
    thresholds: joined(thresholds, vectors.thresholds),
    level,
    effect_min: effectMin,
    share_min: shareMin,
    rows_min: rowsMin,
    target,
    prediction,
    checks: checks?.map(checkOf),
    segments: segments?.map(segmentOf),
    segment_metric: segmentMetric === 'logLoss' ? 'log_loss' : segmentMetric,
    multivariate: multivariate === undefined ? undefined : multivariateOf(multivariate),
    schedule: schedule === undefined ? undefined : scheduleOf(schedule, refuse),
    after_snapshot: afterSnapshot,
    actions: actions?.map(actionOf),
    cool_down_minutes: coolDown === undefined ? undefined : ms('coolDown', coolDown) / minuteMs,
    enabled,
  })
}

type ToMs = (field: string, duration: FlowDuration) => number

function referenceOf(given: MonitorReferenceOptions, ms: ToMs): MonitorDefinitionInput['reference'] {
  if (given === 'training') return { kind: 'training' }
  if ('training' in given) return { kind: 'training', alias: given.training }
  if ('snapshot' in given) return { kind: 'snapshot', snapshot: given.snapshot }
  const days = ms('reference.window', given.window) / dayMs
  return { kind: 'window', days, offset_days: ms('reference.before', given.before ?? 0) / dayMs }
}

function currentOf(given: MonitoredRows<NamedDataset>, ms: ToMs): MonitorDefinitionInput['current'] {
  if (given.dataset !== undefined) {
    return defined({ kind: 'snapshot' as const, dataset: nameOf(given.dataset), ref: given.ref })
  }
  const days = ms('current.predictions', given.predictions) / dayMs
  return defined({ kind: 'predictions' as const, days, version: given.version })
}

function checkOf(given: MonitorCheckOptions<string>) {
  const { min, max, severity } = given
  const bounds = { min, max, severity }
  if ('quality' in given)
    return defined({ kind: 'quality' as const, metric: given.quality, column: given.column, ...bounds })
  return 'performance' in given
    ? defined({ kind: 'performance' as const, metric: loggedName(given.performance), ...bounds })
    : defined({ kind: 'estimated_performance' as const, metric: loggedName(given.estimatedPerformance), ...bounds })
}

function segmentOf(given: MonitorSegmentOptions<string>) {
  if (typeof given === 'string') return given
  return given.edges === undefined
    ? defined({ column: given.column, bins: given.bins })
    : { column: given.column, edges: [...given.edges] }
}

/** Of columns and of embeddings; undefined where neither has any. */
function joined<Value>(columns: Readonly<Record<string, Value>> | undefined, vectors: Readonly<Record<string, Value>>) {
  return columns === undefined && Object.keys(vectors).length === 0 ? undefined : { ...columns, ...vectors }
}

function multivariateOf(given: boolean | MonitorMultivariateOptions<string>) {
  if (typeof given === 'boolean') return given
  const { columns, methods, aucMin } = given
  return defined({ columns: columns && [...columns], methods: methods && [...methods], auc_min: aucMin })
}

function loggedName(metric: string): string {
  const { classification, regression } = loggedMetricNames
  const names: Readonly<Record<string, string>> = { ...classification, ...regression }
  return names[metric] ?? metric
}

function scheduleOf(given: string | Schedule, refuse: RefuseMonitor) {
  if (typeof given === 'string') return { cron: given }
  const { when } = given
  if (when.kind === 'cron') return { cron: when.cron, timezone: when.timezone }
  throw refuse('schedule', 'a monitor runs at the moments of a cron expression: give one, or cron(…)')
}

function actionOf(given: MonitorActionOptions) {
  if (given === 'loop') return { do: 'flow' as const, flow: given }
  if (typeof given === 'string') return { do: given }
  if ('do' in given) return defined({ do: given.do, from: given.from })
  const { flow, params, from } = given
  return defined({ do: 'flow' as const, flow: flow.name, params: params as never, from })
}

const nameOf = (declared: string | { readonly definition: { readonly name: string } }) =>
  typeof declared === 'string' ? declared : declared.definition.name

type Defined<Given> = { [Key in keyof Given]: Exclude<Given[Key], undefined> }

/** Without what is not given, for which the defaults of the server hold. */
function defined<Given extends object>(given: Given): Defined<Given> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<Given>
}
