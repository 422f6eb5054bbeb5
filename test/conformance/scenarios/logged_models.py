"""Logged models of MLflow 3: life cycle, metrics and parameters, files, outputs of runs, searches."""

import os
import tempfile

import mlflow
from mlflow.entities import Metric

from scenarios.support import answers, equal, refuses, scenario, table

SINCE = (3, 0)
BAD = "INVALID_PARAMETER_VALUE"
GONE = "RESOURCE_DOES_NOT_EXIST"


@scenario(since=SINCE)
def a_model_from_start_to_end(case):
    client = case.client
    run = case.run()
    model = client.create_logged_model(case.experiment, "forest", run, tags={"a": "1"}, params={"depth": "3"}, model_type="tree")
    assert model.model_id.startswith("m-") and len(model.model_id) == 34
    equal((model.name, model.status.value, model.source_run_id, model.model_type), ("forest", "PENDING", run, "tree"))
    equal((model.tags["a"], model.params), ("1", {"depth": "3"}))
    assert model.artifact_location.endswith(f"/models/{model.model_id}/artifacts"), model.artifact_location
    client.log_model_params(model.model_id, {"rate": "0.1"})
    client.set_logged_model_tags(model.model_id, {"b": "2", "a": "3"})
    ready = client.finalize_logged_model(model.model_id, "READY")
    equal(ready.status.value, "READY")
    found = client.get_logged_model(model.model_id)
    equal((found.params, found.tags["a"], found.tags["b"]), ({"depth": "3", "rate": "0.1"}, "3", "2"))
    assert found.last_updated_timestamp >= found.creation_timestamp
    client.delete_logged_model_tag(model.model_id, "a")
    assert "a" not in client.get_logged_model(model.model_id).tags
    client.delete_logged_model(model.model_id)
    refuses(GONE, model.model_id, lambda: client.get_logged_model(model.model_id))


@scenario(since=SINCE)
def a_model_gets_a_name(case):
    model = case.client.create_logged_model(case.experiment)
    assert model.name
    equal(case.client.finalize_logged_model(model.model_id, "FAILED").status.value, "FAILED")


@table([("slash", "a/b"), ("colon", "a:b"), ("dot", "a.b"), ("percent", "a%b"), ("quote", 'a"b'), ("apostrophe", "a'b")], since=SINCE)
def refused_names(case, _, name):
    answers(case.post("logged-models", {"experiment_id": case.experiment, "name": name}), 400, BAD)


@scenario(since=SINCE)
def refusals(case):
    missing = "m-" + "0" * 32
    refuses(GONE, missing, lambda: case.client.get_logged_model(missing))
    refuses(GONE, missing, lambda: case.client.finalize_logged_model(missing, "READY"))
    answers(case.call("PATCH", f"logged-models/{missing}/tags", body={"tags": [{"key": "a", "value": "b"}]}), 404, GONE, missing)
    answers(case.call("DELETE", f"logged-models/{missing}"), 404, GONE, missing)
    model = case.client.create_logged_model(case.experiment, "x").model_id
    refuses(GONE, "none", lambda: case.client.delete_logged_model_tag(model, "none"))
    answers(case.post("logged-models", {"name": "x"}), 400, BAD, "experiment_id")
    answers(case.post("logged-models", {"experiment_id": "987654321", "name": "x"}), 404, GONE, "No Experiment with id=987654321")


@scenario(since=SINCE)
def params_of_a_model_never_change(case):
    model = case.client.create_logged_model(case.experiment, "x", params={"a": "1"}).model_id
    reply = case.post(f"logged-models/{model}/params", {"params": [{"key": "a", "value": "2"}]})
    assert reply.status_code in (200, 400), reply.text
    equal(case.client.get_logged_model(model).params["a"] in ("1", "2"), True)


