"""Checks models that a script of a project trains, with scikit-learn and skl2onnx in this Python: `fabrique` runs it, takes what it logs,
and answers as the model in Python does.

usage: python ml_script.py NODE PROGRAM [MODELS]

With MODELS, as `maps,tensors`, only those. Makes a project of several models, one for each form that exporters and clients of MLflow have, starts it, waits for its loops, and asks for
every test row. Classes must be equal, numbers within 1e-5 (relative above 1). The last line is `N passed, N failed`.
"""

import csv
import json
import math
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request

WAIT_S = 300
TOLERANCE = 1e-5

# What is trained, by the name of the model: what it predicts, from what.
MODELS = {
    "maps": {"task": "classification", "label": "level", "features": ["size", "age", "height"]},
    "matrix": {"task": "classification", "label": "grade", "features": ["size", "age", "height"]},
    "columns": {"task": "classification", "label": "level", "features": ["size", "age", "height", "place"]},
    "tensors": {"task": "classification", "label": "level", "features": ["size", "age", "height"]},
    "scores": {"task": "classification", "label": "gone", "features": ["size", "age", "height"]},
    "doubles": {"task": "regression", "label": "price", "features": ["size", "age", "height"]},
    "artifact": {"task": "regression", "label": "price", "features": ["size", "age", "height"]},
}

