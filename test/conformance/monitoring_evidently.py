"""What Evidently, pandas, scipy and scikit-learn say of fixed tables, as JSON on standard output.

Kept in packages/ml/test/parity/monitoring-evidently.json, which the tests of @fabrique/ml compare with. Made with
evidently==0.7.21 pandas==2.3.3 scipy==1.17.1 numpy==2.4.6 on Python 3.11. With --check FILE that is compared with what it says now.
"""

import json
import warnings

import evidently
import numpy as np
import pandas as pd
import scipy
import sklearn
from evidently import (
    BinaryClassification,
    DataDefinition,
    Dataset,
    MulticlassClassification,
    Recsys,
    Regression,
    Report,
)
from evidently.legacy.calculations.data_quality import _cramer_v
from evidently.legacy.metrics.data_drift.embedding_drift_methods import distance, mmd, model, ratio
from evidently.metrics import HitRate, MAP, MRR, NDCG, FBetaTopK, PrecisionTopK, RecallTopK
from evidently.presets import ClassificationPreset, DataDriftPreset, DataSummaryPreset, RegressionPreset
from sklearn import metrics as m

from kept_cases import tell

warnings.filterwarnings("ignore")


def plain(values):
    """Lists that JSON has: null for what is missing."""
    return [None if pd.isna(value) else value for value in values]


def without_nan(value):
    if isinstance(value, dict):
        return {key: without_nan(part) for key, part in value.items()}
    if isinstance(value, list):
        return [without_nan(part) for part in value]
    return None if isinstance(value, float) and value != value else value


def columns(frame):
    return {name: plain(frame[name].tolist()) for name in frame.columns}


def run(presets, current, reference, tests):
    return without_nan(json.loads(Report(presets, include_tests=tests).run(current, reference).json()))


def case(name, presets, frames, definition):
    current, reference = (Dataset.from_pandas(frame, definition) for frame in frames)
    return {
        "name": name,
        "current": columns(frames[0]),
        "reference": columns(frames[1]),
        "with_reference": run(presets, current, reference, True),
        "alone": None if isinstance(presets[0], DataDriftPreset) else run(presets, current, None, True),
    }


def table(rng, rows, shift):
    frame = pd.DataFrame(
        {
            "age": np.round(rng.normal(40 + shift, 10, rows), 2),
            "income": np.where(rng.random(rows) < 0.05, np.nan, np.round(rng.gamma(2, 1000, rows), 1)),
            "city": np.where(rng.random(rows) < 0.08, None, rng.choice(["Lyon", "Paris", "L'Île"], rows)),
            "visits": rng.integers(0, 30, rows).astype(float),
            "flag": np.where(rng.random(rows) < 0.02, 1.0, 0.0),
            "empty": np.full(rows, np.nan),
        }
    )
    frame["visits again"] = frame["visits"]
    frame["visits nearly"] = np.where(rng.random(rows) < 0.02, -1.0, frame["visits"])
    return pd.concat([frame, frame.head(5)], ignore_index=True)


def summaries(rng):
    definition = DataDefinition(
        numerical_columns=["age", "income", "visits", "flag", "empty", "visits again", "visits nearly"],
        categorical_columns=["city"],
    )
    frames = (table(rng, 100, 4), table(rng, 120, 0))
    slim = DataDefinition(numerical_columns=["age", "income", "visits"], categorical_columns=["city"])
    drift = tuple(frame[["age", "income", "visits", "city"]].dropna() for frame in frames)
    return [
        case("summary", [DataSummaryPreset()], frames, definition),
        case("drift", [DataDriftPreset()], drift, slim),
    ]


def binary(rng, rows):
    truth = rng.integers(0, 2, rows)
    chance = np.round(np.clip(rng.normal(0.35 + 0.3 * truth, 0.2, rows), 0.01, 0.99), 3)
    return pd.DataFrame({"target": truth, "prediction": (chance >= 0.5).astype(int), "chance": chance})


def several(rng, rows):
    truth = rng.integers(0, 3, rows)
    raw = rng.random((rows, 3)) + 0.8 * np.eye(3)[truth] * (rng.random((rows, 1)) > 0.3)
    chances = np.round(raw / raw.sum(axis=1, keepdims=True), 3)
    chances[:, 2] = np.round(1 - chances[:, 0] - chances[:, 1], 3)
    frame = pd.DataFrame(chances, columns=["a", "b", "c"])
    frame["target"] = np.array(["a", "b", "c"])[truth]
    frame["prediction"] = np.array(["a", "b", "c"])[chances.argmax(axis=1)]
    return frame


def values(rng, rows):
    truth = np.round(rng.normal(20, 5, rows), 2)
    return pd.DataFrame({"target": truth, "prediction": np.round(truth + rng.normal(0.3, 2, rows), 2)})


def performance(rng):
    two = DataDefinition(
        classification=[BinaryClassification(target="target", prediction_labels="prediction", prediction_probas="chance")],
        categorical_columns=["target", "prediction"],
        numerical_columns=["chance"],
    )
    three = DataDefinition(
        classification=[
            MulticlassClassification(
                target="target", prediction_labels="prediction", prediction_probas=["a", "b", "c"]
            )
        ],
        categorical_columns=["target", "prediction"],
        numerical_columns=["a", "b", "c"],
    )
    numbers = DataDefinition(
        regression=[Regression(target="target", prediction="prediction")], numerical_columns=["target", "prediction"]
    )
    return [
        case("two classes", [ClassificationPreset()], (binary(rng, 140), binary(rng, 150)), two),
        case("three classes", [ClassificationPreset()], (several(rng, 120), several(rng, 130)), three),
        case("numbers", [RegressionPreset()], (values(rng, 140), values(rng, 150)), numbers),
    ]


