"""Requests as they stand on the wire: replies, error codes and the texts that clients match on."""

import json
import math

from scenarios.support import answers, equal, scenario, table

BAD = "INVALID_PARAMETER_VALUE"
GONE = "RESOURCE_DOES_NOT_EXIST"


def an_experiment_and_a_run(case):
    case.names = {"EXP": case.experiment, "RUN": case.run()}


def filled(value, names):
    """EXP and RUN anywhere in a body or a query are the ids of the case."""
    if isinstance(value, dict):
        return {key: filled(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, names) for inner in value]
    return names.get(value, value) if isinstance(value, str) else value


def metric(**fields):
    return {"run_id": "RUN", "key": "k", "value": 1, "timestamp": 1, **fields}


def dataset(**fields):
    inner = {"name": "x", "digest": "a", "source_type": "l", "source": "s", **fields}
    return {"run_id": "RUN", "datasets": [{"dataset": inner}]}


def without(body, key):
    return {name: value for name, value in body.items() if name != key}


# title, method, path, body or query, status, error code, part of the message
ERRORS = [
    ("run in an experiment that is no number", "POST", "runs/create", {"experiment_id": "abc"}, 400, BAD, "Invalid experiment ID 'abc'"),
    ("run in an experiment given as a number", "POST", "runs/create", {"experiment_id": 5}, 400, BAD, "Invalid value 5 for parameter 'experiment_id' supplied"),
    ("run that starts at a word", "POST", "runs/create", {"experiment_id": "EXP", "start_time": "x"}, 400, BAD, "Invalid value \"x\" for parameter 'start_time' supplied"),
    ("run in no experiment", "POST", "runs/create", {"experiment_id": "987654321"}, 404, GONE, "No Experiment with id=987654321 exists"),
    ("update of no run", "POST", "runs/update", {}, 400, BAD, "Missing value for required parameter 'run_id'"),
    ("get no run", "GET", "runs/get", {}, 400, BAD, "Missing value for required parameter 'run_id'"),
    ("get an empty run", "GET", "runs/get", {"run_id": ""}, 400, BAD, "Missing value for required parameter 'run_id'"),
    ("get a missing run", "GET", "runs/get", {"run_id": "nope"}, 404, GONE, "Run with id=nope not found"),
    ("get a run by a path", "GET", "runs/get", {"run_id": "../x"}, 404, GONE, "Run with id=../x not found"),
    ("param without name", "POST", "runs/log-parameter", {"run_id": "RUN", "value": "x"}, 400, BAD, "Missing value for required parameter 'key'"),
    ("param with empty name", "POST", "runs/log-parameter", {"run_id": "RUN", "key": "", "value": "x"}, 400, BAD, "Missing value for required parameter 'key'"),
    ("param that is a number", "POST", "runs/log-parameter", {"run_id": "RUN", "key": "p2", "value": 5}, 400, BAD, "Invalid value 5 for parameter 'value' supplied"),
    ("param of no run", "POST", "runs/log-parameter", {"key": "p", "value": "x"}, 400, BAD, "Missing value for required parameter 'run_id'"),
    ("metric without name", "POST", "runs/log-metric", without(metric(), "key"), 400, BAD, "Missing value for required parameter 'key'"),
    ("metric with empty name", "POST", "runs/log-metric", metric(key=""), 400, BAD, "Missing value for required parameter 'key'"),
    ("metric without value", "POST", "runs/log-metric", without(metric(), "value"), 400, BAD, "Missing value for required parameter 'value'"),
    ("metric without time", "POST", "runs/log-metric", without(metric(), "timestamp"), 400, BAD, "Missing value for required parameter 'timestamp'"),
    ("metric without run", "POST", "runs/log-metric", without(metric(), "run_id"), 400, BAD, "Missing value for required parameter 'run_id'"),
    ("metric that is a word", "POST", "runs/log-metric", metric(value="x"), 400, BAD, "Invalid value \"x\" for parameter 'value'"),
    ("metric before time", "POST", "runs/log-metric", metric(timestamp=-1), 400, BAD, "for parameter 'timestamp' supplied"),
    ("metric at half a millisecond", "POST", "runs/log-metric", metric(timestamp=1.5), 400, BAD, "for parameter 'timestamp' supplied"),
    ("metric at a step that is a word", "POST", "runs/log-metric", metric(step="x"), 400, BAD, "Invalid value \"x\" for parameter 'step' supplied"),
    ("metric at a step beyond int64", "POST", "runs/log-metric", metric(step=2**64), 400, BAD, "for parameter 'step' supplied"),
    ("metric with a long name", "POST", "runs/log-metric", metric(key="k" * 251), 400, BAD, "exceeds the maximum length of 250 characters"),
    ("batch metric without time", "POST", "runs/log-batch", {"run_id": "RUN", "metrics": [{"key": "a", "value": 1}]}, 400, BAD, "Missing value for required parameter 'metrics[0].timestamp'"),
    ("batch metric without value", "POST", "runs/log-batch", {"run_id": "RUN", "metrics": [{"key": "a", "timestamp": 1}]}, 400, BAD, "Missing value for required parameter 'metrics[0].value'"),
    ("batch metric at a word", "POST", "runs/log-batch", {"run_id": "RUN", "metrics": [metric(), {"key": "k", "value": 1, "timestamp": "x"}]}, 400, BAD, "metrics[1].timestamp"),
    ("batch metric that is a word", "POST", "runs/log-batch", {"run_id": "RUN", "metrics": [{"key": "k", "value": "x", "timestamp": 1}]}, 400, BAD, "metrics[0].value"),
    ("batch metrics that are a word", "POST", "runs/log-batch", {"run_id": "RUN", "metrics": "x"}, 400, BAD, "Invalid value \"x\" for parameter 'metrics'"),
    ("batch param with a path", "POST", "runs/log-batch", {"run_id": "RUN", "params": [{"key": "a/../b", "value": "5"}]}, 400, BAD, "Invalid value \"a/../b\" for parameter 'params[0].key' supplied"),
    ("batch tag with a long name", "POST", "runs/log-batch", {"run_id": "RUN", "tags": [{"key": "x" * 251, "value": "5"}]}, 400, BAD, "'tags[0].key' exceeds the maximum length of 250 characters"),
    ("batch of no run", "POST", "runs/log-batch", {"metrics": []}, 400, BAD, "Missing value for required parameter 'run_id'"),
    ("tag without name", "POST", "runs/set-tag", {"run_id": "RUN", "value": "a"}, 400, BAD, "Missing value for required parameter 'key'"),
    ("tag with empty name", "POST", "runs/set-tag", {"run_id": "RUN", "key": "", "value": "a"}, 400, BAD, "Missing value for required parameter 'key'"),
    ("remove a tag without name", "POST", "runs/delete-tag", {"run_id": "RUN"}, 400, BAD, "Missing value for required parameter 'key'"),
    ("remove a missing tag", "POST", "runs/delete-tag", {"run_id": "RUN", "key": "none"}, 404, GONE, "No tag with name: none in run with id"),
    ("page of no runs", "POST", "runs/search", {"experiment_ids": ["EXP"], "max_results": 0}, 400, BAD, "Invalid value 0 for parameter 'max_results' supplied"),
    ("page of less than no runs", "POST", "runs/search", {"experiment_ids": ["EXP"], "max_results": -1}, 400, BAD, "Invalid value -1 for parameter 'max_results' supplied"),
    ("page of a word", "POST", "runs/search", {"experiment_ids": ["EXP"], "max_results": "x"}, 400, BAD, "Invalid value \"x\" for parameter 'max_results' supplied"),
    ("page of too many runs", "POST", "runs/search", {"experiment_ids": ["EXP"], "max_results": 50001}, 400, BAD, "max_results"),
    ("page after nonsense", "POST", "runs/search", {"experiment_ids": ["EXP"], "page_token": "!"}, 400, BAD, "token"),
    ("search in a word", "POST", "runs/search", {"experiment_ids": "EXP"}, 400, BAD, "for parameter 'experiment_ids' supplied"),
    ("search in an experiment that is no number", "POST", "runs/search", {"experiment_ids": ["x"]}, 400, BAD, "experiment_id"),
    ("experiment without name", "POST", "experiments/create", {}, 400, BAD, "Missing value for required parameter 'name'"),
    ("experiment with empty name", "POST", "experiments/create", {"name": ""}, 400, BAD, "Missing value for required parameter 'name'"),
    ("experiment whose name is a number", "POST", "experiments/create", {"name": 5}, 400, BAD, "Invalid value 5 for parameter 'name' supplied"),
    ("experiment that exists", "POST", "experiments/create", {"name": "Default"}, 400, "RESOURCE_ALREADY_EXISTS", "Experiment(name=Default) already exists"),
    ("experiment whose files are a run", "POST", "experiments/create", {"name": "new", "artifact_location": "runs:/x"}, 400, BAD, "cannot be a runs:/ URI"),
    ("experiment with a long location", "POST", "experiments/create", {"name": "new", "artifact_location": "x" * 3000}, 400, BAD, "cannot be greater than 2048 characters"),
    ("get no experiment", "GET", "experiments/get", {}, 400, BAD, "Missing value for required parameter 'experiment_id'"),
    ("get an experiment that is no number", "GET", "experiments/get", {"experiment_id": "x"}, 400, BAD, "Invalid experiment ID 'x'"),
    ("get a missing experiment", "GET", "experiments/get", {"experiment_id": "987654321"}, 404, GONE, "No Experiment with id=987654321 exists"),
    ("get an experiment beyond int64", "GET", "experiments/get", {"experiment_id": "99999999999999999999"}, 404, GONE, "No Experiment with id=99999999999999999999 exists"),
    ("get an experiment by no name", "GET", "experiments/get-by-name", {}, 400, BAD, "Missing value for required parameter 'experiment_name'"),
    ("get an experiment by a missing name", "GET", "experiments/get-by-name", {"experiment_name": "nope"}, 404, GONE, "Could not find experiment with name 'nope'"),
    ("rename to nothing", "POST", "experiments/update", {"experiment_id": "EXP"}, 400, BAD, "Missing value for required parameter 'new_name'"),
    ("rename to a name that is taken", "POST", "experiments/update", {"experiment_id": "EXP", "new_name": "Default"}, 400, "RESOURCE_ALREADY_EXISTS", "already exists"),
    ("delete no experiment", "POST", "experiments/delete", {}, 400, BAD, "Missing value for required parameter 'experiment_id'"),
    ("delete a missing experiment", "POST", "experiments/delete", {"experiment_id": "987654321"}, 404, GONE, "No Experiment with id=987654321 exists"),
    ("restore an active experiment", "POST", "experiments/restore", {"experiment_id": "EXP"}, 404, GONE, "No Experiment with id="),
    ("experiment tag with a long name", "POST", "experiments/set-experiment-tag", {"experiment_id": "EXP", "key": "a" * 251, "value": "x"}, 400, BAD, "'key' exceeds the maximum length of 250 characters"),
    ("experiment tag with a long value", "POST", "experiments/set-experiment-tag", {"experiment_id": "EXP", "key": "a", "value": "x" * 5001}, 400, BAD, "exceeds the maximum length of 5000 characters"),
    ("remove a missing experiment tag", "POST", "experiments/delete-experiment-tag", {"experiment_id": "EXP", "key": "zz"}, 404, GONE, "No tag with name: zz in experiment with id"),
    ("search experiments without a size", "POST", "experiments/search", {}, 400, BAD, "Invalid value 0 for parameter 'max_results' supplied"),
    ("search too many experiments", "POST", "experiments/search", {"max_results": 50001}, 400, BAD, "Invalid value 50001 for parameter 'max_results' supplied. It must be at most 50000"),
    ("search experiments by nonsense", "POST", "experiments/search", {"max_results": 5, "filter": "x = 1"}, 400, BAD, "Invalid attribute key 'x' specified"),
    ("order experiments by nonsense", "POST", "experiments/search", {"max_results": 5, "order_by": ["bad"]}, 400, BAD, "Invalid attribute key 'bad' specified"),
    ("experiments after nonsense", "POST", "experiments/search", {"max_results": 5, "page_token": "!"}, 400, BAD, "Invalid page token"),
    ("history of no run", "GET", "metrics/get-history", {}, 400, BAD, "Missing value for required parameter 'run_id'"),
    ("history of no metric", "GET", "metrics/get-history", {"run_id": "RUN"}, 400, BAD, "Missing value for required parameter 'metric_key'"),
    ("history after nonsense", "GET", "metrics/get-history", {"run_id": "RUN", "metric_key": "k", "max_results": 2, "page_token": "!"}, 400, BAD, "Invalid page token"),
    ("history of less than nothing", "GET", "metrics/get-history", {"run_id": "RUN", "metric_key": "k", "max_results": -2}, 400, BAD, "Invalid value -2 for parameter 'max_results' supplied"),
    ("intervals of no metric", "GET", "metrics/get-history-bulk-interval", {"run_ids": "RUN"}, 400, BAD, "Missing value for required parameter 'metric_key'"),
    ("intervals of no run", "GET", "metrics/get-history-bulk-interval", {"metric_key": "k"}, 400, BAD, "Missing value for required parameter 'run_ids'"),
    ("intervals of too many points", "GET", "metrics/get-history-bulk-interval", {"run_ids": "RUN", "metric_key": "k", "max_results": 2501}, 400, BAD, "max_results must be between 1 and 2500"),
    ("intervals of no points", "GET", "metrics/get-history-bulk-interval", {"run_ids": "RUN", "metric_key": "k", "max_results": 0}, 400, BAD, "max_results must be between 1 and 2500"),
    ("intervals without an end", "GET", "metrics/get-history-bulk-interval", {"run_ids": "RUN", "metric_key": "k", "start_step": 1}, 400, BAD, "both must be specified"),
    ("intervals that end before they start", "GET", "metrics/get-history-bulk-interval", {"run_ids": "RUN", "metric_key": "k", "start_step": 3, "end_step": 1}, 400, BAD, "end_step must be greater than start_step"),
    ("intervals of too many runs", "GET", "metrics/get-history-bulk-interval", {"run_ids": ["RUN"] * 101, "metric_key": "k"}, 400, BAD, "must specify at most 100 run_ids"),
    ("histories of no run", "GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk", {"metric_key": "k"}, 400, BAD, "must specify at least one run_id"),
    ("data set with a long name", "POST", "runs/log-inputs", dataset(name="x" * 501), 400, BAD, "'name' exceeds the maximum length of 500 characters"),
    ("data set with a long digest", "POST", "runs/log-inputs", dataset(digest="x" * 37), 400, BAD, "'digest' exceeds the maximum length of 36 characters"),
    ("data sets of no experiment", "POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", {}, 400, BAD, "must specify at least one experiment_id"),
    ("no model", "POST", "runs/log-model", {"run_id": "RUN"}, 400, BAD, "Missing value for required parameter 'model_json'"),
    ("model that is no JSON", "POST", "runs/log-model", {"run_id": "RUN", "model_json": "{"}, 400, BAD, "is not a valid JSON"),
    ("model without its fields", "POST", "runs/log-model", {"run_id": "RUN", "model_json": "{}"}, 400, BAD, "Model json is missing mandatory fields"),
    ("artifacts of no run", "GET", "artifacts/list", {}, 400, BAD, "Missing value for required parameter 'run_id'"),
    ("artifacts of a missing run", "GET", "artifacts/list", {"run_id": "x"}, 404, GONE, "Run with id=x not found"),
    ("artifact of no run", "GET", "/get-artifact", {}, 400, BAD, ""),
    ("artifact without a path", "GET", "/get-artifact", {"run_id": "RUN"}, 400, BAD, ""),
    ("model without name", "POST", "registered-models/create", {}, 400, BAD, "Missing value for required parameter 'name'"),
    ("get no model", "GET", "registered-models/get", {}, 400, BAD, "Missing value for required parameter 'name'"),
    ("get a missing model", "GET", "registered-models/get", {"name": "none"}, 404, GONE, "Registered Model with name=none not found"),
    ("model whose name is a path", "POST", "registered-models/create", {"name": "a/b"}, 400, BAD, "name"),
    ("model whose name has a colon", "POST", "registered-models/create", {"name": "a:b"}, 400, BAD, "name"),
    ("rename a missing model", "POST", "registered-models/rename", {"name": "none", "new_name": "x"}, 404, GONE, "Registered Model with name=none not found"),
    ("version of a missing model", "POST", "model-versions/create", {"name": "none", "source": "s3://b/x"}, 404, GONE, "Registered Model with name=none not found"),
    ("version without source", "POST", "model-versions/create", {"name": "none"}, 400, BAD, "Missing value for required parameter 'source'"),
    ("get a version of a missing model", "GET", "model-versions/get", {"name": "none", "version": "1"}, 404, GONE, "Model Version (name=none, version=1) not found"),
    ("get a version that is a word", "GET", "model-versions/get", {"name": "none", "version": "x"}, 400, BAD, "must be an integer"),
    ("alias of a missing model", "GET", "registered-models/alias", {"name": "none", "alias": "a"}, 404, GONE, "Registered Model with name=none not found"),
    ("missing logged model", "GET", "logged-models/m-00000000000000000000000000000000", {}, 404, GONE, "m-00000000000000000000000000000000"),
    ("logged models of no experiment", "POST", "logged-models/search", {}, 400, BAD, "experiment_ids"),
    ("missing trace", "GET", "/api/3.0/mlflow/traces/tr-00000000000000000000000000000000", {}, 404, GONE, "tr-00000000000000000000000000000000"),
    ("missing webhook", "GET", "webhooks/none", {}, 404, GONE, "none"),
    ("missing evaluation data set", "GET", "/api/3.0/mlflow/datasets/d-none", {}, 404, GONE, "d-none"),
]

