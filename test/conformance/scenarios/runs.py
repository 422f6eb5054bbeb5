"""Runs."""

import mlflow
from mlflow.entities import Metric, ViewType

from scenarios.support import refuses, scenario


@scenario(smoke=True)
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


@scenario(smoke=True)
def failed_run_is_failed(case):
    try:
        with mlflow.start_run() as active:
            raise ValueError("on purpose")
    except ValueError:
        pass
    assert case.client.get_run(active.info.run_id).info.status == "FAILED"


@scenario(smoke=True)
def run_without_name_gets_one(case):
    name = case.client.get_run(case.run()).info.run_name
    adjective, noun, number = name.split("-")
    assert adjective.isalpha() and noun.isalpha() and number.isdigit()


@scenario(smoke=True)
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


@scenario(smoke=True)
def nested_runs(case):
    with mlflow.start_run(run_name="parent") as parent:
        for index in range(2):
            with mlflow.start_run(run_name=f"child {index}", nested=True):
                mlflow.log_param("index", index)
    children = case.search(f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["params.index ASC"])
    assert children == ["child 0", "child 1"]


@scenario(smoke=True)
def run_is_resumed(case):
    with mlflow.start_run() as first:
        mlflow.log_metric("m", 1, step=0)
    with mlflow.start_run(run_id=first.info.run_id):
        assert case.client.get_run(first.info.run_id).info.status == "RUNNING"
        mlflow.log_metric("m", 2, step=1)
    assert case.client.get_run(first.info.run_id).data.metrics == {"m": 2}


@scenario(smoke=True)
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


@scenario(smoke=True)
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
