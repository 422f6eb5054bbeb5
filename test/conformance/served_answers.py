"""Checks that Python gives the answers of every kind of model that Fabrique trains and serves.

usage: python served_answers.py --url http://127.0.0.1:8000 --project iris [--models ridge,truth]

Sends a file with columns of every type and gaps in them, trains models on it, makes them champions, and asks for every row three times:
the server, onnxruntime with the file, and mlflow.pyfunc with the folder. Classes must be equal, numbers within 1e-6 (relative above 1).
Models of a single column are among them: MLflow feeds those as a matrix. The last line is `N passed, N failed`.
"""

import argparse
import csv
import datetime
import io
import json
import math
import os
import random
import tempfile
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
import numpy
import onnx
import onnxruntime
import pandas

DATASET = "served_answers"
ROWS = 400
WAIT_S = 120
TOLERANCE = 1e-6
LABELS = ["0", "a/b: “c”", "né 😀", "yes, really"]
MISSING_TIME = numpy.iinfo(numpy.int64).min
ALL = ["age", "visits", "town", "member", "joined", "note"]

# Name of the model, and what is trained.
MODELS = {
    "ridge": {"target": "spend", "features": ALL, "estimator": {"kind": "ridge"}},
    "boosting": {"target": "spend", "features": ALL, "estimator": {"kind": "hist_gradient_boosting_regressor"}},
    "neighbours": {"target": "spend", "features": ["age", "visits"], "estimator": {"kind": "k_neighbors_regressor"}},
    "truth": {"target": "gone", "features": ALL[:5], "estimator": {"kind": "hist_gradient_boosting_classifier"}},
    "forest": {"target": "label", "features": ALL[:5], "estimator": {"kind": "random_forest_classifier"}},
    "scores": {"target": "label", "features": ALL[:5], "estimator": {"kind": "linear_svc"}},
    "numbers": {"target": "grade", "features": ["age", "visits"], "estimator": {"kind": "logistic_regression"}},
    "one number": {"target": "spend", "features": ["age"], "estimator": {"kind": "ridge"}},
    "one whole number": {"target": "label", "features": ["visits"], "estimator": {"kind": "random_forest_classifier"}},
    "one truth value": {"target": "gone", "features": ["member"], "estimator": {"kind": "logistic_regression"}},
    "one category": {"target": "spend", "features": ["town"], "estimator": {"kind": "ridge"}},
    "one text": {"target": "label", "features": ["note"], "estimator": {"kind": "logistic_regression"}},
    "one moment": {"target": "spend", "features": ["joined"], "estimator": {"kind": "hist_gradient_boosting_regressor"}},
}


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def call(url, body=None, raw=None, method=None):
    data = raw if raw is not None else None if body is None else json.dumps(body).encode()
    kind = "application/octet-stream" if raw is not None else "application/json"
    request = urllib.request.Request(url, data=data, headers={"content-type": kind}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{error.code} of {url}: {error.read().decode()}") from error


def until(describe, found):
    """The first true value that `found` gives."""
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.2)
    raise AssertionError(f"{describe} did not happen within {WAIT_S} s")


def make_rows():
    """Rows as a request has them: moments as texts, None where a value is missing."""
    chance = random.Random(5)
    words = ["très", "content", "livraison", "rapide", "cassé", "retour", "à", "échange", "été"]
    rows = []
    for index in range(ROWS):
        gap = lambda value, share=0.1: None if chance.random() < share else value
        age, visits, town = chance.uniform(18, 80), chance.randrange(7), chance.choice(["Nice", "Lyon", "Metz"])
        joined = datetime.datetime(2021, 1, 1) + datetime.timedelta(hours=chance.randrange(30_000))
        note = " ".join(chance.choice(words) for _ in range(chance.randrange(3, 9)))
        rows.append({
            "age": gap(age),
            "visits": visits,
            "town": gap(town),
            "member": chance.random() < 0.5,
            "joined": gap(joined.isoformat()),
            "note": gap(f"{note} {index}", 0.05),
            "spend": 10 * visits + age / 10 + (20 if town == "Lyon" else 0) + chance.gauss(0, 1),
            "gone": age > 50 or town == "Metz",
            "label": LABELS[(visits + (town == "Nice")) % len(LABELS)],
            "grade": 1 if visits > 3 else 0,
        })
    return rows


def to_csv(rows):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow(["" if value is None else str(value).lower() if isinstance(value, bool) else value
                         for value in row.values()])
    return text.getvalue().encode()


def milliseconds(moment):
    return round(datetime.datetime.fromisoformat(moment).replace(tzinfo=datetime.timezone.utc).timestamp() * 1000)


def file_values(feature, values):
    """A column as the file takes it."""
    kind = feature["type"]
    if kind in ("text", "category"):
        return numpy.array(["" if value is None else value for value in values], dtype=object)
    if kind == "timestamp":
        return numpy.array([MISSING_TIME if value is None else milliseconds(value) for value in values], numpy.int64)
    return numpy.array([math.nan if value is None else float(value) for value in values], dtype=numpy.float32)


def wait_for(url, job):
    def over():
        found = call(f"{url}/api/v1/jobs/{job['id']}")
        return found if found["state"] in ("succeeded", "failed", "cancelled") else None

    done = until(f"the end of job {job['id']}", over)
    expect(done["state"] == "succeeded", f"job {job['kind']}: {done}")
    return done


