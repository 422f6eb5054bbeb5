"""Checks that Python's onnxruntime agrees to the bit with a classifier that Fabrique trained and exported.

Usage: ml_onnx.py MODEL.onnx INPUT.csv EXPECTED.json

INPUT.csv has a header with (at least) the model's input names. EXPECTED.json is what the trainer predicts for its rows:
{"labels": ["setosa", ...], "probabilities": {"setosa": [1, 0.99, ...], ...}}. Exits 1 unless the file passes
onnx.checker, the labels are equal and the probabilities are bit-equal as float32: whole, row by row, and with one thread.
"""

import csv
import json
import sys

import numpy
import onnx
import onnxruntime


def read_inputs(path, names):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    missing = [name for name in names if not rows or name not in rows[0]]
    if missing:
        sys.exit(f"{path} has no rows or lacks the columns {missing}: the model's inputs are {names}")
    return {name: numpy.array([float(row[name]) for row in rows], dtype=numpy.float32) for name in names}


def compare(label, actual, expected):
    if actual.shape != expected.shape:
        sys.exit(f"{label}: shape {actual.shape} instead of {expected.shape}")
    if actual.dtype == numpy.float32:
        different = numpy.flatnonzero(actual.view(numpy.uint32) != expected.view(numpy.uint32))
    else:
        different = numpy.flatnonzero(actual != expected)
    if different.size:
        row = different[0]
        sys.exit(f"{label}: {different.size} rows differ, first row {row}: {actual[row]!r} instead of {expected[row]!r}")


def check(label, session, inputs, expected):
    names = [output.name for output in session.get_outputs()]
    if names != list(expected):
        sys.exit(f"outputs are {names} instead of {list(expected)}")
    for name, actual in zip(names, session.run(None, inputs)):
        compare(f"{label}, output {name}", actual, expected[name])


def main(model_path, input_path, expected_path):
    model = onnx.load(model_path)
    onnx.checker.check_model(model, full_check=True)
    with open(expected_path, encoding="utf-8") as file:
        raw = json.load(file)
    expected = {"label": numpy.array(raw["labels"], dtype=object)}
    for name, values in raw["probabilities"].items():
        expected[f"probability_{name}"] = numpy.array(values, dtype=numpy.float32)

    session = onnxruntime.InferenceSession(model_path, providers=["CPUExecutionProvider"])
    inputs = read_inputs(input_path, [port.name for port in session.get_inputs()])
    check("all rows", session, inputs, expected)
    for row in range(min(len(expected["label"]), 200)):
        part = slice(row, row + 1)
        check(f"row {row} alone", session, {k: v[part] for k, v in inputs.items()}, {k: v[part] for k, v in expected.items()})

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    single = onnxruntime.InferenceSession(model_path, options, providers=["CPUExecutionProvider"])
    check("one thread", single, inputs, expected)

    metadata = {entry.key: entry.value for entry in model.metadata_props}
    signature = json.loads(metadata["fabrique.signature"])
    if [feature["name"] for feature in signature["features"]] != list(inputs):
        sys.exit(f"the signature names {signature['features']}, the model takes {list(inputs)}")
    print(f"equal to the bit on {len(expected['label'])} rows, {len(expected) - 1} classes "
          f"(onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}, numpy {numpy.__version__})")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
