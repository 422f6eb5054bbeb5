import type { ExplanationRequestInput } from '@fabrique/contract'
import type { AskFlags } from './server-url.js'
import { wholeNumber } from './train-flags.js'

export interface ExplainFlags extends AskFlags {
  readonly data?: string
  readonly row?: string
  readonly model?: string
  readonly in?: string
  readonly target?: string
  readonly columns?: string
  readonly class?: string
  readonly metric?: string
  readonly fairness?: string
  readonly favoured?: string
  readonly rows?: string
  readonly contributions?: string
  readonly repeats?: string
  readonly seed?: string
}

/** What is asked, as the API takes it. Throws `invalid_request`. */
export function explanationRequest(flags: ExplainFlags): Omit<ExplanationRequestInput, 'model' | 'snapshot'> {
  const { columns, class: named, metric, fairness, favoured, rows, contributions, repeats, seed } = flags
  return {
    ...(columns === undefined ? {} : { dependence: names(columns) }),
    ...(named === undefined ? {} : { class: named }),
    ...(metric === undefined ? {} : { metric }),
    ...(fairness === undefined
      ? {}
      : { fairness: { by: names(fairness), ...(favoured === undefined ? {} : { favoured }) } }),
    ...(rows === undefined ? {} : { rows: wholeNumber('--rows', rows, 2) }),
    ...(contributions === undefined ? {} : { contributions: wholeNumber('--contributions', contributions, 0) }),
    ...(repeats === undefined ? {} : { repeats: wholeNumber('--repeats', repeats, 1) }),
    ...(seed === undefined ? {} : { seed: wholeNumber('--seed', seed, 0) }),
  }
}

function names(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}
