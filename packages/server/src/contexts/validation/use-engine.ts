import {
  type CheckResult,
  type Expectation,
  errorMessage,
  type FailingRows,
  isFabriqueError,
  type Json,
  parseExpectation,
  type ResultFormat,
  type Snapshot,
  type ValidationResult,
} from '@fabrique/contract'
import { assert } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import { findProfile, listSnapshots, localParts, tableOfParts, useSnapshot } from '../datasets/index.js'
import {
  type EvaluatedExpectation,
  type EvaluateOptions,
  evaluateSuite,
  type TableFacts,
  toCheckResult,
  toGxResult,
  unexpectedRows,
} from './engine/index.js'

/** Evaluates expectations on a snapshot, as of now: a result for each, in their order. */
export async function evaluateChecks(
  ctx: VerbContext,
  snapshot: Snapshot,
  expectations: readonly Expectation[],
): Promise<readonly CheckResult[]> {
  if (expectations.length === 0) return []
  const options = { resultFormat: 'BASIC', now: ctx.clock.now() } as const
  return (await evaluateAll(ctx, snapshot, expectations, options)).map(toCheckResult)
}

/**
 * What was declared for an older version may have arguments that are no longer taken: such an expectation is one that could not be
 * evaluated, and the others are.
 */
async function evaluateAll(
  ctx: VerbContext,
  snapshot: Snapshot,
  expectations: readonly Expectation[],
  options: Partial<EvaluateOptions>,
): Promise<readonly EvaluatedExpectation[]> {
  const refused = expectations.map(refusalOf)
  const taken = expectations.filter((_expectation, place) => refused[place] === undefined)
  const facts = await factsOf(ctx, snapshot)
  const evaluated = await withOtherTables(ctx, snapshot, taken, (otherTable) =>
    useSnapshot(ctx, snapshot, (connection, table) =>
      evaluateSuite(connection, table, facts, taken, { ...options, otherTable }),
    ),
  )
  let next = 0
  return expectations.flatMap((expectation, place): readonly EvaluatedExpectation[] => {
    const message = refused[place]
    if (message !== undefined)
      return [{ expectation, success: false, is_evaluated: false, exception: { message }, result: {} }]
    const found = evaluated[next]
    next += 1
    // What was declared is what is told, as it was written.
    return found === undefined ? [] : [{ ...found, expectation }]
  })
}

/**
 * What is kept of a snapshot that was made here, so that it need not be read for what its profile tells. The profile of one that came
 * from elsewhere is the word of others.
 */
async function factsOf(ctx: VerbContext, { id, kind, ingest_id, row_count }: Snapshot): Promise<TableFacts> {
  if (kind !== 'table' || ingest_id === undefined) return {}
  const profile = await findProfile(ctx, id)
  return profile === undefined || profile.row_count !== row_count ? {} : { profile }
}

function refusalOf(expectation: Expectation): string | undefined {
  try {
    parseExpectation(expectation)
    return undefined
  } catch (error) {
    if (isFabriqueError(error)) return errorMessage(error, 'en')
    throw error
  }
}

const otherTablesMax = 10

/** The names of other data sets that expectations compare with. */
export function otherTablesOf(expectations: readonly Expectation[]): readonly string[] {
  const names = expectations.map(({ kwargs }) => kwargs.other_table_name).filter((name) => typeof name === 'string')
  return [...new Set(names)].sort().slice(0, otherTablesMax)
}

/** The newest snapshots of other data sets of the project, by name; those without one are left out. */
export async function otherSnapshots(
  ctx: VerbContext,
  { project }: Pick<Snapshot, 'project'>,
  expectations: readonly Expectation[],
): Promise<ReadonlyMap<string, Snapshot>> {
  const found = new Map<string, Snapshot>()
  for (const dataset of otherTablesOf(expectations)) {
    const { items } = await listSnapshots({ ctx, input: { project, dataset, limit: 1 } })
    if (items[0] !== undefined) found.set(dataset, items[0])
  }
  return found
}

