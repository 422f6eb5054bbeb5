import type { ColumnDrift, ComparedVectors, DriftMode, DriftState, Said } from './model.js'

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
  model: { en: 'classifier of vectors, ROC AUC', fr: 'classifieur de vecteurs, AUC' },
  distance: { en: 'distance of the mean vectors', fr: 'distance des vecteurs moyens' },
  mmd: { en: 'maximum mean discrepancy (MMD)', fr: 'écart maximal de moyennes (MMD)' },
  ratio: { en: 'share of components that drift', fr: 'part des composantes qui dérivent' },
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
  /** Of an embedding. */
  readonly vectors?: ComparedVectors
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
  vectors,
}: Computed): string {
  const n = (value: number) => shortNumber(value, 'en')
  const counted = `on ${rowsOf(rows.reference, 'en')} reference and ${rowsOf(rows.current, 'en')} current`
  const on = vectors === undefined ? `${counted} rows` : `${counted} vectors${sizeInEnglish(vectors, rows)}`
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
  vectors,
}: Computed): string {
  const n = (value: number) => shortNumber(value, 'fr')
  const what = vectors === undefined ? ['lignes', 'actuelles'] : ['vecteurs', 'actuels']
  const size = vectors === undefined ? '' : sizeInFrench(vectors, rows)
  const on = `sur ${rowsOf(rows.reference, 'fr')} ${what[0]} de référence et ${rowsOf(rows.current, 'fr')} ${what[0]} ${what[1]}${size}`
  const drifts = vectors === undefined ? 'elle dérive' : 'il dérive'
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
      return `${head}${shown}\u202f: ${odds}, pas plus que ${n(level)}, et l’écart de ${n(effect)} n’est pas inférieur à ${n(effectMin)}, donc ${drifts}`
    if (adjusted > level)
      return `${head}${shown}\u202f: ${odds}, plus que ${n(level)}, comme le hasard seul en donne, donc pas d’alerte`
    return `${head}${shown}\u202f: ${odds}, mais l’écart de ${n(effect)} est inférieur à ${n(effectMin)}, trop petit pour compter, donc pas d’alerte`
  }
  const told = isProbability ? `p = ${n(score)}` : n(score)
  const side = drift === isProbability ? 'en dessous du' : 'au-dessus du'
  return `${head}\u202f: ${told}, ${score === threshold ? 'exactement le' : side} seuil de ${n(threshold)}, donc ${drift ? drifts : 'pas d’alerte'}`
}

/** Rows that are looked at are told where they are not all. */
const isPart = (looked: ComparedVectors['looked'], rows: Computed['rows']) =>
  looked.reference < rows.reference || looked.current < rows.current

function sizeInEnglish({ dimension, looked }: ComparedVectors, rows: Computed['rows']): string {
  const part = `, of which ${rowsOf(looked.reference, 'en')} and ${rowsOf(looked.current, 'en')} were looked at`
  return ` of ${rowsOf(dimension, 'en')} ${dimension === 1 ? 'number' : 'numbers'}${isPart(looked, rows) ? part : ''}`
}

function sizeInFrench({ dimension, looked }: ComparedVectors, rows: Computed['rows']): string {
  const part = `, dont ${rowsOf(looked.reference, 'fr')} et ${rowsOf(looked.current, 'fr')} regardés`
  return ` de ${rowsOf(dimension, 'fr')} ${dimension === 1 ? 'nombre' : 'nombres'}${isPart(looked, rows) ? part : ''}`
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
  | {
      readonly state: Extract<DriftState, 'missing_column'>
      readonly side: 'reference' | 'current' | 'both'
      /** Of an embedding: those of its columns that are not there. */
      readonly columns?: readonly string[]
    }
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
        | 'not_vectors'
        | 'dimensions'
        | 'long_vectors'
        | 'no_numbers'
        | 'shared_columns'
        | 'only_profile'
      readonly method?: string
      readonly type?: ColumnDrift['type']
      /** Of vectors: the numbers of each, or the rows that hold none. */
      readonly counts?: { readonly reference: number; readonly current: number }
      /** Columns of an embedding that are not as they should be. */
      readonly columns?: readonly string[]
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
      return describeMissing(of)
    case 'not_testable':
      return reasons[of.reason](of)
  }
}

