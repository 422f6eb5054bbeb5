"""Scenarios of a plain MLflow client (2.14 or later, and 3.x) against a running server.

usage: python mlflow_plain.py --url http://127.0.0.1:8000

Each scenario makes an experiment of its own, so that the script can run many times against one server. The last line is
`N passed, N failed`.
"""

import argparse
import json
import math
import os
import tempfile
import time
import traceback
import uuid

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
import requests
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

SCENARIOS = []


def scenario(function):
    SCENARIOS.append(function)
    return function


class Case:
    """What a scenario works with: a client and a fresh experiment."""

    def __init__(self, url, name):
        self.url = url
        self.client = MlflowClient(tracking_uri=url)
        self.name = f"{name}-{uuid.uuid4().hex[:8]}"
        self.experiment = mlflow.set_experiment(self.name).experiment_id

    def run(self, **options):
        return self.client.create_run(self.experiment, **options).info.run_id

    def search(self, text="", **options):
        found = self.client.search_runs([self.experiment], text, **options)
        return [run.data.tags.get("mlflow.runName") for run in found]

    def post(self, path, body=None, **options):
        headers = {"content-type": "application/json"}
        return requests.post(f"{self.url}/api/2.0/mlflow/{path}", json=body, headers=headers, timeout=30, **options)


def refuses(code, part, action):
    """The action fails with the error code and with the text somewhere in its message, whatever the case."""
    try:
        action()
    except MlflowException as error:
        assert error.error_code == code, f"{error.error_code} instead of {code}: {error}"
        assert part.lower() in str(error).lower(), f"no {part!r} in {error}"
        return
    raise AssertionError(f"not refused with {code}")


# Experiments


@scenario
def experiment_is_created_and_found_again(case):
    found = mlflow.set_experiment(case.name)
    assert found.experiment_id == case.experiment
    assert found.lifecycle_stage == "active"
    assert found.artifact_location == f"mlflow-artifacts:/{case.experiment}"
    assert case.client.get_experiment(case.experiment).name == case.name
    assert abs(found.creation_time / 1000 - time.time()) < 3600


@scenario
def default_experiment_exists(case):
    assert case.client.get_experiment("0").name == "Default"


@scenario
def experiment_tags_and_search(case):
    case.client.set_experiment_tag(case.experiment, "team", "blue")
    case.client.set_experiment_tag(case.experiment, "team", "green")
    assert case.client.get_experiment(case.experiment).tags["team"] == "green"
    found = case.client.search_experiments(filter_string=f"name = '{case.name}' AND tags.team LIKE 'gr%'")
    assert [one.experiment_id for one in found] == [case.experiment]
    assert case.client.search_experiments(filter_string=f"name = '{case.name}' AND tags.team = 'blue'") == []
    found = case.client.search_experiments(filter_string=f"name ILIKE '{case.name.upper()}'", order_by=["name ASC"])
    assert len(found) == 1


@scenario
def experiment_search_has_pages(case):
    names = [f"{case.name}-{index}" for index in range(3)]
    for name in names:
        case.client.create_experiment(name, tags={"page": case.name})
    first = case.client.search_experiments(
        filter_string=f"tags.page = '{case.name}'", max_results=2, order_by=["name DESC"]
    )
    assert [one.name for one in first] == names[:0:-1] and first.token
    rest = case.client.search_experiments(
        filter_string=f"tags.page = '{case.name}'", max_results=2, order_by=["name DESC"], page_token=first.token
    )
    assert [one.name for one in rest] == names[:1] and not rest.token


@scenario
def experiment_is_renamed_deleted_and_restored(case):
    run = case.run()
    case.client.rename_experiment(case.experiment, f"{case.name}-renamed")
    assert case.client.get_experiment(case.experiment).name == f"{case.name}-renamed"
    case.client.delete_experiment(case.experiment)
    assert case.client.get_experiment(case.experiment).lifecycle_stage == "deleted"
    assert case.client.get_run(run).info.lifecycle_stage == "deleted"
    refuses("INVALID_PARAMETER_VALUE", "must be in the 'active' state", lambda: case.run())
    refuses("RESOURCE_ALREADY_EXISTS", "already exists", lambda: case.client.create_experiment(f"{case.name}-renamed"))
    case.client.restore_experiment(case.experiment)
    assert case.client.get_run(run).info.lifecycle_stage == "active"
    refuses("RESOURCE_DOES_NOT_EXIST", "", lambda: case.client.restore_experiment(case.experiment))


