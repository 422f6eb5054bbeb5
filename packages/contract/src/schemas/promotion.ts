/** The scores of one version of a classifier on the test rows; NaN where a score has no meaning. */
export interface ClassificationMetrics {
  /** Share of rows with the right class, from 0 to 1; higher is better, as of all that follow but the last two. */
  readonly accuracy: number
  /** Mean over the classes of the share of rows that are found. */
  readonly balancedAccuracy: number
  readonly precisionMacro: number
  readonly recallMacro: number
  readonly f1Macro: number
  readonly precisionWeighted: number
  readonly recallWeighted: number
  readonly f1Weighted: number
  /** Matthews correlation coefficient, from -1 to 1. */
  readonly mcc: number
  /** Cohen's kappa, from -1 to 1. */
  readonly kappa: number
  /** Area under the ROC curve; of several classes the mean of each against the rest. */
  readonly rocAuc: number
  /** Average precision; of several classes the mean of each against the rest. */
  readonly prAuc: number
  /** Mean negative logarithm of the probability of the right class; lower is better. */
  readonly logLoss: number
  /** Brier score; lower is better. */
  readonly brier: number
}

/** The scores of one version of a regressor on the test rows; NaN where a score has no meaning. */
export interface RegressionMetrics {
  /** Share of the variance that is explained, 1 at best; higher is better. */
  readonly r2: number
  /** Root of the mean squared error, in units of the label; lower is better. */
  readonly rmse: number
  /** Mean absolute error, in units of the label; lower is better. */
  readonly mae: number
  /** Mean absolute error as a share of the true value; lower is better. */
  readonly mape: number
  /** Median absolute error, in units of the label; lower is better. */
  readonly medianAe: number
  /** Greatest absolute error, in units of the label; lower is better. */
  readonly maxError: number
  /** As R2, without the mean of the errors; higher is better. */
  readonly explainedVariance: number
}

/** Scores by task, under their names in code; they are logged in snake case. */
export interface MetricsOfTask {
  readonly classification: ClassificationMetrics
  readonly regression: RegressionMetrics
}

/** What a rule of promotion sees of one version. */
export interface LoggedMetrics {
  /** Each value under the name that it is logged with, as `roc_auc`; of folds too, as `cv_r2_mean`. */
  readonly metrics: Readonly<Record<string, number>>
}

/** The versions that a rule of promotion compares, on the same test rows. */
export interface Promotion<Task extends keyof MetricsOfTask> {
  readonly candidate: MetricsOfTask[Task] & LoggedMetrics
  /** The version that holds the alias `champion`. */
  readonly champion: MetricsOfTask[Task] & LoggedMetrics
}

/** The name that each metric of a tested model is logged with, by its name in code. */
export const loggedMetricNames: {
  readonly [Task in keyof MetricsOfTask]: { readonly [Name in keyof MetricsOfTask[Task]]: string }
} = {
  classification: {
    accuracy: 'accuracy',
    balancedAccuracy: 'balanced_accuracy',
    precisionMacro: 'precision_macro',
    recallMacro: 'recall_macro',
    f1Macro: 'f1_macro',
    precisionWeighted: 'precision_weighted',
    recallWeighted: 'recall_weighted',
    f1Weighted: 'f1_weighted',
    mcc: 'mcc',
    kappa: 'kappa',
    rocAuc: 'roc_auc',
    prAuc: 'pr_auc',
    logLoss: 'log_loss',
    brier: 'brier',
  },
  regression: {
    r2: 'r2',
    rmse: 'rmse',
    mae: 'mae',
    mape: 'mape',
    medianAe: 'median_ae',
    maxError: 'max_error',
    explainedVariance: 'explained_variance',
  },
}
