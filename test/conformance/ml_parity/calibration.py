"""Calibrated classifiers and tuned thresholds of scikit-learn, as JSON: packages/ml/test/parity/calibration.json.

`CalibratedClassifierCV(ensemble=False)` on folds that stand in the file, and `TunedThresholdClassifierCV` on its calibrated
probabilities of the rows held back, with each of them as a candidate. Values are multiples of 1/4096, which float32 holds exactly.
"""

import json
import warnings

import numpy as np
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, fbeta_score, make_scorer, precision_score, recall_score
from sklearn.model_selection import StratifiedKFold, TunedThresholdClassifierCV, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

warnings.filterwarnings("ignore")

ROWS, FRESH, FEATURES = 200, 40, 3
CLASSIFIERS = {
    "logistic_regression": lambda: LogisticRegression(tol=1e-10, max_iter=10_000),
    "linear_svc": lambda: LinearSVC(tol=1e-10, max_iter=100_000, intercept_scaling=1),
    "gaussian_nb": GaussianNB,
    "k_neighbors_classifier": lambda: KNeighborsClassifier(n_neighbors=9),
}


class Said(ClassifierMixin, BaseEstimator):
    """A classifier whose only feature is the probability of the second class."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.column_stack([1 - X[:, 0], X[:, 0]])


def cost(truth, predicted, false_positive, false_negative):
    (_, alarms), (misses, _) = confusion_matrix(truth, predicted, labels=[0, 1])
    return -(false_positive * alarms + false_negative * misses) / len(truth)


def precision_at_recall(truth, predicted, recall):
    return precision_score(truth, predicted, zero_division=0) if recall_score(truth, predicted) >= recall else -1


GOALS = [
    ({"kind": "f1"}, "f1"),
    ({"kind": "balanced_accuracy"}, "balanced_accuracy"),
    ({"kind": "f_beta", "beta": 2}, make_scorer(fbeta_score, beta=2)),
    ({"kind": "cost", "falsePositive": 1, "falseNegative": 5}, make_scorer(cost, false_positive=1, false_negative=5)),
    ({"kind": "precision_at_recall", "recall": 0.9}, make_scorer(precision_at_recall, recall=0.9)),
]


def tuned(probabilities, truth):
    found = []
    for goal, scoring in GOALS:
        said = FrozenEstimator(Said().fit(probabilities[:, None], truth))
        tuner = TunedThresholdClassifierCV(
            said,
            scoring=scoring,
            cv="prefit",
            refit=False,
            thresholds=np.unique(probabilities),
            store_cv_results=True,
        ).fit(probabilities[:, None], truth)
        results = tuner.cv_results_
        best = results["thresholds"][results["scores"] >= tuner.best_score_ - 1e-12]
        # Of equally good ones scikit-learn takes the least, and we the greatest.
        found.append({"goal": goal, "score": tuner.best_score_, "least": best[0], "greatest": best[-1]})
    return found


def case(kind, method, features, truth, fresh, folds):
    splits = [(np.setdiff1d(np.arange(ROWS), test), test) for test in folds]
    model = CalibratedClassifierCV(CLASSIFIERS[kind](), method=method, cv=splits, ensemble=False).fit(features, truth)
    shown = {
        "kind": kind,
        "method": method,
        "classes": len(model.classes_),
        "probabilities": model.predict_proba(fresh).T.round(10).tolist(),
        "codes": model.predict(fresh).tolist(),
    }
    if len(model.classes_) > 2:
        return shown
    asked = "decision_function" if hasattr(CLASSIFIERS[kind](), "decision_function") else "predict_proba"
    said = cross_val_predict(CLASSIFIERS[kind](), features, truth, cv=splits, method=asked)
    calibrator = model.calibrated_classifiers_[0].calibrators[0]
    return {**shown, "thresholds": tuned(calibrator.predict(said if said.ndim == 1 else said[:, 1]), truth)}


def main():
    rng = np.random.default_rng(5)
    every = np.round(4096 * rng.normal(0, 1, (ROWS + FRESH, FEATURES))) / 4096
    level = every[:, 0] + 0.5 * every[:, 1] ** 2 + rng.normal(0, 0.7, len(every))
    features, fresh = every[:ROWS], every[ROWS:]
    targets = {2: (level > 0.9).astype(int)[:ROWS], 3: np.digitize(level, [0.0, 1.2])[:ROWS]}
    folds = {
        count: [test for _, test in StratifiedKFold(5, shuffle=True, random_state=1).split(features, truth)]
        for count, truth in targets.items()
    }
    print(
        json.dumps(
            {
                "scikit_learn": sklearn.__version__,
                "features": features.T.tolist(),
                "fresh": fresh.T.tolist(),
                "targets": {str(count): truth.tolist() for count, truth in targets.items()},
                "folds": {str(count): [test.tolist() for test in tests] for count, tests in folds.items()},
                "cases": [
                    case(kind, method, features, targets[count], fresh, folds[count])
                    for kind in CLASSIFIERS
                    for method in ("sigmoid", "isotonic")
                    for count in targets
                ],
            }
        )
    )


if __name__ == "__main__":
    main()
