import type { ReportCurve } from '../../components/reports/read-reports.js'
import { readCurves } from '../../components/reports/read-reports.js'
import { type ThresholdGoal, thresholdGoals } from './train-draft.js'

/** The class that a threshold is of, as the report of a training names it. Anything else names none. */
export function readPositive(text: string | undefined): string | undefined {
  const positive = fieldOf(text, 'positive')
  return typeof positive === 'string' ? positive : undefined
}

/** The calibration curves before and after, under names that tell them apart; none where one of both is missing. */
export function readCalibrationCurves(
  texts: { readonly before: string | undefined; readonly after: string | undefined },
  words: { readonly before: string; readonly after: string },
): { readonly before: readonly ReportCurve[]; readonly after: readonly ReportCurve[] } | undefined {
  const before = readCurves(fieldOf(texts.before, 'curve_before'))
  const after = readCurves(parse(texts.after))
  if (before === undefined || after === undefined || before.length === 0 || after.length === 0) return undefined
  const named = (curves: readonly ReportCurve[], when: string) =>
    curves.map((curve) => ({ ...curve, name: `${curve.name}, ${when.toLowerCase()}` }))
  return { before: named(before, words.before), after: named(after, words.after) }
}

/** What a threshold was asked for, from the parameter of a run: `f1`, `f_beta:2`, `cost:1:5`, `precision_at_recall:0.9`, `0.35`. */
export function readGoal(param: string | undefined): {
  readonly goal: ThresholdGoal | ''
  readonly numbers: readonly string[]
} {
  const [name = '', ...numbers] = (param ?? '').split(':')
  if (name !== '' && Number.isFinite(Number(name))) return { goal: 'fixed', numbers: [name] }
  return { goal: thresholdGoals.find((each) => each === name) ?? '', numbers }
}

function fieldOf(text: string | undefined, name: string): unknown {
  const report = parse(text)
  return typeof report === 'object' && report !== null ? (report as Readonly<Record<string, unknown>>)[name] : undefined
}

/** Anyone may log a file of this name: one that is no JSON says nothing. */
function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return undefined
  }
}
