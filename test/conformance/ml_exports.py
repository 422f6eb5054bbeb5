"""Checks that the file of every estimator gives the library's predictions for all rows of all sets, in both runtimes.

Usage: ml_exports.py FOLDER; ml_parity/write_experiments.mjs has filled FOLDER with a file and predictions by estimator and set, and
has run each file in onnxruntime-node. Labels must be equal, numbers within TOLERANCE (relative above 1), and those of EXACT equal.
"""

import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime

TOLERANCE = 1e-5
EXACT = {
    "decision_tree_classifier",
    "decision_tree_regressor",
    "random_forest_classifier",
    "random_forest_regressor",
    "extra_trees_classifier",
    "extra_trees_regressor",
    "hist_gradient_boosting_regressor",
    "dummy_classifier",
}
MISSING_TIME = numpy.iinfo(numpy.int64).min


def array_of(column):
    values = column["values"]
    if column["kind"] == "number":
        return numpy.array([numpy.nan if value is None else value for value in values], dtype=numpy.float32)
    if column["kind"] == "time":
        return numpy.array([MISSING_TIME if value is None else int(value) for value in values], dtype=numpy.int64)
    return numpy.array(["" if value is None else value for value in values], dtype=object)


def run(folder, name, rows):
    """How many labels differ, and the greatest difference of numbers, relative above 1."""
    path = folder / f"{name}.onnx"
    onnx.checker.check_model(onnx.load(path))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    expected = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    names = [output.name for output in session.get_outputs()]
    if sorted(names) != sorted(expected):
        raise ValueError(f"outputs are {names} instead of {sorted(expected)}")
    # The only column of a model is a matrix.
    feeds = {column.name: rows[column.name].reshape([-1] + [1] * (len(column.shape) - 1)) for column in session.get_inputs()}
    answers = session.run(None, feeds)
    labels, numbers = 0, 0.0
    for output, actual in zip(names, answers):
        if len(actual) != len(expected[output]):
            raise ValueError(f"{len(actual)} rows instead of {len(expected[output])}")
        if output in ("label", "cluster"):
            labels += sum(one != other for one, other in zip(actual.tolist(), expected[output]))
            continue
        wanted = numpy.array(expected[output], dtype=numpy.float64)
        distance = numpy.abs(actual.astype(numpy.float64) - wanted) / numpy.maximum(1, numpy.abs(wanted))
        # NaN, as the maximum of what holds one, is within no bound.
        numbers = max(numbers, float(numpy.max(distance)), key=lambda value: (value != value, value))
    return labels, numbers


def main(folder):
    experiments = json.loads((folder / "experiments.json").read_text(encoding="utf-8"))
    rows = {}
    passed = failed = 0
    for case in experiments["cases"]:
        if case["set"] not in rows:
            columns = json.loads((folder / f"{case['set']}.rows.json").read_text(encoding="utf-8"))
            rows[case["set"]] = {column["name"]: array_of(column) for column in columns}
        bound = 0 if case["kind"] in EXACT else TOLERANCE
        found = {"onnxruntime-node": (case["node"]["labels"], case["node"]["numbers"])}
        try:
            found["onnxruntime"] = run(folder, case["name"], rows[case["set"]])
        except Exception as error:
            found["onnxruntime"] = (None, str(error))
        is_right = all(labels == 0 and numbers is not None and numbers <= bound for labels, numbers in found.values())
        said = ", ".join(f"{runtime} {labels} labels, numbers {numbers}" for runtime, (labels, numbers) in found.items())
        print(f"{'ok' if is_right else 'FAILED'} {case['name']}: {said}", flush=True)
        passed, failed = passed + is_right, failed + (not is_right)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
