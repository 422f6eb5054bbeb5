/**
 * What may stand after the `?` of each page. The address is the view: a reader takes any text, keeps what it knows,
 * and drops the rest. `undefined` is the default and is left out of the address.
 */
type Raw = Readonly<Record<string, unknown>>

const text = (raw: Raw, key: string): string | undefined => {
  const value = raw[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

const oneOf = <Value extends string>(raw: Raw, key: string, values: readonly Value[]): Value | undefined =>
  values.find((value) => value === raw[key])

/**
 * What an address says, each part a value or undefined. What is undefined stays in as such: the router lays it over the raw
 * address, where a value that is not known would show through otherwise. The address is written without it.
 */
const view = <Parts extends object>(parts: Parts): Partial<Parts> => parts

const number = (raw: Raw, key: string): string | undefined => {
  const value = text(raw, key)
  return value !== undefined && value.trim() !== '' && Number.isFinite(Number(value)) ? value : undefined
}

const flag = (raw: Raw, key: string) => oneOf(raw, key, ['1'])

/** Ways to look at runs beside the table. */
export const runViews = ['charts', 'parallel'] as const
export type RunView = (typeof runViews)[number] | 'table'
export const xAxes = ['time', 'relative'] as const

/**
 * `columns`, `group`, `selected`, `axes` and `logs` are ids joined by commas; `sort` is an id, with `-` in front when
 * it descends; `brush` is a list of axis, smallest and largest. `smooth`, `log`, `x`, `from`, `to` and `find` are of
 * the charts.
 */
export const runsSearch = (raw: Raw) =>
  view({
    view: oneOf(raw, 'view', runViews),
    filter: text(raw, 'filter'),
    sort: text(raw, 'sort'),
    columns: text(raw, 'columns'),
    group: text(raw, 'group'),
    selected: text(raw, 'selected'),
    smooth: number(raw, 'smooth'),
    log: flag(raw, 'log'),
    x: oneOf(raw, 'x', xAxes),
    from: number(raw, 'from'),
    to: number(raw, 'to'),
    find: text(raw, 'find'),
    axes: text(raw, 'axes'),
    logs: text(raw, 'logs'),
    brush: text(raw, 'brush'),
  })
export type RunsSearch = ReturnType<typeof runsSearch>

/** `runs` are ids joined by commas; `all` also shows what does not differ; `metric` is the one drawn. */
export const compareSearch = (raw: Raw) =>
  view({
    runs: text(raw, 'runs'),
    baseline: text(raw, 'baseline'),
    all: flag(raw, 'all'),
    metrics: text(raw, 'metrics'),
  })
export type CompareSearch = ReturnType<typeof compareSearch>

export const experimentsSearch = (raw: Raw) => view({ search: text(raw, 'search') })

export const metricAxes = ['step', 'relative', 'time'] as const
export type MetricAxis = (typeof metricAxes)[number]
/** `metric` is the one shown alone; `smooth` is a share from 0 to 0.99. */
export const metricsSearch = (raw: Raw) =>
  view({
    metric: text(raw, 'metric'),
    x: oneOf(raw, 'x', metricAxes),
    log: oneOf(raw, 'log', ['1']),
    smooth: text(raw, 'smooth'),
  })
export type MetricsSearch = ReturnType<typeof metricsSearch>

export const artifactsSearch = (raw: Raw) => view({ path: text(raw, 'path') })

export const modelsSearch = (raw: Raw) => view({ filter: text(raw, 'filter') })

export const modelTabs = ['versions', 'changes'] as const
export const modelSearch = (raw: Raw) => view({ tab: oneOf(raw, 'tab', modelTabs) })

export const versionTabs = ['overview', 'explain', 'compare', 'files'] as const
/**
 * `with` is the alias whose holder the version is compared with, `other` a version that predicts the same rows, those
 * of the snapshot `on`; `explanation` is the one shown, with a `row` and a `class` of it, or made by `job`.
 */
export const versionSearch = (raw: Raw) =>
  view({
    tab: oneOf(raw, 'tab', versionTabs),
    path: text(raw, 'path'),
    with: text(raw, 'with'),
    explanation: text(raw, 'explanation'),
    job: text(raw, 'job'),
    row: text(raw, 'row'),
    class: text(raw, 'class'),
    other: text(raw, 'other'),
    on: text(raw, 'on'),
  })

export const trashTabs = ['trash', 'storage'] as const
export const trashKinds = ['experiment', 'run', 'logged_model'] as const
export const trashSearch = (raw: Raw) =>
  view({ tab: oneOf(raw, 'tab', trashTabs), kind: oneOf(raw, 'kind', trashKinds) })

export const webhooksSearch = (raw: Raw) => view({ webhook: text(raw, 'webhook') })

/** `all` shows the keys of everybody. */
export const keysSearch = (raw: Raw) => view({ all: flag(raw, 'all') })

/** `filter` is searched in names and previews; `experiment` is an id. */
export const tracesSearch = (raw: Raw) =>
  view({
    experiment: text(raw, 'experiment'),
    run: text(raw, 'run'),
    filter: text(raw, 'filter'),
    state: oneOf(raw, 'state', ['OK', 'ERROR', 'IN_PROGRESS']),
  })
export type TracesSearch = ReturnType<typeof tracesSearch>
export const traceSearch = (raw: Raw) => view({ span: text(raw, 'span') })

export const datasetTabs = ['snapshots', 'ingests', 'quality', 'definition'] as const
export type DatasetTab = (typeof datasetTabs)[number]
/** `base` is the snapshot that others are to be compared with. */
export const datasetSearch = (raw: Raw) => view({ tab: oneOf(raw, 'tab', datasetTabs), base: text(raw, 'base') })

export const snapshotTabs = ['profile', 'rows', 'checks', 'files', 'sql'] as const
export type SnapshotTab = (typeof snapshotTabs)[number]
/** `column` is the one shown in full, `find` a part of column names, `prefix` and `label` choose files. */
export const snapshotSearch = (raw: Raw) =>
  view({
    tab: oneOf(raw, 'tab', snapshotTabs),
    column: text(raw, 'column'),
    find: text(raw, 'find'),
    prefix: text(raw, 'prefix'),
    label: text(raw, 'label'),
    sql: text(raw, 'sql'),
  })

export const diffTabs = ['rows', 'distributions'] as const
export const diffSearch = (raw: Raw) =>
  view({ base: text(raw, 'base'), tab: oneOf(raw, 'tab', diffTabs), column: text(raw, 'column') })

export const ingestSearch = (raw: Raw) =>
  view({
    reason: text(raw, 'reason'),
    column: text(raw, 'column'),
    file: text(raw, 'file'),
    offset: number(raw, 'offset'),
  })

export const featureTabs = ['views', 'services', 'entities'] as const
export const featuresSearch = (raw: Raw) => view({ tab: oneOf(raw, 'tab', featureTabs), filter: text(raw, 'filter') })

export const featureViewTabs = ['definition', 'materializations', 'consistency', 'statistics'] as const
/** `feature` is the one whose statistics are drawn over time. */
export const featureViewSearch = (raw: Raw) =>
  view({ tab: oneOf(raw, 'tab', featureViewTabs), version: number(raw, 'version'), feature: text(raw, 'feature') })

/** `of` is `view:NAME` or `service:NAME`, `keys` the values of one row as JSON, `at` a moment in UTC. */
export const lookUpSearch = (raw: Raw) => view({ of: text(raw, 'of'), keys: text(raw, 'keys'), at: text(raw, 'at') })

export const tryTabs = ['form', 'json', 'csv', 'code'] as const
export type TryTab = (typeof tryTabs)[number]
/** `input` is the row that the form holds, as JSON of name and value. */
export const trySearch = (raw: Raw) => view({ tab: oneOf(raw, 'tab', tryTabs), input: text(raw, 'input') })

export const jobStates = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const

export const jobsSearch = (raw: Raw) => view({ state: oneOf(raw, 'state', jobStates) })

export const flowsSearch = (raw: Raw) => view({ filter: text(raw, 'filter') })

export const flowTabs = ['runs', 'starts', 'definition'] as const
export const flowStateTypes = [
  'SCHEDULED',
  'PENDING',
  'RUNNING',
  'PAUSED',
  'CANCELLING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'CRASHED',
] as const
export const flowOrigins = ['manual', 'schedule', 'backfill', 'event', 'webhook', 'flow', 'retry', 'loop'] as const
/** `state`, `origin`, `from` and `to` choose runs; `from` and `to` are moments as an input of date and time writes them. */
export const flowSearch = (raw: Raw) =>
  view({
    tab: oneOf(raw, 'tab', flowTabs),
    state: oneOf(raw, 'state', flowStateTypes),
    origin: oneOf(raw, 'origin', flowOrigins),
    from: text(raw, 'from'),
    to: text(raw, 'to'),
  })

export const flowRunTabs = ['graph', 'timeline', 'steps', 'logs', 'data'] as const
export type FlowRunTab = (typeof flowRunTabs)[number]
export const logLevels = ['debug', 'info', 'warn', 'error'] as const
/**
 * `step` is the one shown in full, or whose log is; `map` the map whose items are; `find` a part of names or lines; `open` groups
 * of the graph that are open, joined by commas; `level` the least level, and `line` the line of the log that is meant.
 */
export const flowRunSearch = (raw: Raw) =>
  view({
    tab: oneOf(raw, 'tab', flowRunTabs),
    step: text(raw, 'step'),
    map: text(raw, 'map'),
    find: text(raw, 'find'),
    open: text(raw, 'open'),
    level: oneOf(raw, 'level', logLevels),
    line: number(raw, 'line'),
  })

export const flowWorkersTabs = ['workers', 'limits'] as const
export const flowWorkersSearch = (raw: Raw) => view({ tab: oneOf(raw, 'tab', flowWorkersTabs) })

export const endpointTabs = ['figures', 'rollouts', 'predictions'] as const
export const figureSpans = ['hour', 'day', 'week'] as const
export const percentiles = ['p95', 'p50', 'p99'] as const
/** `token` is the page of the predictions. */
export const endpointSearch = (raw: Raw) =>
  view({
    tab: oneOf(raw, 'tab', endpointTabs),
    span: oneOf(raw, 'span', figureSpans),
    percentile: oneOf(raw, 'percentile', percentiles),
    token: text(raw, 'token'),
  })

export const metricRanges = ['15m', '1h', '6h', '24h', '7d', '30d', '90d'] as const
export type MetricRange = (typeof metricRanges)[number]
export const metricReadings = ['value', 'min', 'max', 'rate', 'increase', 'quantile'] as const
/** `from` and `to` are seconds since 1970, in place of a range; `by` is a label, or `none` for all together. */
export const metricsHistorySearch = (raw: Raw) =>
  view({
    range: oneOf(raw, 'range', metricRanges),
    from: number(raw, 'from'),
    to: number(raw, 'to'),
    metric: text(raw, 'metric'),
    read: oneOf(raw, 'read', metricReadings),
    quantile: oneOf(raw, 'quantile', ['0.5', '0.9', '0.95', '0.99']),
    by: text(raw, 'by'),
  })

export const monitoringTabs = ['monitors', 'findings'] as const
export const monitorStates = ['alarm', 'warning', 'failed', 'not_enough_data', 'never', 'ok'] as const
export const monitorOrders = ['severity', 'name', 'newest'] as const
export const findingShows = ['unresolved', 'resolved', 'all'] as const
/** `filter`, `state` and `sort` are of the monitors, `show` and `of` of the findings: which, and of which monitor. */
export const monitoringSearch = (raw: Raw) =>
  view({
    tab: oneOf(raw, 'tab', monitoringTabs),
    filter: text(raw, 'filter'),
    state: oneOf(raw, 'state', monitorStates),
    sort: oneOf(raw, 'sort', monitorOrders),
    show: oneOf(raw, 'show', findingShows),
    of: text(raw, 'of'),
  })

export const monitorTabs = ['report', 'figures', 'reports', 'timeline', 'settings'] as const
export const columnShows = ['drift', 'untested', 'calm'] as const
export const columnOrders = ['severity', 'name', 'missing'] as const
export const segmentOrders = ['worst', 'name', 'rows'] as const
/**
 * `report` is the one shown, the newest without; `before` the one it is compared with; `segments` and `by` choose and order its segments, the
 * others its columns.
 */
export const monitorSearch = (raw: Raw) =>
  view({
    tab: oneOf(raw, 'tab', monitorTabs),
    report: text(raw, 'report'),
    before: text(raw, 'before'),
    find: text(raw, 'find'),
    show: oneOf(raw, 'show', columnShows),
    sort: oneOf(raw, 'sort', columnOrders),
    offset: number(raw, 'offset'),
    segments: text(raw, 'segments'),
    by: oneOf(raw, 'by', segmentOrders),
  })

export const lineageDirections = ['both', 'up', 'down'] as const
export const lineageSearch = (raw: Raw) =>
  view({ direction: oneOf(raw, 'direction', lineageDirections), view: oneOf(raw, 'view', ['list'] as const) })

export const validationShows = ['failed', 'all'] as const
/** `check` is the place of the expectation whose rows are shown. */
export const validationSearch = (raw: Raw) =>
  view({ show: oneOf(raw, 'show', validationShows), check: number(raw, 'check'), offset: number(raw, 'offset') })

/** The parts of the form of a training; `pages/train/train-draft.ts` says what each means, and leaves out what it does not know. */
export type TrainSearch = {
  readonly [Key in
    | 'dataset'
    | 'snapshot'
    | 'target'
    | 'task'
    | 'features'
    | 'without'
    | 'weight'
    | 'mode'
    | 'estimator'
    | 'params'
    | 'method'
    | 'trials'
    | 'metric'
    | 'prune'
    | 'calibration'
    | 'threshold'
    | 'beta'
    | 'falsePositive'
    | 'falseNegative'
    | 'recall'
    | 'cut'
    | 'budget'
    | 'split'
    | 'column'
    | 'test'
    | 'plain'
    | 'seed'
    | 'folds'
    | 'curve'
    | 'name'
    | 'register'
    | 'promote'
    | 'by']?: string | undefined
}
export const trainSearch = (raw: Raw): TrainSearch =>
  view(Object.fromEntries(Object.keys(raw).map((key) => [key, text(raw, key)])))
