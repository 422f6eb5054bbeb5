"""What scikit-learn's histogram gradient boosting says, as JSON: packages/ml/test/parity/boosting.json.

Every third row is tested, the others train; outputs of the first 60 tested rows are kept. Features are rounded to float32 first, as our trees see them. The cases draw nothing at
random, so both sides grow the same trees; predictions are those before the link for classes, and the numbers themselves for regression.
"""

import json

import numpy as np
import sklearn
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import d2_pinball_score, d2_tweedie_score


def generated(rows):
    """Friedman's first function plus a category, with missing values; packages/ml/test/boosting-sets.ts computes the same."""
    state = 2024
    values = []
    for _ in range(rows * 8):
        state = (1103515245 * state + 12345) % 2**31
        values.append(state / 2**31)
    u = np.array(values).reshape(rows, 8)
    codes = np.floor(u[:, 6] * 12)
    x = u[:, :7].astype(np.float32).astype(np.float64)
    x[:, 6] = codes
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    y = y + (codes * 7) % 12 - 5.5 + u[:, 7]
    index = np.arange(rows)
    x[index % 5 == 0, 3] = np.nan
    x[index % 11 == 0, 6] = np.nan
    return x, y


CATEGORY = {"categorical_features": [6]}
CASES = [
    ("iris", "classes", {}),
    ("iris", "classes", {"max_iter": 30, "max_leaf_nodes": 4, "min_samples_leaf": 5, "l2_regularization": 1.5}),
    ("iris", "classes", {"max_iter": 20, "weighted": True}),
    ("iris", "classes", {"max_iter": 20, "class_weight": {"setosa": 1, "versicolor": 4}}),
    ("diabetes", "squared_error", {}),
    ("diabetes", "squared_error", {"max_bins": 16, "max_depth": 3, "learning_rate": 0.3, "weighted": True}),
    ("diabetes", "squared_error", {"monotonic_cst": {"bmi": 1, "s3": -1}, "max_iter": 10}),
    ("diabetes", "squared_error", {"early_stopping": True, "validation_fraction": None, "tol": 40.0}),
    ("diabetes", "absolute_error", {"max_iter": 50}),
    ("diabetes", "absolute_error", {"max_iter": 20, "weighted": True}),
    ("diabetes", "quantile", {"quantile": 0.9, "max_iter": 10}),
    ("diabetes", "poisson", {"max_iter": 50, "max_leaf_nodes": None, "max_depth": 4}),
    ("generated", "two", {"max_iter": 40, **CATEGORY}),
    ("generated", "two", {"max_iter": 40, "class_weight": "balanced", "weighted": True}),
    ("generated", "three", {"max_iter": 20, **CATEGORY}),
    ("generated", "squared_error", {"max_iter": 40, **CATEGORY}),
    ("generated", "squared_error", {"max_iter": 10, "max_leaf_nodes": None, "min_samples_leaf": 10, **CATEGORY}),
    ("generated", "squared_error", {"max_iter": 2, **CATEGORY}),
    ("generated", "poisson", {"max_iter": 40, **CATEGORY}),
    ("generated", "quantile", {"quantile": 0.25, "max_iter": 60, "weighted": True}),
]


def set_of(name, target):
    if name == "iris":
        iris = load_iris()
        return iris.data, iris.target_names[iris.target], iris.feature_names
    if name == "diabetes":
        diabetes = load_diabetes(scaled=False)
        return diabetes.data, diabetes.target, diabetes.feature_names
    x, y = generated(6000)
    names = [f"x{index}" for index in range(7)]
    if target == "two":
        return x, np.where(y > 14, "high", "low"), names
    if target == "three":
        return x, np.where(y > 17, "high", np.where(y > 11, "middle", "low")), names
    if target == "poisson":
        return x, np.floor(np.maximum(y, 0) / 3), names
    return x, y, names


def score_of(model, target, x, y):
    """Accuracy, R2, or the share of the pinball loss or of the deviance explained."""
    if target == "quantile":
        return float(d2_pinball_score(y, model.predict(x), alpha=model.quantile))
    if target == "poisson":
        return float(d2_tweedie_score(y, model.predict(x), power=1))
    return float(model.score(x, y))


def answer(name, target, parameters):
    x, y, names = set_of(name, target)
    x = x.astype(np.float32).astype(np.float64)
    given = dict(parameters)
    weights = None
    if given.pop("weighted", False):
        weights = (np.arange(len(y)) % 4).astype(float)
    if "monotonic_cst" in given:
        given["monotonic_cst"] = [given["monotonic_cst"].get(feature, 0) for feature in names]
    if "categorical_features" not in given:
        given["categorical_features"] = None
    if isinstance(given.get("class_weight"), dict):
        # It looks for the codes of the classes, not their names.
        given["class_weight"] = {code: given["class_weight"].get(label, 1) for code, label in enumerate(np.unique(y))}
    is_test = np.arange(len(y)) % 3 == 0
    given.setdefault("early_stopping", False)
    kind = HistGradientBoostingClassifier if y.dtype.kind == "U" else HistGradientBoostingRegressor
    if kind is HistGradientBoostingRegressor:
        given["loss"] = target
    model = kind(**given).fit(x[~is_test], y[~is_test], None if weights is None else weights[~is_test])
    raw = model.decision_function(x[is_test]) if kind is HistGradientBoostingClassifier else model.predict(x[is_test])
    columns = raw[:60].reshape(min(len(raw), 60), -1).T
    return {
        "set": name,
        "target": target,
        "parameters": parameters,
        "iterations": int(model.n_iter_),
        "score": score_of(model, target, x[is_test], y[is_test]),
        "raw": [[float(f"{value:.9g}") for value in column] for column in columns],
    }


def main():
    cases = [answer(*case) for case in CASES]
    print(json.dumps({"scikit_learn": sklearn.__version__, "cases": cases}, separators=(",", ":")))


if __name__ == "__main__":
    main()
