import type { Prediction, ShadowReport } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'

/** Numbers this close to each other, in relation to their size, are the same. */
const tolerance = 1e-6

/** How the answers of a shadow differ from those that were given, as this process saw them. */
export class Differences {
  compared = 0
  equal = 0
  /** Compared numbers: predictions of a regression, probabilities or scores of classes. */
  numbers = 0
  sumDifference = 0
  largestDifference = 0
  failed = 0
  leftOut = 0
  readonly examples: ShadowReport['examples'] = []
  isChanged = false

  /** Compares the rows of one request. */
  add(
    base: readonly Prediction[],
    candidate: readonly Prediction[],
    request: { readonly id: string; readonly at: Date },
  ): void {
    this.isChanged = true
    for (const [row, left] of base.entries()) {
      const right = candidate[row]
      if (right === undefined) continue
      this.compared += 1
      for (const difference of differencesOf(left, right)) {
        this.numbers += 1
        this.sumDifference += difference
        this.largestDifference = Math.max(this.largestDifference, difference)
      }
      if (isSame(left.prediction, right.prediction)) this.equal += 1
      else {
        const example = {
          request_id: request.id,
          at: request.at.toISOString(),
          base: shown(left),
          candidate: shown(right),
        }
        this.examples.unshift(example)
        this.examples.splice(limit('rollouts.shadow_examples_max'))
      }
    }
  }

  fail(): void {
    this.isChanged = true
    this.failed += 1
  }

  leaveOut(): void {
    this.isChanged = true
    this.leftOut += 1
  }
}

function isSame(left: string | number, right: string | number): boolean {
  if (typeof left !== 'number' || typeof right !== 'number') return left === right
  return Math.abs(left - right) <= tolerance * Math.max(1, Math.abs(left), Math.abs(right))
}

function valuesOf(prediction: Prediction): Readonly<Record<string, number>> {
  if ('probabilities' in prediction) return prediction.probabilities
  if ('scores' in prediction) return prediction.scores
  return typeof prediction.prediction === 'number' ? { prediction: prediction.prediction } : {}
}

function differencesOf(left: Prediction, right: Prediction): readonly number[] {
  const [before, now] = [valuesOf(left), valuesOf(right)]
  return Object.entries(before).map(([name, value]) => Math.abs(value - (now[name] ?? 0)))
}

/** An example says what was answered, not of what. */
function shown({ features_used: _, ...answer }: Prediction) {
  return answer
}
