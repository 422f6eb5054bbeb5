"""Performance that NannyML estimates without labels, as JSON on standard output.

Kept in packages/ml/test/parity/monitoring-nannyml.json, which the tests of @fabrique/ml compare with. Made with nannyml==0.13.1
(pandas 3.1.1, numpy 2.4.6, scikit-learn 1.9.1, lightgbm 4.5.0, statsmodels 0.15.0) on Python 3.11. With --check FILE that is compared with what it says now.
"""

import os
import warnings

# It reports its use unless it is told not to, when it is loaded.
os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

import lightgbm
import nannyml
import numpy as np
import pandas as pd
import sklearn

from kept_cases import tell

warnings.filterwarnings("ignore")

class_metrics = ["accuracy", "precision", "recall", "specificity", "f1", "roc_auc"]
value_metrics = ["mae", "mape", "mse", "rmse"]


def rows_of(result, metrics):
    """What a result says of each part, by metric."""
    frame = result.to_df()
    told = {}
    for metric in metrics:
        own = frame[metric]
        told[metric] = {
            key: [None if pd.isna(value) else value for value in own[key].tolist()]
            for key in ("value", "sampling_error", "upper_threshold", "lower_threshold", "alert")
            if key in own
        }
    return told


def binary_rows(rng, rows, sharpness, shift=0.0):
    score = rng.normal(shift, 1.3, rows)
    chance = 1 / (1 + np.exp(-score))
    told = np.round(1 / (1 + np.exp(-sharpness * score)) + np.arange(rows) * 1e-9, 9)
    return pd.DataFrame(
        {"chance": np.clip(told, 0, 1), "told": (told > 0.5).astype(int), "truth": (rng.random(rows) < chance).astype(int)}
    )


def classes_rows(rng, rows, sharpness):
    raw = rng.normal(0, 1.2, (rows, 3))
    true = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    told = np.exp(sharpness * raw) / np.exp(sharpness * raw).sum(axis=1, keepdims=True)
    truth = np.array([rng.choice(3, p=line) for line in true])
    frame = pd.DataFrame(np.round(told, 9), columns=["a", "b", "c"])
    frame["told"] = np.array(["a", "b", "c"])[told.argmax(axis=1)]
    frame["truth"] = np.array(["a", "b", "c"])[truth]
    return frame


def estimate_classes(name, reference, analysis):
    is_binary = "chance" in reference
    estimator = nannyml.CBPE(
        y_pred_proba="chance" if is_binary else {"a": "a", "b": "b", "c": "c"},
        y_pred="told",
        y_true="truth",
        metrics=class_metrics,
        problem_type="classification_binary" if is_binary else "classification_multiclass",
        chunk_number=10,
    )
    estimator.fit(reference)
    # The parts of the analysis are one: it is the thresholds and the errors of the reference that are compared.
    estimator.chunker = nannyml.chunk.SizeBasedChunker(chunk_size=len(analysis))
    result = estimator.estimate(analysis.drop(columns="truth")).filter(period="analysis")
    calibrated = (
        [bool(estimator.needs_calibration)]
        if is_binary
        else [type(own).__name__ != "NoopCalibrator" for own in estimator._calibrators.values()]
    )
    return {
        "name": name,
        "reference": {column: reference[column].tolist() for column in reference},
        "analysis": {column: analysis[column].tolist() for column in analysis},
        "calibrated": calibrated,
        "expected": rows_of(result, class_metrics),
    }


def value_rows(rng, rows, width):
    x = rng.uniform(-2, 2, rows) * width
    y = rng.uniform(0, 1, rows)
    noise = 0.3 + 0.8 * np.abs(x)
    truth = 30 + 4 * x + 2 * y + rng.normal(0, 1, rows) * noise
    frame = pd.DataFrame({"x": x, "y": y, "truth": truth, "told": 30 + 4 * x + 2 * y})
    return frame.round(4)


def estimate_values(rng):
    reference, analysis = value_rows(rng, 1000, 1.0), value_rows(rng, 400, 0.45)
    estimator = nannyml.DLE(
        feature_column_names=["x", "y"],
        y_pred="told",
        y_true="truth",
        metrics=value_metrics,
        chunk_number=10,
        # LightGBM's defaults, without its talk on standard output.
        hyperparameters={"verbose": -1},
    )
    estimator.fit(reference)
    estimator.chunker = nannyml.chunk.SizeBasedChunker(chunk_size=len(analysis))
    result = estimator.estimate(analysis.drop(columns="truth")).filter(period="analysis")
    error = analysis.told - analysis.truth
    return {
        "reference": {column: reference[column].tolist() for column in reference},
        "analysis": {column: analysis[column].tolist() for column in analysis},
        "expected": rows_of(result, value_metrics),
        "realised": {
            "mae": float(error.abs().mean()),
            "mape": float((error.abs() / analysis.truth.abs()).mean()),
            "mse": float((error**2).mean()),
            "rmse": float((error**2).mean() ** 0.5),
        },
    }


def main():
    rng = np.random.default_rng(20262)
    np.random.seed(1)
    tell(
        {
            "nannyml": nannyml.__version__,
            "pandas": pd.__version__,
            "numpy": np.__version__,
            "scikit_learn": sklearn.__version__,
            "lightgbm": lightgbm.__version__,
            "classes": [
                estimate_classes("true probabilities", binary_rows(rng, 600, 1.0), binary_rows(rng, 300, 1.0)),
                estimate_classes("too sure", binary_rows(rng, 600, 2.5), binary_rows(rng, 300, 2.5, 1.2)),
                estimate_classes("three classes", classes_rows(rng, 800, 2.0), classes_rows(rng, 300, 2.0)),
            ],
            "values": estimate_values(rng),
        }
    )


main()
