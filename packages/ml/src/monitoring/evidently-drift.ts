import {
  type EvidentlyOptions,
  type EvidentlyReport,
  type EvidentlyTest,
  evidentlyMetric,
  evidentlyTest,
  fixedDigits,
  statusOf,
} from './evidently-json.js'

/** What a report takes of the drift of a column; `ColumnDrift` has it. */
export interface EvidentlyColumnDrift {
  readonly name: string
  readonly type: string
  /** A name of `evidentlyMethods`, or one of ours; null where nothing was tested. */
  readonly method: string | null
  readonly score: number | null
  readonly threshold: number | null
  /** Null where nothing could be decided: its test is an error, never a success. */
  readonly drift: boolean | null
}

/** What Evidently calls its methods in reports. */
export const evidentlyMethods: Readonly<Record<string, string>> = {
  TVD: 'Total-Variation-Distance',
  abs_text_content_drift: 'Absolute text content drift',
  anderson: 'Anderson-Darling',
  chisquare: 'chi-square p_value',
  cramer_von_mises: 'Cramer-von Mises',
  ed: 'Energy-distance',
  empirical_mmd: 'empirical_mmd',
  es: 'Epps-Singleton',
  fisher_exact: "Fisher's Exact test",
  g_test: 'g_test',
  hellinger: 'Hellinger distance',
  jensenshannon: 'Jensen-Shannon distance',
  kl_div: 'Kullback-Leibler divergence',
  ks: 'K-S p_value',
  mannw: 'Mann-Whitney U-rank test',
  perc_text_content_drift: 'Percentile text content drift',
  psi: 'PSI',
  t_test: 't_test',
  wasserstein: 'Wasserstein distance (normed)',
  z: 'Z-test p_value',
}

/** The order in which Evidently reports columns: by type, then as they stand in the table. */
const typeOrder = ['num', 'cat', 'text']

/**
 * The report of Evidently's `DataDriftPreset`: how many columns drift, and each column's score. The share is of all columns given, as
 * there; columns that could not be tested have no value and a test that is an error.
 * @param options `driftShare` from which the data as a whole fails; 0.5 by default
 */
export function evidentlyDataDrift(
  columns: readonly EvidentlyColumnDrift[],
  options: EvidentlyOptions & { readonly driftShare?: number } = {},
): EvidentlyReport {
  const { driftShare = 0.5, includeTests = false, isCritical = true } = options
  const drifted = columns.filter(({ drift }) => drift === true).length
  const share = columns.length === 0 ? 0 : drifted / columns.length
  const ordered = typeOrder.flatMap((type) => columns.filter((column) => column.type === type))
  const rest = columns.filter(({ type }) => !typeOrder.includes(type))
  const whole = evidentlyMetric({
    kind: 'DriftedColumnsCount',
    module: 'column_statistics',
    parameters: [{ name: 'drift_share', value: driftShare, isOwn: driftShare !== 0.5 }],
    value: { count: drifted, share },
  })
  const parts = [...ordered, ...rest].map((column) => columnPart(column, isCritical))
  const test = evidentlyTest({
    metric: whole,
    title: 'Share of Drifted Columns',
    comparison: 'less',
    expected: { kind: 'number', value: driftShare },
    // Where no column could be tested there is no share to speak of.
    value: columns.some(({ drift }) => drift !== null) ? share : null,
    part: { kind: 'count', isCount: false },
    isCritical,
  })
  return {
    metrics: [whole, ...parts.map(({ metric }) => metric)],
    tests: includeTests ? [test, ...parts.map((part) => part.test)] : [],
  }
}

function columnPart({ name, method, score, threshold, drift }: EvidentlyColumnDrift, isCritical: boolean) {
  const told = method === null ? 'none' : (evidentlyMethods[method] ?? method)
  const metric = evidentlyMetric({
    kind: 'ValueDrift',
    module: 'column_statistics',
    parameters: [
      { name: 'column', value: name, isOwn: true },
      { name: 'method', value: told },
      { name: 'threshold', value: threshold ?? 0 },
    ],
    value: score,
  })
  const config = {
    type: 'evidently:test_v2:ValueDriftTest',
    is_critical: isCritical,
    alias: null,
    label_filters: null,
  }
  const isKnown = score !== null && drift !== null
  const test: EvidentlyTest = {
    id: 'drift',
    name: `Value Drift for column ${name}`,
    description: isKnown
      ? `Drift score is ${fixedDigits(score, 2)}. The drift detection method is ${told}. The drift threshold is ${fixedDigits(threshold ?? 0, 2)}.`
      : `The column could not be tested.`,
    metric_config: { metric_id: metric.id, params: metric.config },
    test_config: {},
    status: isKnown ? statusOf(!drift, isCritical) : 'ERROR',
    bound_test: { type: 'evidently:bound_test:ValueDriftBoundTest', test: config, metric_fingerprint: metric.id },
  }
  return { metric, test }
}
