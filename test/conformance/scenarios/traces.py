"""Traces of MLflow 3: spans, searches, tags, deletion, links to runs, and spans of OpenTelemetry over HTTP."""

import json
import os
import time

import mlflow

from scenarios.support import CLIENT, answers, equal, refuses, scenario, settings, table

SINCE = (3, 0)
BAD = "INVALID_PARAMETER_VALUE"
GONE = "RESOURCE_DOES_NOT_EXIST"


def a_trace(case, name="ask", fails=False, **tags):
    """The id of a trace with a root and a child."""
    try:
        with mlflow.start_span(name, span_type="CHAIN") as root:
            root.set_inputs({"question": "what is é?", "n": [1, 2.5, None]})
            with mlflow.start_span("retrieve", span_type="RETRIEVER", attributes={"k": 3}) as child:
                child.set_outputs(["a", "b"])
            if fails:
                raise ValueError("on purpose")
            root.set_outputs({"answer": "a letter"})
            if tags:
                mlflow.update_current_trace(tags=tags)
    except ValueError:
        pass
    return root.trace_id if CLIENT >= (3, 0) else root.request_id


def names_of(case, text=None, **options):
    found = case.client.search_traces(experiment_ids=[case.experiment], filter_string=text, **options)
    return [one.info.tags.get("mlflow.traceName") for one in found]


@scenario(since=SINCE)
def a_trace_comes_back_whole(case):
    trace_id = a_trace(case, color="red")
    trace = case.client.get_trace(trace_id)
    info = trace.info
    equal((info.trace_id, info.experiment_id, info.state.value), (trace_id, case.experiment, "OK"))
    assert trace_id.startswith("tr-") and len(trace_id) == 35
    assert abs(info.request_time / 1000 - time.time()) < 600 and info.execution_duration >= 0
    equal((info.tags["color"], info.tags["mlflow.traceName"]), ("red", "ask"))
    assert "what is é?" in info.request_preview and "a letter" in info.response_preview
    root, child = trace.data.spans
    equal((root.name, root.parent_id, root.span_type, root.status.status_code.value), ("ask", None, "CHAIN", "OK"))
    equal((child.name, child.parent_id, child.attributes["k"]), ("retrieve", root.span_id, 3))
    equal((root.inputs, root.outputs), ({"question": "what is é?", "n": [1, 2.5, None]}, {"answer": "a letter"}))
    assert root.start_time_ns <= child.start_time_ns <= child.end_time_ns <= root.end_time_ns
    equal(child.outputs, ["a", "b"])


@scenario(since=SINCE)
def a_trace_that_failed(case):
    trace = case.client.get_trace(a_trace(case, fails=True))
    equal(trace.info.state.value, "ERROR")
    root = trace.data.spans[0]
    equal(root.status.status_code.value, "ERROR")
    equal([event.name for event in root.events], ["exception"])
    assert "on purpose" in json.dumps(root.events[0].attributes)


@scenario(since=SINCE)
def traced_functions(case):
    @mlflow.trace
    def double(x):
        return x * 2

    @mlflow.trace(name="outer", attributes={"a": "b"})
    def outer(x):
        return double(x) + 1

    equal(outer(4), 9)
    trace = case.client.get_trace(mlflow.get_last_active_trace_id())
    equal([span.name for span in trace.data.spans], ["outer", "double"])
    equal((trace.data.spans[1].inputs, trace.data.spans[1].outputs), ({"x": 4}, 8))


@scenario(since=SINCE)
def traces_of_a_client(case):
    root = case.client.start_trace("manual", inputs={"a": 1}, tags={"t": "1"}, experiment_id=case.experiment)
    child = case.client.start_span("step", root.trace_id, root.span_id)
    case.client.end_span(root.trace_id, child.span_id, outputs={"b": 2})
    case.client.end_trace(root.trace_id, outputs={"c": 3})
    trace = case.client.get_trace(root.trace_id)
    equal([span.name for span in trace.data.spans], ["manual", "step"])
    equal(trace.info.tags["t"], "1")


@scenario(since=SINCE)
def tags_of_traces(case):
    trace_id = a_trace(case)
    case.client.set_trace_tag(trace_id, "a", "1")
    case.client.set_trace_tag(trace_id, "a", "2")
    equal(case.client.get_trace(trace_id).info.tags["a"], "2")
    case.client.delete_trace_tag(trace_id, "a")
    assert "a" not in case.client.get_trace(trace_id).info.tags
    refuses(GONE, "", lambda: case.client.delete_trace_tag(trace_id, "none"))


@scenario(since=SINCE)
def traces_are_deleted(case):
    traces = [a_trace(case, name) for name in ("one", "two", "three")]
    equal(case.client.delete_traces(case.experiment, trace_ids=traces[:1]), 1)
    equal(sorted(names_of(case)), ["three", "two"])
    equal(case.client.delete_traces(case.experiment, trace_ids=traces[:1]), 0)
    later = int(time.time() * 1000) + 10_000
    equal(case.client.delete_traces(case.experiment, max_timestamp_millis=later, max_traces=1), 1)
    equal(case.client.delete_traces(case.experiment, max_timestamp_millis=later), 1)
    equal(names_of(case), [])
    answers(case.post("traces/delete-traces", {"experiment_id": case.experiment}), 400, BAD)
    refuses(GONE, "", lambda: case.client.get_trace(traces[0]) )


