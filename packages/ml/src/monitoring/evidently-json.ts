import { createHash } from 'node:crypto'

/**
 * Reports in the form that Evidently 0.7.21 writes with `snapshot.json()`: its metric names, ids and configurations, and its tests with
 * their names, descriptions and statuses, so that what reads those reads ours. `test/conformance/monitoring_evidently.py` compares them.
 */
export interface EvidentlyReport {
  readonly metrics: readonly EvidentlyMetric[]
  readonly tests: readonly EvidentlyTest[]
}

/** A number, a number by label, or parts of a value; null where it could not be computed. */
export type EvidentlyValue =
  | number
  | null
  | { readonly count: number; readonly share: number }
  | { readonly mean: number; readonly std: number }
  | { readonly counts: Readonly<Record<string, number>>; readonly shares: Readonly<Record<string, number>> }
  | Readonly<Record<string, number | null>>

type Configuration = Readonly<Record<string, unknown>>

export interface EvidentlyMetric {
  /** The MD5 of the metric's class and parameters: the same metric has the same id in every report. */
  readonly id: string
  readonly metric_name: string
  readonly config: Configuration
  readonly value: EvidentlyValue
}

export type EvidentlyStatus = 'SUCCESS' | 'FAIL' | 'WARNING' | 'ERROR'

export interface EvidentlyTest {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly metric_config: { readonly metric_id: string; readonly params: Configuration }
  readonly test_config: Configuration
  readonly status: EvidentlyStatus
  readonly bound_test: Configuration
}

export interface EvidentlyOptions {
  /** Whether the tests that Evidently adds by itself are in the report; false by default. */
  readonly includeTests?: boolean
  /** False makes a test that fails a warning; true by default. */
  readonly isCritical?: boolean
}

/** What a metric is called and told with. */
export interface MetricShape {
  /** As in `evidently.metrics`: `MeanValue`. */
  readonly kind: string
  /** The module of `evidently.metrics` that has it: its id depends on that. */
  readonly module: 'dataset_statistics' | 'column_statistics' | 'classification' | 'regression'
  /** In the order in which its name tells them. */
  readonly parameters?: readonly Parameter[]
  readonly value: EvidentlyValue
}

export interface Parameter {
  readonly name: string
  readonly value: string | number | boolean
  /** Whether the id depends on it: what has its default does not count. */
  readonly isOwn?: boolean
  /** As the name writes it, where that is not the value. */
  readonly told?: string
}

/** Puts a metric into its form. */
export function evidentlyMetric({ kind, module, parameters = [], value }: MetricShape): EvidentlyMetric {
  // A count of columns of one type has an empty list of tests of its own, which its id and its configuration show.
  const hasTests = kind === 'ColumnCount' && parameters.length > 0
  const own = parameters
    .filter(({ isOwn }) => isOwn === true)
    .map((parameter) => [parameter.name, parameter.value] as const)
  const parts = own.map(([name, part]) => `('${name}', ${pythonText(part)})`)
  if (hasTests) parts.push("('tests', ())")
  const tuple = parts.length === 0 ? '()' : parts.length === 1 ? `(${parts[0]},)` : `(${parts.join(', ')})`
  const told = parameters.map((parameter) => `${parameter.name}=${parameter.told ?? pythonName(parameter.value)}`)
  return {
    id: createHash('md5').update(`evidently.metrics.${module}.${kind}${tuple}`).digest('hex'),
    metric_name: `${kind}(${told.join(',')})`,
    config: {
      type: `evidently:metric_v2:${kind}`,
      ...(hasTests ? { tests: [] } : {}),
      ...Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.value])),
    },
    value,
  }
}

function pythonName(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value)
}

/** As Python's `repr`: quotes that the text has not, backslashes before what would end it. */
function pythonText(value: string | number | boolean): string {
  if (typeof value !== 'string') return pythonName(value)
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'"
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll(quote, `\\${quote}`)
  return `${quote}${escaped}${quote}`
}

/** What a test compares with: the value of the reference with a tolerance, or a number. */
export type Expectation =
  | {
      readonly kind: 'reference'
      readonly value: number
      /** Share of the reference's value; Evidently's 1e-6 where it is null. */
      readonly relative: number | null
    }
  | { readonly kind: 'number'; readonly value: number }

/** Which part of a value a test looks at, and how Evidently calls that. */
export type BoundPart =
  | { readonly kind: 'single' }
  | { readonly kind: 'count'; readonly isCount: boolean }
  | { readonly kind: 'mean' }

export interface TestShape {
  readonly metric: EvidentlyMetric
  /** What the metric is called in words: `Row count in dataset`. */
  readonly title: string
  readonly comparison: 'equal' | 'less_or_equal' | 'less' | 'greater' | 'greater_or_equal'
  readonly expected: Expectation
  /** NaN or null where the metric could not be computed: the test is an error. */
  readonly value: number | null
  readonly part?: BoundPart
  readonly isCritical?: boolean
}