@scenario
def experiment_errors(case):
    refuses("RESOURCE_ALREADY_EXISTS", "already exists", lambda: case.client.create_experiment(case.name))
    refuses("RESOURCE_DOES_NOT_EXIST", "No Experiment with id=999999999", lambda: case.client.get_experiment("999999999"))
    refuses("INVALID_PARAMETER_VALUE", "experiment", lambda: case.client.get_experiment("abc"))
    assert case.client.get_experiment_by_name(f"{case.name}-none") is None
    refuses(
        "INVALID_PARAMETER_VALUE",
        "exceeds the maximum length of 500 characters",
        lambda: case.client.create_experiment("x" * 501),
    )
    location = "s3://bucket/x#y"
    refuses("INVALID_PARAMETER_VALUE", "fragments", lambda: case.client.create_experiment(case.name + "l", location))


# Runs


@scenario
def fluent_run_from_start_to_end(case):
    with mlflow.start_run(run_name="first", description="what it is") as active:
        mlflow.log_param("depth", 3)
        mlflow.log_params({"rate": 0.1, "name": "a b"})
        mlflow.log_metric("loss", 0.5)
        mlflow.log_metrics({"accuracy": 0.9, "f1": 0.8}, step=2)
        mlflow.set_tag("stage", "try")
        mlflow.set_tags({"one": 1, "two": "2"})
    run = case.client.get_run(active.info.run_id)
    assert run.info.status == "FINISHED" and run.info.run_name == "first"
    assert run.info.end_time >= run.info.start_time > 0
    assert run.data.params == {"depth": "3", "rate": "0.1", "name": "a b"}
    assert run.data.metrics == {"loss": 0.5, "accuracy": 0.9, "f1": 0.8}
    assert run.data.tags["stage"] == "try" and run.data.tags["one"] == "1"
    assert run.data.tags["mlflow.runName"] == "first" and run.data.tags["mlflow.note.content"] == "what it is"
    assert run.info.artifact_uri == f"mlflow-artifacts:/{case.experiment}/{run.info.run_id}/artifacts"


@scenario
def failed_run_is_failed(case):
    try:
        with mlflow.start_run() as active:
            raise ValueError("on purpose")
    except ValueError:
        pass
    assert case.client.get_run(active.info.run_id).info.status == "FAILED"


@scenario
def run_without_name_gets_one(case):
    name = case.client.get_run(case.run()).info.run_name
    adjective, noun, number = name.split("-")
    assert adjective.isalpha() and noun.isalpha() and number.isdigit()


@scenario
def run_name_and_its_tag_stay_in_step(case):
    run = case.run(run_name="before")
    case.client.set_tag(run, "mlflow.runName", "by tag")
    assert case.client.get_run(run).info.run_name == "by tag"
    case.client.update_run(run, name="by update")
    assert case.client.get_run(run).data.tags["mlflow.runName"] == "by update"
    assert case.search("attributes.run_name = 'by update'") == ["by update"]
    refuses(
        "INVALID_PARAMETER_VALUE", "run_name", lambda: case.run(run_name="a", tags={"mlflow.runName": "b"})
    )


@scenario
def nested_runs(case):
    with mlflow.start_run(run_name="parent") as parent:
        for index in range(2):
            with mlflow.start_run(run_name=f"child {index}", nested=True):
                mlflow.log_param("index", index)
    children = case.search(f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["params.index ASC"])
    assert children == ["child 0", "child 1"]


@scenario
def run_is_resumed(case):
    with mlflow.start_run() as first:
        mlflow.log_metric("m", 1, step=0)
    with mlflow.start_run(run_id=first.info.run_id):
        assert case.client.get_run(first.info.run_id).info.status == "RUNNING"
        mlflow.log_metric("m", 2, step=1)
    assert case.client.get_run(first.info.run_id).data.metrics == {"m": 2}


@scenario
def run_is_deleted_and_restored(case):
    run = case.run(run_name="gone")
    case.client.delete_run(run)
    case.client.delete_run(run)
    assert case.client.get_run(run).info.lifecycle_stage == "deleted"
    assert case.search() == []
    assert case.search(run_view_type=ViewType.DELETED_ONLY) == ["gone"]
    assert case.search(run_view_type=ViewType.ALL) == ["gone"]
    for write in (
        lambda: case.client.log_param(run, "a", 1),
        lambda: case.client.log_metric(run, "a", 1),
        lambda: case.client.set_tag(run, "a", 1),
        lambda: case.client.set_terminated(run),
    ):
        refuses("INVALID_PARAMETER_VALUE", "must be in the 'active' state", write)
    case.client.restore_run(run)
    case.client.restore_run(run)
    case.client.log_param(run, "a", 1)
    assert case.search() == ["gone"]


