import { float64At, int32At } from '../data/element.js'
import { assertPaired, sum } from '../metrics/check-pairs.js'
import { MlError } from '../ml-error.js'
import { type MeasuredValue, meanInterval } from './intervals.js'
import { orderRows } from './order-rows.js'

/** Items that were recommended to users, one row each. */
export interface RankedRows {
  /** A code for the user of each row. */
  readonly users: Int32Array
  /** Greater is recommended before lesser. */
  readonly scores: Float64Array
  /** How much the item turned out to be wanted: above 0 is wanted; NaN where not known yet. */
  readonly relevance: Float64Array
}

export interface RankingOptions {
  /** How many of the first items of a user count; 10 by default. */
  readonly top?: number
  /** Weight of recall in F-beta; 1 by default. */
  readonly beta?: number
  /** From which relevance on an item is wanted; above 0 by default. NDCG then takes it as 0 or 1 too, as Evidently. */
  readonly relevanceMin?: number
  /** Whether users who wanted none of their items count, as zeros; false by default, as Evidently. */
  readonly withoutFeedback?: boolean
  /** Users with feedback that are needed; 30 by default. */
  readonly usersMin?: number
  readonly level?: number
}

export interface RankingPerformance {
  readonly state: 'measured' | 'too_few_labels'
  readonly top: number
  /** Users that were measured. */
  readonly userCount: number
  /** Users that wanted none of their items. */
  readonly withoutFeedbackCount: number
  readonly level: number
  /** Means over users; F-beta is of the means of precision and recall, so it has no interval. */
  readonly metrics: {
    readonly ndcg: MeasuredValue
    readonly map: MeasuredValue
    readonly mrr: MeasuredValue
    readonly hitRate: MeasuredValue
    readonly precision: MeasuredValue
    readonly recall: MeasuredValue
    readonly fBeta: MeasuredValue
  } | null
}

/** What a user's list is worth. */
interface UserScores {
  readonly ndcg: number
  readonly map: number
  readonly mrr: number
  readonly hitRate: number
  readonly precision: number
  readonly recall: number
}

/**
 * Measures recommendations with Evidently's definitions: items of a user by falling score, of which the first `top` count; NDCG =
 * sum(relevance / log2(place + 1)) over that of the best order; MAP = sum of the precision at each hit over all that the user wanted, not
 * only `top`; precision over the items shown where those are fewer than `top`. Items of one score keep the order of their rows, where
 * Evidently gives all of them the mean place cut to a whole number.
 * @throws MlError `length_mismatch`, `empty_set` or `invalid_parameter`
 */
export function rankingPerformance(rows: RankedRows, options: RankingOptions = {}): RankingPerformance {
  const { top = 10, beta = 1, withoutFeedback = false, usersMin = 30, level = 0.95 } = options
  assertPaired(rows.users.length, rows.scores.length)
  assertPaired(rows.users.length, rows.relevance.length)
  if (!Number.isInteger(top) || top < 1) {
    throw new MlError('invalid_parameter', `top is ${top}: give a whole number of at least 1`, { value: top })
  }
  const lists = listsOf(rows, options.relevanceMin)
  const wanted = lists.filter((list) => list.some((relevance) => relevance > 0))
  const measured = withoutFeedback ? lists : wanted
  const counts = { top, userCount: measured.length, withoutFeedbackCount: lists.length - wanted.length, level }
  if (measured.length < Math.max(usersMin, 1)) return { state: 'too_few_labels', ...counts, metrics: null }
  const scores = measured.map((list) => scoreList(list, top))
  const meanOf = (score: (own: UserScores) => number) =>
    meanInterval(Float64Array.from(scores, score), { level, min: 0, max: 1 })
  const precision = meanOf((own) => own.precision)
  const recall = meanOf((own) => own.recall)
  const weighted = beta * beta * precision.value + recall.value
  const fBeta = weighted === 0 ? 0 : ((1 + beta * beta) * precision.value * recall.value) / weighted
  return {
    state: 'measured',
    ...counts,
    metrics: {
      ndcg: meanOf((own) => own.ndcg),
      map: meanOf((own) => own.map),
      mrr: meanOf((own) => own.mrr),
      hitRate: meanOf((own) => own.hitRate),
      precision,
      recall,
      fBeta: { value: fBeta, low: null, high: null },
    },
  }
}

/** The relevance of each user's items in the order they are recommended in; rows without one are left out. */
function listsOf({ users, scores, relevance }: RankedRows, relevanceMin: number | undefined): number[][] {
  // Ordered by the negative score, so that equal ones keep the order of their rows.
  const order = orderRows(scores.map((score, row) => (Number.isNaN(float64At(relevance, row)) ? Number.NaN : -score)))
  const lists = new Map<number, number[]>()
  for (let at = 0; at < order.length; at++) {
    const row = int32At(order, at)
    const own = float64At(relevance, row)
    const list = lists.get(int32At(users, row)) ?? []
    list.push(relevanceMin === undefined ? own : own >= relevanceMin ? 1 : 0)
    lists.set(int32At(users, row), list)
  }
  return [...lists.values()]
}

function scoreList(list: readonly number[], top: number): UserScores {
  const shown = list.slice(0, top)
  const wantedCount = list.filter((relevance) => relevance > 0).length
  const gainOf = (relevances: readonly number[]) =>
    sum(relevances.map((relevance, place) => relevance / Math.log2(place + 2)))
  const ideal = gainOf([...list].sort((a, b) => b - a).slice(0, top))
  let [hits, precisions, first] = [0, 0, 0]
  for (const [place, relevance] of shown.entries()) {
    if (relevance <= 0) continue
    hits++
    precisions += hits / (place + 1)
    if (first === 0) first = place + 1
  }
  return {
    ndcg: ideal === 0 ? 0 : gainOf(shown) / ideal,
    map: wantedCount === 0 ? 0 : precisions / wantedCount,
    mrr: first === 0 ? 0 : 1 / first,
    hitRate: first === 0 ? 0 : 1,
    precision: hits / shown.length,
    recall: wantedCount === 0 ? 0 : hits / wantedCount,
  }
}