@scenario(since=SINCE)
def metrics_of_models(case):
    with mlflow.start_run() as active:
        model = mlflow.initialize_logged_model(name="scored")
        mlflow.log_metric("accuracy", 0.9, step=1, model_id=model.model_id)
        mlflow.log_metrics({"f1": 0.8, "loss": 0.2}, step=2, model_id=model.model_id)
        mlflow.finalize_logged_model(model.model_id, "READY")
    found = case.client.get_logged_model(model.model_id)
    equal({one.key: one.value for one in found.metrics}, {"accuracy": 0.9, "f1": 0.8, "loss": 0.2})
    equal({one.run_id for one in found.metrics}, {active.info.run_id})
    equal(case.client.get_run(active.info.run_id).data.metrics, {"accuracy": 0.9, "f1": 0.8, "loss": 0.2})


@scenario(since=SINCE)
def metrics_of_models_on_datasets(case):
    import pandas

    dataset = mlflow.data.from_pandas(pandas.DataFrame({"x": [1.0, 2.0]}), name="test-set")
    with mlflow.start_run():
        model = mlflow.initialize_logged_model(name="scored")
        mlflow.log_input(dataset, context="test")
        mlflow.log_metric("accuracy", 0.7, model_id=model.model_id, dataset=dataset)
        mlflow.log_metric("f1", 0.8, model_id=model.model_id)
    metrics = {(one.dataset_name, one.value) for one in case.client.get_logged_model(model.model_id).metrics}
    assert ("test-set", 0.7) in metrics, metrics
    find = lambda text, datasets=None: [  # noqa: E731
        one.model_id for one in case.client.search_logged_models([case.experiment], text, datasets=datasets)
    ]
    equal(find("metrics.accuracy < 0.75", [{"dataset_name": "test-set", "dataset_digest": dataset.digest}]), [model.model_id])
    equal(find("metrics.accuracy > 0.75", [{"dataset_name": "test-set", "dataset_digest": dataset.digest}]), [])
    equal(find("metrics.accuracy > 0", [{"dataset_name": "none"}]), [])


@scenario(since=SINCE)
def files_of_models(case):
    model = case.client.create_logged_model(case.experiment, "files").model_id
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "data", "deep"))
        for name in ("MLmodel", "data/deep/x y.txt"):
            with open(os.path.join(folder, name), "w") as file:
                file.write(name)
        case.client.log_model_artifacts(model, folder)
        case.client.log_model_artifact(model, os.path.join(folder, "MLmodel"))
    equal(sorted(one.path for one in case.client.list_logged_model_artifacts(model)), ["MLmodel", "data"])
    equal([one.path for one in case.client.list_logged_model_artifacts(model, "data/deep")], ["data/deep/x y.txt"])
    path = f"/ajax-api/2.0/mlflow/logged-models/{model}/artifacts/files"
    equal(case.call("GET", path, query={"artifact_file_path": "data/deep/x y.txt"}).text, "data/deep/x y.txt")
    listed = case.get(f"logged-models/{model}/artifacts/directories", artifact_directory_path="data").json()
    equal([one["path"] for one in listed["files"]], ["data/deep"])
    local = mlflow.artifacts.download_artifacts(f"models:/{model}")
    assert os.path.exists(os.path.join(local, "data", "deep", "x y.txt"))


@scenario(since=SINCE)
def outputs_of_runs(case):
    from mlflow.entities import LoggedModelOutput

    run = case.run()
    model = case.client.create_logged_model(case.experiment, "out", run).model_id
    case.client.log_outputs(run, [LoggedModelOutput(model, step=3)])
    found = case.client.get_run(run).outputs.model_outputs
    equal([(one.model_id, one.step) for one in found], [(model, 3)])


@scenario(since=SINCE)
def inputs_of_runs(case):
    from mlflow.entities import LoggedModelInput

    model = case.client.create_logged_model(case.experiment, "in").model_id
    run = case.run()
    case.client.log_inputs(run, models=[LoggedModelInput(model)])
    equal([one.model_id for one in case.client.get_run(run).inputs.model_inputs], [model])


MODELS = [
    # name, accuracy, tags, params, type
    ("a", 0.5, {"team": "blue"}, {"depth": "3"}, "tree"),
    ("b", 0.9, {"team": "Green"}, {"depth": "5"}, "forest"),
    ("c", None, {}, {}, "tree"),
]