@scenario
def missing_runs_are_told(case):
    for action in (
        lambda: case.client.get_run("f" * 32),
        lambda: case.client.log_metric("f" * 32, "a", 1),
        lambda: case.client.log_param("f" * 32, "a", 1),
        lambda: case.client.delete_run("f" * 32),
        lambda: case.client.log_batch("f" * 32, metrics=[Metric("a", 1, 0, 0)]),
    ):
        refuses("RESOURCE_DOES_NOT_EXIST", f"Run with id={'f' * 32} not found", action)
    refuses("RESOURCE_DOES_NOT_EXIST", "No Experiment", lambda: case.client.create_run("987654321"))


# Metrics, parameters, tags


@scenario
def metric_history_by_steps(case):
    run = case.run()
    for step in (3, 1, 2):
        case.client.log_metric(run, "loss", 1 / step, timestamp=1000 + step, step=step)
    history = case.client.get_metric_history(run, "loss")
    assert [(one.step, one.value, one.timestamp) for one in history] == [(1, 1, 1001), (2, 0.5, 1002), (3, 1 / 3, 1003)]
    assert case.client.get_run(run).data.metrics == {"loss": 1 / 3}
    assert case.client.get_metric_history(run, "none") == []


@scenario
def metric_latest_is_by_step_time_value(case):
    run = case.run()
    points = [(5, 10, 1.0), (4, 99, 2.0), (5, 10, 3.0), (5, 9, 9.0), (-7, 1, 1.0)]
    for step, timestamp, value in points:
        case.client.log_metric(run, "m", value, timestamp=timestamp, step=step)
    assert case.client.get_run(run).data.metrics == {"m": 3.0}
    assert len(case.client.get_metric_history(run, "m")) == 5


@scenario
def same_point_twice_is_one(case):
    run = case.run()
    for _ in range(3):
        case.client.log_batch(run, metrics=[Metric("m", 1.5, 7, 1), Metric("m", 1.5, 7, 1)])
    assert len(case.client.get_metric_history(run, "m")) == 1


@scenario
def metrics_beyond_numbers(case):
    run = case.run()
    case.client.log_metric(run, "nan", float("nan"))
    case.client.log_metric(run, "up", float("inf"))
    case.client.log_batch(run, metrics=[Metric("down", -math.inf, 1, 0), Metric("nan2", math.nan, 1, 0)])
    metrics = case.client.get_run(run).data.metrics
    assert math.isnan(metrics["nan"]) and math.isnan(metrics["nan2"])
    assert metrics["up"] == 1.7976931348623157e308 and metrics["down"] == -1.7976931348623157e308
    assert math.isnan(case.client.get_metric_history(run, "nan")[0].value)


@scenario
def names_with_slashes_dots_and_letters(case):
    run = case.run()
    for key in ("a/b/c", "a.b", "a b", "été:1", "train-loss_x"):
        case.client.log_metric(run, key, 1)
        case.client.log_param(run, key, "v")
        case.client.set_tag(run, key, "v")
    data = case.client.get_run(run).data
    assert {"a/b/c", "a.b", "a b", "été:1", "train-loss_x"} <= set(data.metrics) & set(data.params) & set(data.tags)
    assert case.client.get_metric_history(run, "a/b/c")[0].value == 1


@scenario
def bad_names_are_refused(case):
    run = case.run()
    for key in ("a//b", "../a", "./a", "/a", "a/", "a%b", "a#b"):
        body = {"run_id": run, "key": key, "value": 1, "timestamp": 1}
        reply = case.post("runs/log-metric", body)
        assert reply.status_code == 400, (key, reply.text)
        assert "Invalid value" in reply.json()["message"] and "for parameter 'name' supplied" in reply.json()["message"]
    reply = case.post("runs/log-metric", {"run_id": run, "key": "k" * 251, "value": 1, "timestamp": 1})
    assert "exceeds the maximum length of 250 characters" in reply.json()["message"]


@scenario
def params_never_change(case):
    run = case.run()
    case.client.log_param(run, "p", "1")
    case.client.log_param(run, "p", "1")
    reply = case.post("runs/log-parameter", {"run_id": run, "key": "p", "value": "2"})
    assert reply.status_code == 400 and reply.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert "Changing param values is not allowed" in reply.json()["message"]
    refuses("INVALID_PARAMETER_VALUE", "Changing param values is not allowed", lambda: case.client.log_param(run, "p", "3"))
    assert case.client.get_run(run).data.params == {"p": "1"}


