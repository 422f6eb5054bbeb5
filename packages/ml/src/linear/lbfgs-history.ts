import { float64At, itemAt } from '../data/element.js'
import { addScaled, dot } from './vector.js'

/** Steps that are remembered, as scipy does. */
const memory = 10

/** Multiplies a vector, in place, by an approximate inverse of the second derivative. */
export type Precondition = (vector: Float64Array) => void

/** The last steps of a minimisation and how the gradient changed along them. */
export interface LbfgsHistory {
  /**
   * Multiplies in place by the inverse second derivative, as far as the steps tell it (two-loop recursion: Nocedal 1980).
   * @param free 1 for parameters that may move: the others count as constants, and stay 0 in the vector; null for all. Preconditioning
   *   must then be diagonal.
   */
  apply(vector: Float64Array, free?: Float64Array | null): void
  /** Takes over both arrays; a change that tells of no positive curvature is forgotten. */
  remember(step: Float64Array, change: Float64Array): void
  readonly isEmpty: boolean
  clear(): void
}

interface RememberedStep {
  readonly step: Float64Array
  readonly change: Float64Array
  readonly curvature: number
}

export function createHistory(precondition: Precondition | null): LbfgsHistory {
  const steps: RememberedStep[] = []
  return {
    apply(vector, free = null) {
      const used = free === null ? steps : steps.flatMap((one) => withinFree(one, free))
      const factors = new Float64Array(used.length)
      for (let index = used.length - 1; index >= 0; index--) {
        const { step, change, curvature } = itemAt(used, index)
        factors[index] = dot(step, vector) / curvature
        addScaled(vector, -float64At(factors, index), change)
      }
      precondition?.(vector)
      const last = used.at(-1)
      const scale = last === undefined ? 1 : scaleOf(last, precondition)
      for (let index = 0; index < vector.length; index++) vector[index] = scale * float64At(vector, index)
      for (const [index, { step, change, curvature }] of used.entries()) {
        addScaled(vector, float64At(factors, index) - dot(change, vector) / curvature, step)
      }
    },
    remember(step, change) {
      const curvature = dot(step, change)
      if (!(curvature > Number.EPSILON * dot(change, change))) return
      if (steps.length === memory) steps.shift()
      steps.push({ step, change, curvature })
    },
    get isEmpty() {
      return steps.length === 0
    },
    clear() {
      steps.length = 0
    },
  }
}

/** How much longer the last step should have been than preconditioning alone says. */
function scaleOf({ change, curvature }: RememberedStep, precondition: Precondition | null): number {
  const conditioned = change.slice()
  precondition?.(conditioned)
  return curvature / dot(change, conditioned)
}

/** A step as if only some parameters had moved; none where it then tells of no positive curvature. */
function withinFree({ step, change }: RememberedStep, free: Float64Array): RememberedStep[] {
  const freeStep = step.slice()
  const freeChange = change.slice()
  for (let index = 0; index < free.length; index++) {
    freeStep[index] = float64At(free, index) * float64At(step, index)
    freeChange[index] = float64At(free, index) * float64At(change, index)
  }
  const curvature = dot(freeStep, freeChange)
  if (!(curvature > Number.EPSILON * dot(freeChange, freeChange))) return []
  return [{ step: freeStep, change: freeChange, curvature }]
}