const comparisons = {
  equal: { id: 'eq', kind: 'EqualMetricTest', told: 'Equal' },
  less_or_equal: { id: 'le', kind: 'LessOrEqualMetricTest', told: 'Less or Equal' },
  less: { id: 'lt', kind: 'LessThanMetricTest', told: 'Less' },
  greater_or_equal: { id: 'ge', kind: 'GreaterOrEqualMetricTest', told: 'Greater or Equal' },
  greater: { id: 'gt', kind: 'GreaterThanMetricTest', told: 'Greater' },
} as const

/** Compares a value as Evidently does, tolerances and wording included. */
export function evidentlyTest(shape: TestShape): EvidentlyTest {
  const { metric, title, comparison, expected, value, part = { kind: 'single' }, isCritical = true } = shape
  const { id, kind, told } = comparisons[comparison]
  const tolerance = toleranceOf(expected)
  const around =
    tolerance === null ? threeDigits(expected.value) : `${threeDigits(expected.value)} ± ${threeDigits(tolerance)}`
  const isEqual = comparison === 'equal'
  // Evidently writes the reference three times here; what reads its names would miss a tidier one.
  const extra = !isEqual && tolerance !== null ? `Reference ${around} ± ${threeDigits(tolerance)}` : ''
  const test = {
    type: `evidently:test_v2:${kind}`,
    is_critical: isCritical,
    alias: null,
    label_filters: null,
    [isEqual ? 'expected' : 'threshold']:
      expected.kind === 'number' ? expected.value : { relative: expected.relative, absolute: null },
  }
  const shared = {
    id,
    name: `${title}: ${told} ${around}${extra}`,
    metric_config: { metric_id: metric.id, params: metric.config },
    test_config: test,
    bound_test: boundTest(metric, test, part),
  }
  if (value === null || Number.isNaN(value)) {
    return { ...shared, description: `${title}: the value could not be computed`, status: 'ERROR' }
  }
  const passes = isPassed(value, shape, tolerance ?? 0)
  return {
    ...shared,
    description: `${title}: ${describe(value, { shape, around, passes, tolerance })}`,
    status: statusOf(passes, isCritical),
  }
}

export function statusOf(passes: boolean, isCritical: boolean): EvidentlyStatus {
  return passes ? 'SUCCESS' : isCritical ? 'FAIL' : 'WARNING'
}

function toleranceOf(expected: Expectation): number | null {
  if (expected.kind === 'number') return null
  return Math.max(Math.abs(expected.value) * (expected.relative ?? 1e-6), 1e-12)
}

function isPassed(value: number, { comparison, expected }: TestShape, tolerance: number): boolean {
  if (comparison === 'equal') return value >= expected.value - tolerance && value <= expected.value + tolerance
  if (comparison === 'less_or_equal') return value <= expected.value + tolerance
  if (comparison === 'greater_or_equal') return value >= expected.value - tolerance
  return comparison === 'less' ? value < expected.value : value > expected.value
}

function describe(
  value: number,
  {
    shape,
    around,
    passes,
    tolerance,
  }: {
    readonly shape: TestShape
    readonly around: string
    readonly passes: boolean
    readonly tolerance: number | null
  },
): string {
  const own = `Actual value ${threeDigits(value)}`
  if (shape.comparison === 'equal') return `${own} ${passes ? ` expected ${around}` : `, but expected ${around}`}`
  // `value < reference` is Python's reflected `reference > value`, which takes the tolerance off.
  return `${own} ${value < shape.expected.value - (tolerance ?? 0) ? '<' : '>='} ${around}`
}

function boundTest(metric: EvidentlyMetric, test: Configuration, part: BoundPart): Configuration {
  const kinds = { single: 'SingleValueBoundTest', count: 'CountBoundTest', mean: 'MeanStdBoundTest' } as const
  return {
    type: `evidently:bound_test:${kinds[part.kind]}`,
    test,
    metric_fingerprint: metric.id,
    ...(part.kind === 'count' ? { is_count: part.isCount } : {}),
    ...(part.kind === 'mean' ? { is_mean: true } : {}),
  }
}

/** As Python's `0.3f`: half-way values, which are sixteenths, go to the even digit. */
export function threeDigits(value: number): string {
  return fixedDigits(value, 3)
}

/** As Python's `.2f` and `.3f`: a tie is a value that is exactly half-way in binary. */
export function fixedDigits(value: number, digits: 2 | 3): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  const halves = Math.abs(value) * 2 ** (digits + 1)
  if (!Number.isInteger(halves) || halves % 2 === 0) return value.toFixed(digits)
  const scaled = Math.floor(Math.abs(value) * 10 ** digits)
  const even = scaled % 2 === 0 ? scaled : scaled + 1
  return (Math.sign(value) * (even / 10 ** digits)).toFixed(digits)
}
