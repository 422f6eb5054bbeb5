"""Folds of scikit-learn and p values of scipy on fixed cases, as JSON: packages/ml/test/parity/selection.json."""

import json

import numpy as np
import scipy
import sklearn
from scipy import stats
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, TimeSeriesSplit


def tests(splits):
    return [test.tolist() for _, test in splits]


def main():
    rng = np.random.default_rng(3)
    codes = rng.choice(4, 31, p=[0.5, 0.3, 0.15, 0.05])
    groups = rng.integers(0, 9, 40)
    rows = np.zeros((31, 1))
    first, second = rng.normal(0.8, 0.03, 10).round(4), rng.normal(0.78, 0.03, 10).round(4)
    print(
        json.dumps(
            {
                "scikit_learn": sklearn.__version__,
                "scipy": scipy.__version__,
                "codes": codes.tolist(),
                "groups": groups.tolist(),
                "k_fold": tests(KFold(4).split(rows)),
                "stratified_k_fold": tests(StratifiedKFold(4).split(rows, codes)),
                "group_k_fold": tests(GroupKFold(3).split(np.zeros((40, 1)), groups=groups)),
                "time_series": tests(TimeSeriesSplit(4).split(rows)),
                "paired_t": {
                    "first": first.tolist(),
                    "second": second.tolist(),
                    "statistic": stats.ttest_rel(first, second).statistic,
                    "p": stats.ttest_rel(first, second).pvalue,
                },
                "binomial": [[k, 20, stats.binom.cdf(k, 20, 0.5)] for k in (0, 3, 9, 19, 20)],
                "student": [[t, df, 2 * stats.t.sf(t, df)] for t, df in ((0.1, 1), (2.2, 9), (5, 30), (40, 3))],
                "chi_square": [[x, stats.chi2.sf(x, 1)] for x in (0.2, 3.84, 30)],
            }
        )
    )


if __name__ == "__main__":
    main()