class Served:
    """A model that was trained, its files, and what the server answers for every row."""

    def __init__(self, url, name, version, rows, folder):
        self.name, self.url = f"answers {name}", url
        address = f"{url}/api/v1/models/{urllib.parse.quote(self.name)}"
        endpoint = until(f"serving {self.name}", lambda: next(
            (each for each in call(f"{url}/api/v1/endpoints")["items"]
             if each["model"] == self.name and each["version"] == version and each["state"] == "ready"), None))
        self.signature = endpoint["signature"]
        self.features = self.signature["features"]
        self.rows = [{feature["name"]: row[feature["name"]] for feature in self.features} for row in rows]
        self.answers = call(f"{address}/predict", {"features": self.rows})["predictions"]
        self.folder = mlflow.artifacts.download_artifacts(f"models:/{self.name}/{version}", dst_path=folder)
        self.columns = {feature["name"]: file_values(feature, [row[feature["name"]] for row in self.rows])
                        for feature in self.features}

    def expected(self):
        """The outputs of the file that the answers of the server stand for."""
        outputs = {}
        if self.signature["task"] == "regression":
            outputs["prediction"] = [answer["prediction"] for answer in self.answers]
        else:
            outputs["label"] = [answer["prediction"] for answer in self.answers]
            key, prefix = ("scores", "score_") if "scores" in self.answers[0] else ("probabilities", "probability_")
            for name in self.signature["target"]["classes"]:
                outputs[f"{prefix}{name}"] = [answer[key][name] for answer in self.answers]
        return outputs

    def compare(self, found):
        expected = self.expected()
        expect(sorted(found) == sorted(expected), f"outputs {sorted(found)} instead of {sorted(expected)}")
        for name, values in expected.items():
            if name == "label":
                expect(list(found[name]) == values, f"labels differ: {list(found[name])[:5]} instead of {values[:5]}")
                continue
            actual = numpy.asarray(found[name], dtype=float)
            expect(len(actual) == len(values), f"{name} has {len(actual)} rows instead of {len(values)}")
            distance = numpy.abs(actual - values) / numpy.maximum(1, numpy.abs(values))
            different = numpy.flatnonzero(~(distance <= TOLERANCE))
            expect(len(different) == 0, f"{name} differs in {len(different)} rows, first {different[:3]}")

    def onnxruntime_agrees(self):
        path = os.path.join(self.folder, "model.onnx")
        onnx.checker.check_model(onnx.load(path))
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        feeds = {each.name: self.columns[each.name].reshape([-1] + [1] * (len(each.shape) - 1))
                 for each in session.get_inputs()}
        expect(len(feeds) == 1 or all(values.ndim == 1 for values in feeds.values()), "columns are vectors")
        self.compare(dict(zip([each.name for each in session.get_outputs()], session.run(None, feeds))))

    def pyfunc_agrees(self):
        model = mlflow.pyfunc.load_model(self.folder)
        double = {name: values.astype(float) if values.dtype == numpy.float32 else values
                  for name, values in self.columns.items()}
        self.compare(model.predict(pandas.DataFrame(double)))
        example = model.predict(model.input_example)
        expect(len(example) == 1, f"the example gives {example}")

    def one_row_is_the_same(self):
        address = f"{self.url}/api/v1/models/{urllib.parse.quote(self.name)}/predict"
        for row, expected in list(zip(self.rows, self.answers))[::50]:
            for form in ({"features": row}, {"features": list(row.values())}, row):
                answer = call(address, form)
                expect({key: answer[key] for key in expected} == expected, f"{form}: {answer} instead of {expected}")


def train_all(url, project, rows):
    """Version by name of each model."""
    upload = f"{url}/api/v1/projects/{project}/datasets/{DATASET}/upload?file_name={DATASET}.csv"
    wait_for(url, call(upload, raw=to_csv(rows)))
    asked = {"snapshot": f"{DATASET}@latest", "promote": "always"}
    jobs = {name: call(f"{url}/api/v1/projects/{project}/trainings", {**asked, **model, "register": f"answers {name}"})
            for name, model in MODELS.items()}
    return {name: wait_for(url, started["job"])["result"]["version"] for name, started in jobs.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--project", required=True)
    parser.add_argument("--models", default=",".join(MODELS), help="only these")
    options = parser.parse_args()
    for name in MODELS.keys() - set(options.models.split(",")):
        del MODELS[name]
    url = options.url.rstrip("/")
    mlflow.set_tracking_uri(url)
    mlflow.set_registry_uri(url)
    print(f"mlflow {mlflow.__version__}, onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}, "
          f"pandas {pandas.__version__}", flush=True)
    passed = failed = 0
    rows = make_rows()
    versions = train_all(url, options.project, rows)
    for name, version in versions.items():
        with tempfile.TemporaryDirectory() as folder:
            try:
                served = Served(url, name, version, rows, folder)
                for check in (served.onnxruntime_agrees, served.pyfunc_agrees, served.one_row_is_the_same):
                    check()
                print(f"ok {name}", flush=True)
                passed += 1
            except Exception:
                print(f"FAILED {name}\n{traceback.format_exc()}", flush=True)
                failed += 1
        champion = f"{url}/api/v1/models/{urllib.parse.quote(f'answers {name}')}/aliases/champion"
        call(champion, {"reason": "checked"}, method="DELETE")
    print(f"{passed} passed, {failed} failed")
    raise SystemExit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
