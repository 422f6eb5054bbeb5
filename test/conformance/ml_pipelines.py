"""Checks that Python's onnxruntime gives the answers of pipelines that Fabrique fitted and exported, preprocessing included.

Usage: ml_pipelines.py NODE SCRIPT; runs `NODE SCRIPT FOLDER` (write_pipelines.mjs), which writes FOLDER/<name>/model.onnx and
case.json: the rows by column, null where missing, and what the library predicts. Labels must be equal, numbers within 1e-6
(relative above 1), for all rows at once, for some rows alone, and no rows must give no answers.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime

ALONE = 40
TOLERANCE = 1e-6
MISSING_TIME = numpy.iinfo(numpy.int64).min


def array_of(column):
    values = column["values"]
    if column["kind"] == "number":
        return numpy.array([numpy.nan if value is None else value for value in values], dtype=numpy.float32)
    if column["kind"] == "time":
        return numpy.array([MISSING_TIME if value is None else int(value) for value in values], dtype=numpy.int64)
    return numpy.array(["" if value is None else value for value in values], dtype=object)


def difference(actual, expected):
    if len(actual) != len(expected):
        return f"{len(actual)} rows instead of {len(expected)}"
    if actual.dtype == object:
        wrong = [row for row, (one, other) in enumerate(zip(actual, expected)) if one != other]
    else:
        expected = numpy.asarray(expected, dtype=numpy.float64)
        distance = numpy.abs(actual.astype(numpy.float64) - expected) / numpy.maximum(1, numpy.abs(expected))
        wrong = numpy.flatnonzero(~(distance <= TOLERANCE))
    if len(wrong) == 0:
        return None
    row = wrong[0]
    return f"{len(wrong)} rows differ, first row {row}: {actual[row]!r} instead of {expected[row]!r}"


def check(folder):
    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    onnx.checker.check_model(onnx.load(folder / "model.onnx"))
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    # The only column of a model is a matrix.
    ranks = {column.name: len(column.shape) for column in session.get_inputs()}
    inputs = {column["name"]: array_of(column).reshape([-1] + [1] * (ranks[column["name"]] - 1)) for column in case["inputs"]}
    names = [output.name for output in session.get_outputs()]
    if sorted(names) != sorted(case["expected"]):
        return f"outputs are {names} instead of {sorted(case['expected'])}"
    total = len(case["inputs"][0]["values"])
    parts = [slice(0, total), slice(0, 0), *(slice(row, row + 1) for row in range(total - ALONE, total))]
    for part in parts:
        answers = session.run(None, {name: values[part] for name, values in inputs.items()})
        for name, actual in zip(names, answers):
            wrong = difference(actual, case["expected"][name][part])
            if wrong is not None:
                return f"rows {part.start}..{part.stop}, output {name}: {wrong}"
    return None


def main(node, script):
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([node, script, folder], check=True)
        for case in sorted(pathlib.Path(folder).iterdir()):
            wrong = check(case)
            print(f"{'ok' if wrong is None else 'FAILED'} {case.name}{'' if wrong is None else ': ' + wrong}")
            passed, failed = passed + (wrong is None), failed + (wrong is not None)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
