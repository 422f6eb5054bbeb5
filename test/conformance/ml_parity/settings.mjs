// Parameters other than the defaults, by kind; each estimator is also trained with no parameters at all unless `instead` says so.
// `seeds` is how many are needed, by set, where one training differs much from the next. Where a solver stops early by default, tight tolerances show that both sides have the same optimum.
const tight = { tol: 1e-10, max_iter: 20_000 }

const settings = {
  // Full trees on a few hundred rows differ by more than the bound from one seed to the next.
  decision_tree_regressor: { instead: [{ max_depth: 4 }], seeds: { others: 100 } },
  sgd_classifier: { seeds: { iris: 300, others: 40 } },
  // With their default steps neither side learns enough of a few hundred rows to be compared.
  mlp_classifier: { instead: [{ hidden_layer_sizes: [20], max_iter: 100, learning_rate_init: 0.01 }] },
  mlp_regressor: {
    instead: [{ hidden_layer_sizes: [50], max_iter: 100, learning_rate_init: 0.01, alpha: 1 }],
    seeds: { diabetes: 25, generated_values: 25 },
  },
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

/** How many trainings of an estimator with chance the mean is taken of. */
export function seedsOf(kind, set) {
  const { seeds = {} } = settings[kind] ?? {}
  return Math.max(set.seeds, seeds[set.name] ?? seeds.others ?? 0)
}