@scenario
def batch_is_all_or_nothing(case):
    run = case.run()
    case.client.log_param(run, "p", "1")
    refuses(
        "INVALID_PARAMETER_VALUE",
        "Changing param values is not allowed",
        lambda: case.client.log_batch(
            run, [Metric("m", 1, 1, 0)], [Param("q", "1"), Param("p", "2")], [RunTag("t", "1")]
        ),
    )
    data = case.client.get_run(run).data
    assert data.metrics == {} and data.params == {"p": "1"} and "t" not in data.tags


@scenario
def batch_limits(case):
    run = case.run()
    metrics = [{"key": f"m{i}", "value": i, "timestamp": 1, "step": 0} for i in range(1001)]
    pairs = [{"key": f"p{i}", "value": "1"} for i in range(101)]
    for body in ({"metrics": metrics}, {"params": pairs}, {"tags": pairs}, {"metrics": metrics[:950], "params": pairs[:60]}):
        reply = case.post("runs/log-batch", {"run_id": run, **body})
        assert reply.status_code == 400 and "batch logging request can contain at most" in reply.json()["message"]
    case.client.log_batch(run, [Metric(f"m{i}", i, 1, 0) for i in range(1000)])
    case.client.log_batch(run, params=[Param(f"p{i}", str(i)) for i in range(100)])
    data = case.client.get_run(run).data
    assert len(data.metrics) == 1000 and len(data.params) == 100
    reply = case.post("runs/log-batch", {"run_id": run, "params": [{"key": "d", "value": "1"}, {"key": "d", "value": "1"}]})
    assert reply.status_code == 400 and "Duplicate parameter keys" in reply.json()["message"]
    case.client.log_batch(run)


@scenario
def many_params_and_metrics_at_once(case):
    with mlflow.start_run() as active:
        mlflow.log_params({f"p{i}": i for i in range(250)})
        mlflow.log_metrics({f"m{i}": i for i in range(1500)})
    data = case.client.get_run(active.info.run_id).data
    assert len(data.params) == 250 and len(data.metrics) == 1500


@scenario
def long_values_are_cut(case):
    run = case.run()
    case.post("runs/log-parameter", {"run_id": run, "key": "p", "value": "x" * 6001})
    case.post("runs/set-tag", {"run_id": run, "key": "t", "value": "é" * 8001})
    data = case.client.get_run(run).data
    assert data.params["p"] == "x" * 6000 and data.tags["t"] == "é" * 8000


@scenario
def tags_change_and_go(case):
    run = case.run(tags={"a": "1"})
    case.client.set_tag(run, "a", "2")
    assert case.client.get_run(run).data.tags["a"] == "2"
    case.client.delete_tag(run, "a")
    assert "a" not in case.client.get_run(run).data.tags
    refuses("RESOURCE_DOES_NOT_EXIST", "No tag with name: a", lambda: case.client.delete_tag(run, "a"))


@scenario
def missing_and_wrong_fields_are_named(case):
    run = case.run()
    cases = [
        ("runs/log-metric", {"run_id": run, "value": 1, "timestamp": 1}, "Missing value for required parameter 'key'"),
        ("runs/log-metric", {"run_id": run, "key": "k", "timestamp": 1}, "Missing value for required parameter 'value'"),
        ("runs/log-metric", {"run_id": run, "key": "k", "value": 1}, "Missing value for required parameter 'timestamp'"),
        ("runs/log-metric", {"run_id": run, "key": "k", "value": "x", "timestamp": 1}, 'Invalid value "x" for parameter \'value\''),
        ("runs/log-metric", {"run_id": run, "key": "k", "value": 1, "timestamp": -1}, "for parameter 'timestamp' supplied"),
        ("runs/log-metric", {"run_id": run, "key": "k", "value": 1, "timestamp": 1.5}, "for parameter 'timestamp' supplied"),
        ("runs/log-metric", {"key": "k", "value": 1, "timestamp": 1}, "Missing value for required parameter 'run_id'"),
        ("runs/log-batch", {"run_id": run, "metrics": [{"key": "k", "value": 1, "timestamp": "x"}]}, "metrics[0].timestamp"),
        ("runs/log-batch", {"run_id": run, "metrics": "x"}, "Invalid value \"x\" for parameter 'metrics'"),
        ("experiments/create", {}, "Missing value for required parameter 'name'"),
        ("experiments/create", {"name": 5}, "Invalid value 5 for parameter 'name' supplied"),
        ("experiments/delete", {}, "Missing value for required parameter 'experiment_id'"),
        ("runs/search", {"experiment_ids": [case.experiment], "max_results": 50001}, "max_results"),
        ("runs/search", {"experiment_ids": [case.experiment], "page_token": "!"}, "token"),
        ("runs/search", {"experiment_ids": ["x"]}, "experiment_ids[0]"),
    ]
    for path, body, text in cases:
        reply = case.post(path, body)
        assert reply.status_code == 400, (path, body, reply.status_code, reply.text)
        assert reply.json()["error_code"] == "INVALID_PARAMETER_VALUE", reply.text
        assert text.lower() in reply.json()["message"].lower(), (text, reply.text)