DIFFERS = {
    "metric at half a millisecond": "A fractional time is stored as 0, without an error",
    "metric at a step beyond int64": "A step that does not fit is stored as 0, without an error",
    "batch metric at a word": "A batch time that is a word is stored as 0, without an error",
    "experiment tag with a long value": "An experiment tag of any length is taken",
    "batch metric that is a word": "A batch value that is a word is stored as 0, without an error",
    "search in an experiment that is no number": "An experiment id that is no number finds nothing",
    "get an experiment beyond int64": "An experiment id beyond int64 is answered with 500",
    "rename to a name that is taken": "The reply shows an SQL statement, with the code BAD_REQUEST",
    "artifact of no run": "The reply is HTML",
    "artifact without a path": "The reply is HTML",
}


@table(ERRORS, differs={title: note for title, note in DIFFERS.items()}, prepare=an_experiment_and_a_run, smoke=True)
def errors(case, _, method, path, content, status, code, part):
    content = filled(content, case.names)
    reply = case.call(method, path, query=content) if method == "GET" else case.call(method, path, body=content)
    answers(reply, status, code, part)


@scenario(differs="A run without an experiment is answered with an SQL statement")
def a_run_without_an_experiment_is_in_the_default_one(case):
    equal(case.post("runs/create").json()["run"]["info"]["experiment_id"], "0")


