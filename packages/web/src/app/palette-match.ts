import type { AppPath } from '../routing/paths.js'
import type { Place } from './places.js'

/** Somewhere to go, or something to do. */
export interface Entry extends Omit<Place, 'address'> {
  readonly id: string
  readonly lang?: string
  readonly address?: AppPath
  readonly run?: () => void
}

/** How well a text answers to what was typed: smaller is better, undefined is not at all. Every word has to occur. */
export function matchRank(text: string, wanted: string): number | undefined {
  const plain = (value: string) =>
    value
      .toLowerCase()
      .normalize('NFD')
      .replace(/\p{Mark}/gu, '')
  const words = plain(wanted)
    .split(/\s+/)
    .filter((word) => word !== '')
  const within = plain(text)
  let rank = 0
  for (const word of words) {
    const at = within.indexOf(word)
    if (at < 0) return undefined
    rank += at === 0 ? 0 : /[\s/_-]/.test(within[at - 1] ?? '') ? 1 : 2
  }
  return rank
}

/** The entries that answer to what was typed, best first, in their own order where they are as good. */
export function matchEntries(entries: readonly Entry[], wanted: string): readonly Entry[] {
  return entries
    .flatMap((entry) => {
      const rank = matchRank([entry.label, entry.detail, entry.id].filter(Boolean).join(' '), wanted)
      return rank === undefined ? [] : [{ entry, rank }]
    })
    .sort((first, second) => first.rank - second.rank)
    .map(({ entry }) => entry)
}
