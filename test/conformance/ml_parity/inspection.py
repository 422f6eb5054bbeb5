"""Calibration of scikit-learn and fairness of Fairlearn on fixed cases, as JSON: packages/ml/test/parity/inspection.json."""

import json
import warnings

import fairlearn
import fairlearn.metrics as fm
import numpy as np
import sklearn
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression

warnings.filterwarnings("ignore")


def main():
    rng = np.random.default_rng(9)
    scores = np.round(rng.normal(0, 2, 80), 2)
    positive = (rng.random(80) < 1 / (1 + np.exp(-scores))).astype(int)
    at = np.linspace(-7, 7, 41).round(3)
    sigmoid = _SigmoidCalibration().fit(scores, positive)
    isotonic = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, positive)
    truth = rng.integers(0, 2, 120)
    predicted = np.where(rng.random(120) < 0.75, truth, 1 - truth)
    groups = rng.integers(0, 3, 120)
    frame = fm.MetricFrame(
        metrics={"selection_rate": fm.selection_rate, "tpr": fm.true_positive_rate, "fpr": fm.false_positive_rate},
        y_true=truth,
        y_pred=predicted,
        sensitive_features=groups,
    )
    of = {"y_true": truth, "y_pred": predicted, "sensitive_features": groups}
    print(
        json.dumps(
            {
                "scikit_learn": sklearn.__version__,
                "fairlearn": fairlearn.__version__,
                "scores": scores.tolist(),
                "positive": positive.tolist(),
                "at": at.tolist(),
                "sigmoid": sigmoid.predict(at).tolist(),
                "isotonic": isotonic.predict(at).tolist(),
                "truth": truth.tolist(),
                "predicted": predicted.tolist(),
                "groups": groups.tolist(),
                "by_group": {name: frame.by_group[name].tolist() for name in ("selection_rate", "tpr", "fpr")},
                "demographic_parity_difference": fm.demographic_parity_difference(**of),
                "demographic_parity_ratio": fm.demographic_parity_ratio(**of),
                "equalized_odds_difference": fm.equalized_odds_difference(**of),
                "equalized_odds_ratio": fm.equalized_odds_ratio(**of),
            }
        )
    )


if __name__ == "__main__":
    main()
