import { bernoulliNb } from '../bayes/bernoulli-nb.js'
import { gaussianNb } from '../bayes/gaussian-nb.js'
import { multinomialNb } from '../bayes/multinomial-nb.js'
import { histGradientBoostingClassifier } from '../boosting/hist-gradient-boosting-classifier.js'
import { histGradientBoostingRegressor } from '../boosting/hist-gradient-boosting-regressor.js'
import { kMeans } from '../cluster/k-means.js'
import { pca } from '../decomposition/pca.js'
import { dummyClassifier } from '../dummy/dummy-classifier.js'
import { dummyRegressor } from '../dummy/dummy-regressor.js'
import {
  decisionTreeClassifier,
  decisionTreeRegressor,
  extraTreesClassifier,
  extraTreesRegressor,
  randomForestClassifier,
  randomForestRegressor,
} from '../forest/forest-estimators.js'
import { isolationForest } from '../forest/isolation-forest.js'
import { elasticNet, lasso } from '../linear/elastic-net.js'
import { huberRegressor } from '../linear/huber-regressor.js'
import { linearRegression } from '../linear/linear-regression.js'
import { linearSvc } from '../linear/linear-svc.js'
import { linearSvr } from '../linear/linear-svr.js'
import { logisticRegression } from '../linear/logistic-regression.js'
import { ridge } from '../linear/ridge.js'
import { sgdClassifier } from '../linear/sgd-classifier.js'
import { sgdRegressor } from '../linear/sgd-regressor.js'
import { kNeighborsClassifier } from '../neighbors/k-neighbors-classifier.js'
import { kNeighborsRegressor } from '../neighbors/k-neighbors-regressor.js'
import { mlpClassifier } from '../neural/mlp-classifier.js'
import { mlpRegressor } from '../neural/mlp-regressor.js'
import type { Estimator } from './estimator.js'

/** Every estimator, in the order in which a form lists them: by task, what to try first at the top. */
export const estimators: readonly Estimator[] = [
  logisticRegression,
  histGradientBoostingClassifier,
  randomForestClassifier,
  extraTreesClassifier,
  decisionTreeClassifier,
  linearSvc,
  sgdClassifier,
  mlpClassifier,
  kNeighborsClassifier,
  gaussianNb,
  multinomialNb,
  bernoulliNb,
  dummyClassifier,
  linearRegression,
  ridge,
  histGradientBoostingRegressor,
  randomForestRegressor,
  extraTreesRegressor,
  decisionTreeRegressor,
  lasso,
  elasticNet,
  huberRegressor,
  linearSvr,
  sgdRegressor,
  mlpRegressor,
  kNeighborsRegressor,
  dummyRegressor,
  kMeans,
  pca,
  isolationForest,
]

const byKind = new Map(estimators.map((estimator) => [estimator.kind, estimator]))

/** The estimator of that kind, as `random_forest_classifier`. */
export function estimatorNamed(kind: string): Estimator | undefined {
  return byKind.get(kind)
}
