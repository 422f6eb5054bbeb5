import type { ClassificationMetrics, ClassificationPerformance } from './classification-performance.js'
import {
  type EvidentlyMetric,
  type EvidentlyOptions,
  type EvidentlyReport,
  type EvidentlyTest,
  type EvidentlyValue,
  evidentlyMetric,
  evidentlyTest,
  type Parameter,
} from './evidently-json.js'
import type { MeasuredValue } from './intervals.js'
import type { RegressionMetrics, RegressionPerformance } from './regression-performance.js'

/** A metric of a preset: its name and parameters there, its title in tests, and where its value comes from. */
interface Line<Metrics> {
  readonly kind: string
  readonly title: string
  readonly parameters: readonly Parameter[]
  /** Undefined where the metric has no place in the report, as the rates of more than two classes. */
  readonly valueOf: (metrics: Metrics) => EvidentlyValue | undefined
  /** The number that tests look at; null of those that are not tested. */
  readonly testedOf: ((metrics: Metrics) => number | null) | null
  readonly isMean?: boolean
}

interface Preset<Metrics> {
  readonly module: 'classification' | 'regression'
  readonly lines: readonly Line<Metrics>[]
  /** Share of the reference's value that a value may differ by. */
  readonly relative: number
  /** What tests compare with where there is no reference; only what needs no model to compare with. */
  readonly alone: readonly string[]
}

const flag = (name: string, value: boolean): Parameter => ({ name, value })
const classification: Parameter = { name: 'classification_name', value: 'default' }
const regression: Parameter = { name: 'regression_name', value: 'default' }

function classLine(
  kind: string,
  flags: readonly Parameter[],
  of: (metrics: ClassificationMetrics) => MeasuredValue | null,
  title = kind,
): Line<ClassificationMetrics> {
  return {
    kind,
    title: `${title} metric`,
    parameters: [classification, ...flags],
    valueOf: (metrics) => of(metrics)?.value,
    testedOf: (metrics) => of(metrics)?.value ?? null,
  }
}

function labelLine(
  kind: string,
  of: (label: ClassificationMetrics['byLabel'][number]) => MeasuredValue | null,
  isLeftOut: (metrics: ClassificationMetrics) => boolean = () => false,
): Line<ClassificationMetrics> {
  return {
    kind,
    title: kind,
    parameters: [classification],
    valueOf: (metrics) =>
      isLeftOut(metrics)
        ? undefined
        : Object.fromEntries(metrics.byLabel.map((label) => [label.label, of(label)?.value ?? 0])),
    testedOf: null,
  }
}

const tables = [flag('pr_curve', false), flag('pr_table', false)]
const table = [flag('pr_table', false)]

const classificationPreset: Preset<ClassificationMetrics> = {
  module: 'classification',
  relative: 0.2,
  alone: [],
  lines: [
    classLine('Accuracy', [], ({ accuracy }) => accuracy),
    classLine('Precision', [flag('conf_matrix', true), ...tables], ({ precision }) => precision),
    classLine('Recall', [flag('conf_matrix', true), ...tables], ({ recall }) => recall),
    classLine('F1Score', [flag('conf_matrix', true)], ({ f1 }) => f1, 'F1 score'),
    classLine('RocAuc', [flag('roc_curve', true), ...table], ({ rocAuc }) => rocAuc),
    classLine('LogLoss', table, ({ logLoss }) => logLoss),
    classLine('TPR', table, ({ rates }) => rates?.truePositive ?? null),
    classLine('TNR', table, ({ rates }) => rates?.trueNegative ?? null),
    classLine('FPR', table, ({ rates }) => rates?.falsePositive ?? null),
    classLine('FNR', table, ({ rates }) => rates?.falseNegative ?? null),
    labelLine('F1ByLabel', ({ f1 }) => f1),
    labelLine('PrecisionByLabel', ({ precision }) => precision),
    labelLine('RecallByLabel', ({ recall }) => recall),
    labelLine(
      'RocAucByLabel',
      ({ rocAuc }) => rocAuc,
      ({ rocAuc }) => rocAuc === null,
    ),
  ],
}

const plots = [flag('error_distr', false), flag('error_normality', false)]
const distribution = [flag('error_plot', false), flag('error_distr', true), flag('error_normality', false)]

