"""Data sets as inputs of runs."""

import json

import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag

from scenarios.support import equal, scenario


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


def input_of(name, digest, **tags):
    dataset = Dataset(name, digest, "local", '{"uri": "x"}', '{"mlflow_colspec": []}', '{"num_rows": 1}')
    return DatasetInput(dataset, [InputTag(key, value) for key, value in tags.items()])


@scenario(smoke=True)
def one_dataset_in_two_runs(case):
    for name in ("first", "second"):
        run = case.run(run_name=name)
        case.client.log_inputs(run, [input_of("shared", "d", **{"mlflow.data.context": name}), input_of("own", name)])
        found = case.client.get_run(run).inputs.dataset_inputs
        equal(sorted(one.dataset.name for one in found), ["own", "shared"])
    equal(sorted(case.search("dataset.name = 'shared'")), ["first", "second"])
    equal(case.search("dataset.context = 'second'"), ["second"])
    equal(case.search("dataset.digest = 'first'"), ["first"])
    body = {"experiment_ids": [case.experiment]}
    found = case.call("POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", body=body).json()["dataset_summaries"]
    equal(sorted({one["name"] for one in found}), ["own", "shared"])
    equal({one.get("context") for one in found if one["name"] == "shared"}, {"first", "second"})


@scenario
def the_whole_dataset_comes_back(case):
    run = case.run()
    given = input_of("all", "digest", color="red", size="9")
    case.client.log_inputs(run, [given])
    found = case.client.get_run(run).inputs.dataset_inputs[0]
    equal(dict(found.dataset), dict(given.dataset))
    equal({tag.key: tag.value for tag in found.tags}, {"color": "red", "size": "9"})
    found = case.client.search_runs([case.experiment])[0].inputs.dataset_inputs
    equal([one.dataset.name for one in found], ["all"])


@scenario
def sources_of_datasets(case):
    import numpy

    dataset = mlflow.data.from_numpy(numpy.arange(6).reshape(3, 2), source="http://127.0.0.1/x.csv", name="numbers")
    with mlflow.start_run() as active:
        mlflow.log_input(dataset, context="test")
    found = case.client.get_run(active.info.run_id).inputs.dataset_inputs[0].dataset
    equal(mlflow.data.get_source(found).url, "http://127.0.0.1/x.csv")
    equal(found.source_type, "http")
