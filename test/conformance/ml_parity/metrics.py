"""Values of scikit-learn's metrics on fixed cases, as JSON on standard output: packages/ml/test/parity/metrics.json."""

import json
import warnings

import numpy as np
import sklearn
from sklearn import metrics as m
from sklearn.calibration import calibration_curve

warnings.filterwarnings("ignore")


def classification(rng, name, rows, classes, weighted):
    truth = rng.integers(0, classes, rows)
    raw = rng.random((rows, classes)) + 0.7 * np.eye(classes)[truth] * (rng.random((rows, 1)) > 0.3)
    scores = np.round(raw / raw.sum(axis=1, keepdims=True), 3)
    scores[:, -1] = np.round(1 - scores[:, :-1].sum(axis=1), 3)
    predicted = scores.argmax(axis=1)
    weights = np.round(rng.random(rows) + 0.1, 6) if weighted else None
    w = {"sample_weight": weights}
    expected = {
        "accuracy": m.accuracy_score(truth, predicted, **w),
        "balanced_accuracy": m.balanced_accuracy_score(truth, predicted, **w),
        "matthews": m.matthews_corrcoef(truth, predicted, **w),
        "kappa": m.cohen_kappa_score(truth, predicted, **w),
        "log_loss": m.log_loss(truth, scores, labels=range(classes), **w),
        "confusion": m.confusion_matrix(truth, predicted, labels=range(classes), **w).tolist(),
    }
    for average in ("macro", "micro", "weighted"):
        p, r, f, _ = m.precision_recall_fscore_support(truth, predicted, average=average, zero_division=0, **w)
        expected[average] = {"precision": p, "recall": r, "f1": f}
    binary = scores[:, 1] if classes == 2 else scores
    expected["brier"] = m.brier_score_loss(truth, binary, labels=range(classes), **w)
    if classes == 2:
        expected["roc_auc"] = m.roc_auc_score(truth, binary, **w)
        expected["average_precision"] = m.average_precision_score(truth, binary, **w)
        fpr, tpr, thresholds = m.roc_curve(truth, binary, **w)
        expected["roc"] = [fpr.tolist(), tpr.tolist(), thresholds[1:].tolist()]
        precision, recall, thresholds = m.precision_recall_curve(truth, binary, **w)
        expected["pr"] = [precision.tolist(), recall.tolist(), thresholds.tolist()]
        for strategy in ("uniform", "quantile"):
            observed, mean = calibration_curve(truth, binary, n_bins=5, strategy=strategy)
            expected[f"calibration_{strategy}"] = [mean.tolist(), observed.tolist()]
    elif not weighted:
        for average in ("macro", "weighted"):
            expected[f"roc_auc_ovr_{average}"] = m.roc_auc_score(truth, scores, multi_class="ovr", average=average)
            expected[f"roc_auc_ovo_{average}"] = m.roc_auc_score(truth, scores, multi_class="ovo", average=average)
            expected[f"average_precision_{average}"] = m.average_precision_score(
                np.eye(classes)[truth], scores, average=average
            )
    return {
        "name": name,
        "classes": classes,
        "truth": truth.tolist(),
        "scores": scores.T.tolist(),
        "predicted": predicted.tolist(),
        "weights": None if weights is None else weights.tolist(),
        "expected": expected,
    }


def regression(rng, name, rows, weighted):
    truth = np.round(rng.normal(20, 5, rows), 2)
    predicted = np.round(truth + rng.normal(0.5, 2, rows), 2)
    weights = np.round(rng.random(rows) + 0.1, 6) if weighted else None
    w = {"sample_weight": weights}
    return {
        "name": name,
        "truth": truth.tolist(),
        "predicted": predicted.tolist(),
        "weights": None if weights is None else weights.tolist(),
        "expected": {
            "r2": m.r2_score(truth, predicted, **w),
            "rmse": m.root_mean_squared_error(truth, predicted, **w),
            "mse": m.mean_squared_error(truth, predicted, **w),
            "mae": m.mean_absolute_error(truth, predicted, **w),
            "mape": m.mean_absolute_percentage_error(truth, predicted, **w),
            "explainedVariance": m.explained_variance_score(truth, predicted, **w),
            "medianAbsoluteError": m.median_absolute_error(truth, predicted),
            "maxError": m.max_error(truth, predicted),
            "pinball": m.mean_pinball_loss(truth, predicted, alpha=0.9, **w),
            "poisson": m.mean_poisson_deviance(np.abs(truth), np.abs(predicted) + 0.1, **w),
        },
    }


def clusters(rng):
    points = np.round(np.concatenate([rng.normal(0, 1, (12, 2)), rng.normal(3, 1, (12, 2)), rng.normal(9, 1, (1, 2))]), 3)
    codes = [0] * 12 + [1] * 12 + [2]
    return {"columns": points.T.tolist(), "codes": codes, "silhouette": m.silhouette_score(points, codes)}


def main():
    rng = np.random.default_rng(5)
    print(
        json.dumps(
            {
                "scikit_learn": sklearn.__version__,
                "numpy": np.__version__,
                "classification": [
                    classification(rng, "two classes", 60, 2, False),
                    classification(rng, "two classes, weighted", 60, 2, True),
                    classification(rng, "four classes", 80, 4, False),
                    classification(rng, "three classes, weighted", 50, 3, True),
                ],
                "regression": [regression(rng, "plain", 50, False), regression(rng, "weighted", 51, True)],
                "clusters": clusters(rng),
            }
        )
    )


if __name__ == "__main__":
    main()
