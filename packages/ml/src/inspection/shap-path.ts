import { float64At, int32At } from '../data/element.js'

/**
 * The distinct features on the way from a root to a node, as TreeSHAP (Lundberg, Erion and Lee 2018) follows them. Each has the share of
 * training rows that would go this way if the feature were left out (zero) and whether the explained row does (one). The weights say,
 * by number of features that are known, how the subsets of such a size weigh together.
 */
export interface ShapPath {
  length(): number
  clear(): void
  copy(from: ShapPath): void
  /** EXTEND of the paper: one more feature. */
  extend(feature: number, zeroShare: number, oneShare: number): void
  /** UNWIND of the paper: takes back the feature at a place. */
  unwind(place: number): void
  /** What the weights would sum up to after taking back the feature at a place. */
  unwoundSum(place: number): number
  /** Place of a feature, or -1. */
  find(feature: number): number
  feature(place: number): number
  zeroShare(place: number): number
  oneShare(place: number): number
  readonly lists: ShapPathLists
}

interface ShapPathLists {
  readonly features: Int32Array
  readonly zeros: Float64Array
  readonly ones: Float64Array
  readonly weights: Float64Array
}

/** @param room most features that it can hold, the root's place included */
export function createShapPath(room: number): ShapPath {
  const features = new Int32Array(room)
  const zeros = new Float64Array(room)
  const ones = new Float64Array(room)
  const weights = new Float64Array(room)
  let count = 0

  return {
    lists: { features, zeros, ones, weights },
    length: () => count,
    clear() {
      count = 0
    },
    copy(from) {
      count = from.length()
      const { lists } = from
      for (let place = 0; place < count; place++) {
        features[place] = int32At(lists.features, place)
        zeros[place] = float64At(lists.zeros, place)
        ones[place] = float64At(lists.ones, place)
        weights[place] = float64At(lists.weights, place)
      }
    },
    extend(feature, zeroShare, oneShare) {
      features[count] = feature
      zeros[count] = zeroShare
      ones[count] = oneShare
      weights[count] = count === 0 ? 1 : 0
      for (let place = count - 1; place >= 0; place--) {
        const weight = float64At(weights, place)
        weights[place + 1] = float64At(weights, place + 1) + (oneShare * weight * (place + 1)) / (count + 1)
        weights[place] = (zeroShare * weight * (count - place)) / (count + 1)
      }
      count++
    },
    unwind(place) {
      const last = count - 1
      const one = float64At(ones, place)
      const zero = float64At(zeros, place)
      let next = float64At(weights, last)
      for (let index = last - 1; index >= 0; index--) {
        if (one !== 0) {
          const weight = float64At(weights, index)
          weights[index] = (next * (last + 1)) / ((index + 1) * one)
          next = weight - (float64At(weights, index) * zero * (last - index)) / (last + 1)
        } else weights[index] = (float64At(weights, index) * (last + 1)) / (zero * (last - index))
      }
      for (let index = place; index < last; index++) {
        features[index] = int32At(features, index + 1)
        zeros[index] = float64At(zeros, index + 1)
        ones[index] = float64At(ones, index + 1)
      }
      count--
    },
    unwoundSum(place) {
      const last = count - 1
      const one = float64At(ones, place)
      const zero = float64At(zeros, place)
      let next = float64At(weights, last)
      let sum = 0
      for (let index = last - 1; index >= 0; index--) {
        if (one !== 0) {
          const part = (next * (last + 1)) / ((index + 1) * one)
          sum += part
          next = float64At(weights, index) - (part * zero * (last - index)) / (last + 1)
        } else sum += (float64At(weights, index) * (last + 1)) / (zero * (last - index))
      }
      return sum
    },
    find(feature) {
      for (let place = 1; place < count; place++) if (int32At(features, place) === feature) return place
      return -1
    },
    feature: (place) => int32At(features, place),
    zeroShare: (place) => float64At(zeros, place),
    oneShare: (place) => float64At(ones, place),
  }
}
