import { createHash } from 'node:crypto'
import type { Expectation, Json } from '@fabrique/contract'
import { canonicalJson } from '../../kernel/index.js'

/** Arguments that say how much is allowed; changing one leaves an expectation the same one. */
const bounds: ReadonlySet<string> = new Set([
  'mostly',
  'min_value',
  'max_value',
  'strict_min',
  'strict_max',
  'value',
  'value_set',
  'value_pairs_set',
  'sum_total',
  'threshold',
  'quantile_ranges',
  'allow_relative_error',
  'partition_object',
  'tail_weight_holdout',
  'internal_weight_holdout',
  'bucketize_data',
  'column_set',
  'exact_match',
  'max_age',
  'p',
  'p_value',
  'p_value_threshold',
])

/** Arguments that Great Expectations keeps beside an expectation and that say nothing of what is expected. */
const notes: ReadonlySet<string> = new Set([
  'batch_id',
  'result_format',
  'catch_exceptions',
  'meta',
  'notes',
  'description',
  'rendered_content',
  'severity',
])

/**
 * What an expectation is about, as a digest: its type and its arguments without bounds, so that it keeps its history when a bound
 * moves. The columns, the row condition and what defines the expectation (a pattern, a type, a query) belong to it. The list of
 * columns of a table is a bound; that of an expectation over several columns is what it is about.
 */
export function expectationIdentity({ type, kwargs }: Expectation): string {
  const about: Record<string, Json> = {}
  for (const [name, value] of Object.entries(kwargs)) {
    const isBound = bounds.has(name) || (name === 'column_list' && type.startsWith('expect_table_'))
    if (!isBound && !notes.has(name)) about[name] = value
  }
  return createHash('sha256').update(canonicalJson({ type, about })).digest('hex').slice(0, 32)
}

/** The identities of the expectations of a suite, in order; those that would be equal are told apart by their number. */
export function suiteIdentities(expectations: readonly Expectation[]): readonly string[] {
  const seen = new Map<string, number>()
  return expectations.map((expectation) => {
    const identity = expectationIdentity(expectation)
    const before = seen.get(identity) ?? 0
    seen.set(identity, before + 1)
    return before === 0 ? identity : `${identity}-${before + 1}`
  })
}