SCRIPT = '''
import json, os, pathlib, pickle, sys

import mlflow, mlflow.onnx, numpy, onnx, pandas
from skl2onnx import to_onnx
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

name, train_path, out = sys.argv[1:4]
assert train_path == os.environ["FABRIQUE_TRAIN"], sys.argv
assert "DATABASE_URL" not in os.environ
params = json.loads(os.environ["FABRIQUE_PARAMS"])
features = json.loads(os.environ["FABRIQUE_FEATURES"])
target = os.environ["FABRIQUE_TARGET"]
train = pandas.read_parquet(os.environ["FABRIQUE_TRAIN"])
test = pandas.read_parquet(os.environ["FABRIQUE_TEST"])
both = pandas.read_parquet(os.environ["FABRIQUE_DATA"])
assert len(both) == len(train) + len(test), (len(both), len(train), len(test))

X, y = train[features], train[target]
if name == "scores":
    # skl2onnx takes no truth values for classes.
    y = y.astype(int)
numbers = [column for column in features if column != "place"]
for column in numbers:
    X = X.astype({column: "float32"})
matrix, rows = X[numbers].to_numpy(), test[numbers].to_numpy("float32")
options, sample, asked = {}, matrix[:1], rows
if name == "maps":
    model = LogisticRegression(max_iter=params["max_iter"]).fit(matrix, y)
elif name == "matrix":
    model, options = RandomForestClassifier(20, random_state=1).fit(matrix, y), {"zipmap": False}
elif name == "columns":
    steps = ColumnTransformer([
        ("numbers", StandardScaler(), numbers),
        ("texts", OneHotEncoder(handle_unknown="ignore"), ["place"]),
    ])
    model = make_pipeline(steps, LogisticRegression(max_iter=500)).fit(X, y)
    sample, asked = X[:1], test[features].astype({column: "float32" for column in numbers})
elif name == "tensors":
    model = make_pipeline(StandardScaler(), MLPClassifier((64, 32), max_iter=80, random_state=1)).fit(matrix, y)
elif name == "scores":
    model = LinearSVC(max_iter=10_000).fit(matrix, y)
elif name == "doubles":
    model = make_pipeline(StandardScaler(), Ridge()).fit(matrix.astype("float64"), y)
    sample, asked = matrix[:1].astype("float64"), rows.astype("float64")
else:
    model = RandomForestRegressor(20, random_state=1).fit(matrix, y)
exported = to_onnx(model, sample, options=options)
if name == "tensors":
    # As PyTorch writes them: raw bytes, which MLflow keeps in a file of their own.
    for tensor in exported.graph.initializer:
        if len(tensor.dims) == 2:
            tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor), tensor.name))

with mlflow.start_run() as run:
    assert run.info.run_id == os.environ["FABRIQUE_RUN_ID"]
    mlflow.log_param("seed", "of the script")
    for epoch in range(3):
        mlflow.log_metric("progress", epoch, step=epoch)
        print(f"epoch {epoch}")
    if name == "artifact":
        path = pathlib.Path(out) / "model.onnx"
        path.write_bytes(exported.SerializeToString())
        mlflow.log_artifact(str(path))
    else:
        place = {"artifact_path" if mlflow.__version__.startswith("2.") else "name": "model"}
        # Where packages are not named, the client starts a second Python to find them: once is enough.
        mlflow.onnx.log_model(exported, **place, **({} if name == "maps" else {"pip_requirements": ["onnx"]}))

said = None
if hasattr(model, "predict_proba"):
    said = model.predict_proba(asked)
elif hasattr(model, "decision_function"):
    scores = model.decision_function(asked)
    said = numpy.stack([-scores, scores], 1)
expected = {
    "rows": test[features].to_dict("records"),
    "answers": model.predict(asked).tolist(),
    "classes": [str(value) for value in getattr(model, "classes_", [])],
    "said": None if said is None else said.tolist(),
}
pathlib.Path(out, f"{name}.json").write_text(json.dumps(expected))
'''


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def call(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{error.code} of {url}: {error.read().decode()}") from error


def write_project(folder, program):
    chance = random.Random(7)
    with open(folder / "data.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["size", "age", "height", "place", "level", "grade", "gone", "price"])
        for _ in range(240):
            size, age, height = chance.uniform(1, 9), chance.randrange(20, 80), chance.gauss(170, 12)
            place = chance.choice(["Nice", "Lyon", "Metz"])
            price = 3 * size + age / 10 + (5 if place == "Lyon" else 0) + chance.gauss(0, 0.5)
            level = "high" if price > 24 else "low" if price < 18 else "né 😀"
            writer.writerow([size, age, round(height, 2), place, level, int(price // 12), str(age > 50).lower(), price])
    (folder / "train.py").write_text(SCRIPT)
    (folder / "out").mkdir()
    declared = []
    for name, model in MODELS.items():
        columns = ", ".join(json.dumps(feature) for feature in model["features"])
        arguments = [name, "{train}", str(folder / "out")]
        declared.append(f"""model({json.dumps(name)}, {{
  task: {json.dumps(model["task"])},
  label: data.column({json.dumps(model["label"])}),
  features: data.columns({columns}),
  script: {{
    path: 'train.py',
    args: {json.dumps(arguments)},
    params: {{ max_iter: 500 }},
    python: {json.dumps(sys.executable)},
  }},
}})""")
    (folder / "fabrique.config.ts").write_text(f"""import {{ boolean, category, csv, dataset, defineProject, integer, model, number }} from 'fabrique'

const data = dataset('data', csv('data.csv'), {{
  columns: {{
    size: number(),
    age: integer(),
    height: number(),
    place: category(['Nice', 'Lyon', 'Metz']),
    level: category(['high', 'low', 'né 😀']),
    grade: integer(),
    gone: boolean(),
    price: number(),
  }},
}})

export default defineProject({{ name: 'scripts', datasets: [data], models: [
{", ".join(declared)}
] }})
""")
    (folder / "package.json").write_text(json.dumps({"name": "scripts", "type": "module", "private": True}))
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "fabrique").symlink_to(pathlib.Path(program).resolve().parents[1])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def loops_of(url):
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        try:
            loops = {loop["model"]: loop for loop in call(f"{url}/api/v1/projects/scripts/loops")["items"]}
            states = [loops[name].get("flow_run", {}).get("state") for name in MODELS]
            if all(state in ("succeeded", "failed") for state in states):
                return loops
        except (OSError, KeyError, AssertionError):
            pass
        time.sleep(0.5)
    raise AssertionError(f"the loops were not over within {WAIT_S} s")


def served(url, name):
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if any(one["model"] == name and one["state"] == "ready" for one in call(f"{url}/api/v1/endpoints")["items"]):
            return
        time.sleep(0.2)
    raise AssertionError(f"{name} is not served")


def close(one, other):
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def check_answers(url, name, folder):
    expected = json.loads((folder / "out" / f"{name}.json").read_text())
    served(url, name)
    answers = call(f"{url}/api/v1/models/{name}/predict", {"features": expected["rows"]})["predictions"]
    expect(len(answers) == len(expected["answers"]) == 60, f"{len(answers)} answers")
    truth = {"0": "false", "1": "true"} if name == "scores" else {}
    wanted = [truth.get(str(value), value) for value in expected["answers"]]
    if MODELS[name]["task"] == "regression":
        for row, (answer, value) in enumerate(zip(answers, wanted)):
            expect(close(answer["prediction"], value), f"row {row}: {answer} instead of {value}")
        return
    said = "scores" if name == "scores" else "probabilities"
    for row, (answer, value) in enumerate(zip(answers, wanted)):
        expect(answer["prediction"] == str(value), f"row {row}: {answer} instead of {value}")
        for column, known in enumerate(expected["classes"]):
            known = truth.get(known, known)
            got, is_right = answer[said][known], expected["said"][row][column]
            expect(close(got, is_right), f"row {row}, {known}: {got} instead of {is_right}")


def check_run(url, name, loop):
    flow = loop["flow_run"]
    expect(flow["state"] == "succeeded", json.dumps(flow))
    expect(flow["result"]["promoted"] is True, json.dumps(flow))
    run = call(f"{url}/api/2.0/mlflow/runs/get?run_id={flow['result']['run_id']}")["run"]
    expect(run["info"]["status"] == "FINISHED", run["info"])
    params = {one["key"]: one["value"] for one in run["data"]["params"]}
    metrics = {one["key"]: one["value"] for one in run["data"]["metrics"]}
    expect(params["seed"] == "of the script" and params["max_iter"] == "500", params)
    expect(params["train_rows"] == "180" and params["test_rows"] == "60", params)
    expect(metrics["progress"] == 2, metrics)
    expect(("r2" if MODELS[name]["task"] == "regression" else "accuracy") in metrics, metrics)


def main():
    node, program = sys.argv[1:3]
    for name in [name for name in MODELS if len(sys.argv) > 3 and name not in sys.argv[3].split(",")]:
        del MODELS[name]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fabrique-scripts-"))
    write_project(folder, program)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = open(folder / "up.log", "w")
    up = subprocess.Popen([node, program, "up", str(folder), "--port", str(port), "--lang", "en"], stdout=log, stderr=log)
    passed = failed = 0
    try:
        loops = loops_of(url)
        checks = [(f"{what} of {name}", check, name) for name in MODELS
                  for what, check in (("the run", check_run), ("the answers", check_answers))]
        for title, check, name in checks:
            try:
                check(url, name, loops[name] if check is check_run else folder)
                passed += 1
                print(f"ok   {title}")
            except Exception:
                failed += 1
                print(f"FAIL {title}\n{traceback.format_exc()}")
    except Exception:
        failed += 1
        traceback.print_exc()
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(60)
        log.close()
    if failed == 0:
        shutil.rmtree(folder)
    else:
        print(f"The project and its log were left in {folder}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
