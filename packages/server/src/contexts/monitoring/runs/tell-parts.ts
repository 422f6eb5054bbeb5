import type { Language } from '@fabrique/contract'
import { shortNumber } from '@fabrique/ml/drift'
import type { FoundMultivariate } from './multivariate.js'
import { nameOfSegment } from './name-of-segment.js'
import { undecidedOf } from './report-document.js'
import type { FoundSegment, FoundSegments } from './segments.js'

/** Segments that the sentence of a report names. */
const namedMax = 2

/** What the sentence of a report says of columns together: what drifts, and what could not be decided. */
export function tellMultivariate(found: readonly FoundMultivariate[], language: Language): readonly string[] {
  const isFrench = language === 'fr'
  const n = (value: number | null) => shortNumber(value ?? 0, language)
  const drifting = found.filter(({ drift }) => drift === true)
  if (drifting.length > 0) {
    const scores = drifting.map(({ method, score }) =>
      method === 'domain_classifier'
        ? `${isFrench ? 'aire ROC' : 'ROC AUC'} ${n(score)}`
        : `${isFrench ? 'erreur de reconstruction' : 'error of reconstruction'} ${n(score)}`,
    )
    const what = isFrench ? 'les colonnes ensemble dérivent' : 'columns together drift'
    return [`${what} (${scores.join(', ')})`]
  }
  if (found.every(({ drift }) => drift !== null)) return []
  return [isFrench ? 'on ne sait pas si les colonnes ensemble dérivent' : 'whether columns together drift is not known']
}

/** What it says of segments: where the model does worse, and whether it does as a whole. */
export function tellSegments(found: FoundSegments, language: Language): readonly string[] {
  const isFrench = language === 'fr'
  const { metric, whole, segments, fallen, tested } = found
  const change = ({ before, now }: Pick<FoundSegment, 'before' | 'now'>) =>
    `${metric} ${shortNumber(before ?? 0, language)} → ${shortNumber(now ?? 0, language)}`
  if (tested === 0) return [isFrench ? 'aucun segment n’a pu être comparé' : 'no segment could be compared']
  const undecided = undecidedOf(found)
  const unknown =
    undecided === 0
      ? []
      : [
          isFrench
            ? `${undecided} ${undecided === 1 ? 'segment n’a pas pu être jugé' : 'segments n’ont pas pu être jugés'}`
            : `${undecided} ${undecided === 1 ? 'segment' : 'segments'} could not be judged`,
        ]
  const worse = segments.filter(({ falls }) => falls === true)
  const named = worse.slice(0, namedMax).map((one) => `${nameOfSegment(one, language)} (${change(one)})`)
  const more =
    fallen > namedMax ? (isFrench ? ` et ${fallen - namedMax} de plus` : ` and ${fallen - namedMax} more`) : ''
  const where = `${named.join(isFrench ? ' et ' : ' and ')}${more}`
  if (whole.falls === true) {
    const all = isFrench ? `le modèle fait moins bien (${change(whole)})` : `the model does worse (${change(whole)})`
    if (fallen === 0) return [all, ...unknown]
    return [isFrench ? `${all}, surtout pour ${where}` : `${all}, most for ${where}`, ...unknown]
  }
  if (fallen === 0) return unknown
  return [
    isFrench
      ? `le modèle fait moins bien pour ${where}, mais pas dans l’ensemble`
      : `the model does worse for ${where}, though not as a whole`,
    ...unknown,
  ]
}
