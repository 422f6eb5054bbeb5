"""Checks that Python gives the answers of `POST /predict` from the model that Fabrique trained.

usage: python iris_answers.py --url http://127.0.0.1:8000 --data iris.csv

Takes the champion of the model `iris` from the server as a plain MLflow client would, and compares its answers for every
row of the file with those of the server: onnxruntime to the bit, mlflow.pyfunc in label and probability. The last line is
`N passed, N failed`.
"""

import argparse
import csv
import json
import os
import tempfile
import traceback
import urllib.request

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
import numpy
import onnx
import onnxruntime
import pandas

MODEL = "iris"


def call(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


class Served:
    """The served model, its files and what the server answers for every row."""

    def __init__(self, url, path, folder):
        with open(path, encoding="utf-8", newline="") as file:
            self.rows = list(csv.DictReader(file))
        self.url = url
        model = call(f"{url}/api/v1/models/{MODEL}")
        self.version = model["aliases"]["champion"]
        champion = next(version for version in model["versions"] if version["version"] == self.version)
        self.run_id = champion["run_id"]
        self.signature = champion["signature"]
        self.features = [feature["name"] for feature in self.signature["features"]]
        self.classes = self.signature["target"]["classes"]
        self.values = [[float(row[name]) for name in self.features] for row in self.rows]
        self.answers = call(f"{url}/predict", {"features": self.values})["predictions"]
        mlflow.set_tracking_uri(url)
        mlflow.set_registry_uri(url)
        self.folder = mlflow.artifacts.download_artifacts(f"runs:/{self.run_id}/model", dst_path=folder)

    def labels(self):
        return [answer["prediction"] for answer in self.answers]

    def probabilities(self, name):
        return numpy.array([answer["probabilities"][name] for answer in self.answers], dtype=numpy.float32)

    def frame(self):
        return pandas.DataFrame(self.values, columns=self.features)


def every_row_is_answered(served):
    expect(len(served.rows) == 150, f"{len(served.rows)} rows in the file")
    expect(len(served.answers) == 150, f"{len(served.answers)} answers")
    for index, answer in enumerate(served.answers):
        total = sum(answer["probabilities"].values())
        expect(abs(total - 1) < 1e-6, f"the probabilities of row {index} add up to {total}")
        best = max(answer["probabilities"], key=answer["probabilities"].get)
        expect(answer["probabilities"][answer["prediction"]] == answer["probabilities"][best], f"row {index}: {answer}")


def answers_are_right(served):
    column = served.signature["target"]["name"]
    right = sum(answer == row[column] for answer, row in zip(served.labels(), served.rows))
    expect(right >= 140, f"only {right} of 150 answers are the species in the file")


def one_row_at_a_time_is_the_same(served):
    for values, expected in zip(served.values, served.answers):
        answer = call(f"{served.url}/predict", {"features": values})
        expect(answer["prediction"] == expected["prediction"], f"{values}: {answer} instead of {expected}")
        expect(answer["probabilities"] == expected["probabilities"], f"{values}: {answer} instead of {expected}")
        expect(answer["model"] == MODEL and answer["version"] == served.version, f"answered by {answer}")


def named_columns_are_the_same(served):
    for form in (lambda row: {"features": row}, lambda row: row):
        for values, expected in list(zip(served.values, served.answers))[::10]:
            named = dict(reversed(list(zip(served.features, values))))
            answer = call(f"{served.url}/predict", form(named))
            expect(answer["probabilities"] == expected["probabilities"], f"{named}: {answer} instead of {expected}")


def the_file_is_valid_onnx(served):
    onnx.checker.check_model(onnx.load(os.path.join(served.folder, "model.onnx")), full_check=True)


def onnxruntime_agrees_to_the_bit(served):
    session = onnxruntime.InferenceSession(
        os.path.join(served.folder, "model.onnx"), providers=["CPUExecutionProvider"]
    )
    inputs = {
        name: numpy.array([row[index] for row in served.values], dtype=numpy.float32)
        for index, name in enumerate(served.features)
    }
    names = [output.name for output in session.get_outputs()]
    expect(names == ["label", *(f"probability_{name}" for name in served.classes)], f"outputs are {names}")
    results = dict(zip(names, session.run(None, inputs)))
    expect(list(results["label"]) == served.labels(), "labels differ")
    for name in served.classes:
        actual = results[f"probability_{name}"]
        different = numpy.flatnonzero(actual.view(numpy.uint32) != served.probabilities(name).view(numpy.uint32))
        expect(different.size == 0, f"probability of {name} differs in rows {different[:5]}")


def compare_pyfunc(served, model):
    frame = model.predict(served.frame())
    expect(isinstance(frame, pandas.DataFrame), f"the answer is a {type(frame)}")
    expect(len(frame) == 150, f"{len(frame)} answers")
    expect(list(frame["label"]) == served.labels(), "labels differ")
    for name in served.classes:
        actual = frame[f"probability_{name}"].to_numpy(dtype=numpy.float32)
        expect((actual == served.probabilities(name)).all(), f"probability of {name} differs")


def pyfunc_of_the_downloaded_folder_agrees(served):
    compare_pyfunc(served, mlflow.pyfunc.load_model(served.folder))


def pyfunc_of_the_run_agrees(served):
    compare_pyfunc(served, mlflow.pyfunc.load_model(f"runs:/{served.run_id}/model"))


def pyfunc_of_the_champion_agrees(served):
    compare_pyfunc(served, mlflow.pyfunc.load_model(f"models:/{MODEL}@champion"))


def the_folder_says_what_it_is(served):
    model = mlflow.models.Model.load(served.folder)
    expect(set(model.flavors) == {"onnx", "python_function"}, f"flavors are {model.flavors}")
    inputs = [column.name for column in model.signature.inputs.inputs]
    expect(inputs == served.features, f"the signature names {inputs}")
    with open(os.path.join(served.folder, "requirements.txt"), encoding="utf-8") as file:
        expect("onnxruntime" in file.read(), "requirements.txt does not name onnxruntime")
    example = model.load_input_example(served.folder)
    expect(list(example.columns) == served.features, f"the example has the columns {list(example.columns)}")


CHECKS = [
    every_row_is_answered,
    answers_are_right,
    one_row_at_a_time_is_the_same,
    named_columns_are_the_same,
    the_file_is_valid_onnx,
    onnxruntime_agrees_to_the_bit,
    the_folder_says_what_it_is,
    pyfunc_of_the_downloaded_folder_agrees,
    pyfunc_of_the_run_agrees,
    pyfunc_of_the_champion_agrees,
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--data", required=True)
    options = parser.parse_args()
    print(f"mlflow {mlflow.__version__}, onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}, "
          f"numpy {numpy.__version__}, pandas {pandas.__version__}")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            served = Served(options.url.rstrip("/"), options.data, folder)
        except Exception:
            traceback.print_exc()
            print(f"0 passed, {len(CHECKS)} failed")
            raise SystemExit(1)
        for check in CHECKS:
            name = check.__name__.replace("_", " ")
            try:
                check(served)
                print(f"ok      {name}")
            except Exception as error:
                failed += 1
                print(f"FAILED  {name}: {type(error).__name__}: {error}")
                if not isinstance(error, AssertionError):
                    traceback.print_exc()
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
