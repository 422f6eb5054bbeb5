import type { MonitorSeverity, MonitorState } from '@fabrique/contract'
import { type DriftReport, type Said, shortNumber } from '@fabrique/ml/drift'
import { worse } from '../model.js'
import type { Figure } from './figures.js'
import type { ReportParts } from './report-document.js'
import { tellMultivariate, tellSegments } from './tell-parts.js'

/** What a run found, before anything follows from it. */
export interface Judged {
  readonly state: Exclude<MonitorState, 'failed'>
  readonly sentence: Said
}

export interface ToJudge extends ReportParts {
  readonly report: DriftReport
  readonly rowsMin: number
  /** Of both sides, where those that were compared are a part of them. */
  readonly rows?: { readonly reference: number; readonly current: number }
}

/**
 * The state of a report. The data as a whole drifts, columns together do, the model does worse as a whole or in a segment, or a bound of that
 * severity is broken: an alarm. Single columns drift, or could not be compared though they should: a warning. Where nothing could be decided
 * there is not enough data, which is never `ok`.
 */
export function judgeRun(given: ToJudge): Judged {
  const { report, figures, segments, multivariate = [], rowsMin } = given
  const broken = figures.filter(({ state }) => state === 'violated')
  let severity: MonitorSeverity | undefined
  const raise = (to: MonitorSeverity) => {
    severity = severity === undefined ? to : worse(severity, to)
  }
  if (report.datasetDrift === true) raise('alarm')
  else if (report.drifted + report.broken > 0) raise('warning')
  for (const figure of broken) raise(figure.severity ?? 'alarm')
  if (multivariate.some(({ drift }) => drift === true)) raise('alarm')
  if (segments !== undefined && (segments.fallen > 0 || segments.whole.falls === true)) raise('alarm')
  const { reference, current } = rowsOf(given)
  const isShort = Math.min(reference, current) < rowsMin
  const isDecided =
    report.tested > 0 ||
    figures.some(({ state }) => state === 'holds') ||
    (segments?.tested ?? 0) > 0 ||
    multivariate.some(({ drift }) => drift !== null)
  const state = severity ?? (isShort || !isDecided ? 'not_enough_data' : 'ok')
  return { state, sentence: sentenceOf(given, isShort, broken) }
}

const rowsOf = ({ report, rows }: ToJudge) => rows ?? { reference: report.referenceRows, current: report.currentRows }

function sentenceOf(given: ToJudge, isShort: boolean, broken: readonly Figure[]): Said {
  const { report, figures, rowsMin } = given
  const { reference, current } = rowsOf(given)
  const unknown = figures.filter(({ state, severity }) => state === 'not_computed' && severity !== undefined).length
  const say = (language: 'en' | 'fr'): string => {
    const isFrench = language === 'fr'
    const rows = (count: number) => count.toLocaleString(language)
    const parts = [
      isShort
        ? isFrench
          ? `Pas assez de données\u202f: ${rows(reference)} lignes de référence et ${rows(current)} actuelles, il en faut au moins ${rows(rowsMin)} de chaque côté`
          : `Not enough data: ${rows(reference)} reference and ${rows(current)} current rows, at least ${rows(rowsMin)} on each side are needed`
        : report.why[language],
    ]
    parts.push(...tellMultivariate(given.multivariate ?? [], language))
    if (given.segments !== undefined) parts.push(...tellSegments(given.segments, language))
    for (const figure of broken.slice(0, 3)) parts.push(describe(figure, language))
    if (broken.length > 3) {
      const more = broken.length - 3
      const [word, mots] =
        more === 1 ? ['bound does', 'autre borne ne tient pas'] : ['bounds do', 'autres bornes ne tiennent pas']
      parts.push(isFrench ? `${more} ${mots}` : `${more} more ${word} not hold`)
    }
    if (unknown > 0) {
      parts.push(
        isFrench
          ? `${unknown} ${unknown === 1 ? 'borne n’a pas pu être jugée' : 'bornes n’ont pas pu être jugées'}`
          : `${unknown} ${unknown === 1 ? 'bound' : 'bounds'} could not be judged`,
      )
    }
    return parts.join(isFrench ? '\u202f; ' : '; ')
  }
  return { en: say('en'), fr: say('fr') }
}

/** What is measured, where its name alone is none that people use: those of performance are called as trainings call them. */
const words: Readonly<Record<string, Said>> = {
  rows: { en: 'number of rows', fr: 'nombre de lignes' },
  missing_share: { en: 'share of missing values', fr: 'part de valeurs manquantes' },
  empty_columns: { en: 'empty columns', fr: 'colonnes vides' },
  constant_columns: { en: 'constant columns', fr: 'colonnes constantes' },
  duplicate_rows_share: { en: 'share of duplicate rows', fr: 'part de lignes en double' },
  new_values_share: { en: 'share of new values', fr: 'part de valeurs nouvelles' },
  out_of_range_share: { en: 'share of values out of range', fr: 'part de valeurs hors des bornes' },
}

function describe({ metric, column, value, min, max, kind }: Figure, language: 'en' | 'fr'): string {
  const isFrench = language === 'fr'
  const told = shortNumber(value ?? Number.NaN, language)
  const isBelow = min !== undefined && value !== null && value < min
  const bound = shortNumber((isBelow ? min : max) ?? Number.NaN, language)
  const estimated = kind === 'estimated_performance' ? (isFrench ? ' (estimation)' : ' (estimated)') : ''
  const of = column === undefined ? '' : isFrench ? ` de ${column}` : ` of ${column}`
  const name = (kind === 'quality' ? words[metric]?.[language] : undefined) ?? metric
  const relation = isBelow ? (isFrench ? 'sous' : 'below') : isFrench ? 'au-dessus de' : 'above'
  return `${name}${estimated}${of} ${told} ${relation} ${bound}`
}