def three_models(case):
    case.ids = {}
    run = case.run()
    for name, accuracy, tags, params, kind in MODELS:
        model = case.client.create_logged_model(case.experiment, name, run, tags, params, kind).model_id
        case.ids[name] = model
        if accuracy is not None:
            metric = Metric("accuracy", accuracy, 1, 0, model_id=model, run_id=run)
            case.client.log_batch(run, metrics=[metric])
        if name != "c":
            case.client.finalize_logged_model(model, "READY")


@table(
    [
        ("", "cba"),
        ("name = 'a'", "a"),
        ("name != 'a'", "cb"),
        ("name LIKE '%'", "cba"),
        ("name ILIKE 'A'", "a"),
        ("name IN ('a', 'c')", "ca"),
        ("name NOT IN ('a', 'c')", "b"),
        ("attributes.name = 'b'", "b"),
        ("status = 'READY'", "ba"),
        ("model_type = 'tree'", "ca"),
        ("metrics.accuracy > 0.6", "b"),
        ("metrics.accuracy <= 0.9", "ba"),
        ("params.depth = '3'", "a"),
        ("params.depth != '3'", "b"),
        ("tags.team = 'blue'", "a"),
        ("tags.team ILIKE 'g%'", "b"),
        ("creation_timestamp > 5", "cba"),
        ("last_updated_timestamp_ms < 5", ""),
        ("model_type = 'tree' AND metrics.accuracy > 0", "a"),
    ],
    differs={"status = 'READY'": "The status is compared with a number, so its name is never found"},
    prepare=three_models,
    since=SINCE,
)
def filters(case, text, names):
    found = case.client.search_logged_models([case.experiment], text)
    equal("".join(one.name for one in found), names, text)


@table(
    [
        ("by id", "model_id = '{a}'", "a"),
        ("by ids", "model_id IN ('{a}', '{c}')", "ca"),
        ("by run", "source_run_id = '{run}'", "cba"),
    ],
    prepare=three_models,
    since=SINCE,
)
def filters_by_id(case, _, text, names):
    run = case.client.get_logged_model(case.ids["a"]).source_run_id
    found = case.client.search_logged_models([case.experiment], text.format(run=run, **case.ids))
    equal("".join(one.name for one in found), names)


@table(
    [
        ("name", True, "abc"),
        ("name, downwards", False, "cba"),
        ("creation_timestamp", True, "abc"),
        ("metrics.accuracy", True, "abc"),
        ("metrics.accuracy, downwards", False, "bac"),
    ],
    prepare=three_models,
    since=SINCE,
)
def orders(case, field, ascending, names):
    order = [{"field_name": field.split(",")[0], "ascending": ascending}]
    found = case.client.search_logged_models([case.experiment], order_by=order)
    equal("".join(one.name for one in found), names)


@table([("name > 'a'",), ("nothing = 'x'",), ("metrics.a = 'x'",), ("params.a > 'x'",), ("name",), ("wrong.a = 'x'",)], differs={"metrics.a = 'x'": "A metric compared with a word is answered with 500"}, since=SINCE)
def refused_filters(case, text):
    refuses(BAD, "", lambda: case.client.search_logged_models([case.experiment], text))


@scenario(since=SINCE)
def pages(case):
    three_models(case)
    first = case.client.search_logged_models([case.experiment], max_results=2)
    rest = case.client.search_logged_models([case.experiment], max_results=2, page_token=first.token)
    equal("".join(one.name for one in [*first, *rest]), "cba")
    assert not rest.token
    refuses(BAD, "", lambda: case.client.search_logged_models([case.experiment], "name = 'a'", page_token=first.token))
    refuses(BAD, "", lambda: case.client.search_logged_models([case.experiment], page_token="!"))


@scenario(since=SINCE)
def as_a_table(case):
    three_models(case)
    frame = mlflow.search_logged_models([case.experiment], order_by=[{"field_name": "name"}])
    equal(list(frame["name"]), ["a", "b", "c"])
