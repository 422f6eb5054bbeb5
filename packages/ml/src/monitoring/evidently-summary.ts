import { itemAt } from '../data/element.js'
import {
  type EvidentlyMetric,
  type EvidentlyOptions,
  type EvidentlyReport,
  type EvidentlyTest,
  type Expectation,
  evidentlyMetric,
  evidentlyTest,
  type Parameter,
} from './evidently-json.js'
import type { ColumnProfile } from './profile-column.js'
import type { TableProfile } from './table-quality.js'

export type EvidentlyColumnType = 'num' | 'cat' | 'text' | 'datetime'

export interface EvidentlySummaryOptions extends EvidentlyOptions {
  /** Types of columns that are not what their kind says: `text` of long texts, `cat` of numbers that are codes. */
  readonly types?: ReadonlyMap<string, EvidentlyColumnType>
}

const columnTypes = [
  { type: 'num', told: 'ColumnType.Numerical' },
  { type: 'cat', told: 'ColumnType.Categorical' },
  { type: 'datetime', told: 'ColumnType.Datetime' },
  { type: 'text', told: 'ColumnType.Text' },
] as const

/** Rows of the commonest value above which a column is nearly constant. */
const nearlyConstantShare = 0.95

type Relative = { readonly relative: number | null }

/** How Evidently tests a metric by itself: with a reference, and with none. */
interface DefaultTest {
  readonly title: string
  readonly withReference: ({ readonly comparison: 'equal' | 'less_or_equal' } & Relative) | null
  readonly alone: { readonly comparison: 'equal' | 'greater'; readonly value: number } | null
}

const near = { comparison: 'equal', relative: 0.1 } as const
const atMost = { comparison: 'less_or_equal', relative: null } as const
const noneExpected = { comparison: 'equal', value: 0 } as const
const someExpected = { comparison: 'greater', value: 0 } as const

/**
 * The report of Evidently's `DataSummaryPreset`: what the table is like, and each column of numbers and of categories. Its share of missing
 * values is by row, as there. Infinite values are in no statistic here, while Evidently lets them spoil the mean.
 */
export function evidentlyDataSummary(
  current: TableProfile,
  reference: TableProfile | null,
  options: EvidentlySummaryOptions = {},
): EvidentlyReport {
  const typeOf = (column: ColumnProfile) => options.types?.get(column.name) ?? typeOfKind(column)
  const given = [...tableParts(current, reference, typeOf), ...columnParts(current, reference, typeOf)]
  return {
    metrics: given.map(({ metric }) => metric),
    tests: options.includeTests === true ? given.flatMap((part) => testsOf(part, options)) : [],
  }
}

function typeOfKind({ kind }: ColumnProfile): EvidentlyColumnType {
  return kind === 'number' ? 'num' : kind === 'text' ? 'cat' : 'datetime'
}

/** A metric, its values here and there, and the test that goes with it. */
interface Part {
  readonly metric: EvidentlyMetric
  readonly test: DefaultTest | null
  readonly value: number
  readonly was: number | null
  /** Of a count with a share: the same as shares. */
  readonly shares?: { readonly value: number; readonly was: number | null; readonly isTested: boolean }
}

function testsOf(part: Part, options: EvidentlySummaryOptions): EvidentlyTest[] {
  const { metric, test, shares } = part
  if (test === null) return []
  const isCritical = options.isCritical ?? true
  const make = (value: number, was: number | null, isCount?: boolean): EvidentlyTest[] => {
    const rule = was === null ? test.alone : test.withReference
    if (rule === null) return []
    const expected: Expectation =
      was === null || !('relative' in rule)
        ? { kind: 'number', value: 'value' in rule ? rule.value : 0 }
        : { kind: 'reference', value: was, relative: rule.relative }
    const bound = isCount === undefined ? {} : { part: { kind: 'count', isCount } as const }
    return [
      evidentlyTest({ metric, title: test.title, comparison: rule.comparison, expected, value, isCritical, ...bound }),
    ]
  }
  if (shares === undefined) return make(part.value, part.was)
  const withShares = part.was !== null && shares.isTested ? make(shares.value, shares.was, false) : []
  return [...make(part.value, part.was, true), ...withShares]
}