# Transport


@scenario
def transport_rules(case):
    run = case.run()
    url = f"{case.url}/api/2.0/mlflow"
    metric = {"run_uuid": run, "key": "k", "value": 1, "timestamp": "11", "step": "3", "unknown": 1}
    assert case.post("runs/log-metric", metric).json() == {}
    assert requests.get(f"{url}/runs/get", {"run_uuid": run}, timeout=30).json()["run"]["data"]["metrics"] == [
        {"key": "k", "value": 1, "timestamp": 11, "step": 3}
    ]
    assert requests.post(f"{url}/runs/log-metric", data=json.dumps(metric), timeout=30).status_code == 400
    plain = {"content-type": "text/plain"}
    assert requests.post(f"{url}/runs/log-metric", data=json.dumps(metric), headers=plain, timeout=30).status_code == 400
    asjson = {"content-type": "application/json; charset=utf-8"}
    twice = json.dumps(json.dumps(metric))
    assert requests.post(f"{url}/runs/log-metric", data=twice, headers=asjson, timeout=30).status_code == 200
    bare = '{"run_id": "%s", "key": "bare", "value": NaN, "timestamp": 1}' % run
    assert requests.post(f"{url}/runs/log-metric", data=bare, headers=asjson, timeout=30).status_code == 200
    assert math.isnan(case.client.get_run(run).data.metrics["bare"])
    broken = requests.post(f"{url}/runs/log-metric", data="{", headers=asjson, timeout=30)
    assert broken.status_code == 400 and broken.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    twin = requests.get(f"{case.url}/ajax-api/2.0/mlflow/runs/get", {"run_id": run}, timeout=30)
    assert twin.json()["run"]["info"]["run_id"] == run
    for path in ("api/2.0/mlflow/none", "api/3.0/mlflow/none/x", "ajax-api/2.0/mlflow/none", "api/2.0/mlflow-artifacts/none"):
        for method in ("GET", "POST", "DELETE", "PATCH"):
            reply = requests.request(method, f"{case.url}/{path}", timeout=30)
            assert reply.status_code == 404 and reply.json()["error_code"] == "ENDPOINT_NOT_FOUND", reply.text
    empty = case.post("runs/search", {"experiment_ids": [case.experiment], "filter": "tags.none = '1'"})
    assert empty.json() == {}


# Search


def searchable(case):
    for index, (name, accuracy, kind) in enumerate([("a", 0.5, "tree"), ("b", 0.9, "Forest"), ("c", None, "svm"), ("d", math.nan, None)]):
        run = case.client.create_run(case.experiment, start_time=1000 + index, run_name=name).info.run_id
        if accuracy is not None:
            case.client.log_metric(run, "accuracy", accuracy)
        if kind is not None:
            case.client.log_param(run, "model kind", kind)
            case.client.set_tag(run, "kind", kind)
        case.client.set_terminated(run, "FINISHED" if index % 2 == 0 else "FAILED", end_time=2000 + index)
    return case


@scenario
def search_filters(case):
    searchable(case)
    runs = {run.info.run_name: run.info.run_id for run in case.client.search_runs([case.experiment])}
    table = [
        ("", "dcba"),
        ("metrics.accuracy > 0.5", "b"),
        ("metrics.accuracy >= 0.5", "ba"),
        ("metrics.accuracy = 0.9", "b"),
        ("metrics.accuracy != 0.9", "da"),
        ("metric.accuracy < 1 and params.`model kind` = 'tree'", "a"),
        ('params."model kind" LIKE \'%e%\'', "ba"),
        ("params.`model kind` LIKE 'f%'", ""),
        ("params.`model kind` ILIKE 'f%'", "b"),
        ("params.`model kind` != 'tree'", "cb"),
        ("tags.kind IS NULL", "d"),
        ("tags.kind IS NOT NULL", "cba"),
        ("params.`model kind` is null", "d"),
        ("tag.kind = \"svm\"", "c"),
        ("attributes.status = 'FAILED'", "db"),
        ("status != 'FAILED'", "ca"),
        ("attribute.start_time > 1001", "dc"),
        ("attributes.created <= 1000", "a"),
        ("end_time < 2002", "ba"),
        ("run_name LIKE 'a'", "a"),
        ("attributes.`Run name` = 'b'", "b"),
        (f"run_id IN ('{runs['a']}', '{runs['c']}')", "ca"),
        (f"attributes.run_id not in ('{runs['a']}')", "dcb"),
        ("metrics.none > 0", ""),
        ("tags.kind = 'tree' AND metrics.accuracy > 0.4 AND status = 'FINISHED'", "a"),
        ("artifact_uri LIKE 'mlflow-artifacts:/%'", "dcba"),
    ]
    for text, names in table:
        assert case.search(text) == list(names), (text, case.search(text))


