import type { ReportSegment } from '@fabrique/contract'
import { type Said, shortNumber } from '@fabrique/ml/drift'
import { isBetterHigh, type SegmentMetric } from '@fabrique/ml/monitoring'
import { limit } from '../../../kernel/index.js'
import { labelsMin, usable } from './figures-of-classes.js'
import type { ScoredClasses, ScoredNumbers } from './read-scored.js'

export const withoutPredictions: Said = {
  en: 'There are no current predictions beside which the truth could stand',
  fr: 'Il n’y a pas de prédictions actuelles à comparer à la vérité',
}

/** Figures are computed from a matrix of all classes by all classes. */
const hasTooManyClasses = (rows: ScoredClasses | ScoredNumbers): boolean =>
  rows.kind === 'classes' && rows.classes.length > limit('monitoring.classes_max')

/** Why a figure cannot be told of rows; undefined where it can. */
export function whyUnfit(metric: SegmentMetric, rows: ScoredClasses | ScoredNumbers): Said | undefined {
  const isOfNumbers = metric === 'mae' || metric === 'rmse'
  if (rows.kind === 'numbers') {
    if (isOfNumbers) return undefined
    return { en: `${metric} is told of classes, not of numbers`, fr: `${metric} concerne des classes, pas des nombres` }
  }
  const { classes, probabilities } = rows
  if (isOfNumbers)
    return { en: `${metric} is told of numbers, not of classes`, fr: `${metric} concerne des nombres, pas des classes` }
  if (hasTooManyClasses(rows)) {
    const most = limit('monitoring.classes_max')
    return {
      en: `There are ${classes.length} classes, and at most ${most} are told apart`,
      fr: `Il y a ${classes.length} classes, et au plus ${most} sont distinguées`,
    }
  }
  if ((metric === 'recall' || metric === 'precision') && classes.length !== 2) {
    return {
      en: `${metric} is compared of two classes, and there are ${classes.length}`,
      fr: `${metric} se compare pour deux classes, et il y en a ${classes.length}`,
    }
  }
  if ((metric === 'log_loss' || metric === 'brier') && usable(probabilities) === null) {
    return {
      en: `${metric} needs probabilities of all classes`,
      fr: `${metric} demande les probabilités de toutes les classes`,
    }
  }
  return undefined
}

/**
 * Why a figure cannot be told of the reference, though it has predictions: those of a log may have classes alone, where those of today have
 * probabilities. Undefined where it can, and where there are none.
 */
export function whyUnfitBefore(
  metric: SegmentMetric,
  rows: ScoredClasses | ScoredNumbers | undefined,
): Said | undefined {
  const why = rows === undefined ? undefined : whyUnfit(metric, rows)
  return why === undefined ? undefined : { en: `of the reference, ${why.en}`, fr: `pour la référence, ${why.fr}` }
}

/** No part is decided by a side that is short of rows as a whole. */
export function tooFewRows(reference: number, current: number, rowsMin: number): Said {
  const [r, c, min] = [reference, current, rowsMin].map((count) => ({
    en: count.toLocaleString('en'),
    fr: count.toLocaleString('fr'),
  }))
  return {
    en: `Not enough data: ${r?.en} reference and ${c?.en} current rows, at least ${min?.en} on each side are needed`,
    fr: `Pas assez de données\u202f: ${r?.fr} lignes de référence et ${c?.fr} actuelles, il en faut au moins ${min?.fr} de chaque côté`,
  }
}

type Judged = Pick<
  ReportSegment,
  'state' | 'labelled' | 'reference_labelled' | 'now' | 'before' | 'p_value' | 'adjusted_p_value' | 'effect' | 'falls'
>

interface ToDescribe extends Judged {
  readonly metric: SegmentMetric
  readonly why: Said | undefined
  /** Why it cannot be told of the reference. */
  readonly whyNoReference: Said | undefined
  readonly level: number
  readonly effectMin: number
}

const noReference: Said = {
  en: 'the reference has no predictions beside the truth, as a past window has, or a snapshot with both',
  fr: 'la référence n’a pas de prédictions à côté de la vérité, comme en a une fenêtre passée, ou un instantané qui a les deux',
}

/** Of what was tested. */
function isWorse({ metric, now, before }: ToDescribe): boolean {
  const [is, was] = [now ?? Number.NaN, before ?? Number.NaN]
  return isBetterHigh(metric) ? is < was : is > was
}

/** What was compared, on how many rows, and why it counts as a fall or not. */
export function describeSegment(of: ToDescribe): Said {
  return of.why ?? { en: inEnglish(of), fr: inFrench(of) }
}

function inEnglish(of: ToDescribe): string {
  const { state, metric, labelled, reference_labelled: earlier, level } = of
  const n = (value: number | null | undefined) => shortNumber(value ?? 0, 'en')
  const rows = (count: number) => count.toLocaleString('en')
  const own = `${metric} ${n(of.now)} on ${rows(labelled)} rows`
  if (state === 'not_enough_data')
    return `Not enough data: ${rows(labelled)} current and ${rows(earlier)} reference rows count, at least ${labelsMin} on each side are needed`
  if (state === 'no_reference')
    return `${own}. Whether it fell cannot be told: ${of.whyNoReference?.en ?? noReference.en}`
  const odds = `p = ${n(of.p_value)}, ${n(of.adjusted_p_value)} with the whole and all segments in mind`
  const head = `${own}, ${n(of.before)} on ${rows(earlier)} of the reference: ${odds}`
  if (!isWorse(of)) return `${head}, and it did not get worse`
  const size = of.effect === undefined ? 'it had no deviation before' : `it is ${n(of.effect)} deviations worse`
  if (of.falls === true) return `${head}, not above ${n(level)}, and ${size}, so it counts as a fall`
  if ((of.adjusted_p_value ?? 1) > level) return `${head}, above ${n(level)}, as chance alone gives`
  return `${head}, but ${size}, and below ${n(of.effectMin)} is too small to matter`
}

function inFrench(of: ToDescribe): string {
  const { state, metric, labelled, reference_labelled: earlier, level } = of
  const n = (value: number | null | undefined) => shortNumber(value ?? 0, 'fr')
  const rows = (count: number) => count.toLocaleString('fr')
  const own = `${metric} ${n(of.now)} sur ${rows(labelled)} lignes`
  if (state === 'not_enough_data')
    return `Pas assez de données\u202f: ${rows(labelled)} lignes actuelles et ${rows(earlier)} de référence comptent, il en faut au moins ${labelsMin} de chaque côté`
  if (state === 'no_reference')
    return `${own}. On ne peut pas dire si elle recule\u202f: ${of.whyNoReference?.fr ?? noReference.fr}`
  const odds = `p = ${n(of.p_value)}, ${n(of.adjusted_p_value)} en tenant compte de l’ensemble et de tous les segments`
  const head = `${own}, ${n(of.before)} sur ${rows(earlier)} de la référence\u202f: ${odds}`
  if (!isWorse(of)) return `${head}, et elle n’a pas reculé`
  const size =
    of.effect === undefined ? 'elle ne variait pas auparavant' : `elle est pire de ${n(of.effect)} écarts types`
  if (of.falls === true) return `${head}, pas plus que ${n(level)}, et ${size}, donc elle recule`
  if ((of.adjusted_p_value ?? 1) > level) return `${head}, plus que ${n(level)}, comme le hasard seul en donne`
  return `${head}, mais ${size}, et moins de ${n(of.effectMin)} ne compte pas`
}