const regressionPreset: Preset<RegressionMetrics> = {
  module: 'regression',
  relative: 0.1,
  alone: ['R2Score'],
  lines: [
    {
      kind: 'MeanError',
      title: 'Mean Error',
      parameters: [regression, flag('error_plot', true), ...plots],
      valueOf: ({ meanError, spreads }) => ({ mean: meanError.value, std: spreads.error }),
      testedOf: ({ meanError }) => meanError.value,
      isMean: true,
    },
    {
      kind: 'MAPE',
      title: 'Mean Absolute Percentage Error',
      parameters: [regression, flag('perc_error_plot', true), flag('error_distr', false)],
      // Per cent in the mean and a share in the spread, as Evidently writes it.
      valueOf: ({ mape, spreads }) => ({ mean: 100 * mape.value, std: spreads.percentage }),
      testedOf: ({ mape }) => 100 * mape.value,
      isMean: true,
    },
    {
      kind: 'RMSE',
      title: 'RMSE',
      parameters: [regression, ...distribution],
      valueOf: ({ rmse }) => rmse.value,
      testedOf: ({ rmse }) => rmse.value,
    },
    {
      kind: 'MAE',
      title: 'Mean Absolute Error',
      parameters: [regression, ...distribution],
      valueOf: ({ mae, spreads }) => ({ mean: mae.value, std: spreads.absolute }),
      testedOf: ({ mae }) => mae.value,
      isMean: true,
    },
    {
      kind: 'R2Score',
      title: 'R2 Score',
      parameters: [regression, ...plots],
      valueOf: ({ r2 }) => r2.value,
      testedOf: ({ r2 }) => r2.value,
    },
    {
      kind: 'AbsMaxError',
      title: 'Absolute Max Error',
      parameters: [regression, ...plots],
      valueOf: ({ maxError }) => maxError.value,
      testedOf: ({ maxError }) => maxError.value,
    },
  ],
}

/**
 * The report of Evidently's `ClassificationPreset`. With too few labels the metrics have no value and their tests are errors. Without a
 * reference there are no tests: Evidently then compares with a dummy model of its own.
 */
export function evidentlyClassification(
  current: ClassificationPerformance,
  reference: ClassificationPerformance | null,
  options: EvidentlyOptions = {},
): EvidentlyReport {
  return reportOf(classificationPreset, [current.metrics, reference?.metrics ?? null], options)
}

/** The report of Evidently's `RegressionPreset`, in the same way; without a reference only R2 is tested, which must be above 0. */
export function evidentlyRegression(
  current: RegressionPerformance,
  reference: RegressionPerformance | null,
  options: EvidentlyOptions = {},
): EvidentlyReport {
  return reportOf(regressionPreset, [current.metrics, reference?.metrics ?? null], options)
}

function reportOf<Metrics>(
  preset: Preset<Metrics>,
  [current, reference]: readonly [Metrics | null, Metrics | null],
  options: EvidentlyOptions,
): EvidentlyReport {
  const metrics: EvidentlyMetric[] = []
  const tests: EvidentlyTest[] = []
  for (const line of preset.lines) {
    const value = current === null ? null : line.valueOf(current)
    if (value === undefined) continue
    const metric = evidentlyMetric({ kind: line.kind, module: preset.module, parameters: line.parameters, value })
    metrics.push(metric)
    if (options.includeTests === true) tests.push(...testOf(line, metric, { preset, current, reference, options }))
  }
  return { metrics, tests }
}

function testOf<Metrics>(
  line: Line<Metrics>,
  metric: EvidentlyMetric,
  given: {
    readonly preset: Preset<Metrics>
    readonly current: Metrics | null
    readonly reference: Metrics | null
    readonly options: EvidentlyOptions
  },
): EvidentlyTest[] {
  const { preset, current, reference, options } = given
  if (line.testedOf === null) return []
  const was = reference === null ? null : line.testedOf(reference)
  if (was === null && !preset.alone.includes(line.kind)) return []
  return [
    evidentlyTest({
      metric,
      title: line.title,
      comparison: was === null ? 'greater' : 'equal',
      expected:
        was === null ? { kind: 'number', value: 0 } : { kind: 'reference', value: was, relative: preset.relative },
      value: current === null ? null : line.testedOf(current),
      ...(line.isMean === true ? { part: { kind: 'mean' } as const } : {}),
      isCritical: options.isCritical ?? true,
    }),
  ]
}

/** What reports call figures that stand alone, by the names of trainings. */
const ofLogged: Readonly<Record<string, string>> = {
  accuracy: 'Accuracy',
  precision: 'Precision',
  recall: 'Recall',
  f1: 'F1Score',
  roc_auc: 'RocAuc',
  log_loss: 'LogLoss',
  mean_error: 'MeanError',
  mape: 'MAPE',
  rmse: 'RMSE',
  mae: 'MAE',
  r2: 'R2Score',
  max_error: 'AbsMaxError',
}

/** A figure that stands alone as Evidently's metric, with its title in tests; undefined where there is none of it. */
export function evidentlyPerformanceFigure(metric: string, value: number | null) {
  const kind = ofLogged[metric]
  for (const { module, lines } of [classificationPreset, regressionPreset]) {
    const line = lines.find((one) => one.kind === kind)
    if (line === undefined) continue
    const told = value === null ? null : metric === 'mape' ? 100 * value : value
    // Of a mean the spread stands beside it, which a figure that stands alone has not.
    const whole = line.isMean === true ? { mean: told, std: null } : told
    const { title, parameters, isMean = false } = line
    return {
      metric: evidentlyMetric({ kind: line.kind, module, parameters, value: whole }),
      title,
      value: told,
      isMean,
    }
  }
  return undefined
}