@scenario
def search_refusals(case):
    for text in (
        "metrics.a > 1 or metrics.b > 1",
        "(metrics.a > 1)",
        "metrics.a > '1'",
        "metrics.a LIKE '1'",
        "params.a > 'x'",
        "params.a = 1",
        "params.a = x",
        "tags.a = 'open",
        "nothing = 'x'",
        "attributes.nothing = 'x'",
        "wrong.a = 'x'",
        "status IN ('FINISHED')",
        "run_id IN ()",
        "metrics.a",
        "metrics.a = ",
        "metrics.a > 1 and",
        "metrics.a IS NULL",
        "start_time > 'x'",
        "dataset.none = 'x'",
        "metrics.a > 1 + 1",
        "; drop table runs",
    ):
        refuses("INVALID_PARAMETER_VALUE", "", lambda text=text: case.search(text))
    for order in ("metrics.a UP", "nothing", "metrics.a DESC, b", "'"):
        refuses("INVALID_PARAMETER_VALUE", "", lambda order=order: case.search(order_by=[order]))
    refuses("INVALID_PARAMETER_VALUE", "", lambda: case.search(order_by=["metrics.a", "metrics.a DESC"]))


@scenario
def search_orders(case):
    searchable(case)
    table = [
        (["metrics.accuracy ASC"], "abdc"),
        (["metrics.accuracy DESC"], "badc"),
        (["metrics.accuracy"], "abdc"),
        (["params.`model kind`"], "bcad"),
        (["tags.kind DESC"], "acbd"),
        (["start_time ASC"], "abcd"),
        (["attributes.end_time DESC"], "dcba"),
        (["status ASC", "start_time ASC"], "bdac"),
        (["tags.`none` ASC"], "dcba"),
        (["run_name desc"], "dcba"),
    ]
    for order, names in table:
        assert case.search(order_by=order) == list(names), (order, case.search(order_by=order))


@scenario
def search_pages(case):
    for index in range(5):
        case.client.create_run(case.experiment, start_time=1000 + index, run_name=str(index))
    names, token = [], None
    while True:
        page = case.client.search_runs([case.experiment], max_results=2, page_token=token, order_by=["start_time ASC"])
        names += [run.info.run_name for run in page]
        token = page.token
        if not token:
            break
    assert names == ["0", "1", "2", "3", "4"]


@scenario
def search_as_table(case):
    with mlflow.start_run(run_name="one"):
        mlflow.log_metric("m", 1)
        mlflow.log_param("p", "x")
    frame = mlflow.search_runs(experiment_names=[case.name])
    assert list(frame["metrics.m"]) == [1] and list(frame["params.p"]) == ["x"]


# Artifacts


@scenario
def artifacts_of_all_kinds(case):
    with mlflow.start_run() as active, tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file.bin")
        with open(path, "wb") as file:
            file.write(bytes(range(256)) * 1000)
        os.makedirs(os.path.join(folder, "tree", "deep"))
        for name in ("tree/one.txt", "tree/deep/two.txt"):
            with open(os.path.join(folder, name), "w") as file:
                file.write(name)
        mlflow.log_text("hello é", "texts/hello.txt")
        mlflow.log_dict({"a": [1, 2]}, "dict.json")
        mlflow.log_dict({"a": 1}, "dict.yaml")
        mlflow.log_artifact(path)
        mlflow.log_artifact(path, "sub/folder")
        mlflow.log_artifacts(os.path.join(folder, "tree"), "tree")
        mlflow.log_text("", "empty.txt")
        mlflow.log_text("odd", "odd names/a+b 50% c=d&e.txt")
    run = active.info.run_id
    names = sorted((one.path, one.is_dir, one.file_size) for one in case.client.list_artifacts(run))
    assert names == [
        ("dict.json", False, os.stat("/dev/null").st_size + len(json.dumps({"a": [1, 2]}, indent=2))),
        ("dict.yaml", False, 5),
        ("empty.txt", False, 0),
        ("file.bin", False, 256000),
        ("odd names", True, None),
        ("sub", True, None),
        ("texts", True, None),
        ("tree", True, None),
    ], names
    assert [one.path for one in case.client.list_artifacts(run, "sub")] == ["sub/folder"]
    assert [one.path for one in case.client.list_artifacts(run, "sub/folder")] == ["sub/folder/file.bin"]
    assert case.client.list_artifacts(run, "dict.json") == []
    assert case.client.list_artifacts(run, "none") == []
    uri = f"runs:/{run}"
    assert mlflow.artifacts.load_text(f"{uri}/texts/hello.txt") == "hello é"
    assert mlflow.artifacts.load_dict(f"{uri}/dict.json") == {"a": [1, 2]}
    assert mlflow.artifacts.load_text(f"{uri}/empty.txt") == ""
    with tempfile.TemporaryDirectory() as folder:
        local = mlflow.artifacts.download_artifacts(f"{uri}/sub/folder/file.bin", dst_path=folder)
        with open(local, "rb") as file:
            assert file.read() == bytes(range(256)) * 1000
        local = case.client.download_artifacts(run, "", folder)
        found = sorted(os.path.relpath(os.path.join(at, name), local) for at, _, files in os.walk(local) for name in files)
        assert "tree/deep/two.txt" in found and "odd names/a+b 50% c=d&e.txt" in found, found


