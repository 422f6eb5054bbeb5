"""The search of runs: filters, orders, pages and what is refused."""

import math

import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, ViewType

from scenarios.support import answers, equal, refuses, scenario, table

RUNS = [
    # name, accuracy, kind, user
    ("a", 0.5, "tree", "ann"),
    ("b", 0.9, "Forest", "Bob"),
    ("c", None, "svm", "ann"),
    ("d", math.nan, None, "cy"),
]


def four_runs(case):
    case.runs = {}
    for index, (name, accuracy, kind, user) in enumerate(RUNS):
        run = case.client.create_run(case.experiment, 1000 + index, {"mlflow.user": user}, name).info.run_id
        case.runs[name] = run
        if accuracy is not None:
            case.client.log_batch(run, [Metric("accuracy", accuracy, 1, 0), Metric("train/loss", index, 1, 0)])
        if kind is not None:
            case.client.log_param(run, "model kind", kind)
            case.client.log_param(run, "percent", f"{index}0%_x")
            case.client.set_tag(run, "kind", kind)
        case.client.set_terminated(run, "FINISHED" if index % 2 == 0 else "FAILED", end_time=2000 + index)
    dataset = Dataset("points", "d1", "local", "{}", "{}", "{}")
    case.client.log_inputs(case.runs["a"], [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
    case.client.log_inputs(case.runs["b"], [DatasetInput(dataset, [InputTag("mlflow.data.context", "test")])])
    case.client.log_inputs(case.runs["c"], [DatasetInput(Dataset("lines", "d2", "local", "{}", "{}", "{}"))])


@table(
    [
        ("", "dcba"),
        ("metrics.accuracy > 0.5", "b"),
        ("metrics.accuracy >= 0.5", "ba"),
        ("metrics.accuracy = 0.9", "b"),
        ("metrics.accuracy = 9e-1", "b"),
        ("metrics.accuracy != 0.9", "da"),
        ("metrics.accuracy < -1", ""),
        ("metrics.accuracy > -.5", "ba"),
        ("metrics.accuracy <= 0", ""),
        ("metrics.accuracy = 0", ""),
        ("metric.accuracy < 1 and params.`model kind` = 'tree'", "a"),
        ("metrics.`train/loss` >= 1", "db"),
        ('metrics."train/loss" = 0', "a"),
        ('params."model kind" LIKE \'%e%\'', "ba"),
        ("parameters.`model kind` = 'tree'", "a"),
        ("parameter.`model kind` = 'tree'", "a"),
        ("params.`model kind` LIKE 'f%'", ""),
        ("params.`model kind` LIKE 'F_rest'", "b"),
        ("params.`model kind` like 'tree'", "a"),
        ("params.`model kind` LIKE 'tre'", ""),
        ("params.`model kind` ILIKE 'f%'", "b"),
        ("params.`model kind` iLike 'F%'", "b"),
        ("params.`model kind` != 'tree'", "cb"),
        ("params.percent LIKE '10%'", "b"),
        ("params.`model kind` is null", "d"),
        ("params.none IS NULL", "dcba"),
        ("params.none != 'x'", ""),
        ("tags.kind IS NULL", "d"),
        ("tags.kind IS NOT NULL", "cba"),
        ("tags.kind is not null and tags.kind != 'svm'", "ba"),
        ('tag.kind = "svm"', "c"),
        ("tags.kind LIKE '%'", "cba"),
        ("tags.mlflow.user = 'ann'", "ca"),
        ("tags.`mlflow.user` ILIKE 'b%'", "b"),
        ("attributes.status = 'FAILED'", "db"),
        ("attr.status = 'FAILED'", "db"),
        ("run.status = 'FAILED'", "db"),
        ("status != 'FAILED'", "ca"),
        ("status LIKE 'FIN%'", "ca"),
        ("status ILIKE 'fin%'", "ca"),
        ("attribute.start_time > 1001", "dc"),
        ("start_time >= 1001 AND start_time < 1003", "cb"),
        ("attributes.created <= 1000", "a"),
        ("attributes.Created <= 1000", "a"),
        ("end_time < 2002", "ba"),
        ("end_time != 2002", "dba"),
        ("run_name LIKE 'a'", "a"),
        ("run_name != 'a'", "dcb"),
        ("attributes.`Run name` = 'b'", "b"),
        ("attributes.`run name` = 'b'", "b"),
        ("attributes.run_name ILIKE 'B'", "b"),
        ("user_id = 'nobody'", ""),
        ("artifact_uri LIKE '%/artifacts'", "dcba"),
        ("metrics.none > 0", ""),
        ("tags.kind = 'tree' AND metrics.accuracy > 0.4 AND status = 'FINISHED'", "a"),
        ("metrics.accuracy > 0.4 AND metrics.accuracy < 0.6 AND metrics.`train/loss` = 0", "a"),
        ("dataset.name = 'points'", "ba"),
        ("datasets.name LIKE 'p%'", "ba"),
        ("dataset.name IN ('lines', 'none')", "c"),
        ("dataset.digest = 'd2'", "c"),
        ("dataset.digest NOT IN ('d2')", "ba"),
        ("dataset.context = 'training'", "a"),
        ("dataset.context ILIKE 'TEST'", "b"),
        ("dataset.name = 'points' AND dataset.context = 'test'", "b"),
        ("dataset.name != 'points'", "c"),
    ],
    prepare=four_runs,
)
def filters(case, text, names):
    equal("".join(case.search(text)), names, text)


@table(
    [
        ("one of", "run_id IN ('{a}', '{c}')", "ca"),
        ("none of", "attributes.run_id not in ('{a}')", "dcb"),
        ("one", "run_id = '{b}'", "b"),
        ("not one", "run_id != '{b}'", "dca"),
        ("like", "run_id LIKE '{b}'", "b"),
        ("one of one", "run_id IN ('{d}')", "d"),
        ("a parent", "tags.mlflow.parentRunId = '{d}'", ""),
    ],
    prepare=four_runs,
)
def filters_by_id(case, _, text, names):
    equal("".join(case.search(text.format(**case.runs))), names, text)


REFUSED = [
    ("metrics.a > '1'", "numeric value"),
    ("metrics.a > x", ""),
    ("metrics.a LIKE '1'", ""),
    ("metrics.a", ""),
    ("metrics.a = ", ""),
    ("metrics.a > 1 + 1", ""),
    ("params.a > 'x'", ""),
    ("params.a = 1", "quoted"),
    ("params.a = x", ""),
    ("tags.a = 'open", ""),
    ("nothing = 'x'", ""),
    ("attributes.nothing = 'x'", "Invalid attribute key"),
    ("wrong.a = 'x'", "Invalid entity type"),
    ("status > 'FINISHED'", ""),
    ("run_id IN ()", ""),
    ("run_id IN (1)", ""),
    ("run_id IN ('a'", ""),
    ("start_time > 'x'", ""),
    ("start_time LIKE '1'", ""),
    ("dataset.none = 'x'", ""),
    ("; drop table runs", ""),
    ("'a' = 'a'", ""),
    ("1 = 1", ""),
]


@table(REFUSED)
def refused_filters(case, text, part):
    refuses("INVALID_PARAMETER_VALUE", part, lambda: case.search(text))


LARGER = [
    ("metrics.accuracy > 0.8 OR tags.kind = 'svm'", "cb"),
    ("(metrics.accuracy > 0.8)", "b"),
    ("NOT status = 'FAILED'", "ca"),
    ("(tags.kind = 'tree' OR tags.kind = 'svm') AND start_time > 1000", "c"),
    ("status IN ('FINISHED')", "ca"),
    ("params.`model kind` IN ('tree', 'svm')", "ca"),
    ("metrics.accuracy IS NULL", "c"),
]


@table(LARGER, differs={text: "The grammar is larger here" for text, _ in LARGER}, prepare=four_runs)
def larger_grammar(case, text, names):
    equal("".join(case.search(text)), names, text)


@table(
    [
        (["metrics.accuracy ASC"], "abdc"),
        (["metrics.accuracy DESC"], "badc"),
        (["metrics.accuracy"], "abdc"),
        (["metric.accuracy asc"], "abdc"),
        (["metrics.`train/loss` DESC"], "dbac"),
        (["params.`model kind`"], "bcad"),
        (["parameters.`model kind` DESC"], "acbd"),
        (["tags.kind DESC"], "acbd"),
        (["start_time ASC"], "abcd"),
        (["attributes.start_time"], "abcd"),
        (["Created DESC"], "dcba"),
        (["attributes.end_time DESC"], "dcba"),
        (["status ASC", "start_time ASC"], "bdac"),
        (["status DESC", "metrics.accuracy ASC"], "acbd"),
        (["tags.`none` ASC"], "dcba"),
        (["run_name desc"], "dcba"),
        (["attributes.run_name ASC"], "abcd"),
        (["tags.mlflow.user", "start_time DESC"], "bcad"),
        ([], "dcba"),
    ],
    prepare=four_runs,
)
def orders(case, order, names):
    equal("".join(case.search(order_by=order)), names, order)


@table([("metrics.a UP",), ("nothing",), ("metrics.a DESC, b",), ("'",), ("wrong.a",)])
def refused_orders(case, order):
    refuses("INVALID_PARAMETER_VALUE", "", lambda: case.search(order_by=[order]))


@scenario(differs="A filter that ends with AND is read as if the AND were not there")
def refused_open_end(case):
    refuses("INVALID_PARAMETER_VALUE", "", lambda: case.search("metrics.a > 1 and"))


@scenario(differs="The same column twice in order_by is answered with 500")
def refused_order_of_one_column_twice(case):
    reply = case.post("runs/search", {"experiment_ids": [case.experiment], "order_by": ["metrics.a", "metrics.a DESC"]})
    answers(reply, 400, "INVALID_PARAMETER_VALUE")


@scenario(smoke=True)
def pages(case):
    for index in range(5):
        case.client.create_run(case.experiment, start_time=1000 + index, run_name=str(index))
    for order in (["start_time ASC"], ["metrics.none", "start_time"]):
        names, token = [], None
        while True:
            page = case.client.search_runs([case.experiment], max_results=2, page_token=token, order_by=order)
            assert len(page) <= 2
            names += [run.info.run_name for run in page]
            token = page.token
            if not token:
                break
        equal(names, ["0", "1", "2", "3", "4"], order)


@scenario
def no_token_when_nothing_follows(case):
    for index in range(4):
        case.run(start_time=index + 1)
    first = case.client.search_runs([case.experiment], max_results=2)
    rest = case.client.search_runs([case.experiment], max_results=2, page_token=first.token)
    assert len(rest) == 2 and not rest.token


@scenario
def many_runs_in_one_page(case):
    for index in range(120):
        case.run(start_time=index + 1, tags={"index": str(index)})
    found = case.client.search_runs([case.experiment], max_results=1000)
    equal([run.data.tags["index"] for run in found], [str(index) for index in range(119, -1, -1)])


@scenario
def several_experiments_at_once(case):
    other = case.client.create_experiment(f"{case.name}-other")
    case.run(run_name="here", start_time=1)
    case.client.create_run(other, run_name="there", start_time=2)
    found = case.client.search_runs([case.experiment, other, "999999999"], order_by=["start_time"])
    equal([run.info.run_name for run in found], ["here", "there"])
    equal(len(case.client.search_runs(["999999999"])), 0)


@scenario
def views_of_the_life_cycle(case):
    kept, gone = case.run(run_name="kept"), case.run(run_name="gone")
    case.client.delete_run(gone)
    for view, names in ((ViewType.ACTIVE_ONLY, ["kept"]), (ViewType.DELETED_ONLY, ["gone"]), (ViewType.ALL, ["gone", "kept"])):
        equal(sorted(case.search(run_view_type=view)), names, view)
    assert kept != gone


@scenario(smoke=True)
def as_a_table(case):
    with mlflow.start_run(run_name="one"):
        mlflow.log_metric("m", 1)
        mlflow.log_param("p", "x")
    frame = mlflow.search_runs(experiment_names=[case.name])
    assert list(frame["metrics.m"]) == [1] and list(frame["params.p"]) == ["x"]
    assert list(frame["tags.mlflow.runName"]) == ["one"] and frame["status"][0] == "FINISHED"
    found = mlflow.search_runs(experiment_names=[case.name], output_format="list")
    equal(found[0].data.metrics, {"m": 1})
    equal(len(mlflow.search_runs(experiment_names=[case.name], filter_string="metrics.m > 1")), 0)


@scenario
def latest_values_are_what_is_searched(case):
    run = case.run(run_name="r")
    for step, value in ((0, 1), (2, 5), (1, 9)):
        case.client.log_metric(run, "m", value, step=step)
    equal(case.search("metrics.m = 5"), ["r"])
    equal(case.search("metrics.m > 5"), [])
    case.client.set_tag(run, "t", "one")
    case.client.set_tag(run, "t", "two")
    equal(case.search("tags.t = 'one'"), [])
    equal(case.search("tags.t = 'two'"), ["r"])


@scenario
def names_with_quotes_and_letters(case):
    run = case.run(run_name="it's")
    case.client.log_param(run, "clé/é", "l'été")
    equal(case.search('params.`clé/é` = "l\'été"'), ["it's"])
    equal(case.search('run_name = "it\'s"'), ["it's"])
