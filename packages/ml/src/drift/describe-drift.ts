import type { DriftKind, DriftMode, DriftState, Said } from './model.js'

/** Names of methods for people. */
const methodNames: Readonly<Record<string, Said>> = {
  ks: { en: 'Kolmogorov-Smirnov test', fr: 'test de Kolmogorov-Smirnov' },
  wasserstein: { en: 'normed Wasserstein distance', fr: 'distance de Wasserstein normée' },
  psi: { en: 'population stability index', fr: 'indice de stabilité (PSI)' },
  jensenshannon: { en: 'Jensen-Shannon distance', fr: 'distance de Jensen-Shannon' },
  kl_div: { en: 'Kullback-Leibler divergence', fr: 'divergence de Kullback-Leibler' },
  hellinger: { en: 'Hellinger distance', fr: 'distance de Hellinger' },
  chisquare: { en: 'chi-square test of fit', fr: 'test d’ajustement du khi-deux' },
  chisquare_homogeneity: { en: 'chi-square test of homogeneity', fr: 'test d’homogénéité du khi-deux' },
  z: { en: 'test of two shares', fr: 'test de deux proportions' },
  t_test: { en: 'Student test', fr: 'test de Student' },
  mannw: { en: 'one-sided Mann-Whitney test', fr: 'test unilatéral de Mann-Whitney' },
  anderson: { en: 'Anderson-Darling test', fr: 'test d’Anderson-Darling' },
  anderson_darling: { en: 'Anderson-Darling test', fr: 'test d’Anderson-Darling' },
  cramer_von_mises: { en: 'Cramér-von Mises test', fr: 'test de Cramér-von Mises' },
  es: { en: 'Epps-Singleton test', fr: 'test d’Epps-Singleton' },
  ed: { en: 'energy distance', fr: 'distance d’énergie' },
  g_test: { en: 'likelihood ratio test', fr: 'test du rapport de vraisemblance' },
  fisher_exact: { en: 'Fisher exact test', fr: 'test exact de Fisher' },
  TVD: { en: 'permutation test of total variation', fr: 'test par permutation de la variation totale' },
  empirical_mmd: { en: 'kernel test (MMD)', fr: 'test à noyau (MMD)' },
  abs_text_content_drift: { en: 'classifier of texts, ROC AUC', fr: 'classifieur de textes, AUC' },
  perc_text_content_drift: { en: 'classifier of texts, ROC AUC', fr: 'classifieur de textes, AUC' },
  text_classifier: { en: 'classifier of texts, ROC AUC', fr: 'classifieur de textes, AUC' },
}

/** The name of a method for people. */
export function methodTitle(method: string): Said {
  return methodNames[method] ?? { en: method, fr: method }
}

const formatsOf = (language: 'en' | 'fr') => ({
  short: new Intl.NumberFormat(language, { maximumSignificantDigits: 4 }),
  whole: new Intl.NumberFormat(language),
})

/** Made once: making one takes a hundred times as long as using it. */
const formats = { en: formatsOf('en'), fr: formatsOf('fr') }

/** A number as people read it: four digits, powers of ten where it is very small. */
export function shortNumber(value: number, language: 'en' | 'fr'): string {
  if (value !== 0 && Math.abs(value) < 1e-4) {
    const [digits = '', power = ''] = value.toExponential(1).split('e')
    const text = `${digits}e${Number(power)}`
    return language === 'fr' ? text.replace('.', ',') : text
  }
  return formats[language].short.format(value)
}

const rowsOf = (count: number, language: 'en' | 'fr') => formats[language].whole.format(count)

export interface Computed {
  readonly mode: DriftMode
  readonly method: string
  readonly score: number
  readonly threshold: number
  readonly isProbability: boolean
  readonly drift: boolean
  readonly rows: { readonly reference: number; readonly current: number }
  readonly missing: { readonly reference: number; readonly current: number }
  readonly calibration?: {
    readonly pValue: number
    readonly adjusted: number
    readonly effect: number
    readonly effectMin: number
  }
  /** Significance level of the calibrated mode. */
  readonly level: number
}

/** What was computed, on how many rows, and why it alarms or not. */
export function describeComputed(of: Computed): Said {
  return { en: inEnglish(of), fr: inFrench(of) }
}

