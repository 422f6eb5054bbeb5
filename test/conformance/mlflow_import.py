"""Brings an mlruns folder and a SQLite file made by the real client, and compares everything through the real client.

    python mlflow_import.py URL NODE PROGRAM

The stores hold what people have: nested keys, NaN, negative steps, thousands of points, deleted runs and experiments, data sets,
artifacts, logged models where the client has them, registered models with a deleted version, stages, aliases and tags.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.update(GIT_PYTHON_REFRESH="quiet", MLFLOW_ALLOW_FILE_STORE="true", MLFLOW_HTTP_REQUEST_MAX_RETRIES="1")

import mlflow
import numpy
import pandas
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.tracking import MlflowClient

URL, NODE, PROGRAM = sys.argv[1:4]
MAJOR = int(mlflow.__version__.split(".")[0])
passed = failed = 0


def check(name, condition, detail=""):
    global passed, failed
    if condition:
        passed += 1
        print(f"  ok   {name}")
    else:
        failed += 1
        print(f"  FAIL {name} {detail}")


def fill(uri, prefix):
    """Makes a store; returns what names its runs."""
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    client = MlflowClient()
    experiment = client.create_experiment(f"{prefix} expérience/α", tags={"owner": "équipe", "empty": ""})
    gone = client.create_experiment(f"{prefix} gone")
    runs = []
    for index in range(5):
        run = client.create_run(experiment, run_name=f"run {index}", start_time=1_700_000_000_000 + index, tags={"kind": "a b"})
        run_id = run.info.run_id
        points = [Metric("loss/train", 1 / (step + 1), 1_700_000_000_000 + step, step) for step in range(2500)]
        points += [Metric("broken", float("nan"), 5, -3), Metric("broken", 2.5, 6, -4), Metric("huge", float("inf"), 1, 0)]
        for start in range(0, len(points), 1000):
            client.log_batch(run_id, metrics=points[start : start + 1000])
        client.log_batch(run_id, params=[Param("depth/max", str(index)), Param("text", "ligne 1\nligne 2 é")])
        client.set_tag(run_id, "note", "x" * 5000)
        client.log_text(run_id, f"contenu {index}", "folder one/été.txt")
        client.log_dict(run_id, {"index": index}, "config.json")
        client.log_text(run_id, "flavors: {}\n", "model/MLmodel")
        client.set_terminated(run_id, "FAILED" if index == 1 else "FINISHED", 1_700_000_100_000)
        runs.append(run_id)
    with mlflow.start_run(run_id=runs[0]):
        frame = pandas.DataFrame({"a": numpy.arange(3.0), "b": list("xyz")})
        mlflow.log_input(mlflow.data.from_pandas(frame, source="data/é.csv", name="frame"), context="training")
    client.delete_run(runs[4])
    lost = client.create_run(gone, start_time=5)
    client.set_terminated(lost.info.run_id)
    client.delete_experiment(gone)
    open_run = client.create_run(experiment, run_name="still open", start_time=9)
    client.log_metric(open_run.info.run_id, "loss/train", 1.0, timestamp=1, step=0)
    name = f"{prefix}-model"
    client.create_registered_model(name, tags={"team": "bleu"}, description="Le modèle")
    for index in range(3):
        source = client.get_run(runs[index]).info.artifact_uri + "/model"
        client.create_model_version(name, source, runs[index], tags={"index": str(index)}, description=f"v{index}")
    client.delete_model_version(name, "3")
    client.set_registered_model_alias(name, "champion", "2")
    client.transition_model_version_stage(name, "1", "Production")
    if MAJOR >= 3:
        model = client.create_logged_model(
            experiment, name="forest", source_run_id=runs[0], tags={"t": "1"}, params={"depth": "3"}, model_type="agent"
        )
        client.log_model_artifact(model.model_id, __file__)
        client.finalize_logged_model(model.model_id, "READY")
        client.log_metric(runs[1], "score", 0.5, timestamp=7, step=2, model_id=model.model_id)
        client.log_outputs(runs[0], models=[mlflow.entities.LoggedModelOutput(model.model_id, step=2)])
    return runs + [lost.info.run_id, open_run.info.run_id]


def number(value):
    return "NaN" if math.isnan(value) else min(max(value, -sys.float_info.max), sys.float_info.max)


def describe_run(client, run):
    history = {
        key: sorted((point.step, point.timestamp, number(point.value)) for point in client.get_metric_history(run.info.run_id, key))
        for key in run.data.metrics
    }
    files = {}
    pending = [""]
    while pending:
        for entry in client.list_artifacts(run.info.run_id, pending.pop()):
            if entry.is_dir:
                pending.append(entry.path)
            else:
                if entry.path.endswith("registered_model_meta"):
                    continue  # The client writes it where it loads a registered model from.
                files[entry.path] = Path(client.download_artifacts(run.info.run_id, entry.path)).read_bytes()
    inputs = [
        (one.dataset.name, one.dataset.digest, one.dataset.source, one.dataset.schema, one.dataset.profile, sorted((tag.key, tag.value) for tag in one.tags))
        for one in run.inputs.dataset_inputs
    ]
    outputs = [] if MAJOR < 3 or run.outputs is None else sorted((one.model_id, one.step) for one in run.outputs.model_outputs or [])
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "stage": run.info.lifecycle_stage,
        "user": run.info.user_id,
        "times": (run.info.start_time, run.info.end_time),
        "params": run.data.params,
        "tags": run.data.tags,
        "latest": {key: number(value) for key, value in run.data.metrics.items()},
        "history": history,
        "files": files,
        "inputs": inputs,
        "outputs": outputs,
    }


def describe(uri, prefix):
    """Everything in a store that belongs to a prefix, in comparable form."""
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    client = MlflowClient()
    found = {"experiments": {}, "runs": {}, "models": {}, "logged": {}}
    for experiment in client.search_experiments(view_type=ViewType.ALL, max_results=1000):
        if not experiment.name.startswith(prefix):
            continue
        found["experiments"][experiment.name] = (experiment.lifecycle_stage, experiment.creation_time, dict(experiment.tags))
        for run in client.search_runs([experiment.experiment_id], run_view_type=ViewType.ALL, max_results=1000):
            found["runs"][run.info.run_id] = describe_run(client, client.get_run(run.info.run_id))
        if MAJOR >= 3:
            for model in client.search_logged_models([experiment.experiment_id]):
                metrics = sorted((one.key, one.value, one.timestamp, one.step, one.run_id) for one in model.metrics or [])
                folder = mlflow.artifacts.download_artifacts(model.artifact_location)
                found["logged"][model.model_id] = (
                    model.name, str(model.status), model.model_type, model.source_run_id, dict(model.tags), dict(model.params),
                    model.creation_timestamp, metrics, sorted(path.name for path in Path(folder).rglob("*")),
                )
    for model in client.search_registered_models(max_results=1000):
        if not model.name.startswith(prefix):
            continue
        model = client.get_registered_model(model.name)
        versions = {}
        for version in client.search_model_versions(f"name='{model.name}'"):
            version = client.get_model_version(version.name, version.version)
            folder = Path(mlflow.artifacts.download_artifacts(f"models:/{model.name}/{version.version}"))
            versions[str(version.version)] = (
                version.description, version.current_stage, version.run_id, dict(version.tags), version.creation_timestamp,
                {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "registered_model_meta"},
            )
        found["models"][model.name] = (model.description, dict(model.tags), {alias: str(number) for alias, number in model.aliases.items()}, versions)
    return found


def bring(place, *flags):
    done = subprocess.run(
        [NODE, PROGRAM, "import", "mlflow", "--from", place, "--url", URL, "--json", *flags],
        capture_output=True, text=True, timeout=300,
    )
    return done.returncode, (json.loads(done.stdout) if done.stdout.strip() else done.stderr)


def compare(title, there, here):
    for kind in there:
        left, right = there[kind], here[kind]
        check(f"{title}: the same {kind}", set(left) == set(right), f"{set(left) ^ set(right)}")
        for key in left:
            if key not in right or left[key] == right[key]:
                continue
            if isinstance(left[key], dict):
                parts = {part: (left[key][part], right[key][part]) for part in left[key] if left[key][part] != right[key][part]}
            else:
                parts = (left[key], right[key])
            check(f"{title}: {kind} {key}", False, str(parts)[:1500])
        check(f"{title}: the values of {len(left)} {kind}", all(left[key] == right.get(key) for key in left))


def main():
    folder = Path(tempfile.mkdtemp(prefix="mlflow-import-"))
    os.chdir(folder)
    stamp = f"{MAJOR}-{os.getpid()}"
    stores = {
        "folder": (f"file://{folder}/mlruns", str(folder / "mlruns"), f"folder {stamp}"),
        "sqlite": (f"sqlite:///{folder}/mlflow.db", str(folder / "mlflow.db"), f"sqlite {stamp}"),
    }
    for kind, (uri, place, prefix) in stores.items():
        print(f"-- {kind} of mlflow {mlflow.__version__}")
        fill(uri, prefix)
        status, summary = bring(place)
        check(f"{kind}: the import ends", status == 0, str(summary)[:2000])
        if status != 0:
            continue
        there = describe(uri, prefix)
        here = describe(URL, prefix)
        compare(kind, there, here)
        points = sum(len(points) for run in there["runs"].values() for points in run["history"].values())
        check(f"{kind}: {points} points counted", summary["points"] == points, str(summary))
        check(f"{kind}: runs counted", summary["runs"] == {"created": len(there["runs"]), "unchanged": 0}, str(summary["runs"]))
        status, again = bring(place)
        check(f"{kind}: the second import ends", status == 0, str(again)[:500])
        created = [again[part]["created"] for part in ("experiments", "runs", "logged_models", "models")] + [again["versions"], again["files"]]
        check(f"{kind}: the second import makes nothing", created == [0] * 6, str(again))
        check(f"{kind}: the second import changes nothing", describe(URL, prefix) == here)
        next_version = MlflowClient(URL).create_model_version(f"{prefix}-model", f"runs:/{next(iter(there['runs']))}/model")
        check(f"{kind}: the number of a deleted version is not given again", str(next_version.version) == "4", next_version.version)
    status, told = bring(str(folder / "nothing.db"))
    check("a place that is not there is wrong use", status == 2 and "import_source_invalid" in told, str(told))
    (folder / "broken.db").write_bytes(b"SQLite format 3\x00" + b"\x00" * 500)
    status, told = bring(str(folder / "broken.db"))
    check("a broken file is told without a trace", status in (2, 3) and "at " not in str(told).split("\n")[0], str(told))
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