@scenario
def artifact_is_replaced(case):
    run = case.run()
    for text in ("one", "two two"):
        case.client.log_text(run, text, "a.txt")
    assert mlflow.artifacts.load_text(f"runs:/{run}/a.txt") == "two two"
    assert case.client.list_artifacts(run)[0].file_size == 7


@scenario
def artifact_downloads_over_http(case):
    run = case.run()
    case.client.log_text(run, "0123456789", "d/a.txt")
    reply = requests.get(f"{case.url}/get-artifact", {"run_id": run, "path": "d/a.txt"}, timeout=30)
    assert reply.text == "0123456789" and reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-disposition"].startswith("attachment")
    assert reply.headers["content-type"].startswith("text/plain")
    proxy = f"{case.url}/api/2.0/mlflow-artifacts/artifacts/{case.experiment}/{run}/artifacts/d/a.txt"
    part = requests.get(proxy, headers={"range": "bytes=2-4"}, timeout=30)
    assert part.status_code == 206 and part.text == "234" and part.headers["content-range"] == "bytes 2-4/10"
    assert requests.get(proxy, headers={"range": "bytes=-3"}, timeout=30).text == "789"
    listed = requests.get(f"{case.url}/api/2.0/mlflow/artifacts/list", {"run_id": run, "path": "d"}, timeout=30).json()
    assert listed["files"] == [{"path": "d/a.txt", "is_dir": False, "file_size": 10}]
    assert listed["root_uri"].endswith(f"/{run}/artifacts")
    for path in ("none.txt", "d", "d/a.txt/b"):
        missing = requests.get(f"{case.url}/get-artifact", {"run_id": run, "path": path}, timeout=30)
        assert missing.status_code == 404 and missing.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST", missing.text
    assert requests.delete(proxy, timeout=30).json() == {}
    assert requests.delete(proxy, timeout=30).json() == {}
    assert case.client.list_artifacts(run) == []


@scenario
def artifact_paths_stay_inside(case):
    run = case.run()
    case.client.log_text(run, "x", "a.txt")
    root = f"{case.url}/api/2.0/mlflow-artifacts/artifacts"
    paths = ["%2e%2e/x", "a/%2e%2e/%2e%2e/x", "a/..%2fx", "%252e%252e/x", "a%2523b", "a%23b", "a%5cb", "%2fetc/passwd", "C:/x", "a%00b", "a//b"]
    for path in paths:
        for method in ("GET", "PUT", "DELETE"):
            request = requests.Request(method, root, data=b"x" if method == "PUT" else None).prepare()
            request.url = f"{root}/{path}"
            reply = requests.Session().send(request, timeout=30)
            assert reply.status_code == 400 and "Invalid path" in reply.json()["message"], (method, path, reply.status_code, reply.text)
    for path in ("../x", "/etc/passwd", "a/../../x", "%2e%2e/x"):
        for url in (f"{case.url}/get-artifact", f"{case.url}/api/2.0/mlflow/artifacts/list"):
            reply = requests.get(url, {"run_id": run, "path": path}, timeout=30)
            assert reply.status_code == 400 and "Invalid path" in reply.json()["message"], (path, reply.text)
        reply = requests.get(root, {"path": path}, timeout=30)
        assert reply.status_code == 400, (path, reply.text)


