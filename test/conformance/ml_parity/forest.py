"""What scikit-learn's trees and forests and shap's TreeExplainer say, as JSON: packages/ml/test/parity/forest.json.

Every third row is tested, the others train. Single trees are compared prediction by prediction: their parameters are such that no two
splits tie, so that every random state grows the same tree. Forests are compared by the mean of a score over random states.
"""

import json
import warnings

import numpy as np
import shap
import sklearn
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

warnings.filterwarnings("ignore")

STATES = range(10)


def with_missing(x):
    x = x.copy()
    rows, columns = np.indices(x.shape)
    x[(rows * 7 + columns * 3) % 5 == 0] = np.nan
    return x


def friedman(rows):
    """Friedman's first function on numbers of a linear congruential generator, which the test computes too."""
    state = 12345
    values = []
    for _ in range(rows * 6):
        state = (1103515245 * state + 12345) % 2**31
        values.append(state / 2**31)
    u = np.array(values).reshape(rows, 6).astype(np.float32).astype(np.float64)
    y = 10 * np.sin(np.pi * u[:, 0] * u[:, 1]) + 20 * (u[:, 2] - 0.5) ** 2 + 10 * u[:, 3] + 5 * u[:, 4]
    return u, y


def single_trees(iris, diabetes):
    sets = {"iris": iris, "diabetes": diabetes}
    cases = [
        ("classifier", "iris", {"max_depth": 2}),
        ("classifier", "iris", {"max_depth": 2, "criterion": "entropy", "class_weight": {"setosa": 1, "versicolor": 4}}),
        ("classifier", "iris", {"max_leaf_nodes": 3, "weighted": True}),
        ("classifier", "iris", {"max_depth": 2, "missing": True}),
        ("classifier", "iris", {"min_impurity_decrease": 0.1, "class_weight": "balanced"}),
        ("regressor", "diabetes", {"max_depth": 3}),
        ("regressor", "diabetes", {"max_depth": 4, "min_samples_leaf": 5, "weighted": True}),
        ("regressor", "diabetes", {"max_depth": 3, "missing": True}),
        ("regressor", "diabetes", {"max_leaf_nodes": 9}),
        ("regressor", "diabetes", {"min_impurity_decrease": 60.0, "min_samples_split": 0.2}),
        ("regressor", "diabetes", {"max_depth": 5, "min_samples_leaf": 0.03}),
        ("regressor", "diabetes", {"max_depth": 4, "min_weight_fraction_leaf": 0.05, "weighted": True}),
    ]
    for task, name, parameters in cases:
        x, y, names = sets[name]
        given = dict(parameters)
        if given.pop("missing", False):
            x = with_missing(x)
        weights = 1.0 + np.arange(len(y)) % 4 if given.pop("weighted", False) else np.ones(len(y))
        if isinstance(given.get("class_weight"), dict):
            given["class_weight"] = {names.index(key): value for key, value in given["class_weight"].items()}
        test = np.arange(len(y)) % 3 == 0
        model = DecisionTreeClassifier if task == "classifier" else DecisionTreeRegressor
        found = []
        for state in STATES:
            tree = model(random_state=state, **given).fit(x[~test], y[~test], sample_weight=weights[~test])
            values = tree.predict_proba(x[test]).T if task == "classifier" else tree.predict(x[test])[None, :]
            found.append((values, tree.feature_importances_))
        equal = all(np.allclose(values, found[0][0], rtol=0, atol=1e-12) for values, _ in found)
        if not equal:
            raise SystemExit(f"{task} {parameters}: splits tie")
        same_importances = all(np.allclose(importances, found[0][1], rtol=0, atol=1e-12) for _, importances in found)
        yield {
            "task": task,
            "set": name,
            "parameters": parameters,
            "predicted": np.round(found[0][0], 7).tolist(),
            # Features that divide the rows in the same way tie, which changes importances but no prediction.
            "importances": np.round(found[0][1], 9).tolist() if same_importances else None,
        }


