import { createHash } from 'node:crypto'
import {
  type Expectation,
  type ExpectationInput,
  FabriqueError,
  isFabriqueError,
  type Json,
  parseExpectation,
  Severity,
} from '@fabrique/contract'
import { canonicalJson } from '../../../kernel/index.js'
import type { EvaluatedExpectation } from './model.js'

/** A suite as Great Expectations keeps it in JSON. */
export interface GxSuite {
  readonly name: string
  readonly meta: Readonly<Record<string, Json>>
  readonly expectations: readonly Expectation[]
}

type Members = Readonly<Record<string, Json>>

function members(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined
}

const text = (value: Json | undefined) => (typeof value === 'string' && value !== '' ? value : undefined)

/** The version that results are written for. */
const gxVersion = '1.24.1'

/**
 * Reads a suite of Great Expectations 1.x (`name`, `type`) or before (`expectation_suite_name`, `expectation_type`), or a bare list of
 * expectations. Throws `suite_invalid` with the place, from 1, of the first expectation that cannot be taken.
 */
export function fromGxSuite(json: unknown): GxSuite {
  const suite = members(json)
  const list = Array.isArray(json) ? (json as readonly Json[]) : suite?.expectations
  if (!Array.isArray(list))
    throw new FabriqueError('suite_invalid', { place: 0, reason: 'there is no list named expectations' })
  return {
    name: text(suite?.name) ?? text(suite?.expectation_suite_name) ?? 'suite',
    meta: members(suite?.meta) ?? {},
    expectations: list.map((item: Json, index) => readExpectation(item, index + 1)),
  }
}

function readExpectation(item: Json, place: number): Expectation {
  const given = members(item)
  if (given === undefined) throw new FabriqueError('suite_invalid', { place, reason: 'it is no object' })
  try {
    return parseExpectation(fromGxExpectation(given))
  } catch (error) {
    if (!isFabriqueError(error)) throw error
    throw new FabriqueError('suite_invalid', { place, reason: error.message }, { cause: error })
  }
}

/** An expectation as Great Expectations, any version, or we write it, in our members; `parseExpectation` checks its arguments. */
export function fromGxExpectation(item: object): ExpectationInput {
  const given = members(item) ?? {}
  const kwargs = members(given.kwargs) ?? {}
  const note = noteOf(given)
  const severity = Severity.safeParse(given.severity ?? kwargs.severity)
  const meta = members(given.meta)
  return {
    type: text(given.type) ?? text(given.expectation_type) ?? '',
    kwargs: { ...kwargs },
    severity: severity.success ? severity.data : 'critical',
    ...(given.action === 'quarantine' ? { action: 'quarantine' as const } : {}),
    ...(note === undefined ? {} : { notes: note.slice(0, 4000) }),
    ...(meta === undefined || Object.keys(meta).length === 0 ? {} : { meta: { ...meta } }),
  }
}

function noteOf({ notes, description }: Members): string | undefined {
  if (Array.isArray(notes)) return notes.filter((line) => typeof line === 'string').join('\n')
  return text(notes) ?? text(description)
}

/** A suite in the JSON of Great Expectations 1.x. */
export function toGxSuite({ name, meta, expectations }: GxSuite): Json {
  return {
    name,
    id: null,
    expectations: expectations.map(({ type, kwargs, severity, action, notes, meta: own }) => ({
      type,
      kwargs,
      meta: own ?? {},
      severity,
      id: null,
      ...(notes === undefined ? {} : { notes }),
      ...(action === undefined ? {} : { action }),
    })),
    meta: { great_expectations_version: gxVersion, ...meta },
    notes: null,
  }
}

/** What the result of a suite is about. */
export interface GxResultFacts {
  readonly suiteName: string
  /** Members of `meta` beyond the version. */
  readonly meta: Readonly<Record<string, Json>>
}

/** The result of a suite in the JSON of Great Expectations 1.x. */
export function toGxResult(evaluated: readonly EvaluatedExpectation[], { suiteName, meta }: GxResultFacts): Json {
  const successful = evaluated.filter(({ success }) => success).length
  const results = evaluated.map(({ expectation, success, exception, result }) => ({
    success,
    expectation_config: {
      type: expectation.type,
      kwargs: expectation.kwargs,
      meta: expectation.meta ?? {},
      severity: expectation.severity,
      ...(expectation.notes === undefined ? {} : { notes: expectation.notes }),
    },
    result,
    meta: {},
    exception_info: {
      raised_exception: exception !== undefined,
      exception_traceback: null,
      exception_message: exception?.message ?? null,
    },
  }))
  return {
    success: successful === evaluated.length,
    results,
    suite_name: suiteName,
    suite_parameters: {},
    statistics: {
      evaluated_expectations: evaluated.length,
      successful_expectations: successful,
      unsuccessful_expectations: evaluated.length - successful,
      success_percent: evaluated.length === 0 ? null : (successful / evaluated.length) * 100,
    },
    meta: { great_expectations_version: gxVersion, ...meta },
    id: createHash('sha256').update(canonicalJson({ results, suiteName })).digest('hex').slice(0, 32),
  }
}