function describeMissing({ side, columns = [] }: Extract<Untested, { state: 'missing_column' }>): Said {
  const isOne = columns.length < 2
  const named = columns.length === 0 ? '' : ` ${namesOf(columns, 'and')}`
  const nomme = columns.length === 0 ? '' : ` ${namesOf(columns, 'et')}`
  const [en, fr] = isOne
    ? [`The column${named}`, `La colonne${nomme}`]
    : [`The columns${named}`, `Les colonnes${nomme}`]
  switch (side) {
    case 'current':
      return {
        en: `${en} ${isOne ? 'is' : 'are'} gone: only the reference has ${isOne ? 'it' : 'them'}`,
        fr: `${fr} ${isOne ? 'a disparu' : 'ont disparu'}\u202f: seule la référence ${isOne ? 'l’a' : 'les a'}`,
      }
    case 'reference':
      return {
        en: `${en} ${isOne ? 'is' : 'are'} new: the reference does not have ${isOne ? 'it' : 'them'}`,
        fr: `${fr} ${isOne ? 'est nouvelle' : 'sont nouvelles'}\u202f: la référence ne ${isOne ? 'l’a' : 'les a'} pas`,
      }
    case 'both':
      return {
        en: `Neither side has ${isOne ? 'a column' : 'the columns'}${named}`.trimEnd(),
        fr: `Aucun des deux côtés n’a ${isOne ? 'de colonne' : 'les colonnes'}${nomme}`.trimEnd(),
      }
  }
}

/** Columns that a sentence names. */
const namesMax = 5

function namesOf(columns: readonly string[], and: 'and' | 'et'): string {
  const more = columns.length - namesMax
  const shown = columns.slice(0, namesMax).join(', ')
  return more > 0 ? `${shown} ${and} ${more} ${and === 'et' ? 'de plus' : 'more'}` : shown
}

type Reasoned = Extract<Untested, { state: 'not_testable' }>

const reasons: Readonly<
  Record<Reasoned['reason'], (of: Pick<Reasoned, 'method' | 'type' | 'counts' | 'columns'>) => Said>
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
    fr: `Les lignes ne permettent pas ce calcul (${methodTitle(method).fr})`,
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
  not_vectors: ({ counts = { reference: 0, current: 0 } }) => ({
    en: `${rowsOf(counts.reference, 'en')} reference and ${rowsOf(counts.current, 'en')} current rows hold no list of numbers, or one of another length than most, so the vectors cannot be compared`,
    fr: `${rowsOf(counts.reference, 'fr')} lignes de référence et ${rowsOf(counts.current, 'fr')} lignes actuelles n’ont pas de liste de nombres, ou une d’une autre longueur que la plupart\u202f: les vecteurs ne se comparent pas`,
  }),
  dimensions: ({ counts = { reference: 0, current: 0 } }) => ({
    en: `The vectors had ${rowsOf(counts.reference, 'en')} numbers in the reference and have ${rowsOf(counts.current, 'en')} now: they cannot be compared`,
    fr: `Les vecteurs avaient ${rowsOf(counts.reference, 'fr')} nombres dans la référence et en ont ${rowsOf(counts.current, 'fr')} maintenant\u202f: ils ne se comparent pas`,
  }),
  long_vectors: ({ counts = { reference: 0, current: 0 } }) => {
    const size = Math.max(counts.reference, counts.current)
    return {
      en: `The vectors have ${rowsOf(size, 'en')} numbers, and too few such rows fit into memory, so they cannot be compared. Compare shorter ones, as their principal components`,
      fr: `Les vecteurs ont ${rowsOf(size, 'fr')} nombres, et trop peu de ces lignes tiennent en mémoire\u202f: ils ne se comparent pas. Comparez-en de plus courts, comme leurs composantes principales`,
    }
  },
  no_numbers: ({ columns = [] }) => ({
    en: `A vector is made of numbers, which ${namesOf(columns, 'and')} ${columns.length === 1 ? 'does' : 'do'} not hold`,
    fr: `Un vecteur est fait de nombres, ce que ${namesOf(columns, 'et')} ne ${columns.length === 1 ? 'contient' : 'contiennent'} pas`,
  }),
  shared_columns: ({ columns = [] }) => ({
    en: `Part of another embedding as well: ${namesOf(columns, 'and')}. A column belongs to one`,
    fr: `Fait aussi partie d’un autre embedding\u202f: ${namesOf(columns, 'et')}. Une colonne appartient à un seul`,
  }),
  only_profile: () => ({
    en: 'Of the training a profile of each column is left, not its rows, so vectors cannot be compared. Compare with a snapshot, or with a past window',
    fr: 'De l’entraînement il reste un profil de chaque colonne, pas ses lignes\u202f: les vecteurs ne se comparent pas. Comparez à un instantané, ou à une fenêtre passée',
  }),
}