def forests(iris, diabetes):
    fx, fy = friedman(1500)
    fc = (fy > 14).astype(int)
    classifiers = {"iris": iris[:2], "friedman": (fx, fc)}
    regressors = {"diabetes": diabetes[:2], "friedman": (fx, fy)}
    cases = [
        ("random_forest_classifier", RandomForestClassifier, classifiers, {}),
        (
            "random_forest_classifier",
            RandomForestClassifier,
            classifiers,
            {"class_weight": "balanced_subsample", "max_samples": 0.5, "criterion": "log_loss"},
        ),
        ("extra_trees_classifier", ExtraTreesClassifier, classifiers, {}),
        ("extra_trees_classifier", ExtraTreesClassifier, classifiers, {"max_leaf_nodes": 20, "max_features": None}),
        ("random_forest_regressor", RandomForestRegressor, regressors, {}),
        ("random_forest_regressor", RandomForestRegressor, regressors, {"max_features": 0.5, "oob_score": True}),
        ("extra_trees_regressor", ExtraTreesRegressor, regressors, {}),
        ("extra_trees_regressor", ExtraTreesRegressor, regressors, {"missing": True, "min_samples_leaf": 3}),
    ]
    for kind, model, sets, parameters in cases:
        for name, (x, y) in sets.items():
            given = dict(parameters)
            rows = with_missing(x) if given.pop("missing", False) else x
            test = np.arange(len(y)) % 3 == 0
            scores, bags = [], []
            for state in STATES:
                forest = model(random_state=state, **given).fit(rows[~test], y[~test])
                scores.append(forest.score(rows[test], y[test]))
                bags.append(getattr(forest, "oob_score_", 0))
            yield {
                "kind": kind,
                "set": name,
                "parameters": parameters,
                "score": np.mean(scores),
                **({"oob_score": np.mean(bags)} if "oob_score" in parameters else {}),
            }


def isolation(diabetes):
    x = diabetes[0]
    for parameters in [{}, {"contamination": 0.1, "max_samples": 100, "max_features": 5}, {"max_samples": 0.5, "bootstrap": True}]:
        scores = [IsolationForest(random_state=state, **parameters).fit(x).decision_function(x) for state in STATES]
        yield {"parameters": parameters, "scores": np.round(np.mean(scores, axis=0), 5).tolist()}


def ensemble_of(trees, outputs):
    """Trees of scikit-learn as the lists of a TreeEnsemble; values are divided by the number of trees."""
    roots, features, thresholds, left, right, covers, values = [0], [], [], [], [], [], []
    for tree in trees:
        root = roots[-1]
        features += [max(feature, -1) for feature in tree.feature.tolist()]
        # A row is float32, so the largest float32 number up to the threshold sends it the same way.
        rounded = tree.threshold.astype(np.float32)
        below = np.where(rounded > tree.threshold, np.nextafter(rounded, np.float32(-np.inf)), rounded)
        thresholds += below.astype(float).tolist()
        left += [root + child if child >= 0 else -1 for child in tree.children_left.tolist()]
        right += [root + child if child >= 0 else -1 for child in tree.children_right.tolist()]
        covers += tree.weighted_n_node_samples.tolist()
        for node in range(tree.node_count):
            is_leaf = tree.children_left[node] < 0
            values.append([float(value) / len(trees) for value in tree.value[node].ravel()] if is_leaf else [])
        roots.append(root + tree.node_count)
    return {
        "outputs": outputs,
        "roots": roots,
        "features": features,
        "thresholds": thresholds,
        "left": left,
        "right": right,
        "covers": covers,
        "values": values,
    }


def explanations(iris, diabetes):
    for name, model, (x, y, _), outputs in [
        ("iris", RandomForestClassifier(n_estimators=4, max_depth=5, random_state=1), iris, 3),
        ("diabetes", RandomForestRegressor(n_estimators=3, max_depth=6, min_samples_leaf=4, random_state=1), diabetes, 1),
    ]:
        test = np.arange(len(y)) % 3 == 0
        model.fit(x[~test], y[~test])
        rows = x[test][::6][:12]
        explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
        values = np.asarray(explainer.shap_values(rows.astype(np.float32), check_additivity=False))
        yield {
            "set": name,
            "ensemble": ensemble_of([tree.tree_ for tree in model.estimators_], outputs),
            "rows": rows.tolist(),
            "expected": np.atleast_1d(explainer.expected_value).tolist(),
            # By row, feature and output.
            "values": np.round(values.reshape(len(rows), x.shape[1], outputs), 9).tolist(),
        }


def main():
    iris_set, diabetes_set = load_iris(), load_diabetes(scaled=False)
    iris = (iris_set.data, iris_set.target, iris_set.target_names.tolist())
    diabetes = (diabetes_set.data, diabetes_set.target, None)
    print(
        json.dumps(
            {
                "scikit_learn": sklearn.__version__,
                "numpy": np.__version__,
                "shap": shap.__version__,
                "trees": list(single_trees(iris, diabetes)),
                "forests": list(forests(iris, diabetes)),
                "isolation": list(isolation(diabetes)),
                "explanations": list(explanations(iris, diabetes)),
            },
            separators=(",", ":"),
        )
    )


if __name__ == "__main__":
    main()
