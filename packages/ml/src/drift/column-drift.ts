import { normalUpper } from '../statistics/tails.js'
import { andersonTest, homogeneityTest } from './calibrated-tests.js'
import { defaultMethod } from './default-method.js'
import { describeComputed, describeUntested, isBroken, type Untested } from './describe-drift.js'
import { effectOfNumbers } from './distances.js'
import { gridCounts } from './grid-counts.js'
import { type DriftMethod, driftMethod, isProbability, saysDrift, valueCounts } from './methods.js'
import { type ColumnDrift, type ColumnPair, type DriftMode, textsMin } from './model.js'
import { countedRows, numberRows, pairNumbers } from './samples.js'
import { roundsFor, shuffledProbability, shuffledStatistics, shuffledThreshold } from './shuffled-counts.js'
import { isEmbeddingMethod } from './vector-methods.js'

export interface DriftSettings {
  readonly mode: DriftMode
  /** Rows with a value that each side needs. */
  readonly rowsMin: number
  /** Calibrated: probability of an alarm with nothing changed. */
  readonly level: number
  /** Calibrated: smallest difference that matters, in deviations of the reference, or Cohen's w of labels. */
  readonly effectMin: number
  readonly seed: number
}

/** Fewer rows are a state of their own. Evidently has no such bound, so in its mode only what cannot be compared at all is refused. */
const rowsMinOf: Readonly<Record<DriftMode, number>> = { evidently: 2, calibrated: 20 }

export function driftSettings(mode: DriftMode, given: Partial<Omit<DriftSettings, 'mode'>> = {}): DriftSettings {
  return { mode, rowsMin: rowsMinOf[mode], level: 0.05, effectMin: 0.005, seed: 0, ...given }
}

/** A column that has no decision. */
export function untestedColumn(
  name: string,
  type: ColumnDrift['type'],
  why: Untested,
  rows: { readonly reference: number; readonly current: number; readonly missing?: ColumnDrift['missing'] },
): ColumnDrift {
  return {
    name,
    type,
    state: why.state,
    method: null,
    score: null,
    threshold: null,
    drift: null,
    referenceRows: rows.reference,
    currentRows: rows.current,
    missing: rows.missing ?? { reference: 0, current: 0 },
    broken: isBroken(why),
    why: describeUntested(why),
  }
}

/** A column to compare. */
export interface ColumnToCompare {
  readonly name: string
  readonly pair: ColumnPair
  /** Name of a method; the one of the mode without it. */
  readonly method?: string
  readonly threshold?: number
}

interface Sized {
  readonly reference: number
  readonly current: number
  readonly missing: ColumnDrift['missing']
}

function sizesOf(pair: ColumnPair): Sized {
  const missing = { reference: pair.reference.missing, current: pair.current.missing }
  switch (pair.kind) {
    case 'num': {
      const { reference, current } = pair
      return {
        reference: numberRows(reference),
        current: numberRows(current),
        missing: { reference: missing.reference + reference.infinite, current: missing.current + current.infinite },
      }
    }
    case 'cat':
      return { reference: countedRows(pair.reference), current: countedRows(pair.current), missing }
    case 'text':
      return { reference: pair.reference.rows, current: pair.current.rows, missing }
  }
}

/**
 * Compares both sides of a column. In the calibrated mode the decision is that of the column alone until `assembleReport` has seen all
 * columns. Never throws for what the values are: a column that cannot be compared says why.
 */
export async function compareColumn(
  { name, pair, method: wanted, threshold }: ColumnToCompare,
  settings: DriftSettings,
  signal?: AbortSignal,
): Promise<ColumnDrift> {
  const rows = sizesOf(pair)
  if (rows.reference === 0 || rows.current === 0)
    return untestedColumn(name, pair.kind, { state: 'no_values', rows }, rows)
  const rowsMin = pair.kind === 'text' ? Math.max(textsMin, settings.rowsMin) : settings.rowsMin
  if (rows.reference < rowsMin || rows.current < rowsMin) {
    return untestedColumn(name, pair.kind, { state: 'not_enough_data', rows, rowsMin }, rows)
  }
  const scored = await scoreColumn(pair, settings, { wanted, threshold }, signal)
  if ('refused' in scored) {
    const why = { state: 'not_testable', reason: scored.refused, method: scored.method, type: pair.kind } as const
    return untestedColumn(name, pair.kind, why, rows)
  }
  const column: ColumnDrift = {
    name,
    type: pair.kind,
    state: 'tested',
    method: scored.method,
    score: scored.score,
    threshold: scored.threshold,
    drift: scored.drift,
    referenceRows: rows.reference,
    currentRows: rows.current,
    missing: rows.missing,
    broken: false,
    ...(scored.calibration === undefined ? {} : { calibration: scored.calibration }),
    why: { en: '', fr: '' },
  }
  return { ...column, why: whyOf(column, settings) }
}

