/** Losses of stochastic gradient descent, by scikit-learn's names. */
export type ClassLoss = 'hinge' | 'squared_hinge' | 'perceptron' | 'log_loss' | 'modified_huber'
export type ValueLoss = 'squared_error' | 'huber' | 'epsilon_insensitive' | 'squared_epsilon_insensitive'
export type SgdLoss = ClassLoss | ValueLoss

/** What a score costs against its target: 1 or -1 of a class, or a number. `epsilon` counts for some losses of numbers. */
export function sgdLoss(kind: SgdLoss, { score, target, epsilon }: ScoredTarget): number {
  const margin = score * target
  const error = Math.abs(score - target)
  switch (kind) {
    case 'hinge':
      return Math.max(0, 1 - margin)
    case 'squared_hinge':
      return Math.max(0, 1 - margin) ** 2
    case 'perceptron':
      return Math.max(0, -margin)
    case 'log_loss':
      return Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin)))
    case 'modified_huber':
      return margin < -1 ? -4 * margin : Math.max(0, 1 - margin) ** 2
    case 'squared_error':
      return 0.5 * error * error
    case 'huber':
      return error <= epsilon ? 0.5 * error * error : epsilon * error - 0.5 * epsilon * epsilon
    case 'epsilon_insensitive':
      return Math.max(0, error - epsilon)
    case 'squared_epsilon_insensitive':
      return Math.max(0, error - epsilon) ** 2
  }
}

/** Derivative of the loss by the score. */
export function sgdSlope(kind: SgdLoss, { score, target, epsilon }: ScoredTarget): number {
  const margin = score * target
  const error = score - target
  switch (kind) {
    case 'hinge':
      return margin <= 1 ? -target : 0
    case 'squared_hinge':
      return -2 * target * Math.max(0, 1 - margin)
    case 'perceptron':
      return margin <= 0 ? -target : 0
    case 'log_loss':
      return -target / (1 + Math.exp(margin))
    case 'modified_huber':
      return margin < -1 ? -4 * target : -2 * target * Math.max(0, 1 - margin)
    case 'squared_error':
      return error
    case 'huber':
      return Math.abs(error) <= epsilon ? error : epsilon * Math.sign(error)
    case 'epsilon_insensitive':
      return Math.abs(error) > epsilon ? Math.sign(error) : 0
    case 'squared_epsilon_insensitive':
      return 2 * Math.sign(error) * Math.max(0, Math.abs(error) - epsilon)
  }
}

/** One object is reused for all rows of a fit. */
export interface ScoredTarget {
  score: number
  target: number
  readonly epsilon: number
}
