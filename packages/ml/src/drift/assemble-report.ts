import { adjustedChances } from '../statistics/adjusted-chances.js'
import { type DriftSettings, whyOf } from './column-drift.js'
import type { ColumnDrift, DriftReport, Said } from './model.js'

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
  const broken = columns.filter((column) => column.broken).length
  const share = tested === 0 ? null : drifted / tested
  const shareMin = asked ?? (settings.mode === 'evidently' ? evidentlyShare : null)
  const datasetDrift = share === null ? null : drifted > 0 && (shareMin === null || share >= shareMin)
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

function adjust(columns: readonly ColumnDrift[], settings: DriftSettings): readonly ColumnDrift[] {
  const tested = columns.flatMap(({ calibration }, index) =>
    calibration === undefined ? [] : [{ index, p: calibration.pValue }],
  )
  const chances = adjustedChances(tested.map(({ p }) => p))
  const adjusted = new Map(tested.map(({ index }, place) => [index, chances[place] ?? 1]))
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
  const first = {
    en:
      broken === 0
        ? ''
        : `${n(broken, 'en')} ${broken === 1 ? 'column' : 'columns'} could not be compared as ${broken === 1 ? 'it' : 'they'} should. `,
    fr:
      broken === 0
        ? ''
        : `${n(broken, 'fr')} ${broken === 1 ? 'colonne n’a pas pu être comparée' : 'colonnes n’ont pas pu être comparées'} comme prévu. `,
  }
  if (tested === 0) {
    return {
      en: `${first.en}No column of ${sides.en} could be tested, so nothing can be said`,
      fr: `${first.fr}Aucune colonne de ${sides.fr} n’a pu être testée\u202f: on ne peut rien dire`,
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
    en: untested > broken ? `; ${n(untested - broken, 'en')} not tested` : '',
    fr:
      untested > broken
        ? `\u202f; ${n(untested - broken, 'fr')} non ${untested - broken === 1 ? 'testée' : 'testées'}`
        : '',
  }
  // A report that something could not be compared must not read as good news.
  const calm =
    broken > 0
      ? { en: 'No drift of the others as a whole', fr: 'Pas de dérive d’ensemble des autres' }
      : { en: 'No drift of the data as a whole', fr: 'Pas de dérive d’ensemble' }
  const head = datasetDrift ? { en: 'Drift', fr: 'Dérive' } : calm
  return {
    en: `${first.en}${head.en}: ${n(drifted, 'en')} of ${n(tested, 'en')} tested columns ${drifted === 1 ? 'drifts' : 'drift'}${bound.en}${control.en}, on ${sides.en}${rest.en}`,
    fr: `${first.fr}${head.fr}\u202f: ${n(drifted, 'fr')} ${drifted > 1 ? 'colonnes dérivent' : 'colonne dérive'} sur ${n(tested, 'fr')} testées${bound.fr}${control.fr}, sur ${sides.fr}${rest.fr}`,
  }
}