@table(
    [
        ("health", "/health", "OK"),
        ("server info", "/api/3.0/mlflow/server-info", '"store_type"'),
    ],
    smoke=True,
)
def plain_replies(case, _, path, part):
    reply = case.call("GET", path)
    assert reply.status_code == 200 and part in reply.text, reply.text


@scenario(smoke=True)
def the_version_is_one_of_mlflow(case):
    from packaging.version import Version

    reply = case.call("GET", "/version")
    assert Version(reply.text.strip()) >= Version("3.4"), reply.text


@table(
    [
        (f"{method} {path}", method, path)
        for path in ("/api/2.0/mlflow/none", "/api/3.0/mlflow/none/x", "/ajax-api/2.0/mlflow/none", "/api/2.0/mlflow-artifacts/none")
        for method in ("GET", "POST", "DELETE", "PATCH")
    ],
    differs={
        f"{method} {path}": "What is not built is answered with HTML"
        for path in ("/api/2.0/mlflow/none", "/api/3.0/mlflow/none/x", "/ajax-api/2.0/mlflow/none", "/api/2.0/mlflow-artifacts/none")
        for method in ("GET", "POST", "DELETE", "PATCH")
    },
    prepare=lambda case: None,
)
def what_is_not_built(case, _, method, path):
    answers(case.call(method, path), 404, "ENDPOINT_NOT_FOUND")


