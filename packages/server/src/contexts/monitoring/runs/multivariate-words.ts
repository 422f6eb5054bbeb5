import type { ReportMultivariate } from '@fabrique/contract'
import { type Said, shortNumber } from '@fabrique/ml/drift'

export const onlyProfile: Said = {
  en: 'Nothing can be said: of the training a profile of each column is left, not its rows. Compare with a snapshot, or with a past window',
  fr: 'On ne peut rien dire\u202f: de l’entraînement il reste un profil de chaque colonne, pas ses lignes. Comparez à un instantané, ou à une fenêtre passée',
}

export const notComputed = (why: string): Said => ({
  en: `Nothing can be said, since it cannot be computed of these rows (${why})`,
  fr: `On ne peut rien dire, car ces lignes ne permettent pas le calcul (${why})`,
})

type Method = ReportMultivariate['method']

const titles: Readonly<Record<Method, Said>> = {
  domain_classifier: {
    en: 'Domain classifier (area under the ROC curve)',
    fr: 'Classifieur de provenance (aire sous la courbe ROC)',
  },
  reconstruction: {
    en: 'Error of reconstruction from principal components',
    fr: 'Erreur de reconstruction depuis les composantes principales',
  },
}

/** The name of a method for people. */
export const multivariateTitle = (method: Method, language: 'en' | 'fr'): string => titles[method][language]

interface ToDescribe extends Omit<ReportMultivariate, 'sentence'> {
  readonly rowsMin: number
  /** Columns that are not looked at by design. */
  readonly skipped: number
}

/** What was computed, on how many rows and columns, and why it alarms or not. */
export function describeMultivariate(of: ToDescribe): Said {
  return { en: inEnglish(of), fr: inFrench(of) }
}

/** Columns that a sentence names. */
const namesMax = 5

function inEnglish(of: ToDescribe): string {
  const { method, state, columns, score, threshold, threshold_low: lower, p_value: p, drift } = of
  const n = (value: number | null | undefined) => shortNumber(value ?? 0, 'en')
  const rows = (count: number) => count.toLocaleString('en')
  const sides = `${rows(of.reference_rows)} reference and ${rows(of.current_rows)} current rows`
  if (state === 'not_enough_data') return `Not enough data: ${sides}, at least ${rows(of.rowsMin)} are needed`
  if (columns === 0 || state === 'not_testable')
    return `Nothing can be said of ${sides}: no column can be compared${left()}`
  const head = `${titles[method].en} on ${rows(columns)} ${columns === 1 ? 'column' : 'columns'} of ${sides}: ${n(score)}`
  const odds = p === undefined ? '' : `, p = ${n(p)}`
  const bound =
    lower === undefined
      ? `${drift === true ? 'at least' : 'below'} the threshold of ${n(threshold)}`
      : `${drift === true ? 'outside' : 'within'} ${n(lower)} to ${n(threshold)}, where parts of the reference lie`
  const most = of.importances
    .slice(0, 3)
    .map(({ column, share }) => `${column} ${percent(share, 'en')}`)
    .join(', ')
  const end =
    drift === true
      ? `, so columns together drift${most === '' ? '' : `; what tells the sides apart: ${most}`}`
      : drift === false
        ? ', so there is no alarm'
        : ', but not all columns could be looked at, so nothing is decided'
  const rest = of.skipped === 0 ? '' : `; dates, texts and lists are not looked at (${rows(of.skipped)})`
  return `${head}${odds}, ${bound}${end}${left()}${rest}`

  function left(): string {
    if (of.left_out.length === 0) return ''
    const more = of.left_out.length - namesMax
    return `; left out: ${of.left_out.slice(0, namesMax).join(', ')}${more > 0 ? ` and ${rows(more)} more` : ''}`
  }
}

function inFrench(of: ToDescribe): string {
  const { method, state, columns, score, threshold, threshold_low: lower, p_value: p, drift } = of
  const n = (value: number | null | undefined) => shortNumber(value ?? 0, 'fr')
  const rows = (count: number) => count.toLocaleString('fr')
  const sides = `${rows(of.reference_rows)} lignes de référence et ${rows(of.current_rows)} lignes actuelles`
  if (state === 'not_enough_data')
    return `Pas assez de données\u202f: ${sides}, il en faut au moins ${rows(of.rowsMin)}`
  if (columns === 0 || state === 'not_testable')
    return `On ne peut rien dire de ${sides}\u202f: aucune colonne ne se compare${left()}`
  const head = `${titles[method].fr} sur ${rows(columns)} ${columns === 1 ? 'colonne' : 'colonnes'} de ${sides}\u202f: ${n(score)}`
  const odds = p === undefined ? '' : `, p = ${n(p)}`
  const bound =
    lower === undefined
      ? drift === true
        ? `pas moins que le seuil de ${n(threshold)}`
        : `en dessous du seuil de ${n(threshold)}`
      : `${drift === true ? 'hors de' : 'dans'} l’intervalle de ${n(lower)} à ${n(threshold)} où sont les parties de la référence`
  const most = of.importances
    .slice(0, 3)
    .map(({ column, share }) => `${column} ${percent(share, 'fr')}`)
    .join(', ')
  const end =
    drift === true
      ? `, donc les colonnes ensemble dérivent${most === '' ? '' : `\u202f; ce qui distingue les côtés\u202f: ${most}`}`
      : drift === false
        ? ', donc pas d’alerte'
        : ', mais toutes les colonnes n’ont pas pu être regardées\u202f: rien n’est décidé'
  const rest = of.skipped === 0 ? '' : `\u202f; dates, textes et listes ne sont pas regardés (${rows(of.skipped)})`
  return `${head}${odds}, ${bound}${end}${left()}${rest}`

  function left(): string {
    if (of.left_out.length === 0) return ''
    const more = of.left_out.length - namesMax
    return `\u202f; laissées de côté\u202f: ${of.left_out.slice(0, namesMax).join(', ')}${more > 0 ? ` et ${rows(more)} de plus` : ''}`
  }
}

function percent(value: number, language: 'en' | 'fr'): string {
  return value.toLocaleString(language, { style: 'percent', maximumFractionDigits: 0 })
}
