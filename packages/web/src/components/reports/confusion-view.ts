import type { ConfusionMatrix } from './read-reports.js'

/** Classes that a matrix shows at most; of more, the most frequent. */
export const shownClassesMax = 30

export interface ConfusionView {
  /** Positions of the shown classes, in their order. */
  readonly shown: readonly number[]
  /** Test rows of each class. */
  readonly support: readonly number[]
  readonly right: number
  readonly total: number
  /** Wrong predictions by how often they are, the most frequent first. */
  readonly confused: readonly ConfusedPair[]
}

export interface ConfusedPair {
  readonly truth: string
  readonly predicted: string
  readonly count: number
  /** Of the rows of the true class. */
  readonly share: number
}

/** What there is to say of a matrix; the pairs of at most `pairsMax`. */
export function viewConfusion({ classes, counts }: ConfusionMatrix, pairsMax: number): ConfusionView {
  const support = counts.map((line) => line.reduce((sum, count) => sum + count, 0))
  const right = counts.reduce((sum, line, at) => sum + (line[at] ?? 0), 0)
  const frequent = [...classes.keys()]
    .sort((first, second) => (support[second] ?? 0) - (support[first] ?? 0) || first - second)
    .slice(0, shownClassesMax)
  const confused = counts
    .flatMap((line, truth) =>
      line.flatMap((count, predicted) =>
        count === 0 || truth === predicted
          ? []
          : [
              {
                truth: classes[truth] ?? '',
                predicted: classes[predicted] ?? '',
                count,
                share: count / (support[truth] || 1),
              },
            ],
      ),
    )
    .sort((first, second) => second.count - first.count || second.share - first.share)
  return {
    shown: frequent.sort((first, second) => first - second),
    support,
    right,
    total: support.reduce((sum, count) => sum + count, 0),
    confused: confused.slice(0, pairsMax),
  }
}