/** The sentence of a tested column. */
export function whyOf(column: ColumnDrift, { mode, level }: DriftSettings): ColumnDrift['why'] {
  const { method, score, threshold, drift, referenceRows, currentRows, missing, calibration, vectors } = column
  if (method === null || score === null || threshold === null || drift === null) return column.why
  const known = driftMethod(method)
  return describeComputed({
    mode,
    method,
    score,
    threshold,
    drift,
    isProbability: known === undefined ? method !== textMethod && !isEmbeddingMethod(method) : isProbability(known),
    rows: { reference: referenceRows, current: currentRows },
    missing,
    level,
    ...(calibration === undefined ? {} : { calibration }),
    ...(vectors === undefined ? {} : { vectors }),
  })
}

interface Scored {
  readonly method: string
  readonly score: number
  readonly threshold: number
  readonly drift: boolean
  readonly calibration?: NonNullable<ColumnDrift['calibration']>
}
interface Refused {
  readonly method: string
  readonly refused: 'method_refuses' | 'method_type' | 'huge_numbers'
}
interface Wanted {
  readonly wanted: string | undefined
  readonly threshold: number | undefined
}

const textMethod = 'text_classifier'

async function scoreColumn(
  pair: ColumnPair,
  settings: DriftSettings,
  { wanted, threshold }: Wanted,
  signal: AbortSignal | undefined,
): Promise<Scored | Refused> {
  const isCalibrated = settings.mode === 'calibrated'
  const own = calibratedMethods[pair.kind]
  if (isCalibrated && (wanted === undefined || wanted === own)) {
    return pair.kind === 'text'
      ? scoreText(pair, settings, own, threshold, signal)
      : scoreCalibrated(pair, settings, own)
  }
  const name = wanted ?? defaultMethod(pair)
  const method = driftMethod(name)
  if (method === undefined || !method.takes.includes(pair.kind)) return { method: name, refused: 'method_type' }
  if (pair.kind === 'text') return scoreText(pair, settings, name, threshold, signal)
  return isCalibrated ? scoreWithNull(pair, settings, method) : scorePlainly(pair, method, threshold)
}

/** What the calibrated mode takes where no method is named. */
export const calibratedMethods = { num: 'anderson_darling', cat: 'chisquare_homogeneity', text: textMethod } as const

function scorePlainly(pair: ColumnPair, method: DriftMethod, threshold = method.threshold): Scored | Refused {
  const score = method.score(pair)
  if (score === undefined || !Number.isFinite(score)) return refusal(pair, method.name)
  return { method: method.name, score, threshold, drift: saysDrift(method.decision, score, threshold) }
}

/** Beyond this, squares and their sums are no finite numbers. */
export const squaredMax = 1e150

function refusal(pair: ColumnPair, method: string): Refused {
  const isHuge =
    pair.kind === 'num' &&
    [pair.reference.sorted, pair.current.sorted].some(
      (sorted) => Math.max(Math.abs(sorted[0] ?? 0), Math.abs(sorted.at(-1) ?? 0)) > squaredMax,
    )
  return { method, refused: isHuge ? 'huge_numbers' : 'method_refuses' }
}