/** Another table that an expectation names is the newest snapshot of the data set of that name in the same project. */
async function withOtherTables<Result>(
  ctx: VerbContext,
  snapshot: Snapshot,
  expectations: readonly Expectation[],
  work: (otherTable: EvaluateOptions['otherTable']) => Promise<Result>,
): Promise<Result> {
  const tables = new Map<string, string>()
  const releases: (() => Promise<void>)[] = []
  try {
    for (const [name, other] of await otherSnapshots(ctx, snapshot, expectations)) {
      const { paths, release } = await localParts(ctx, other)
      releases.push(release)
      tables.set(name, tableOfParts(paths, other.columns))
    }
    return await work((name) => tables.get(name))
  } finally {
    for (const release of releases) await release()
  }
}

export interface FailingRowsQuery {
  readonly expectation: Expectation
  readonly columns: readonly string[]
  readonly limit: number
  readonly offset: number
}

/** Rows that break an expectation, in the order of the snapshot; none where it is not about rows. A query gives columns of its own. */
export async function findFailingRows(
  ctx: VerbContext,
  snapshot: Snapshot,
  { expectation, ...query }: FailingRowsQuery,
): Promise<Pick<FailingRows, 'columns' | 'rows' | 'total'>> {
  const found = await useSnapshot(ctx, snapshot, (connection, table) =>
    unexpectedRows(connection, table, expectation, query),
  )
  const rows = found?.rows.map(({ values, ...number }) => ({ ...number, values: [...values] })) ?? []
  return { columns: [...(found?.columns ?? query.columns)], rows, total: found?.total ?? 0 }
}

interface GxOptions {
  readonly resultFormat: ResultFormat
  /** Columns that name an unexpected row. */
  readonly key: readonly string[]
}

/** A validation evaluated again, as of its own moment, as Great Expectations writes it. */
export async function gxResult(
  ctx: VerbContext,
  snapshot: Snapshot,
  validation: ValidationResult,
  { resultFormat, key }: GxOptions,
): Promise<Record<string, Json>> {
  const expectations = validation.checks.map(({ expectation }) => expectation)
  const evaluated = await evaluateAll(ctx, snapshot, expectations, {
    resultFormat,
    unexpectedIndexColumns: key,
    now: new Date(validation.created_at),
  })
  return writeGx(evaluated, validation, {})
}

/** The same from what was kept of it: counts, what was observed and the first unexpected values. */
export function gxFromStored(validation: ValidationResult, resultFormat: ResultFormat): Record<string, Json> {
  const evaluated = validation.checks.map((check): EvaluatedExpectation => {
    const { expectation, success, error, element_count, missing_count, unexpected_count, unexpected_sample } = check
    const result = {
      ...(element_count === undefined ? {} : { element_count: element_count + (missing_count ?? 0) }),
      ...(missing_count === undefined ? {} : { missing_count }),
      ...(unexpected_count === undefined ? {} : { unexpected_count }),
      ...(unexpected_sample === undefined ? {} : { partial_unexpected_list: unexpected_sample }),
      ...(check.observed === undefined ? {} : { observed_value: check.observed }),
    }
    return {
      expectation,
      success,
      is_evaluated: error === undefined,
      ...(error === undefined ? {} : { exception: { message: error } }),
      result: resultFormat === 'BOOLEAN_ONLY' ? {} : result,
    }
  })
  return writeGx(evaluated, validation, { snapshot_erased: true })
}

function writeGx(
  evaluated: readonly EvaluatedExpectation[],
  { id, snapshot_id, project, dataset, suite, created_at }: ValidationResult,
  more: Readonly<Record<string, Json>>,
): Record<string, Json> {
  const meta = { validation_id: id, snapshot_id, project, dataset, validation_time: created_at, ...more }
  return membersOf(toGxResult(evaluated, { suiteName: suite, meta }))
}

/** The members of a JSON object; what the engine writes for Great Expectations is one. */
export function membersOf(value: Json): Record<string, Json> {
  assert(typeof value === 'object' && value !== null && !Array.isArray(value), 'The engine wrote no object')
  return { ...(value as Readonly<Record<string, Json>>) }
}