# Transport


def metric_of(run, **fields):
    return {"run_uuid": run, "key": "k", "value": 1, "timestamp": "11", "step": "3", "unknown": 1, **fields}


@scenario(smoke=True)
def numbers_may_be_texts_and_fields_unknown(case):
    run = case.run()
    equal(case.post("runs/log-metric", metric_of(run)).json(), {})
    found = case.get("runs/get", run_uuid=run).json()["run"]["data"]["metrics"]
    assert len(found) == 1 and {"key": "k", "value": 1, "timestamp": 11, "step": 3}.items() <= found[0].items(), found


@scenario
def a_body_needs_its_type(case):
    data = json.dumps(metric_of(case.run()))
    for headers in (None, {"content-type": "text/plain"}):
        answers(case.call("POST", "runs/log-metric", data=data, headers=headers), 400, "INVALID_PARAMETER_VALUE")
    headers = {"content-type": "application/json; charset=utf-8"}
    answers(case.call("POST", "runs/log-metric", data=data, headers=headers), 200)


@scenario
def a_body_may_be_a_text_that_holds_json(case):
    data = json.dumps(json.dumps(metric_of(case.run())))
    answers(case.call("POST", "runs/log-metric", data=data, headers={"content-type": "application/json"}), 200)


@scenario(differs="NaN without quotes is stored as 0 at the time 0")
def a_bare_nan_is_kept(case):
    run = case.run()
    data = '{"run_id": "%s", "key": "bare", "value": NaN, "timestamp": 1}' % run
    answers(case.call("POST", "runs/log-metric", data=data, headers={"content-type": "application/json"}), 200)
    assert math.isnan(case.client.get_run(run).data.metrics["bare"])