def ranking(rng, graded):
    users = np.repeat(np.arange(40), 12)
    scores = np.round(rng.random(len(users)) + np.arange(len(users)) * 1e-6, 6)
    wanted = rng.random(len(users)) < 0.12 + 0.3 * scores
    relevance = np.where(wanted, rng.integers(1, 4, len(users)) if graded else 1, 0)
    frame = pd.DataFrame({"user": users, "item": np.tile(np.arange(12), 40), "score": scores, "target": relevance})
    # Evidently's MAP takes the last row among the first k as the k-th item: only rows in the order of their scores give it.
    frame = frame.sort_values(["user", "score"], ascending=[True, False])
    definition = DataDefinition(
        ranking=[Recsys(user_id="user", item_id="item", target="target", prediction="score")],
        numerical_columns=["score", "target"],
        categorical_columns=["user", "item"],
    )
    report = run(
        [kind(k=10) for kind in (NDCG, MAP, MRR, HitRate, PrecisionTopK, RecallTopK, FBetaTopK)],
        Dataset.from_pandas(frame, definition),
        None,
        False,
    )
    # Values for the first 1 to 10 items; the ranks that stand beside them are one too many for some metrics.
    expected = {metric["metric_name"].split("(")[0]: list(metric["value"]["value"].values()) for metric in report["metrics"]}
    return {
        "users": frame.user.tolist(),
        "scores": frame.score.tolist(),
        "relevance": frame.target.tolist(),
        "expected": expected,
    }


def correlations(rng):
    rows = 150
    frame = pd.DataFrame({"x": np.round(rng.normal(0, 1, rows), 1)})
    frame["y"] = np.round(frame.x**3 + rng.normal(0, 1, rows), 1)
    frame["z"] = np.where(rng.random(rows) < 0.2, np.nan, rng.integers(0, 6, rows))
    labels = pd.DataFrame(
        {"p": rng.choice(["a", "b", "c"], rows), "q": rng.choice(["u", "v"], rows), "r": rng.choice(list("klmno"), rows)}
    )
    labels["q"] = np.where(labels.p == "a", "u", labels.q)
    pairs = [[None if i == j else _cramer_v(labels[i], labels[j]) for j in labels] for i in labels]
    return {
        "numbers": columns(frame),
        "labels": columns(labels),
        "expected": {method: frame.corr(method).values.tolist() for method in ("pearson", "spearman", "kendall")},
        "cramer_v": pairs,
    }


def scores(rng):
    """Metrics that Evidently's presets leave out."""
    frame = several(rng, 150)
    truth, told = frame.target, frame.prediction
    chances = frame[["a", "b", "c"]].values
    return {
        "rows": columns(frame),
        "expected": {
            "matthews": m.matthews_corrcoef(truth, told),
            "kappa": m.cohen_kappa_score(truth, told),
            "macroF1": m.f1_score(truth, told, average="macro"),
            "weightedF1": m.f1_score(truth, told, average="weighted"),
            "weightedPrecision": m.precision_score(truth, told, average="weighted"),
            "weightedRecall": m.recall_score(truth, told, average="weighted"),
            "balancedAccuracy": m.balanced_accuracy_score(truth, told),
            "rocAuc": m.roc_auc_score(truth, chances, multi_class="ovr"),
            "averagePrecision": m.average_precision_score(pd.get_dummies(truth).values, chances, average="macro"),
            "logLoss": m.log_loss(truth, chances),
            "brier": m.brier_score_loss(truth, chances, labels=["a", "b", "c"]),
        },
    }


def embeddings(rng):
    cases = []
    for name, shift in (("same", 0.0), ("moved", 0.35)):
        reference = np.round(rng.normal(0, 1, (160, 6)), 3)
        current = np.round(rng.normal(0, 1, (140, 6)) + shift, 3)
        frames = pd.DataFrame(reference), pd.DataFrame(current)
        expected = {}
        for kind, method in (
            ("distance", distance()),
            ("cosine", distance(dist="cosine")),
            ("cityblock", distance(dist="cityblock")),
            ("chebyshev", distance(dist="chebyshev")),
            ("ratio", ratio()),
            ("mmd", mmd()),
            ("model", model()),
            ("ratio of 3 components", ratio(pca_components=3)),
        ):
            score, drift, _ = method(frames[1].copy(), frames[0].copy())
            expected[kind] = {"score": float(score), "drift": bool(drift)}
        cases.append(
            {"name": name, "reference": reference.tolist(), "current": current.tolist(), "expected": expected}
        )
    return cases


def main():
    rng = np.random.default_rng(20261)
    tell(
        {
            "evidently": evidently.__version__,
            "pandas": pd.__version__,
            "scipy": scipy.__version__,
            "scikit_learn": sklearn.__version__,
            "numpy": np.__version__,
            "reports": [*summaries(rng), *performance(rng)],
            "ranking": [ranking(rng, False), ranking(rng, True)],
            "correlations": correlations(rng),
            "scores": scores(rng),
            "embeddings": embeddings(rng),
        }
    )


main()
