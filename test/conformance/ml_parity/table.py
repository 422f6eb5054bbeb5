"""Every estimator beside scikit-learn, trained on the same features with the same parameters: a table of scores.

Usage: table.py FOLDER [--write] [--kept]; write_experiments.mjs has filled FOLDER. Scores are accuracy and R2 of rows that were not trained on, the
mean over splits and, where training has chance, seeds; inertia relative to scikit-learn's; the shares of variance; the share of rows
on which a forest of outliers agrees with a large one of scikit-learn. They must not differ by more than BOUND, the coefficients of
exact solvers not by more than EXACT, of searching ones than SEARCHED, and the values of sets that may be shipped must be those of table.json, which --write renews.
With --kept, scikit-learn is not asked again where training has chance and is repeated for it: its scores are those of table.json.
"""

import argparse
import importlib.metadata
import json
import math
import os
import pathlib
import re
import sys
import warnings

# The sets are small: threads that wait for each other in a loop cost more than they bring.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy
import scipy.sparse
import sklearn
import sklearn.utils
from sklearn.ensemble import IsolationForest
from sklearn.metrics import accuracy_score, r2_score

BOUND = 0.01
EXACT = 1e-6
COMMITTED = pathlib.Path(__file__).with_name("table.json")
EXACT_KINDS = {"linear_regression", "ridge"}
# Both sides search until the objective no longer falls, which leaves the last digits of the coefficients open.
SEARCHED = 1e-5
SEARCHED_KINDS = {"logistic_regression"}
# Its search ends where the objective falls by less than 2e-9 of itself, whatever `tol` says; the slopes there are 600 times ours.
STOPS_EARLY = {"huber_regressor"}
TREES_OF_REFERENCE = 1000
OUTLIERS = 0.1

warnings.filterwarnings("ignore")


def class_of(name):
    """The estimator of scikit-learn of that name."""
    return dict(sklearn.utils.all_estimators())[name]


class Features:
    """Matrices and targets as the library's estimators saw them, read once."""

    def __init__(self, folder, index):
        self.folder, self.index, self.known = folder, index, {}

    def of(self, position):
        if position not in self.known:
            entry = self.index[position]
            self.known[position] = {
                "x": self.matrix(entry["train"]),
                "test_x": self.matrix(entry["test"]),
                "y": self.target(entry["trainTarget"]),
                "test_y": self.target(entry["testTarget"]),
                "categories": entry["train"]["categories"],
            }
        return self.known[position]

    def matrix(self, entry):
        if entry is None:
            return None
        shape = (entry["rowCount"], entry["columnCount"])
        if len(entry["parts"]) == 1:
            dense = numpy.fromfile(self.folder / entry["parts"][0], dtype="<f4").astype(numpy.float64)
            return dense.reshape(shape[::-1]).T
        starts, columns, values = (self.folder / part for part in entry["parts"])
        parts = (numpy.fromfile(values, "<f4").astype(numpy.float64), numpy.fromfile(columns, "<i4"), numpy.fromfile(starts, "<i4"))
        return scipy.sparse.csr_matrix(parts, shape=shape)

    def target(self, name):
        if name is None:
            return None
        kind = "<i4" if (self.folder / name).stat().st_size == 4 * self.rows_of(name) else "<f8"
        return numpy.fromfile(self.folder / name, dtype=kind)

    def rows_of(self, name):
        position, part = name.split(".")
        return self.index[int(position)][part.removesuffix("_target")]["rowCount"]


def new_model(case, seed, categories):
    model = class_of(case["sklearnName"])(**case["params"])
    known = model.get_params()
    given = {"random_state": seed, "n_jobs": -1, "n_init": 10}
    wanted = {name: value for name, value in given.items() if name in known and name not in case["params"]}
    if "categorical_features" in known and categories:
        wanted["categorical_features"] = categories
    return model.set_params(**wanted)


def coefficients_differ(case, model):
    """The greatest difference of a coefficient or an intercept, relative to the greatest coefficient."""
    theirs = numpy.concatenate([numpy.ravel(model.coef_), numpy.ravel(model.intercept_)])
    ours = numpy.array(case["coefficients"]["values"] + case["coefficients"]["intercepts"])
    return float(numpy.max(numpy.abs(ours - theirs)) / numpy.max(numpy.abs(theirs)))


def is_exact(case):
    if case["coefficients"] is None or case["kind"] in STOPS_EARLY:
        return False
    return case["kind"] in EXACT_KINDS or case["params"].get("tol", 1) <= 1e-9


def supervised(case, features, known):
    score = accuracy_score if case["task"] == "classification" else r2_score
    metric = "accuracy" if case["task"] == "classification" else "r2"
    mean = float(numpy.mean([run["ours"] for run in case["runs"]]))
    if known:
        return [(metric, mean, known[metric])], None
    theirs, difference = [], None
    for run in case["runs"]:
        data = features.of(run["features"])
        model = new_model(case, run["seed"], data["categories"]).fit(data["x"], data["y"])
        theirs.append(score(data["test_y"], model.predict(data["test_x"])))
        if run is case["runs"][0] and is_exact(case):
            difference = coefficients_differ(case, model)
    return [(metric, mean, float(numpy.mean(theirs)))], difference


