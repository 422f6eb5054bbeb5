"""Sizes, folds and scores of scikit-learn's learning_curve on fixed cases, as JSON: packages/ml/test/parity/learning-curve.json."""

import json

import numpy as np
import sklearn
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, StratifiedKFold, learning_curve
from sklearn.naive_bayes import GaussianNB

SHARES = [0.1, 0.25, 0.5, 0.75, 1.0]


def curve(estimator, rows, target, cv, order):
    sizes, train, test = learning_curve(
        estimator, rows[order], target[order], train_sizes=SHARES, cv=cv, error_score="raise"
    )
    return {
        "sizes": sizes.tolist(),
        "train": train.tolist(),
        "test": test.tolist(),
        "train_mean": train.mean(axis=1).tolist(),
        "test_std": test.std(axis=1).tolist(),
    }


def main():
    diabetes, iris = load_diabetes(scaled=False), load_iris()
    order = np.random.default_rng(5).permutation(150)
    print(
        json.dumps(
            {
                "scikit_learn": sklearn.__version__,
                "shares": SHARES,
                "iris_order": order.tolist(),
                "diabetes": curve(LinearRegression(), diabetes.data, diabetes.target, KFold(5), np.arange(442)),
                "iris": curve(GaussianNB(), iris.data, iris.target, StratifiedKFold(5), order),
            },
            separators=(",", ":"),
        )
    )


if __name__ == "__main__":
    main()
