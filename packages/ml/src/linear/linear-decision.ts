import type { DecisionFunction } from '../estimators/estimator.js'
import { addLinearDecisionToGraph } from './add-linear-to-graph.js'
import type { LinearClassifier } from './linear-model.js'
import { predictLinearDecision } from './predict-linear.js'

/** The scores of a linear classifier, whatever becomes of them. */
export const linearDecision: DecisionFunction<LinearClassifier> = {
  predict: predictLinearDecision,
  addToGraph: addLinearDecisionToGraph,
}
