"""Metrics, parameters, tags."""

import math

import mlflow
import requests
from mlflow.entities import Metric, Param, RunTag

from scenarios.support import refuses, scenario


@scenario(smoke=True)
def metric_history_by_steps(case):
    run = case.run()
    for step in (3, 1, 2):
        case.client.log_metric(run, "loss", 1 / step, timestamp=1000 + step, step=step)
    history = case.client.get_metric_history(run, "loss")
    assert [(one.step, one.value, one.timestamp) for one in history] == [(1, 1, 1001), (2, 0.5, 1002), (3, 1 / 3, 1003)]
    assert case.client.get_run(run).data.metrics == {"loss": 1 / 3}
    assert case.client.get_metric_history(run, "none") == []


@scenario(smoke=True)
def metric_latest_is_by_step_time_value(case):
    run = case.run()
    points = [(5, 10, 1.0), (4, 99, 2.0), (5, 10, 3.0), (5, 9, 9.0), (-7, 1, 1.0)]
    for step, timestamp, value in points:
        case.client.log_metric(run, "m", value, timestamp=timestamp, step=step)
    assert case.client.get_run(run).data.metrics == {"m": 3.0}
    assert len(case.client.get_metric_history(run, "m")) == 5


@scenario(smoke=True)
def same_point_twice_is_one(case):
    run = case.run()
    for _ in range(3):
        case.client.log_batch(run, metrics=[Metric("m", 1.5, 7, 1), Metric("m", 1.5, 7, 1)])
    assert len(case.client.get_metric_history(run, "m")) == 1


@scenario(smoke=True)
def metrics_beyond_numbers(case):
    run = case.run()
    case.client.log_metric(run, "nan", float("nan"))
    case.client.log_metric(run, "up", float("inf"))
    case.client.log_batch(run, metrics=[Metric("down", -math.inf, 1, 0), Metric("nan2", math.nan, 1, 0)])
    metrics = case.client.get_run(run).data.metrics
    assert math.isnan(metrics["nan"]) and math.isnan(metrics["nan2"])
    assert metrics["up"] == 1.7976931348623157e308 and metrics["down"] == -1.7976931348623157e308
    assert math.isnan(case.client.get_metric_history(run, "nan")[0].value)


@scenario(smoke=True)
def names_with_slashes_dots_and_letters(case):
    run = case.run()
    for key in ("a/b/c", "a.b", "a b", "été:1", "train-loss_x"):
        case.client.log_metric(run, key, 1)
        case.client.log_param(run, key, "v")
        case.client.set_tag(run, key, "v")
    data = case.client.get_run(run).data
    assert {"a/b/c", "a.b", "a b", "été:1", "train-loss_x"} <= set(data.metrics) & set(data.params) & set(data.tags)
    assert case.client.get_metric_history(run, "a/b/c")[0].value == 1


@scenario(smoke=True)
def bad_names_are_refused(case):
    run = case.run()
    for key in ("a//b", "../a", "./a", "/a", "a/", "a%b", "a#b"):
        body = {"run_id": run, "key": key, "value": 1, "timestamp": 1}
        reply = case.post("runs/log-metric", body)
        assert reply.status_code == 400, (key, reply.text)
        assert "Invalid value" in reply.json()["message"] and "for parameter 'name' supplied" in reply.json()["message"]
    reply = case.post("runs/log-metric", {"run_id": run, "key": "k" * 251, "value": 1, "timestamp": 1})
    assert "exceeds the maximum length of 250 characters" in reply.json()["message"]


@scenario(smoke=True)
def params_never_change(case):
    run = case.run()
    case.client.log_param(run, "p", "1")
    case.client.log_param(run, "p", "1")
    reply = case.post("runs/log-parameter", {"run_id": run, "key": "p", "value": "2"})
    assert reply.status_code == 400 and reply.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert "Changing param values is not allowed" in reply.json()["message"]
    refuses("INVALID_PARAMETER_VALUE", "Changing param values is not allowed", lambda: case.client.log_param(run, "p", "3"))
    assert case.client.get_run(run).data.params == {"p": "1"}


@scenario(smoke=True)
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


@scenario(smoke=True)
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


@scenario(smoke=True)
def many_params_and_metrics_at_once(case):
    with mlflow.start_run() as active:
        mlflow.log_params({f"p{i}": i for i in range(250)})
        mlflow.log_metrics({f"m{i}": i for i in range(1500)})
    data = case.client.get_run(active.info.run_id).data
    assert len(data.params) == 250 and len(data.metrics) == 1500


@scenario(smoke=True)
def long_values_are_cut(case):
    run = case.run()
    case.post("runs/log-parameter", {"run_id": run, "key": "p", "value": "x" * 6001})
    case.post("runs/set-tag", {"run_id": run, "key": "t", "value": "é" * 8001})
    data = case.client.get_run(run).data
    assert data.params["p"] == "x" * 6000 and data.tags["t"] == "é" * 8000


@scenario(smoke=True)
def tags_change_and_go(case):
    run = case.run(tags={"a": "1"})
    case.client.set_tag(run, "a", "2")
    assert case.client.get_run(run).data.tags["a"] == "2"
    case.client.delete_tag(run, "a")
    assert "a" not in case.client.get_run(run).data.tags
    refuses("RESOURCE_DOES_NOT_EXIST", "No tag with name: a", lambda: case.client.delete_tag(run, "a"))


@scenario(smoke=True)
def asynchronous_logging(case):
    with mlflow.start_run() as active:
        for step in range(20):
            mlflow.log_metric("m", step, step=step, synchronous=False)
            mlflow.log_param(f"p{step}", step, synchronous=False)
        mlflow.flush_async_logging()
    assert len(case.client.get_metric_history(active.info.run_id, "m")) == 20
    assert len(case.client.get_run(active.info.run_id).data.params) == 20


@scenario(smoke=True)
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