@scenario(smoke=True)
def a_broken_body_is_refused(case):
    reply = case.call("POST", "runs/log-metric", data="{", headers={"content-type": "application/json"})
    answers(reply, 400, "INVALID_PARAMETER_VALUE")


@scenario
def the_twin_for_browsers_answers_the_same(case):
    run = case.run()
    twin = case.call("GET", "/ajax-api/2.0/mlflow/runs/get", query={"run_id": run}).json()
    equal(twin, case.get("runs/get", run_id=run).json())


@scenario(smoke=True)
def an_empty_search_is_an_empty_object(case):
    equal(case.post("runs/search", {"experiment_ids": [case.experiment], "filter": "tags.none = '1'"}).json(), {})
    equal(case.post("runs/search").json(), {})


@scenario(smoke=True)
def the_wire_form_of_a_run(case):
    body = {"experiment_id": case.experiment, "start_time": 1700000000123, "tags": [{"key": "a", "value": "b"}], "run_name": "n"}
    run = case.post("runs/create", body).json()["run"]
    run_id = run["info"]["run_id"]
    case.post("runs/log-batch", {"run_id": run_id, "metrics": [
        {"key": "nan", "value": "NaN", "timestamp": 5, "step": 2**53},
        {"key": "up", "value": "Infinity", "timestamp": 5, "step": -(2**53)},
    ]})
    run = case.get("runs/get", run_id=run_id).json()["run"]
    info = run["info"]
    equal(info["run_uuid"], run_id)
    equal((info["start_time"], info["status"], info["lifecycle_stage"], info["run_name"]), (1700000000123, "RUNNING", "active", "n"))
    assert "end_time" not in info
    metrics = {metric["key"]: metric for metric in run["data"]["metrics"]}
    equal((metrics["nan"]["value"], metrics["nan"]["step"]), ("NaN", 2**53))
    equal((metrics["up"]["value"], metrics["up"]["step"]), (1.7976931348623157e308, -(2**53)))
    assert "params" not in run["data"], "an empty list is left out"
    equal(run["inputs"], {})


