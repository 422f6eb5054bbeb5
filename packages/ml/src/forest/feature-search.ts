import { int32At } from '../data/element.js'
import type { Random } from '../random/create-random.js'
import type { ForestTask } from './forest-task.js'
import type { FeatureRange, FoundSplit, NodeScanner } from './node-scanner.js'

/** Searches the split of a node over a random choice of features. */
export interface FeatureSearch {
  /** To be called at the start of a tree: what it finds must not depend on the trees before. */
  reset(): void
  /** The best split of the scanner's node, or null when no feature separates the rows as the settings ask. */
  find(random: Random): FoundSplit | null
}

export function createFeatureSearch({ columns, settings }: ForestTask, scanner: NodeScanner): FeatureSearch {
  const { featuresPerSplit, randomSplits } = settings
  const featureCount = columns.length
  const features = new Int32Array(featureCount)
  const range: FeatureRange = { list: features, start: 0, end: 0 }
  const best: FoundSplit = {
    feature: -1,
    leftBin: 0,
    rightBin: 0,
    missing: 0,
    drawn: Number.NaN,
    purity: -Infinity,
    gain: 0,
  }

  /** Puts a feature that was not yet drawn at the given place. */
  function draw(place: number, random: Random): number {
    const chosen = place + random.intBelow(featureCount - place)
    const feature = int32At(features, chosen)
    features[chosen] = int32At(features, place)
    features[place] = feature
    return feature
  }

  function scan(start: number, end: number): boolean {
    range.start = start
    range.end = end
    return scanner.scan(range, best)
  }

  return {
    reset() {
      for (let feature = 0; feature < featureCount; feature++) features[feature] = feature
    },
    find(random) {
      best.feature = -1
      best.purity = -Infinity
      // As in scikit-learn, features without two values count as tried, yet one that has two is tried if there is any.
      let drawn = 0
      for (; drawn < featuresPerSplit && !randomSplits; drawn++) draw(drawn, random)
      let separated = drawn > 0 && scan(0, drawn)
      for (; drawn < featureCount && (drawn < featuresPerSplit || !separated); drawn++) {
        const feature = draw(drawn, random)
        const varies = randomSplits ? scanner.scanRandom(feature, best, random) : scan(drawn, drawn + 1)
        if (varies) separated = true
      }
      if (best.feature < 0) return null
      // A split that gains nothing may come out a rounding error below zero.
      best.gain = Math.max(0, best.purity - scanner.purity())
      return best
    },
  }
}