/** The decision; none where a part of it is no finite number, which compares as "no alarm". */
function decided(
  pair: ColumnPair,
  { level, effectMin }: DriftSettings,
  of: {
    readonly method: string
    readonly pValue: number
    readonly effect: number
    readonly score?: number
    readonly threshold?: number
  },
): Scored | Refused {
  const { method, pValue, effect, score = pValue, threshold = level } = of
  if (![pValue, effect, score, threshold].every(Number.isFinite)) return refusal(pair, method)
  return {
    method,
    score,
    threshold,
    drift: pValue <= level && effect >= effectMin,
    calibration: { pValue, adjusted: pValue, effect, effectMin },
  }
}

/** Numbers of up to so many distinct values are labels to a test of homogeneity. */
const labelsOfNumbersMax = 10

function scoreCalibrated(pair: ColumnPair, settings: DriftSettings, method: string): Scored | Refused {
  if (pair.kind === 'num') {
    const [reference, current] = [pair.reference.sorted, pair.current.sorted]
    const isFew = pairIsFew(pair)
    if (!isFew)
      return decided(pair, settings, {
        method,
        pValue: andersonTest(reference, current),
        effect: effectOfNumbers(reference, current),
      })
  }
  const { p, effect } = homogeneityTest(valueCounts(pair), settings.seed)
  return decided(pair, settings, { method: calibratedMethods.cat, pValue: p, effect })
}

function pairIsFew(pair: Extract<ColumnPair, { kind: 'num' }>): boolean {
  return pairNumbers(pair.reference.sorted, pair.current.sorted, labelsOfNumbersMax) !== undefined
}

/** A named method in the calibrated mode: a probability as it is, a distance against what shuffled rows give. */
function scoreWithNull(pair: ColumnPair, settings: DriftSettings, method: DriftMethod): Scored | Refused {
  const effect = effectOf(pair, settings)
  // The test of fit takes the reference as exact, which is what this mode is there to mend.
  if (method.name === 'chisquare') {
    return decided(pair, settings, {
      method: calibratedMethods.cat,
      pValue: homogeneityTest(valueCounts(pair), settings.seed).p,
      effect,
    })
  }
  const score = (method.calibrated ?? method.score)(pair)
  if (score === undefined || !Number.isFinite(score)) return refusal(pair, method.name)
  if (isProbability(method)) return decided(pair, settings, { method: method.name, pValue: score, effect })
  const { counts, distance } = nullOf(pair, method)
  const shuffled = shuffledStatistics(counts, distance, {
    rounds: roundsFor(counts.labels.length),
    seed: settings.seed,
  })
  return decided(pair, settings, {
    method: method.name,
    score,
    threshold: shuffledThreshold(shuffled, settings.level),
    pValue: shuffledProbability(score, shuffled),
    effect,
  })
}

function nullOf(pair: ColumnPair, method: DriftMethod) {
  if (method.counts !== undefined && method.distance !== undefined) {
    return { counts: method.counts(pair), distance: method.distance }
  }
  // Distances of numbers alone are those of Wasserstein and of energy.
  return gridCounts(pair, method.name === 'ed' ? 'energy' : 'wasserstein')
}

function effectOf(pair: ColumnPair, settings: DriftSettings): number {
  if (pair.kind === 'num') return effectOfNumbers(pair.reference.sorted, pair.current.sorted)
  return homogeneityTest(valueCounts(pair), settings.seed).effect
}

/** One-sided 5 %: what a random order exceeds one time in twenty. */
export const upperFivePercent = 1.6448536269514722

async function scoreText(
  pair: Extract<ColumnPair, { kind: 'text' }>,
  settings: DriftSettings,
  method: string,
  given: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Scored | Refused> {
  // Loaded at use: most tables have no texts, and classifiers are much to load.
  const { textDrift } = await import('./text-drift.js')
  const found = await textDrift(pair.reference, pair.current, signal)
  if (found === undefined) return { method, refused: 'method_refuses' }
  const { auc, deviation } = found
  const byChance = 0.5 + upperFivePercent * deviation
  if (settings.mode === 'evidently') {
    const threshold = method === 'abs_text_content_drift' ? (given ?? 0.55) : byChance
    return { method, score: auc, threshold, drift: auc > threshold }
  }
  const pValue = normalUpper((auc - 0.5) / deviation)
  return decided(pair, settings, { method, score: auc, threshold: byChance, pValue, effect: Math.max(0, 2 * auc - 1) })
}
