import type { Acceptance } from '../estimators/estimator.js'

/** What linear classifiers, and regressors that read rows one by one, take. */
export const linearAcceptance: Acceptance = {
  sparse: true,
  missing: false,
  categories: false,
  sampleWeights: true,
  wantsScaling: true,
  nonNegative: false,
}

/** The same of regressors that need their columns whole. */
export const denseAcceptance: Acceptance = { ...linearAcceptance, sparse: false }
