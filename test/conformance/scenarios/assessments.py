"""Assessments of traces: feedback and expectations, their changes, and searches by them."""

import mlflow

from scenarios.support import answers, equal, refuses, scenario, table

SINCE = (3, 2)


def a_trace(name="ask"):
    with mlflow.start_span(name) as span:
        span.set_outputs("x")
    return span.trace_id


def source(kind="HUMAN", who="ann"):
    from mlflow.entities import AssessmentSource

    return AssessmentSource(source_type=kind, source_id=who)


@table(
    [("yes", True), ("number", 4.5), ("whole", 3), ("text", "good é"), ("list", ["a", "b"]), ("object", {"a": {"b": [1]}})],
    since=SINCE,
)
def values_of_feedback(case, _, value):
    trace = a_trace()
    given = mlflow.log_feedback(trace_id=trace, name="score", value=value, source=source(), rationale="because", metadata={"m": "1"})
    found = case.client.get_trace(trace).info.assessments
    equal([one.assessment_id for one in found], [given.assessment_id])
    one = found[0]
    equal((one.name, one.feedback.value, one.rationale, one.metadata["m"]), ("score", value, "because", "1"))
    equal((one.source.source_type, one.source.source_id), ("HUMAN", "ann"))
    assert one.create_time_ms > 1.6e12 and one.trace_id == trace
    equal(mlflow.get_assessment(trace, given.assessment_id).feedback.value, value)


@table([("text", "Paris"), ("list", ["a", "b"]), ("object", {"facts": ["x"]}), ("number", 5)], since=SINCE)
def values_of_expectations(case, _, value):
    trace = a_trace()
    given = mlflow.log_expectation(trace_id=trace, name="expected", value=value, source=source())
    equal(mlflow.get_assessment(trace, given.assessment_id).expectation.value, value)


@scenario(since=SINCE)
def an_assessment_changes_and_goes(case):
    from mlflow.entities import Feedback

    trace = a_trace()
    given = mlflow.log_feedback(trace_id=trace, name="score", value=1, source=source())
    mlflow.update_assessment(trace, given.assessment_id, Feedback(name="score", value=2, rationale="again"))
    found = mlflow.get_assessment(trace, given.assessment_id)
    equal((found.feedback.value, found.rationale), (2, "again"))
    assert found.last_update_time_ms >= found.create_time_ms
    mlflow.delete_assessment(trace, given.assessment_id)
    equal(case.client.get_trace(trace).info.assessments, [])
    refuses("RESOURCE_DOES_NOT_EXIST", "", lambda: mlflow.get_assessment(trace, given.assessment_id))


@scenario(since=SINCE)
def an_assessment_overrides_another(case):
    trace = a_trace()
    first = mlflow.log_feedback(trace_id=trace, name="score", value=False, source=source("LLM_JUDGE", "judge"))
    second = mlflow.override_feedback(trace_id=trace, assessment_id=first.assessment_id, value=True, source=source())
    equal(second.overrides, first.assessment_id)
    found = {one.assessment_id: one for one in case.client.get_trace(trace).info.assessments}
    if first.assessment_id in found:
        equal(found[first.assessment_id].valid, False)
    equal(found[second.assessment_id].feedback.value, True)


@scenario(since=SINCE)
def an_error_as_feedback(case):
    trace = a_trace()
    given = mlflow.log_feedback(trace_id=trace, name="judge", error=ValueError("no answer"), source=source("CODE", "f"))
    found = mlflow.get_assessment(trace, given.assessment_id)
    equal((found.feedback.error.error_code, found.feedback.error.error_message), ("ValueError", "no answer"))


@scenario(since=SINCE)
def assessments_of_missing_traces(case):
    missing = "tr-" + "0" * 32
    refuses("RESOURCE_DOES_NOT_EXIST", "", lambda: mlflow.log_feedback(trace_id=missing, name="x", value=1, source=source()))
    answers(case.call("GET", f"/api/3.0/mlflow/traces/{missing}/assessments/a-none"), 404, "RESOURCE_DOES_NOT_EXIST")
    trace = a_trace()
    answers(case.call("GET", f"/api/3.0/mlflow/traces/{trace}/assessments/a-none"), 404, "RESOURCE_DOES_NOT_EXIST")
    answers(case.call("POST", f"/api/3.0/mlflow/traces/{trace}/assessments", body={}), 400, "INVALID_PARAMETER_VALUE")


def assessed(case):
    for name, value in (("a", "good"), ("b", "bad"), ("c", None)):
        trace = a_trace(name)
        if value is not None:
            mlflow.log_feedback(trace_id=trace, name="quality", value=value, source=source())
            mlflow.log_expectation(trace_id=trace, name="answer", value=f"answer {name}", source=source())


@table(
    [
        ("feedback.quality = 'good'", "a"),
        ("feedback.quality != 'good'", "b"),
        ("feedback.quality LIKE '%oo%'", "a"),
        ("expectation.answer = 'answer b'", "b"),
        ("feedback.none = 'x'", ""),
    ],
    prepare=assessed,
    since=(3, 8),
)
def search_by_assessments(case, text, names):
    found = case.client.search_traces(experiment_ids=[case.experiment], filter_string=text)
    equal("".join(one.info.tags["mlflow.traceName"] for one in found), names)