@scenario
def a_file_is_not_a_folder(case):
    root = f"{case.url}/api/2.0/mlflow-artifacts/artifacts/{case.experiment}/{case.run()}/artifacts"
    assert requests.put(f"{root}/a", data=b"x", timeout=30).status_code == 200
    assert requests.put(f"{root}/a/b", data=b"x", timeout=30).status_code == 400
    assert requests.put(f"{root}/c/d", data=b"x", timeout=30).status_code == 200
    assert requests.put(f"{root}/c", data=b"x", timeout=30).status_code == 400


@scenario
def unsupported_uploads_say_so(case):
    root = f"{case.url}/api/2.0/mlflow-artifacts"
    reply = requests.post(f"{root}/mpu/create/x/y", json={"path": "/tmp/y", "num_parts": 2}, timeout=30)
    assert reply.status_code == 501 and reply.json()["message"].startswith("Multipart upload is not supported")
    assert requests.get(f"{root}/presigned/x/y", timeout=30).status_code == 501
    os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"] = "true"
    os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"] = "1024"
    try:
        run = case.run()
        case.client.log_text(run, "y" * 5000, "big.txt")
    finally:
        del os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"], os.environ["MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE"]
    assert case.client.list_artifacts(run)[0].file_size == 5000


@scenario
def a_table_is_logged_and_extended(case):
    with mlflow.start_run() as active:
        for index in range(2):
            mlflow.log_table({"q": [f"question {index}"], "a": [index]}, "eval/table.json")
    frame = mlflow.load_table("eval/table.json", run_ids=[active.info.run_id])
    assert list(frame["a"]) == [0, 1]


# Data sets


@scenario
def a_dataset_is_logged(case):
    import pandas

    frame = pandas.DataFrame({"x": [1.0, 2.0], "y": [0, 1]})
    dataset = mlflow.data.from_pandas(frame, name="points", targets="y")
    with mlflow.start_run(run_name="with data") as active:
        for _ in range(2):
            mlflow.log_input(dataset, context="training", tags={"split": "a"})
    inputs = case.client.get_run(active.info.run_id).inputs.dataset_inputs
    assert len(inputs) == 1 and inputs[0].dataset.name == "points" and inputs[0].dataset.digest == dataset.digest
    tags = {tag.key: tag.value for tag in inputs[0].tags}
    assert tags["mlflow.data.context"] == "training" and tags["split"] == "a"
    assert json.loads(inputs[0].dataset.profile)["num_rows"] == 2
    for text in ("dataset.name = 'points'", "datasets.context = 'training'", f"dataset.digest IN ('{dataset.digest}')"):
        assert case.search(text) == ["with data"], text
    assert case.search("dataset.name != 'points'") == []


@scenario
def asynchronous_logging(case):
    with mlflow.start_run() as active:
        for step in range(20):
            mlflow.log_metric("m", step, step=step, synchronous=False)
            mlflow.log_param(f"p{step}", step, synchronous=False)
        mlflow.flush_async_logging()
    assert len(case.client.get_metric_history(active.info.run_id, "m")) == 20
    assert len(case.client.get_run(active.info.run_id).data.params) == 20


@scenario
def history_has_pages(case):
    run = case.run()
    for start in (0, 1000, 2000):
        case.client.log_batch(run, [Metric("m", i, i, i) for i in range(start, start + 1000)])
    assert [one.step for one in case.client.get_metric_history(run, "m")] == list(range(3000))
    url = f"{case.url}/api/2.0/mlflow/metrics/get-history"
    whole = requests.get(url, {"run_id": run, "metric_key": "m"}, timeout=30).json()
    assert len(whole["metrics"]) == 3000 and "next_page_token" not in whole
    first = requests.get(url, {"run_id": run, "metric_key": "m", "max_results": 2500}, timeout=30).json()
    token = first["next_page_token"]
    rest = requests.get(url, {"run_id": run, "metric_key": "m", "max_results": 2500, "page_token": token}, timeout=30).json()
    assert len(first["metrics"]) == 2500 and len(rest["metrics"]) == 500 and "next_page_token" not in rest


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--only", default="", help="run the scenarios with this in their name")
    options = parser.parse_args()
    url = options.url.rstrip("/")
    mlflow.set_tracking_uri(url)
    print(f"mlflow client {mlflow.__version__} against {url}")
    passed = failed = 0
    for function in SCENARIOS:
        if options.only not in function.__name__:
            continue
        try:
            function(Case(url, function.__name__))
            passed += 1
        except Exception:
            failed += 1
            print(f"FAILED {function.__name__}")
            traceback.print_exc()
        finally:
            while mlflow.active_run() is not None:
                mlflow.end_run()
    print(f"{passed} passed, {failed} failed")
    raise SystemExit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