def several_traces(case):
    case.started = []
    for name, fails, tags in (("a", False, {"team": "blue"}), ("b", True, {}), ("c", False, {"team": "Green", "x y": "1"})):
        time.sleep(0.01)
        case.started.append(a_trace(case, name, fails, **tags))
    case.client.set_trace_tag(case.started[1], "late", "yes")


@table(
    [
        ("", "cba"),
        ("attributes.status = 'OK'", "ca"),
        ("trace.status = 'ERROR'", "b"),
        ("status != 'OK'", "b"),
        ("attributes.name = 'a'", "a"),
        ("trace.name LIKE '%'", "cba"),
        ("tags.team = 'blue'", "a"),
        ("tags.team != 'blue'", "c"),
        ("tags.`x y` = '1'", "c"),
        ("tag.late = 'yes'", "b"),
        ("attributes.timestamp_ms > 1000", "cba"),
        ("timestamp < 1000", ""),
        ("attributes.execution_time_ms < 100000", "cba"),
        ("attributes.status = 'OK' AND tags.team = 'Green'", "c"),
        ("span.name = 'retrieve'", "cba"),
        ("span.name = 'none'", ""),
        ("span.type = 'RETRIEVER' AND tags.team = 'blue'", "a"),
        ("span.attributes.k LIKE '%3%'", "cba"),
        ("trace.text LIKE '%letter%'", "ca"),
        ("trace.text LIKE '%purpose%'", "b"),
    ],
    prepare=several_traces,
    since=(3, 8),
)
def filters(case, text, names):
    equal("".join(names_of(case, text)), names, text)


@table(
    [
        ("timestamp_ms ASC", "abc"),
        ("attributes.timestamp DESC", "cba"),
        ("attributes.name ASC", "abc"),
        ("status ASC, timestamp", None),
    ],
    prepare=several_traces,
    since=SINCE,
)
def orders(case, order, names):
    if names is None:
        equal(len(names_of(case, order_by=order.split(", "))), 3)
    else:
        equal("".join(names_of(case, order_by=[order])), names)


@table([("nothing = 'x'",), ("status > 'OK'",), ("timestamp = 'x'",), ("tags.a > 1",), ("status",), ("wrong.a = 'x'",)], since=SINCE)
def refused_filters(case, text):
    refuses(BAD, "", lambda: case.client.search_traces(experiment_ids=[case.experiment], filter_string=text))


@scenario(since=SINCE)
def pages(case):
    several_traces(case)
    first = case.client.search_traces(experiment_ids=[case.experiment], max_results=2)
    rest = case.client.search_traces(experiment_ids=[case.experiment], max_results=2, page_token=first.token)
    equal([one.info.trace_id for one in [*first, *rest]], case.started[::-1])
    assert first.token and not rest.token
    body = {"locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": case.experiment}}]}
    answers(case.call("POST", "/api/3.0/mlflow/traces/search", body={**body, "max_results": 501}), 400, BAD)
    answers(case.call("POST", "/api/3.0/mlflow/traces/search", body={**body, "page_token": "!"}), 400, BAD)


@scenario(since=SINCE)
def traces_as_a_table(case):
    several_traces(case)
    frame = mlflow.search_traces(experiment_ids=[case.experiment])
    equal(len(frame), 3)
    assert {"trace_id", "state", "request", "response", "spans", "tags"} <= set(frame.columns), list(frame.columns)


@scenario(since=SINCE)
def traces_of_runs(case):
    with mlflow.start_run() as active:
        inside = a_trace(case, "inside")
    outside = a_trace(case, "outside")
    equal(case.client.get_trace(inside).info.trace_metadata["mlflow.sourceRun"], active.info.run_id)
    found = mlflow.search_traces(experiment_ids=[case.experiment], run_id=active.info.run_id, return_type="list")
    equal([one.info.trace_id for one in found], [inside])
    case.client.link_traces_to_run([outside], active.info.run_id)
    found = mlflow.search_traces(experiment_ids=[case.experiment], run_id=active.info.run_id, return_type="list")
    equal({one.info.trace_id for one in found}, {inside, outside})


@scenario(since=SINCE)
def sessions_and_users(case):
    with mlflow.start_span("chat") as span:
        mlflow.update_current_trace(
            metadata={"mlflow.trace.user": "ann", "mlflow.trace.session": "s1"}, client_request_id="request-7"
        )
    info = case.client.get_trace(span.trace_id).info
    equal((info.trace_metadata["mlflow.trace.user"], info.client_request_id), ("ann", "request-7"))
    equal(names_of(case, "metadata.`mlflow.trace.session` = 's1'"), ["chat"])
    equal(names_of(case, "metadata.`mlflow.trace.session` = 's2'"), [])


