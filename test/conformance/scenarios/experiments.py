"""Experiments."""

import time

import mlflow

from scenarios.support import refuses, scenario


@scenario(smoke=True)
def experiment_is_created_and_found_again(case):
    found = mlflow.set_experiment(case.name)
    assert found.experiment_id == case.experiment
    assert found.lifecycle_stage == "active"
    assert found.artifact_location == f"mlflow-artifacts:/{case.experiment}"
    assert case.client.get_experiment(case.experiment).name == case.name
    assert abs(found.creation_time / 1000 - time.time()) < 3600


@scenario(smoke=True)
def default_experiment_exists(case):
    assert case.client.get_experiment("0").name == "Default"


@scenario(smoke=True)
def experiment_tags_and_search(case):
    case.client.set_experiment_tag(case.experiment, "team", "blue")
    case.client.set_experiment_tag(case.experiment, "team", "green")
    assert case.client.get_experiment(case.experiment).tags["team"] == "green"
    found = case.client.search_experiments(filter_string=f"name = '{case.name}' AND tags.team LIKE 'gr%'")
    assert [one.experiment_id for one in found] == [case.experiment]
    assert case.client.search_experiments(filter_string=f"name = '{case.name}' AND tags.team = 'blue'") == []
    found = case.client.search_experiments(filter_string=f"name ILIKE '{case.name.upper()}'", order_by=["name ASC"])
    assert len(found) == 1


@scenario(smoke=True)
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


@scenario(smoke=True)
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


@scenario(smoke=True)
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
