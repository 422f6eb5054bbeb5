"""Traces of MLflow 2 clients: the older routes, with the spans as a file."""

import mlflow

from scenarios.support import equal, refuses, scenario, table

BEFORE = (3, 0)
SINCE = (2, 14)


def a_trace(name="ask", fails=False):
    try:
        with mlflow.start_span(name) as root:
            root.set_inputs({"question": "é"})
            with mlflow.start_span("inner", attributes={"k": 3}) as child:
                child.set_outputs([1, 2])
            if fails:
                raise ValueError("on purpose")
            root.set_outputs("done")
    except ValueError:
        pass
    return root.request_id


@scenario(since=SINCE, before=BEFORE, smoke=True)
def a_trace_comes_back_whole(case):
    request = a_trace()
    trace = case.client.get_trace(request)
    equal((trace.info.request_id, trace.info.experiment_id, trace.info.status.value), (request, case.experiment, "OK"))
    equal([span.name for span in trace.data.spans], ["ask", "inner"])
    equal((trace.data.spans[0].inputs, trace.data.spans[0].outputs), ({"question": "é"}, "done"))
    equal(trace.data.spans[1].parent_id, trace.data.spans[0].span_id)
    assert trace.info.execution_time_ms >= 0 and trace.info.timestamp_ms > 1.6e12


@scenario(since=SINCE, before=BEFORE, smoke=True)
def traces_are_searched_tagged_and_deleted(case):
    first, second = a_trace("first"), a_trace("second", fails=True)
    find = lambda text=None, **options: [  # noqa: E731
        one.info.request_id for one in case.client.search_traces([case.experiment], text, **options)
    ]
    equal(find(), [second, first])
    equal(find("status = 'ERROR'"), [second])
    equal(find("attributes.name = 'first'"), [first])
    equal(find(order_by=["timestamp_ms ASC"]), [first, second])
    case.client.set_trace_tag(first, "color", "red")
    equal(case.client.get_trace(first).info.tags["color"], "red")
    equal(find("tags.color = 'red'"), [first])
    case.client.delete_trace_tag(first, "color")
    equal(find("tags.color = 'red'"), [])
    page = case.client.search_traces([case.experiment], max_results=1)
    rest = case.client.search_traces([case.experiment], max_results=1, page_token=page.token)
    equal([one.info.request_id for one in [*page, *rest]], [second, first])
    equal(case.client.delete_traces(case.experiment, request_ids=[first]), 1)
    equal(find(), [second])


@scenario(since=SINCE, before=BEFORE)
def traces_of_a_client(case):
    root = case.client.start_trace("manual", inputs={"a": 1}, tags={"t": "1"}, experiment_id=case.experiment)
    child = case.client.start_span("step", root.request_id, root.span_id)
    case.client.end_span(root.request_id, child.span_id, outputs={"b": 2})
    case.client.end_trace(root.request_id, outputs={"c": 3})
    trace = case.client.get_trace(root.request_id)
    equal([span.name for span in trace.data.spans], ["manual", "step"])
    equal(trace.info.tags["t"], "1")


@scenario(since=(2, 15), before=BEFORE)
def traces_as_a_table(case):
    with mlflow.start_run() as active:
        inside = a_trace("inside")
    a_trace("outside")
    equal(len(mlflow.search_traces(experiment_ids=[case.experiment])), 2)
    found = mlflow.search_traces(experiment_ids=[case.experiment], run_id=active.info.run_id)
    equal(list(found["request_id"]), [inside])


@table([("nothing = 'x'",), ("status > 'OK'",), ("status",)], since=SINCE, before=BEFORE)
def refused_filters(case, text):
    refuses("INVALID_PARAMETER_VALUE", "", lambda: case.client.search_traces([case.experiment], text))