def inertia(case, features, _known):
    data = [features.of(run["features"])["x"] for run in case["runs"]]
    theirs = [new_model(case, run["seed"], []).fit(x).inertia_ for run, x in zip(case["runs"], data)]
    middle = float(numpy.median(theirs))
    return [("inertia_ratio", float(numpy.median([run["ours"] for run in case["runs"]])) / middle, 1.0)], None


def variance(case, features, _known):
    run = case["runs"][0]
    theirs = new_model(case, run["seed"], []).fit(features.of(run["features"])["x"]).explained_variance_ratio_
    ours = numpy.array(run["ours"])
    rows = [("first_share_of_variance", float(ours[0]), float(theirs[0]))]
    return rows, float(numpy.max(numpy.abs(ours - theirs)))


def strangest(scores):
    return scores <= numpy.quantile(scores, OUTLIERS)


def agreement(case, features, known):
    """How often the rows called the strangest tenth are those of a large forest of scikit-learn, for both sides."""
    x = features.of(case["runs"][0]["features"])["x"]
    reference = strangest(IsolationForest(n_estimators=TREES_OF_REFERENCE, random_state=0, n_jobs=-1).fit(x).decision_function(x))
    ours, theirs = [], []
    for run in case["runs"]:
        scores = None if known else new_model(case, run["seed"], []).fit(x).decision_function(x)
        ours.append((numpy.mean(strangest(numpy.array(run["ours"])) == reference), numpy.mean(run["ours"])))
        if scores is not None:
            theirs.append((numpy.mean(strangest(scores) == reference), numpy.mean(scores)))
    names = ("outlier_agreement", "mean_score")
    means = [known[name] for name in names] if known else numpy.mean(theirs, axis=0)
    return [(name, float(our), float(their)) for name, our, their in zip(names, numpy.mean(ours, axis=0), means)], None


COMPARISONS = {"clustering": inertia, "decomposition": variance, "anomaly": agreement}


def shown(params):
    return " ".join(f"{name}={value}" for name, value in params.items()) or "defaults"


def compare(case, features, known):
    """The rows of the table of one case; `known` is what scikit-learn said of it where it is not asked again."""
    values, exact = COMPARISONS.get(case["task"], supervised)(case, features, known)
    for metric, ours, theirs in values:
        row = {"set": case["set"], "estimator": case["kind"], "sklearn": case["sklearnName"], "parameters": shown(case["params"])}
        row |= {"metric": metric, "ours": round(ours, 6), "theirs": round(theirs, 6), "difference": round(ours - theirs, 6)}
        row |= {"runs": len(case["runs"]), "random": case["isRandom"]}
        yield row if exact is None else row | {"exact": float(f"{exact:.1e}")}


def faults(row, committed):
    if not abs(row["difference"]) <= BOUND:
        yield f"differs by {row['difference']:.6f}"
    if not row.get("exact", 0) <= (SEARCHED if row["estimator"] in SEARCHED_KINDS else EXACT):
        yield f"is off by {row['exact']:.1e} where both solve to the end"
    if committed is None:
        return
    known = committed.get(key_of(row))
    if known is None:
        yield "is not in table.json: run node scripts/ml-parity.mjs --write"
        return
    for side in ("ours", "theirs"):
        bound = BOUND if row["random"] else 1e-4
        if not math.isclose(row[side], known[side], rel_tol=0, abs_tol=bound):
            yield f"{side} was {known[side]}, now is {row[side]}"


def key_of(row):
    return row["set"], row["estimator"], row["parameters"], row["metric"]


def write_table(rows):
    versions = {name: importlib.metadata.version(name) for name in ("scikit-learn", "numpy", "scipy")}
    document = json.dumps({"versions": versions, "rows": rows}, indent=2)
    # As the formatter of the repository writes small numbers.
    COMMITTED.write_text(re.sub(r"(\de-)0", r"\1", document) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--kept", action="store_true")
    options = parser.parse_args()
    experiments = json.loads((options.folder / "experiments.json").read_text(encoding="utf-8"))
    features = Features(options.folder, experiments["features"])
    known = json.loads(COMMITTED.read_text(encoding="utf-8"))["rows"] if COMMITTED.exists() else []
    committed = {key_of(row): row for row in known}
    rows, failed = [], 0
    print(f"{'set':18}{'estimator':34}{'metric':24}{'ours':>10}{'theirs':>11}{'difference':>12}  parameters")
    for case in experiments["cases"]:
        is_committed = case["set"] in experiments["committed"] and not options.write
        place = case["set"], case["kind"], shown(case["params"])
        is_kept = options.kept and is_committed and case["isRandom"]
        theirs = {key[3]: row["theirs"] for key, row in committed.items() if key[:3] == place} if is_kept else {}
        for row in compare(case, features, theirs):
            wrong = [*faults(row, committed if is_committed else None)]
            failed += len(wrong) > 0
            exact = f", coefficients or shares within {row['exact']:.0e}" if "exact" in row else ""
            print(
                f"{row['set']:18}{row['estimator']:34}{row['metric']:24}{row['ours']:10.5f}{row['theirs']:11.5f}{row['difference']:12.5f}"
                f"  {row['parameters']}{exact}{''.join(f'  FAILED: {fault}' for fault in wrong)}",
                flush=True,
            )
            rows.append(row)
    if options.write:
        write_table([row for row in rows if row["set"] in experiments["committed"]])
    print(f"{len(rows) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not rows else 0)


if __name__ == "__main__":
    main()