function inEnglish({
  mode,
  method,
  score,
  threshold,
  drift,
  rows,
  isProbability,
  calibration,
  level,
  missing,
}: Computed): string {
  const n = (value: number) => shortNumber(value, 'en')
  const on = `on ${rowsOf(rows.reference, 'en')} reference and ${rowsOf(rows.current, 'en')} current rows`
  const left =
    missing.reference + missing.current > 0
      ? `; ${rowsOf(missing.reference, 'en')} and ${rowsOf(missing.current, 'en')} without a value left out`
      : ''
  const head = `${capital(methodTitle(method).en)} ${on}${left}`
  if (mode === 'calibrated' && calibration !== undefined) {
    const { pValue, adjusted, effect, effectMin } = calibration
    const shown = isProbability
      ? ''
      : ` gives ${n(score)} (with nothing changed, one in ${Math.round(1 / level)} exceeds ${n(threshold)})`
    const odds = `p = ${n(pValue)}, ${n(adjusted)} with all columns in mind`
    if (drift)
      return `${head}${shown}: ${odds}, not above ${n(level)}, and the difference of ${n(effect)} is not below ${n(effectMin)}, so it drifts`
    if (adjusted > level)
      return `${head}${shown}: ${odds}, above ${n(level)}, as chance alone gives, so there is no alarm`
    return `${head}${shown}: ${odds}, but the difference of ${n(effect)} is below ${n(effectMin)}, too small to matter, so there is no alarm`
  }
  const what = isProbability ? `p = ${n(score)}` : n(score)
  const side = drift === isProbability ? 'below' : 'above'
  return `${head} gives ${what}, ${score === threshold ? 'exactly' : side} the threshold of ${n(threshold)}, so ${drift ? 'it drifts' : 'there is no alarm'}`
}

