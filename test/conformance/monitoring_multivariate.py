"""Columns together: NannyML's reconstruction error, and classifiers that tell two tables apart, as JSON on standard output.

Kept in packages/ml/test/parity/monitoring-multivariate.json, which the tests of @fabrique/ml compare with. Made with nannyml==0.13.1
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
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from kept_cases import tell

warnings.filterwarnings("ignore")

labels = np.array(["basic", "standard", "premium"])


def rows(rng, count, slope=1.0, shift=0.0, unknown=False):
    """Numbers that go together, one that does not, and a label that depends on them."""
    hours = rng.gamma(3, 7, count)
    sessions = hours * slope * rng.normal(1, 0.15, count) + 2
    noise = rng.normal(shift, 1, count)
    plan = labels[np.digitize(hours + rng.normal(0, 6, count), [15, 30])].astype(object)
    if unknown:
        plan[rng.random(count) < 0.1] = "family"
    frame = pd.DataFrame(
        {
            "hours": np.round(hours, 4),
            "sessions": np.round(sessions, 4),
            "noise": np.round(noise, 4),
            "steady": np.ones(count),
            "plan": plan,
        }
    )
    frame.loc[rng.random(count) < 0.05, "hours"] = np.nan
    frame.loc[rng.random(count) < 0.05, "plan"] = None
    return frame


def told(frame):
    return {
        name: [None if pd.isna(value) else value for value in frame[name].tolist()] for name in frame
    }


def reconstruction(name, reference, current):
    calculator = nannyml.DataReconstructionDriftCalculator(column_names=list(reference), chunk_number=10)
    calculator.fit(reference)
    # The current rows are one part: it is the thresholds and the errors of the reference that are compared.
    calculator.chunker = nannyml.chunk.SizeBasedChunker(chunk_size=len(current))
    result = calculator.calculate(current).filter(period="analysis").to_df()["reconstruction_error"].iloc[0]
    return {
        "name": name,
        "current": told(current),
        "expected": {
            "value": float(result["value"]),
            "sampling_error": float(result["sampling_error"]),
            "lower_threshold": float(result["lower_threshold"]),
            "upper_threshold": float(result["upper_threshold"]),
            "alert": bool(result["alert"]),
        },
    }


def domain(name, reference, current):
    both = pd.concat([reference, current], ignore_index=True)
    is_current = np.r_[np.zeros(len(reference), int), np.ones(len(current), int)]
    both["plan"] = both["plan"].astype("category")
    scores = cross_val_predict(
        HistGradientBoostingClassifier(early_stopping=False, categorical_features="from_dtype"),
        both,
        is_current,
        cv=StratifiedKFold(5),
        method="predict_proba",
    )[:, 1]
    calculator = nannyml.DomainClassifierCalculator(feature_column_names=list(reference), chunk_number=1, hyperparameters={"verbosity": -1})
    np.random.seed(1)
    calculator.fit(reference)
    peer = calculator.calculate(current).filter(period="analysis").to_df()["domain_classifier_auroc"].iloc[0]
    return {
        "name": name,
        "current": told(current),
        "expected": {
            "scikit_learn": float(roc_auc_score(is_current, scores)),
            "nannyml": float(peer["value"]),
            "nannyml_alert": bool(peer["alert"]),
        },
    }


def main():
    rng = np.random.default_rng(20263)
    reference = rows(rng, 300)
    tell(
        {
            "nannyml": nannyml.__version__,
            "pandas": pd.__version__,
            "numpy": np.__version__,
            "scikit_learn": sklearn.__version__,
            "lightgbm": lightgbm.__version__,
            "reference": told(reference),
            "reconstruction": [
                reconstruction("nothing changed", reference, rows(rng, 200)),
                reconstruction("columns part", reference, rows(rng, 200, slope=0.4)),
                reconstruction("a new label", reference, rows(rng, 200, unknown=True)),
            ],
            "domain": [
                domain("nothing changed", reference, rows(rng, 300)),
                domain("columns part", reference, rows(rng, 300, slope=0.6)),
                domain("one column moves", reference, rows(rng, 250, shift=0.7)),
            ],
        }
    )


main()
