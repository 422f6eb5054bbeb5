import type { ExplanationRequestInput } from '@fabrique/contract'
import { parseNumber } from '../../i18n/parse-number.js'
import { shellWord } from '../train/training-code.js'

/** The form of an explanation as its fields hold it: texts as they were typed, and '' for what nobody chose. */
export interface ExplainDraft {
  /** '' is the test rows of the training. */
  readonly snapshot: string
  readonly rows: string
  readonly contributions: string
  readonly repeats: string
  readonly seed: string
  readonly hasImportance: boolean
  /** None: the most important ones. */
  readonly dependence: readonly string[]
  readonly fairness: readonly string[]
  readonly favoured: string
  readonly class: string
}

export const emptyExplainDraft: ExplainDraft = {
  snapshot: '',
  rows: '1000',
  contributions: '200',
  repeats: '5',
  seed: '1',
  hasImportance: true,
  dependence: [],
  fairness: [],
  favoured: '',
  class: '',
}

/** Bounds of the whole numbers, as the server has them. */
export const explainBounds = {
  rows: { least: 2, most: 100_000 },
  contributions: { least: 0, most: 10_000 },
  repeats: { least: 1, most: 100 },
  seed: { least: 0, most: 4_294_967_295 },
} as const

export type ExplainNumber = keyof typeof explainBounds
export type ExplainField = ExplainNumber | 'snapshot'

export interface ReadExplainForm {
  /** What is sent; undefined while a field is wrong. */
  readonly request: ExplanationRequestInput | undefined
  readonly wrong: readonly ExplainField[]
}

/** Columns whose effect is drawn where none is chosen. */
const dependenceMost = 4

/** Makes of the form what the server is asked for, or says which fields are wrong. */
export function readExplainForm(
  draft: ExplainDraft,
  version: { readonly model: string; readonly needsSnapshot: boolean },
): ReadExplainForm {
  const names = Object.keys(explainBounds) as ExplainNumber[]
  const numbers = Object.fromEntries(names.map((name) => [name, wholeNumber(draft[name], explainBounds[name])]))
  const { rows, contributions, repeats, seed } = numbers
  const snapshot = draft.snapshot.trim()
  const wrong: readonly ExplainField[] = [
    ...(version.needsSnapshot && snapshot === '' ? (['snapshot'] as const) : []),
    ...names.filter((name) => numbers[name] === undefined),
  ]
  if (wrong.length > 0 || rows === undefined || contributions === undefined) return { request: undefined, wrong }
  const request: ExplanationRequestInput = {
    model: version.model,
    ...(snapshot === '' ? {} : { snapshot }),
    rows,
    importance: draft.hasImportance,
    ...(draft.hasImportance ? { repeats } : {}),
    dependence: draft.dependence.length === 0 ? dependenceMost : [...draft.dependence],
    contributions,
    ...(draft.class === '' ? {} : { class: draft.class }),
    ...(draft.fairness.length === 0
      ? {}
      : { fairness: { by: [...draft.fairness], ...(draft.favoured === '' ? {} : { favoured: draft.favoured }) } }),
    seed,
  }
  return { request, wrong }
}

function wholeNumber(text: string, { least, most }: { least: number; most: number }): number | undefined {
  const value = text.trim() === '' ? undefined : parseNumber(text)
  return value !== undefined && Number.isSafeInteger(value) && value >= least && value <= most ? value : undefined
}

/** The same from a terminal; undefined where a command line has no words for it. */
export function explainCommand(request: ExplanationRequestInput, origin: string): string | undefined {
  const { model, snapshot, importance, dependence, fairness } = request
  const lists = [...(Array.isArray(dependence) ? dependence : []), ...(fairness?.by ?? [])]
  // Names are separated by commas there, and importance is always measured.
  if (importance === false || lists.some((name) => name.includes(',') || name.trim() !== name)) return undefined
  const numbers = (Object.keys(explainBounds) as ExplainNumber[]).filter(
    (name) => request[name] !== undefined && String(request[name]) !== emptyExplainDraft[name],
  )
  return [
    `fabrique explain ${shellWord(model)}`,
    ...(snapshot === undefined ? [] : [`--data ${shellWord(snapshot)}`]),
    ...(Array.isArray(dependence) ? [`--columns ${shellWord(dependence.join(','))}`] : []),
    ...(request.class === undefined ? [] : [`--class ${shellWord(request.class)}`]),
    ...(fairness === undefined ? [] : [`--fairness ${shellWord(fairness.by.join(','))}`]),
    ...(fairness?.favoured === undefined ? [] : [`--favoured ${shellWord(fairness.favoured)}`]),
    ...numbers.map((name) => `--${name} ${request[name]}`),
    `--url ${shellWord(origin)}`,
  ].join(' ')
}

/** The request that the form sends. */
export function explainCurl(request: ExplanationRequestInput, origin: string): string {
  return [
    `curl ${shellWord(`${origin}/api/v1/explanations`)} \\`,
    "  -H 'content-type: application/json' \\",
    `  -d ${shellWord(JSON.stringify(request))}`,
  ].join('\n')
}
