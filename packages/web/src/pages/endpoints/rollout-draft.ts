import type { RolloutRequestInput } from '@fabrique/contract'
import { parseNumber } from '../../i18n/parse-number.js'

/** What the form holds, as it was typed. */
export interface RolloutDraft {
  readonly kind: RolloutRequestInput['kind']
  readonly candidate: string
  /** As `5/600, 25/600`: percent and seconds. */
  readonly steps: string
  readonly requests: string
  readonly promotes: boolean
  /** Percent. */
  readonly share: string
  /** Weight by version. */
  readonly weights: Readonly<Record<string, string>>
  readonly reason: string
}

export const firstDraft = (candidate: string): RolloutDraft => ({
  kind: 'canary',
  candidate,
  steps: '5/600, 25/600, 50/600',
  requests: '100',
  promotes: true,
  share: '100',
  weights: {},
  reason: '',
})

/** The steps of a canary; undefined where they are not `percent/seconds, …`. */
export function readSteps(text: string): { share: number; seconds: number }[] | undefined {
  const steps = text.split(',').map((part) => {
    const [percent = '', seconds = ''] = part.split('/')
    return { share: (parseNumber(percent) ?? Number.NaN) / 100, seconds: parseNumber(seconds) ?? Number.NaN }
  })
  const areRight = steps.every(
    ({ share, seconds }) => share > 0 && share <= 1 && Number.isInteger(seconds) && seconds >= 1,
  )
  return areRight && steps.length <= 20 ? steps : undefined
}

/** The request of a draft; undefined while something is missing or wrong. */
export function readDraft(draft: RolloutDraft): RolloutRequestInput | undefined {
  const { kind, candidate, reason } = draft
  switch (kind) {
    case 'canary': {
      const steps = readSteps(draft.steps)
      const requests_min = parseNumber(draft.requests)
      if (candidate === '' || steps === undefined || requests_min === undefined || !(requests_min >= 1))
        return undefined
      return { kind, version: candidate, steps, requests_min, promote: draft.promotes, reason }
    }
    case 'shadow': {
      const percent = parseNumber(draft.share)
      if (candidate === '' || percent === undefined || !(percent > 0 && percent <= 100)) return undefined
      return { kind, version: candidate, share: percent / 100, reason }
    }
    default: {
      const weighted = Object.entries(draft.weights).filter(([, text]) => text.trim() !== '')
      const variants = weighted.map(([version, text]) => ({
        name: `v${version}`,
        version,
        weight: parseNumber(text) ?? 0,
      }))
      if (variants.length < 2 || variants.some(({ weight }) => !(weight > 0))) return undefined
      return kind === 'split'
        ? { kind, variants, reason }
        : { kind, variants: variants.map(({ name, version }) => ({ name, version })), share_min: 0.05, reason }
    }
  }
}

/** How requests will be shared at first. */
export function firstShares(request: RolloutRequestInput, champion: string) {
  switch (request.kind) {
    case 'canary': {
      const share = request.steps?.[0]?.share ?? 0
      return [
        { name: 'base', version: champion, share: 1 - share },
        { name: 'candidate', version: request.version, share },
      ]
    }
    case 'shadow':
      return [
        { name: 'base', version: champion, share: 1 },
        { name: 'candidate', version: request.version, share: request.share ?? 1 },
      ]
    case 'split': {
      const whole = request.variants.reduce((sum, { weight }) => sum + weight, 0)
      return request.variants.map(({ name, version, weight }) => ({ name, version, share: weight / whole }))
    }
    case 'bandit':
      return request.variants.map(({ name, version }) => ({ name, version, share: 1 / request.variants.length }))
  }
}
