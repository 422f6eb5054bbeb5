"""Evaluation data sets of MLflow 3: records, tags, experiments and searches."""

import uuid

import mlflow

from scenarios.support import answers, equal, refuses, scenario

SINCE = (3, 4)
GONE = "RESOURCE_DOES_NOT_EXIST"


def a_dataset(case, **options):
    from mlflow.genai.datasets import create_dataset

    return create_dataset(name=f"set-{uuid.uuid4().hex[:10]}", experiment_id=case.experiment, **options)


RECORDS = [
    {"inputs": {"question": "one é"}, "expectations": {"answer": "1"}, "tags": {"hard": "no"}},
    {"inputs": {"question": "two", "n": [1, 2]}, "expectations": {"answer": "2"}},
]


@scenario(since=SINCE)
def a_dataset_and_its_records(case):
    from mlflow.genai.datasets import get_dataset

    dataset = a_dataset(case, tags={"team": "blue"})
    assert dataset.dataset_id.startswith("d-"), dataset.dataset_id
    equal((dataset.tags["team"], dataset.experiment_ids), ("blue", [case.experiment]))
    dataset.merge_records(RECORDS)
    found = get_dataset(dataset_id=dataset.dataset_id)
    equal(found.name, dataset.name)
    rows = found.to_df().sort_values("expectations", key=lambda column: column.map(str))
    equal(list(rows["inputs"]), [one["inputs"] for one in RECORDS])
    equal(list(rows["expectations"]), [one["expectations"] for one in RECORDS])
    equal(get_dataset(name=dataset.name).dataset_id, dataset.dataset_id)


@scenario(since=SINCE)
def records_with_the_same_inputs_are_merged(case):
    from mlflow.genai.datasets import get_dataset

    dataset = a_dataset(case)
    dataset.merge_records(RECORDS)
    before = get_dataset(dataset_id=dataset.dataset_id)
    digest = before.digest
    dataset.merge_records([{"inputs": RECORDS[0]["inputs"], "expectations": {"more": "3"}}])
    rows = get_dataset(dataset_id=dataset.dataset_id).to_df()
    equal(len(rows), 2)
    merged = next(row for row in rows["expectations"] if row.get("more") == "3")
    equal(merged, {"answer": "1", "more": "3"})
    assert digest


@scenario(since=SINCE)
def records_go(case):
    from mlflow.genai.datasets import get_dataset

    dataset = a_dataset(case)
    dataset.merge_records(RECORDS)
    ids = list(get_dataset(dataset_id=dataset.dataset_id).to_df()["dataset_record_id"])
    if not hasattr(dataset, "delete_records"):
        return
    equal(dataset.delete_records(ids[:1]), 1)
    equal(len(get_dataset(dataset_id=dataset.dataset_id).to_df()), 1)


@scenario(since=SINCE)
def tags_of_datasets(case):
    dataset = a_dataset(case, tags={"a": "1"})
    case.client.set_dataset_tags(dataset.dataset_id, {"a": "2", "b": "3"})
    tags = case.client.get_dataset(dataset.dataset_id).tags
    equal((tags["a"], tags["b"]), ("2", "3"))
    case.client.delete_dataset_tag(dataset.dataset_id, "a")
    assert "a" not in case.client.get_dataset(dataset.dataset_id).tags


@scenario(since=SINCE)
def datasets_are_searched(case):
    mark = uuid.uuid4().hex[:8]
    first, second = a_dataset(case, tags={"mark": mark}), a_dataset(case, tags={"mark": mark, "kind": "x"})
    find = lambda text, **options: [  # noqa: E731
        one.dataset_id for one in case.client.search_datasets([case.experiment], text, **options)
    ]
    equal(find("", order_by=["created_time ASC"]), [first.dataset_id, second.dataset_id])
    equal(find(f"name = '{first.name}'"), [first.dataset_id])
    equal(set(find("name LIKE 'set-%'")), {first.dataset_id, second.dataset_id})
    equal(find("tags.kind = 'x'"), [second.dataset_id])
    page = case.client.search_datasets([case.experiment], max_results=1, order_by=["name ASC"])
    rest = case.client.search_datasets([case.experiment], max_results=1, order_by=["name ASC"], page_token=page.token)
    equal([one.name for one in [*page, *rest]], sorted([first.name, second.name]))
    refuses("INVALID_PARAMETER_VALUE", "", lambda: find("nothing = 'x'"))


@scenario(since=SINCE)
def datasets_of_experiments(case):
    dataset = a_dataset(case)
    other = case.client.create_experiment(f"{case.name}-other")
    case.client.add_dataset_to_experiments(dataset.dataset_id, [other])
    equal(set(case.client.get_dataset(dataset.dataset_id).experiment_ids), {case.experiment, other})
    equal([one.dataset_id for one in case.client.search_datasets([other])], [dataset.dataset_id])
    case.client.remove_dataset_from_experiments(dataset.dataset_id, [case.experiment])
    equal(case.client.get_dataset(dataset.dataset_id).experiment_ids, [other])


@scenario(since=SINCE)
def datasets_go(case):
    dataset = a_dataset(case)
    case.client.delete_dataset(dataset.dataset_id)
    refuses(GONE, "", lambda: case.client.get_dataset(dataset.dataset_id))
    answers(case.call("PATCH", "/api/3.0/mlflow/datasets/d-none/tags", body={"tags": '{"a": "b"}'}), 404, GONE)


@scenario(since=SINCE)
def records_of_traces(case):
    from mlflow.genai.datasets import get_dataset

    with mlflow.start_span("ask") as span:
        span.set_inputs({"question": "from a trace"})
        span.set_outputs({"answer": "x"})
    mlflow.log_expectation(trace_id=span.trace_id, name="answer", value="y")
    dataset = a_dataset(case)
    dataset.merge_records([case.client.get_trace(span.trace_id)])
    rows = get_dataset(dataset_id=dataset.dataset_id).to_df()
    equal(list(rows["inputs"]), [{"question": "from a trace"}])
    equal(list(rows["expectations"]), [{"answer": "y"}])
