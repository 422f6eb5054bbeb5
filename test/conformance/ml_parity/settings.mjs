// Parameters other than the defaults, by kind; each estimator is also trained with no parameters at all unless `instead` says so.
// Where a solver stops early by default, tight tolerances show that both sides have the same optimum.
const tight = { tol: 1e-10, max_iter: 20_000 }

const settings = {
  // With their default steps neither side learns enough of a few hundred rows to be compared.
  mlp_classifier: { instead: [{ max_iter: 500, learning_rate_init: 0.01 }] },
  mlp_regressor: { instead: [{ max_iter: 500, learning_rate_init: 0.01 }] },
  logistic_regression: { also: [tight, { ...tight, C: 0.1, class_weight: 'balanced' }] },
  lasso: { also: [tight, { ...tight, alpha: 0.1 }] },
  elastic_net: { also: [tight] },
  huber_regressor: { also: [tight] },
  k_neighbors_classifier: { also: [{ n_neighbors: 9, weights: 'distance' }] },
  k_neighbors_regressor: { also: [{ n_neighbors: 9, weights: 'distance' }] },
  hist_gradient_boosting_regressor: { also: [{ loss: 'absolute_error' }, { loss: 'quantile', quantile: 0.7 }] },
  k_means: { instead: [{ n_clusters: 3, n_init: 10 }] },
  dummy_classifier: { also: [{ strategy: 'most_frequent' }] },
  dummy_regressor: { also: [{ strategy: 'median' }] },
}

/** The sets of parameters that an estimator is trained with, under scikit-learn's names. */
export function parametersOf(kind) {
  const { instead = [{}], also = [] } = settings[kind] ?? {}
  return [...instead, ...also]
}