function tableParts(
  current: TableProfile,
  reference: TableProfile | null,
  typeOf: (column: ColumnProfile) => EvidentlyColumnType,
): Part[] {
  const single = (
    kind: string,
    of: (profile: TableProfile) => number,
    { test, parameters = [] }: { readonly test: DefaultTest | null; readonly parameters?: readonly Parameter[] },
  ): Part => ({
    metric: evidentlyMetric({ kind, module: 'dataset_statistics', parameters, value: of(current) }),
    test,
    value: of(current),
    was: reference === null ? null : of(reference),
  })
  const tested = (
    title: string,
    withReference: DefaultTest['withReference'],
    alone: DefaultTest['alone'] = noneExpected,
  ) => ({ test: { title, withReference, alone } })
  const countOf = (profile: TableProfile, isCounted: (column: ColumnProfile) => boolean) =>
    profile.columns.filter(isCounted).length
  const missing = missingCells(current)
  return [
    single('RowCount', ({ rowCount }) => rowCount, tested('Row count in dataset', near, someExpected)),
    single('ColumnCount', ({ columns }) => columns.length, {
      ...tested('Column count in dataset', { comparison: 'equal', relative: null }, someExpected),
    }),
    ...columnTypes.map(({ type, told }) =>
      single('ColumnCount', (profile) => countOf(profile, (column) => typeOf(column) === type), {
        test: null,
        parameters: [{ name: 'column_type', value: type, isOwn: true, told }],
      }),
    ),
    single(
      'DuplicatedRowCount',
      ({ duplicateCount }) => duplicateCount,
      tested('Duplicated row count in dataset', near),
    ),
    single('DuplicatedColumnsCount', ({ alike }) => alike.length, tested('Duplicated column count in dataset', atMost)),
    single('AlmostDuplicatedColumnsCount', ({ nearlyAlikeCount }) => nearlyAlikeCount, { test: null }),
    single('AlmostConstantColumnsCount', (profile) => countOf(profile, isNearlyConstant), {
      ...tested('Almost constant column count in dataset (eps=0.95)', atMost),
    }),
    single('EmptyRowsCount', ({ emptyCount }) => emptyCount, tested('Count of empty rows in dataset', near)),
    single('EmptyColumnsCount', (profile) => countOf(profile, isEmpty), {
      ...tested('Count of empty columns in dataset', atMost),
    }),
    single('ConstantColumnsCount', (profile) => countOf(profile, ({ distinctCount }) => distinctCount <= 1), {
      ...tested('Count of constant columns in dataset', atMost),
    }),
    {
      metric: evidentlyMetric({
        kind: 'DatasetMissingValueCount',
        module: 'dataset_statistics',
        value: { count: missing, share: missing / current.rowCount },
      }),
      ...tested('Count and share of missing values in dataset', near),
      value: missing,
      was: reference === null ? null : missingCells(reference),
      shares: { value: 0, was: 0, isTested: false },
    },
  ]
}

function missingCells({ columns }: TableProfile): number {
  return columns.reduce((sum, { missingCount }) => sum + missingCount, 0)
}

function isEmpty({ missingCount, rowCount }: ColumnProfile): boolean {
  return missingCount === rowCount
}

function isNearlyConstant({ commonestCount, rowCount }: ColumnProfile): boolean {
  return rowCount > 0 && commonestCount / rowCount >= nearlyConstantShare
}

/** Columns of categories first, then of numbers, each in the order of the table. */
function columnParts(
  current: TableProfile,
  reference: TableProfile | null,
  typeOf: (column: ColumnProfile) => EvidentlyColumnType,
): Part[] {
  const before = new Map(reference?.columns.map((column) => [column.name, column]))
  const ofType = (type: EvidentlyColumnType) => current.columns.filter((column) => typeOf(column) === type)
  return [...ofType('cat'), ...ofType('num')].flatMap((column) => {
    const was = before.get(column.name) ?? null
    const counts = missingPart(column, was)
    return typeOf(column) === 'cat' ? [counts, uniquePart(column)] : [counts, ...numberParts(column, was)]
  })
}

function missingPart(column: ColumnProfile, was: ColumnProfile | null): Part {
  const shareOf = ({ missingCount, rowCount }: ColumnProfile) => missingCount / rowCount
  return {
    metric: evidentlyMetric({
      kind: 'MissingValueCount',
      module: 'column_statistics',
      parameters: [{ name: 'column', value: column.name, isOwn: true }],
      value: { count: column.missingCount, share: shareOf(column) },
    }),
    test: { title: `Column '${column.name}' missing values`, withReference: near, alone: noneExpected },
    value: column.missingCount,
    was: was?.missingCount ?? null,
    shares: { value: shareOf(column), was: was === null ? null : shareOf(was), isTested: true },
  }
}

function uniquePart(column: ColumnProfile): Part {
  const counts = Object.fromEntries((column.categories ?? []).map(({ value, count }) => [value, count]))
  const shares = Object.fromEntries(
    (column.categories ?? []).map(({ value, count }) => [value, count / column.rowCount]),
  )
  // Evidently lists the missing value among the labels, and counts none of them.
  const none = column.missingCount > 0 ? { null: 0 } : {}
  return {
    metric: evidentlyMetric({
      kind: 'UniqueValueCount',
      module: 'column_statistics',
      parameters: [{ name: 'column', value: column.name, isOwn: true }],
      value: { counts: { ...counts, ...none }, shares: { ...shares, ...none } },
    }),
    test: null,
    value: column.distinctCount,
    was: null,
  }
}

function numberParts(column: ColumnProfile, was: ColumnProfile | null): Part[] {
  const part = (
    kind: string,
    title: string,
    given: { readonly of: (column: ColumnProfile) => number | null; readonly parameters?: readonly Parameter[] },
  ): Part => ({
    metric: evidentlyMetric({
      kind,
      module: 'column_statistics',
      parameters: [{ name: 'column', value: column.name, isOwn: true }, ...(given.parameters ?? [])],
      value: given.of(column),
    }),
    test: { title: `${title} of '${column.name}'`, withReference: near, alone: null },
    value: given.of(column) ?? Number.NaN,
    was: was === null ? null : (given.of(was) ?? Number.NaN),
  })
  const quantile = (share: number, at: number) =>
    part('QuantileValue', `Quantile ${share}`, {
      of: ({ numbers }) => (numbers === null ? null : itemAt(numbers.quantiles, at)),
      parameters: [{ name: 'quantile', value: share, isOwn: share !== 0.5 }],
    })
  return [
    part('MinValue', 'Minimal value', { of: ({ numbers }) => numbers?.min ?? null }),
    part('MaxValue', 'Maximum value', { of: ({ numbers }) => numbers?.max ?? null }),
    part('MeanValue', 'Mean value', { of: ({ numbers }) => numbers?.mean ?? null }),
    part('StdValue', 'Std value', { of: ({ numbers }) => numbers?.std ?? null }),
    quantile(0.25, 2),
    quantile(0.5, 3),
    quantile(0.75, 4),
  ]
}