@scenario(since=SINCE)
def a_trace_of_many_spans(case):
    with mlflow.start_span("root") as root:
        for index in range(300):
            with mlflow.start_span(f"s{index}") as span:
                span.set_inputs({"text": "x" * 500})
    equal(len(case.client.get_trace(root.trace_id).data.spans), 301)


@scenario(since=SINCE)
def missing_traces(case):
    missing = "tr-" + "0" * 32
    answers(case.call("GET", f"/api/3.0/mlflow/traces/{missing}"), 404, GONE)
    found = case.call("GET", "/api/3.0/mlflow/traces/batchGet", query={"trace_ids": [missing]})
    assert found.status_code == 200 and not found.json().get("traces"), found.text


@scenario(since=SINCE, differs="A tag of a missing trace is answered with an SQL statement")
def a_tag_of_a_missing_trace(case):
    path = f"/api/3.0/mlflow/traces/tr-{'0' * 32}/tags"
    answers(case.call("PATCH", path, body={"key": "a", "value": "b"}), 404, GONE)


@scenario(since=(3, 6))
def traces_asked_for_together(case):
    several_traces(case)
    found = case.call("GET", "/api/3.0/mlflow/traces/batchGet", query={"trace_ids": case.started}).json()["traces"]
    equal({one["trace_info"]["trace_id"] for one in found}, set(case.started))
    assert all(len(one["spans"]) == 2 for one in found), found
    body = {"trace_ids": case.started}
    reply = case.call("POST", "/api/3.0/mlflow/traces/batchGetInfos", body=body)
    if reply.status_code == 404 or reply.status_code == 405:
        reply = case.call("GET", "/api/3.0/mlflow/traces/batchGetInfos", query=body)
    assert len(reply.json()["trace_infos"]) == 3, reply.text


# OpenTelemetry


def exported(case, spans, **headers):
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for span in spans:
        added = scope.spans.add()
        added.trace_id, added.span_id, added.name = span["trace"], span["id"], span["name"]
        added.parent_span_id = span.get("parent", b"")
        added.start_time_unix_nano, added.end_time_unix_nano = span["start"], span["start"] + 5_000_000
        added.status.code = 1
        for key, value in span.get("attributes", {}).items():
            attribute = added.attributes.add()
            attribute.key = key
            attribute.value.string_value = value
    headers = {"content-type": "application/x-protobuf", "x-mlflow-experiment-id": case.experiment, **headers}
    headers = {key: value for key, value in headers.items() if value}
    return case.call("POST", "/v1/traces", data=request.SerializeToString(), headers=headers)


def two_spans():
    trace, root = os.urandom(16), os.urandom(8)
    start = time.time_ns()
    return trace.hex(), [
        {"trace": trace, "id": root, "name": "otel-root", "start": start, "attributes": {"color": "red"}},
        {"trace": trace, "id": os.urandom(8), "parent": root, "name": "otel-child", "start": start + 1_000_000},
    ]


@scenario(since=(3, 6))
def spans_of_opentelemetry(case):
    trace, spans = two_spans()
    answers(exported(case, spans), 200)
    found = case.client.get_trace(f"tr-{trace}")
    equal([span.name for span in found.data.spans], ["otel-root", "otel-child"])
    equal(found.info.experiment_id, case.experiment)
    equal(found.data.spans[0].attributes.get("color"), "red")
    equal([one.info.trace_id for one in case.client.search_traces(experiment_ids=[case.experiment])], [f"tr-{trace}"])


@scenario(since=(3, 6))
def spans_of_opentelemetry_in_two_parts(case):
    trace, spans = two_spans()
    answers(exported(case, spans[1:]), 200)
    answers(exported(case, spans[:1]), 200)
    answers(exported(case, spans[:1]), 200)
    equal(len(case.client.get_trace(f"tr-{trace}").data.spans), 2)


@table(
    [
        ("no experiment", {"x-mlflow-experiment-id": ""}, None, (400, 422)),
        ("another type", {"content-type": "text/plain"}, None, (400, 415, 422)),
        ("broken bytes", {}, b"\xff\xff\xff", (400, 422)),
    ],
    since=(3, 6),
)
def refused_spans(case, _, headers, data, statuses):
    _, spans = two_spans()
    if data is None:
        reply = exported(case, spans, **headers)
    else:
        all_headers = {"content-type": "application/x-protobuf", "x-mlflow-experiment-id": case.experiment, **headers}
        reply = case.call("POST", "/v1/traces", data=data, headers=all_headers)
    assert reply.status_code in statuses, f"{reply.status_code}: {reply.text}"


@scenario(since=(3, 0))
def asynchronous_traces(case):
    with settings(MLFLOW_ENABLE_ASYNC_TRACE_LOGGING="true"):
        mlflow.tracing.reset()
        ids = [a_trace(case, f"t{index}") for index in range(5)]
        mlflow.flush_trace_async_logging()
    mlflow.tracing.reset()
    equal({one.info.trace_id for one in case.client.search_traces(experiment_ids=[case.experiment])}, set(ids))