@scenario
def the_status_may_be_a_number_and_nonsense_is_ignored(case):
    run = case.run()
    equal(case.post("runs/update", {"run_id": run, "status": "NONSENSE"}).json()["run_info"]["status"], "RUNNING")
    equal(case.post("runs/update", {"run_id": run, "status": 3}).json()["run_info"]["status"], "FINISHED")
    equal(case.post("runs/update", {"run_id": run, "status": "KILLED", "end_time": 5}).json()["run_info"]["end_time"], 5)


@scenario
def a_param_and_a_tag_may_be_empty(case):
    run = case.run()
    answers(case.post("runs/log-parameter", {"run_id": run, "key": "p"}), 200)
    answers(case.post("runs/set-tag", {"run_id": run, "key": "t"}), 200)
    data = case.client.get_run(run).data
    equal((data.params["p"], data.tags["t"]), ("", ""))


@scenario
def intervals_of_a_history(case):
    runs = [case.run(), case.run()]
    for run in runs:
        case.post("runs/log-batch", {"run_id": run, "metrics": [
            {"key": "k", "value": step, "timestamp": step, "step": step} for step in range(200)
        ]})
    query = {"run_ids": runs, "metric_key": "k", "max_results": 10}
    found = case.get("metrics/get-history-bulk-interval", **query).json()["metrics"]
    for run in runs:
        steps = [one["step"] for one in found if one["run_id"] == run]
        assert steps == sorted(steps) and steps[0] == 0 and steps[-1] == 199 and 10 <= len(steps) <= 12, steps
    found = case.get("metrics/get-history-bulk-interval", start_step=10, end_step=20, **{**query, "max_results": 100}).json()["metrics"]
    equal(sorted({one["step"] for one in found}), list(range(10, 21)))
    bulk = case.call("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk", query={"run_id": runs, "metric_key": "k"})
    equal(len(bulk.json()["metrics"]), 400)
