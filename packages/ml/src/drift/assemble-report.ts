import { type DriftSettings, whyOf } from './column-drift.js'
import type { ColumnDrift, DriftReport, DriftState, Said } from './model.js'

/** States in which a column is no more what it was. */
const brokenStates: ReadonlySet<DriftState> = new Set(['type_changed', 'missing_column'])

/** Share of drifted columns from which Evidently says that the data drifts. */
const evidentlyShare = 0.5

export interface Assembled {
  readonly columns: readonly ColumnDrift[]
  readonly referenceRows: number
  readonly currentRows: number
  /** Share of the tested columns from which the data as a whole drifts; that of the mode without it: a half, or any column. */
  readonly shareMin?: number
}

/** Makes the report of all columns: in the calibrated mode the share of false ones among the alarms is held (Benjamini and Hochberg, 1995). */
export function assembleReport(
  { columns: given, referenceRows, currentRows, shareMin: asked }: Assembled,
  settings: DriftSettings,
): DriftReport {
  const columns = settings.mode === 'calibrated' ? adjust(given, settings) : given
  const tested = columns.filter(({ state }) => state === 'tested').length
  const drifted = columns.filter(({ drift }) => drift === true).length
  const broken = columns.filter(isBroken).length
  const share = tested === 0 ? null : drifted / tested
  const shareMin = asked ?? (settings.mode === 'evidently' ? evidentlyShare : null)
  const datasetDrift = share === null ? null : shareMin === null ? drifted > 0 : share >= shareMin
  const counted = { tested, drifted, broken, shareMin, datasetDrift, untested: columns.length - tested }
  return {
    mode: settings.mode,
    referenceRows,
    currentRows,
    columns,
    tested,
    drifted,
    share,
    shareMin,
    datasetDrift,
    broken,
    why: describeWhole(counted, { referenceRows, currentRows, settings }),
  }
}

/** Gone, new, of another type, or with values on one side alone. */
function isBroken({ state, referenceRows, currentRows }: ColumnDrift): boolean {
  return brokenStates.has(state) || (state === 'no_values' && referenceRows + currentRows > 0)
}

function adjust(columns: readonly ColumnDrift[], settings: DriftSettings): readonly ColumnDrift[] {
  const tested = columns.flatMap(({ calibration }, index) =>
    calibration === undefined ? [] : [{ index, p: calibration.pValue }],
  )
  tested.sort((a, b) => b.p - a.p)
  const adjusted = new Map<number, number>()
  let least = 1
  for (const [place, { index, p }] of tested.entries()) {
    least = Math.min(least, (p * tested.length) / (tested.length - place))
    adjusted.set(index, least)
  }
  return columns.map((column, index) => {
    const { calibration } = column
    if (calibration === undefined) return column
    const value = adjusted.get(index) ?? 1
    const changed: ColumnDrift = {
      ...column,
      // What is compared with the threshold: of a probability the adjusted one. A distance stays what it is.
      score: column.score === calibration.pValue ? value : column.score,
      drift: value <= settings.level && calibration.effect >= calibration.effectMin,
      calibration: { ...calibration, adjusted: value },
    }
    return { ...changed, why: whyOf(changed, settings) }
  })
}

interface Counted {
  readonly tested: number
  readonly drifted: number
  readonly broken: number
  readonly untested: number
  readonly shareMin: number | null
  readonly datasetDrift: boolean | null
}

function describeWhole(
  { tested, drifted, broken, untested, shareMin, datasetDrift }: Counted,
  {
    referenceRows,
    currentRows,
    settings,
  }: { readonly referenceRows: number; readonly currentRows: number; readonly settings: DriftSettings },
): Said {
  const n = (value: number, language: 'en' | 'fr') => value.toLocaleString(language)
  const percent = (value: number, language: 'en' | 'fr') =>
    value.toLocaleString(language, { style: 'percent', maximumFractionDigits: 1 })
  const sides = {
    en: `${n(referenceRows, 'en')} reference and ${n(currentRows, 'en')} current rows`,
    fr: `${n(referenceRows, 'fr')} lignes de référence et ${n(currentRows, 'fr')} lignes actuelles`,
  }
  if (tested === 0) {
    return {
      en: `No column of ${sides.en} could be tested, so nothing can be said`,
      fr: `Aucune colonne de ${sides.fr} n’a pu être testée\u202f: on ne peut rien dire`,
    }
  }
  const control = {
    en:
      settings.mode === 'calibrated'
        ? `, of the alarms at most ${percent(settings.level, 'en')} are expected to be false`
        : '',
    fr: settings.mode === 'calibrated' ? `, dont ${percent(settings.level, 'fr')} au plus sont attendues fausses` : '',
  }
  const bound = {
    en: shareMin === null ? '' : ` (the data counts as drifted from ${percent(shareMin, 'en')} on)`,
    fr: shareMin === null ? '' : ` (les données dérivent à partir de ${percent(shareMin, 'fr')})`,
  }
  const rest = {
    en: `${broken > 0 ? `; ${n(broken, 'en')} ${broken === 1 ? 'is' : 'are'} no more what ${broken === 1 ? 'it was' : 'they were'}` : ''}${untested > broken ? `; ${n(untested - broken, 'en')} not tested` : ''}`,
    fr: `${broken > 0 ? `\u202f; ${n(broken, 'fr')} ne ${broken === 1 ? 'correspond' : 'correspondent'} plus à ce qu’${broken === 1 ? 'elle était' : 'elles étaient'}` : ''}${untested > broken ? `\u202f; ${n(untested - broken, 'fr')} non ${untested - broken === 1 ? 'testée' : 'testées'}` : ''}`,
  }
  return {
    en: `${datasetDrift ? 'Drift' : 'No drift of the data as a whole'}: ${n(drifted, 'en')} of ${n(tested, 'en')} tested columns ${drifted === 1 ? 'drifts' : 'drift'}${bound.en}${control.en}, on ${sides.en}${rest.en}`,
    fr: `${datasetDrift ? 'Dérive' : 'Pas de dérive d’ensemble'}\u202f: ${n(drifted, 'fr')} ${drifted > 1 ? 'colonnes dérivent' : 'colonne dérive'} sur ${n(tested, 'fr')} testées${bound.fr}${control.fr}, sur ${sides.fr}${rest.fr}`,
  }
}