function inFrench({
  mode,
  method,
  score,
  threshold,
  drift,
  rows,
  isProbability,
  calibration,
  level,
  missing,
}: Computed): string {
  const n = (value: number) => shortNumber(value, 'fr')
  const on = `sur ${rowsOf(rows.reference, 'fr')} lignes de référence et ${rowsOf(rows.current, 'fr')} lignes actuelles`
  const left =
    missing.reference + missing.current > 0
      ? `, sans ${rowsOf(missing.reference, 'fr')} et ${rowsOf(missing.current, 'fr')} lignes dépourvues de valeur`
      : ''
  const head = `${capital(methodTitle(method).fr)} ${on}${left}`
  if (mode === 'calibrated' && calibration !== undefined) {
    const { pValue, adjusted, effect, effectMin } = calibration
    const shown = isProbability
      ? ''
      : `, ${n(score)} (sans changement, une fois sur ${Math.round(1 / level)} dépasse ${n(threshold)})`
    const odds = `p = ${n(pValue)}, ${n(adjusted)} en tenant compte de toutes les colonnes`
    if (drift)
      return `${head}${shown}\u202f: ${odds}, pas plus que ${n(level)}, et l’écart de ${n(effect)} n’est pas inférieur à ${n(effectMin)}, donc elle dérive`
    if (adjusted > level)
      return `${head}${shown}\u202f: ${odds}, plus que ${n(level)}, comme le hasard seul en donne, donc pas d’alerte`
    return `${head}${shown}\u202f: ${odds}, mais l’écart de ${n(effect)} est inférieur à ${n(effectMin)}, trop petit pour compter, donc pas d’alerte`
  }
  const what = isProbability ? `p = ${n(score)}` : n(score)
  const side = drift === isProbability ? 'en dessous du' : 'au-dessus du'
  return `${head}\u202f: ${what}, ${score === threshold ? 'exactement le' : side} seuil de ${n(threshold)}, donc ${drift ? 'elle dérive' : 'pas d’alerte'}`
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

/** Why a column has no decision. */
export type Untested =
  | {
      readonly state: Extract<DriftState, 'not_enough_data'>
      readonly rows: { readonly reference: number; readonly current: number }
      readonly rowsMin: number
    }
  | {
      readonly state: Extract<DriftState, 'no_values'>
      readonly rows: { readonly reference: number; readonly current: number }
    }
  | { readonly state: Extract<DriftState, 'type_changed'>; readonly from: DriftFamily; readonly to: DriftFamily }
  | { readonly state: Extract<DriftState, 'missing_column'>; readonly side: 'reference' | 'current' }
  | {
      readonly state: Extract<DriftState, 'not_testable'>
      readonly reason:
        | 'time'
        | 'nested'
        | 'empty_type'
        | 'too_many_labels'
        | 'method_refuses'
        | 'method_type'
        | 'huge_numbers'
        | 'unreadable_numbers'
      readonly method?: string
      readonly type?: DriftKind
      /** Somebody named a type or a method of the column. */
      readonly isAsked?: boolean
    }

/** What of a table is not tested by design; all else that has no decision was meant to have one. */
const leftOut: ReadonlySet<string> = new Set(['time', 'nested', 'empty_type'])

/** Whether a column should have been compared and could not be. */
export function isBroken(of: Untested): boolean {
  switch (of.state) {
    case 'missing_column':
    case 'type_changed':
      return true
    case 'no_values':
      return of.rows.reference + of.rows.current > 0
    case 'not_enough_data':
      return Math.max(of.rows.reference, of.rows.current) >= of.rowsMin
    case 'not_testable':
      return !leftOut.has(of.reason) || of.isAsked === true
  }
}

/** What a column holds, for people. */
const familyNames = {
  number: { en: 'number', fr: 'nombre' },
  text: { en: 'text', fr: 'texte' },
  boolean: { en: 'true or false', fr: 'vrai ou faux' },
  time: { en: 'date', fr: 'date' },
  clock: { en: 'time of day or duration', fr: 'heure ou durée' },
} satisfies Record<string, Said>

/** What a column may hold that is told where it changed. */
export type DriftFamily = keyof typeof familyNames

export function describeUntested(of: Untested): Said {
  switch (of.state) {
    case 'not_enough_data':
      return {
        en: `Not enough data: ${rowsOf(of.rows.reference, 'en')} reference and ${rowsOf(of.rows.current, 'en')} current rows have a value, at least ${of.rowsMin} on each side are needed`,
        fr: `Pas assez de données\u202f: ${rowsOf(of.rows.reference, 'fr')} lignes de référence et ${rowsOf(of.rows.current, 'fr')} lignes actuelles ont une valeur, il en faut au moins ${of.rowsMin} de chaque côté`,
      }
    case 'no_values': {
      const [en, fr] =
        of.rows.reference > 0
          ? ['current', 'les données actuelles']
          : of.rows.current > 0
            ? ['reference', 'la référence']
            : ['reference and current', 'les deux côtés']
      return { en: `No value at all in the ${en} data`, fr: `Aucune valeur dans ${fr}` }
    }
    case 'type_changed':
      return {
        en: `The type changed from ${familyNames[of.from].en} to ${familyNames[of.to].en}: they cannot be compared`,
        fr: `Le type est passé de «\u202f${familyNames[of.from].fr}\u202f» à «\u202f${familyNames[of.to].fr}\u202f»\u202f: ils ne se comparent pas`,
      }
    case 'missing_column':
      return of.side === 'current'
        ? {
            en: 'The column is gone: only the reference has it',
            fr: 'La colonne a disparu\u202f: seule la référence l’a',
          }
        : {
            en: 'The column is new: the reference does not have it',
            fr: 'La colonne est nouvelle\u202f: la référence ne l’a pas',
          }
    case 'not_testable':
      return reasons[of.reason](of)
  }
}

const reasons: Readonly<
  Record<
    Extract<Untested, { state: 'not_testable' }>['reason'],
    (of: { readonly method?: string; readonly type?: DriftKind }) => Said
  >
> = {
  time: ({ type }) =>
    type === undefined
      ? {
          en: 'Dates and times move on by themselves: they are not tested',
          fr: 'Les dates et les heures avancent d’elles-mêmes\u202f: elles ne sont pas testées',
        }
      : {
          en: 'Times of day and durations are no numbers, as the type that was asked for wants',
          fr: 'Les heures et les durées ne sont pas des nombres, comme le veut le type demandé',
        },
  nested: () => ({ en: 'Lists and structures are not tested', fr: 'Les listes et les structures ne sont pas testées' }),
  empty_type: () => ({
    en: 'The column holds nothing that has a type',
    fr: 'La colonne ne contient rien qui ait un type',
  }),
  too_many_labels: () => ({
    en: 'There are too many different labels to compare; give --type NAME=text or leave the column out',
    fr: 'Il y a trop d’étiquettes différentes pour les comparer\u202f; donnez --type NOM=text ou laissez la colonne de côté',
  }),
  method_refuses: ({ method = '' }) => ({
    en: `The rows do not allow the ${methodTitle(method).en}`,
    fr: `Les lignes ne permettent pas le ${methodTitle(method).fr}`,
  }),
  method_type: ({ method = '', type = '' }) => ({
    en: `${method} does not take columns of type ${type}`,
    fr: `${method} n’accepte pas les colonnes de type ${type}`,
  }),
  huge_numbers: ({ method = '' }) => ({
    en: `Some numbers are too large for the ${methodTitle(method).en}: their squares or distances cannot be written`,
    fr: `Certains nombres sont trop grands pour le calcul (${methodTitle(method).fr})\u202f: leurs carrés ou leurs écarts ne s’écrivent pas`,
  }),
  unreadable_numbers: () => ({
    en: 'Some values are no numbers, as the type that was asked for wants',
    fr: 'Certaines valeurs ne sont pas des nombres, comme le veut le type demandé',
  }),
}
