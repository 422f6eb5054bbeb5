"""Sends thousands of wrong requests, seeded, to every MLflow route, to the predictions and to the artifact paths.

Each route of the table gets a request that is right, then the same with one value wrong, one by one: other types, texts of
every bad kind, depth, size. No answer may be a 5xx, each refusal must be JSON with `error_code` and `message`, no connection
may break, none may hang, and the memory of the server must stay bounded.
Needs Python only. Prints every offence and, as the last line, `N passed, N failed` by route.
"""

import argparse
import collections
import copy
import gzip
import http.client
import json
import random
import re
import socket
import threading
import time
import urllib.parse
import urllib.request

HEX = "0123456789abcdef" * 2
POINT = {"key": "k", "value": 1, "timestamp": 1, "step": 0}
TAG = {"key": "a", "value": "b"}
DATASET = {
    "tags": [TAG],
    "dataset": {"name": "d", "digest": "1", "source_type": "local", "source": "{}", "schema": "{}", "profile": "{}"},
}
TRACE = {
    "trace_info": {
        "trace_id": f"tr-{HEX}",
        "trace_location": {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "@experiment"}},
        "request_time": "2026-01-01T00:00:00Z",
        "execution_duration": "0.5s",
        "state": "OK",
        "trace_metadata": {"a": "b"},
        "tags": {"a": "b"},
        "request_preview": "x",
        "response_preview": "y",
        "client_request_id": "c",
    }
}
ASSESSMENT = {
    "assessment_name": "good",
    "trace_id": "@trace",
    "source": {"source_type": "HUMAN", "source_id": "a@b.org"},
    "feedback": {"value": True},
    "rationale": "r",
    "metadata": {"a": "b"},
    "span_id": "s",
    "create_time": "2026-01-01T00:00:00Z",
}
SEARCH = {"filter": "attributes.status = 'FINISHED'", "max_results": 5, "order_by": ["attributes.start_time DESC"], "page_token": ""}
FLAVOUR = '{"run_id": "x", "artifact_path": "model", "utc_time_created": "now", "flavors": {"a": {"b": "c"}}}'
RECORDS = '[{"inputs": {"q": 1}, "outputs": "o", "expectations": {"e": 2}, "tags": {"t": "u"}, "source": {"source_type": "HUMAN"}}]'
MODEL = "logged-models/@model_id"
SET = "datasets/@dataset"

# Method, path below /api/2.0/mlflow/ or /api/3.0/mlflow/, and a request that is right. @names stand for things made at the start.
V2: list[tuple[str, str, dict]] = [
    ("POST", "experiments/create", {"name": "@new", "artifact_location": "mlflow-artifacts:/x", "tags": [TAG]}),
    ("GET", "experiments/get", {"experiment_id": "@experiment"}),
    ("GET", "experiments/get-by-name", {"experiment_name": "Default"}),
    ("GET", "experiments/search", {"filter": "name LIKE 'a%'", "view_type": "ALL", "max_results": 5, "order_by": ["name"], "page_token": ""}),
    ("POST", "experiments/search", {"filter": "tags.a = 'b'", "view_type": "ALL", "max_results": 5, "order_by": ["name"], "page_token": ""}),
    ("POST", "experiments/search-datasets", {"experiment_ids": ["@experiment"]}),
    ("POST", "experiments/update", {"experiment_id": "@experiment", "new_name": "@new"}),
    ("POST", "experiments/delete", {"experiment_id": "@spare_experiment"}),
    ("POST", "experiments/restore", {"experiment_id": "@spare_experiment"}),
    ("POST", "experiments/set-experiment-tag", {"experiment_id": "@experiment", "key": "a", "value": "b"}),
    ("POST", "experiments/delete-experiment-tag", {"experiment_id": "@experiment", "key": "a"}),
    ("POST", "runs/create", {"experiment_id": "@experiment", "run_name": "n", "user_id": "u", "start_time": 1, "tags": [TAG]}),
    ("POST", "runs/update", {"run_id": "@run", "run_name": "n", "status": "RUNNING", "end_time": 5}),
    ("GET", "runs/get", {"run_id": "@run"}),
    ("POST", "runs/search", {"experiment_ids": ["@experiment"], "run_view_type": "ALL", **SEARCH}),
    ("POST", "runs/delete", {"run_id": "@spare_run"}),
    ("POST", "runs/restore", {"run_id": "@spare_run"}),
    ("POST", "runs/log-metric", {"run_id": "@run", **POINT, "model_id": "@model_id", "dataset_name": "d", "dataset_digest": "1"}),
    ("POST", "runs/log-parameter", {"run_id": "@run", "key": "p", "value": "v"}),
    ("POST", "runs/log-batch", {"run_id": "@run", "metrics": [POINT], "params": [{"key": "q", "value": "v"}], "tags": [TAG]}),
    ("POST", "runs/log-inputs", {"run_id": "@run", "datasets": [DATASET], "models": [{"model_id": "@model_id"}]}),
    ("POST", "runs/outputs", {"run_id": "@run", "models": [{"model_id": "@model_id", "step": 1}]}),
    ("POST", "runs/log-model", {"run_id": "@run", "model_json": FLAVOUR}),
    ("POST", "runs/set-tag", {"run_id": "@run", "key": "a", "value": "b"}),
    ("POST", "runs/delete-tag", {"run_id": "@run", "key": "a"}),
    ("GET", "metrics/get-history", {"run_id": "@run", "metric_key": "k", "max_results": 5, "page_token": ""}),
    ("GET", "metrics/get-history-bulk-interval", {"run_ids": ["@run"], "metric_key": "k", "max_results": 5, "start_step": 0, "end_step": 5}),
    ("GET", "artifacts/list", {"run_id": "@run", "path": "folder", "page_token": ""}),
    ("POST", "artifacts/presigned-upload-url", {"run_id": "@run", "path": "a.txt", "expiration": 60}),
    ("POST", "artifacts/presigned-download-url", {"run_id": "@run", "path": "folder/a.txt", "expiration": 60}),
    ("POST", "registered-models/create", {"name": "@new", "description": "d", "tags": [TAG]}),
    ("POST", "registered-models/rename", {"name": "@spare_model", "new_name": "@spare_model"}),
    ("PATCH", "registered-models/update", {"name": "@model", "description": "d"}),
    ("DELETE", "registered-models/delete", {"name": "@spare_model"}),
    ("GET", "registered-models/get", {"name": "@model"}),
    ("GET", "registered-models/search", {"filter": "name LIKE 'a%'", "max_results": 5, "order_by": ["name"], "page_token": ""}),
    ("POST", "registered-models/search", {"filter": "tags.a = 'b'", "max_results": 5, "order_by": ["name"], "page_token": ""}),
    ("GET", "registered-models/get-latest-versions", {"name": "@model", "stages": ["None"]}),
    ("POST", "registered-models/get-latest-versions", {"name": "@model", "stages": ["None"]}),
    ("POST", "registered-models/set-tag", {"name": "@model", "key": "a", "value": "b"}),
    ("DELETE", "registered-models/delete-tag", {"name": "@model", "key": "a"}),
    ("POST", "registered-models/alias", {"name": "@model", "alias": "best", "version": "1"}),
    ("GET", "registered-models/alias", {"name": "@model", "alias": "best"}),
    ("DELETE", "registered-models/alias", {"name": "@model", "alias": "worst"}),
    ("POST", "model-versions/create", {"name": "@model", "source": "runs:/@run/m", "run_id": "@run", "model_id": "@model_id", "run_link": "", "description": "d", "tags": [TAG]}),
    ("PATCH", "model-versions/update", {"name": "@model", "version": "1", "description": "d"}),
    ("POST", "model-versions/transition-stage", {"name": "@model", "version": "1", "stage": "Staging", "archive_existing_versions": True}),
    ("DELETE", "model-versions/delete", {"name": "@model", "version": "999"}),
    ("GET", "model-versions/get", {"name": "@model", "version": "1"}),
    ("GET", "model-versions/search", {"filter": "name = 'a'", "max_results": 5, "order_by": ["name"], "page_token": ""}),
    ("POST", "model-versions/search", {"filter": "run_id IN ('a')", "max_results": 5, "order_by": ["name"], "page_token": ""}),
    ("GET", "model-versions/get-download-uri", {"name": "@model", "version": "1"}),
    ("POST", "model-versions/set-tag", {"name": "@model", "version": "1", "key": "a", "value": "b"}),
    ("DELETE", "model-versions/delete-tag", {"name": "@model", "version": "1", "key": "a"}),
    ("POST", "logged-models", {"experiment_id": "@experiment", "name": "n", "model_type": "t", "source_run_id": "@run", "params": [TAG], "tags": [TAG]}),
    ("POST", "logged-models/search", {"experiment_ids": ["@experiment"], "filter": "metrics.k > 0", "datasets": [{"dataset_name": "d", "dataset_digest": "1"}], "max_results": 5, "order_by": [{"field_name": "metrics.k", "ascending": True, "dataset_name": "d"}], "page_token": ""}),
    ("POST", f"{MODEL}/params", {"params": [TAG]}),
    ("GET", MODEL, {"allow_deleted": True}),
    ("PATCH", MODEL, {"status": "LOGGED_MODEL_READY"}),
    ("DELETE", "logged-models/@spare_model_id", {}),
    ("PATCH", f"{MODEL}/tags", {"tags": [TAG]}),
    ("DELETE", f"{MODEL}/tags/a", {}),
    ("GET", f"{MODEL}/artifacts/directories", {"artifact_directory_path": "a", "page_token": ""}),
    ("POST", "traces", {"experiment_id": "@experiment", "timestamp_ms": 1, "request_metadata": [TAG], "tags": [TAG]}),
    ("PATCH", "traces/@trace", {"timestamp_ms": 2, "status": "OK", "request_metadata": [TAG], "tags": [TAG]}),
    ("GET", "traces", {"experiment_ids": ["@experiment"], "filter": "status = 'OK'", "max_results": 5, "order_by": ["timestamp_ms DESC"], "page_token": ""}),
    ("GET", "traces/@trace/info", {}),
    *((method, path, body) for method, path, body in (
        ("POST", "traces/delete-traces", {"experiment_id": "@experiment", "max_timestamp_millis": 0, "max_traces": 1, "request_ids": ["tr-x"]}),
        ("PATCH", "traces/@trace/tags", {"key": "a", "value": "b"}),
        ("DELETE", "traces/@trace/tags", {"key": "a"}),
        ("POST", "traces/link-to-run", {"trace_ids": ["@trace"], "run_id": "@run"}),
        ("POST", "traces/link-prompts", {"trace_id": "@trace", "prompt_versions": [{"name": "a", "version": "1"}]}),
    )),
    ("POST", "webhooks", {"name": "w", "url": "https://192.0.2.1/x", "events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}], "description": "d", "secret": "s", "status": "ACTIVE"}),
    ("GET", "webhooks", {"max_results": 5, "page_token": ""}),
    ("GET", "webhooks/wh_none", {}),
    ("PATCH", "webhooks/wh_none", {"name": "w", "url": "https://10.0.0.1/", "events": [{"entity": "REGISTERED_MODEL", "action": "CREATED"}], "description": "d", "secret": "s", "status": "DISABLED"}),
    ("DELETE", "webhooks/wh_none", {}),
    ("POST", "webhooks/wh_none/test", {"event": {"entity": "REGISTERED_MODEL", "action": "CREATED"}}),
]  # fmt: skip
V3: list[tuple[str, str, dict]] = [
    ("GET", "server-info", {}),
    ("POST", "traces", {"trace": TRACE}),
    ("POST", "traces/search", {"locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": "@experiment"}}], "filter": "trace.status = 'OK'", "max_results": 5, "order_by": ["timestamp_ms"], "page_token": ""}),
    ("POST", "traces/batchGetInfos", {"trace_ids": ["@trace"], "experiment_ids": ["@experiment"]}),
    ("POST", "traces/delete-traces", {"experiment_id": "@experiment", "trace_ids": ["tr-x"]}),
    ("PATCH", "traces/@trace/tags", {"key": "a", "value": "b"}),
    ("DELETE", "traces/@trace/tags", {"key": "a"}),
    ("POST", "traces/link-to-run", {"trace_ids": ["@trace"], "run_id": "@run"}),
    ("POST", "traces/link-prompts", {"trace_id": "@trace", "prompt_versions": [{"name": "a", "version": "1"}]}),
    ("GET", "traces/@trace", {}),
    ("GET", "traces/get", {"trace_id": "@trace", "allow_partial": True}),
    ("GET", "traces/batchGet", {"trace_ids": ["@trace"], "experiment_ids": ["@experiment"]}),
    ("POST", "traces/@trace/assessments", {"assessment": ASSESSMENT}),
    ("POST", "traces/@trace/assessments", {"assessment": {**{k: v for k, v in ASSESSMENT.items() if k != "feedback"}, "expectation": {"value": {"x": [1]}}}}),
    ("GET", "traces/@trace/assessments/@assessment", {}),
    ("PATCH", "traces/@trace/assessments/@assessment", {"assessment": ASSESSMENT, "update_mask": "feedback,rationale,metadata,assessment_name"}),
    ("DELETE", "traces/@trace/assessments/a-x", {}),
    ("POST", "traces/metrics", {"experiment_ids": ["@experiment"], "view_type": "TRACES", "metric_name": "latency", "aggregations": [{"aggregation_type": "PERCENTILE", "percentile_value": 50.0}], "dimensions": ["trace_status"], "filters": ["trace.status = 'OK'"], "time_interval_seconds": 60, "start_time_ms": 0, "end_time_ms": 60_000, "max_results": 5}),
    ("POST", "traces/calculate-filter-correlation", {"experiment_ids": ["@experiment"], "filter_string1": "trace.status = 'OK'", "filter_string2": "trace.status = 'ERROR'", "base_filter": ""}),
    ("POST", "datasets/create", {"name": "@new", "tags": '{"a": "b"}', "experiment_ids": ["@experiment"]}),
    ("POST", "datasets/search", {"experiment_ids": ["@experiment"], "filter_string": "name = 'a'", "max_results": 5, "order_by": ["name"], "page_token": ""}),
    ("GET", "datasets/search", {"experiment_ids": ["@experiment"], "filter_string": "name = 'a'", "max_results": 5, "order_by": ["name"], "page_token": ""}),
    ("GET", SET, {}),
    ("DELETE", "datasets/d-none", {}),
    ("PATCH", f"{SET}/tags", {"tags": '{"a": "b"}'}),
    ("DELETE", f"{SET}/tags/a", {}),
    ("POST", f"{SET}/records", {"records": RECORDS}),
    ("GET", f"{SET}/records", {"max_results": 5, "page_token": ""}),
    ("DELETE", f"{SET}/records", {"dataset_record_ids": ["x"]}),
    ("GET", f"{SET}/experiment-ids", {}),
    ("POST", f"{SET}/add-experiments", {"experiment_ids": ["@experiment"]}),
    ("POST", f"{SET}/remove-experiments", {"experiment_ids": ["@spare_experiment"]}),
]  # fmt: skip
FILES = "/api/2.0/mlflow-artifacts"
# Routes outside the two prefixes, and those that answer with a file.
OTHERS: list[tuple[str, str, dict]] = [
    ("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk", {"run_id": ["@run"], "metric_key": "k", "max_results": 5}),
    ("GET", f"/ajax-api/2.0/mlflow/{MODEL}/artifacts/files", {"artifact_file_path": "MLmodel"}),
    ("POST", "/ajax-api/2.0/mlflow/upload-artifact?run_uuid=@run&path=x.txt", {"any": "bytes"}),
    ("GET", "/ajax-api/3.0/mlflow/get-trace-artifact", {"request_id": "@trace", "path": "a"}),
    ("GET", f"{FILES}/artifacts", {"path": "@experiment/@run/artifacts"}),
    ("GET", f"{FILES}/artifacts/@experiment/@run/artifacts/folder/a.txt", {}),
    ("GET", f"{FILES}/artifacts/@experiment/traces/@trace/artifacts/traces.json", {}),
    ("DELETE", f"{FILES}/artifacts/@experiment/@run/artifacts/none.txt", {}),
    ("GET", f"{FILES}/presigned/@experiment/@run/artifacts/folder/a.txt", {}),
    ("GET", f"{FILES}/links/none", {}),
    ("PUT", f"{FILES}/links/none", {"any": "bytes"}),
    ("POST", f"{FILES}/mpu/create/@experiment/@run/artifacts", {"path": "x.bin", "num_parts": 2}),
    ("PUT", f"{FILES}/mpu/parts/none/1", {"any": "bytes"}),
    ("POST", f"{FILES}/mpu/complete/@experiment/@run/artifacts", {"path": "x.bin", "upload_id": "u", "parts": [{"part_number": 1, "etag": "e"}]}),
    ("POST", f"{FILES}/mpu/abort/@experiment/@run/artifacts", {"path": "x.bin", "upload_id": "u"}),
    ("GET", "/get-artifact", {"run_id": "@run", "path": "folder/a.txt"}),
    ("GET", "/model-versions/get-artifact", {"name": "@model", "version": "1", "path": "a"}),
    ("POST", "/v1/traces", {"resourceSpans": [{"resource": {"attributes": [{"key": "a", "value": {"stringValue": "b"}}]}, "scopeSpans": [{"scope": {"name": "s"}, "spans": [{"traceId": HEX, "spanId": "0123456789abcdef", "parentSpanId": "", "name": "n", "kind": 1, "startTimeUnixNano": "1000000", "endTimeUnixNano": "2000000", "attributes": [{"key": "mlflow.spanInputs", "value": {"stringValue": "{}"}}], "events": [{"name": "e", "timeUnixNano": "1500000", "attributes": []}], "status": {"code": 1, "message": ""}}]}]}]}),
]  # fmt: skip
TABLE = [
    *((method, f"/api/2.0/mlflow/{path}", body) for method, path, body in V2),
    *((method, f"/api/3.0/mlflow/{path}", body) for method, path, body in V3),
    *OTHERS,
]


class Raw(str):
    """Stands in a request for JSON that Python would not write."""


def nested(depth: int, left: str, right: str) -> Raw:
    return Raw(left * depth + "1" + right * depth)


# Replacements of one value, whatever it was. Those of LARGE are sent once for each route.
VALUES = [
    None, True, 0, -1, 1, 1e308, -1e308, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63), 10**25, 1.5, "", " ", "0", "1", "-1", "1.0", "abc",
    "\x00", "a\x00b", "\U0001f600", "\ud800", "a\udfffb", "é" * 40, "NaN", "Infinity", "99999999999999999999", "1e5", [], {}, [[]], [{}], [None],
    [1, "a", None, {}], {"key": "a", "value": "b"}, [POINT], [{**POINT, "value": "NaN", "timestamp": "9999999999999999999", "step": -5}],
    ["\x00"], ["\ud800"], {"\x00": "\x00"}, {"\ud800": "\udc00"}, {"__proto__": {"x": 1}}, {"constructor": 1, "toString": 2, "length": 3},
    Raw("NaN"), Raw("-Infinity"), Raw("1e400"), Raw("-0"), Raw("123456789012345678901234567890"), Raw('{"a":1,"a":2}'), Raw(r'"\u0000"'),
    "../../etc/passwd", "%2e%2e%2f", "..\\..\\x", "/etc/passwd", "a//b", "./a", "a/../b", "file:///etc/passwd", "s3://b/k", "runs:/x/y", "models:/a/1",
    "models:/m-" + HEX, HEX, "tr-" + HEX, "m-" + HEX, "@run", "@experiment", "@model_id", "@trace", "'; drop table runs; --", "' or 1=1 --", "%", "_",
    "\\", "'", '"', "$1", "{{7*7}}", "<script>alert(1)</script>", "\r\nX-Injected: 1", "\u202e\u2028\ufeff", '{"a":"\\u0000"}', '{"a":"\\ud800"}', "{", "[1",
    '[{"inputs":{"a":"\\u0000"}}]', '[{"inputs":{"\\ud800":1}}]', '{"run_id":"x","flavors":{"a":"\\u0000"}}', "2026-13-45T99:99:99Z", "infinity", "-infinity",
    "0001-01-01T00:00:00Z", "999999-01-01T00:00:00Z", "9" * 400, "ACTIVE_ONLY", "eyJ4IjoxfQ==", "AAAA", "bnVsbA==", "W10=", "eyJvZmZzZXQiOi0xfQ==",
]  # fmt: skip
LARGE = [
    "x" * 1_000_000, "\ud800" * 100_000, nested(1000, "[", "]"), nested(1000, '{"a":', "}"), nested(100_000, "[", "]"), nested(100_000, '{"a":', "}"),
    ["x"] * 10_000, [TAG] * 10_000, [{}] * 10_000, {str(index): "x" for index in range(10_000)},
    '{"a":' * 5000 + "1" + "}" * 5000, "[" * 100_000 + "]" * 100_000, '[{"inputs":' + '{"a":' * 6000 + "1" + "}" * 6000 + "}]",
]  # fmt: skip
FILTERS = [
    "(", ")", "((((", "(" * 10_000, "(" * 5000 + "metrics.a > 1" + ")" * 5000, " and ".join(["metrics.a > 1"] * 10_000), " or ".join(["tags.a = 'b'"] * 10_000),
    "not " * 10_000 + "metrics.a > 1", "not " * 10_000, "metrics.a > 1 and", "and metrics.a > 1", "metrics.a >", "metrics. > 1", "metrics.a > 'x'", "params.a > 1",
    "params.`a = 'b'", "params.\"a = 'b'", "params.a = 'b", "params.a = \"b", "tags.`x y` = 'z'", "tags.a ILIKE '%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%b'",
    "tags.a LIKE '" + "%a" * 4000 + "'", "tags.a LIKE '\\'", "tags.a RLIKE '('", "tags.a RLIKE '(a+)+$'", "tags.a RLIKE '" + "a?" * 200 + "a" * 200 + "'",
    "tags.a RLIKE '" + "(" * 5000 + ")" * 5000 + "'", "tags.a RLIKE '\\1'", "tags.a RLIKE '(a{1,255}){1,255}'", "trace.name RLIKE '['", "name RLIKE '*'", "name RLIKE '(?i)x'",
    "run_id IN ()", "run_id IN ('a'", "run_id IN (" + ",".join(["'a'"] * 20_000) + ")", "run_id IN ('" + "a" * 100_000 + "')", "attributes.start_time > 1e400",
    "attributes.start_time > 99999999999999999999999", "start_time = 1.5", "attributes.end_time < -1e308", "metrics.a = nan", "metrics.a > 1e999", "metrics.\ud800 > 1",
    "tags.a = '\ud800'", "tags.a = '\x00'", "name = '\x00'", "metrics." + "a" * 100_000 + " > 1", "a" * 100_000, "`" * 10_000, "'" * 10_001, " " * 100_000, "\n\t\r",
    "tags.a IS NULL", "tags.a IS NOT", "name NOT IN ('a')", "name != NULL", "dataset.name = 'a'", "datasets.digest LIKE 'a'", "prompt = 'a/1'", "source_path LIKE 'x'",
    "version_number > 99999999999", "version_number > 1.5", "version_number = 'x'", "creation_timestamp > 1e30", "last_update_time < 'x'", "experiment_id = 'x'",
    "feedback.a = 'b'", "expectation.a = 1", "span.name = 'x'", "span.attributes.a = 'b'", "span.attributes.a.b.c LIKE '%x%'", "assessment.a > 1", "request_id = 'x'",
    "timestamp_ms > 9999999999999999999", "execution_time_ms > 'a'", "execution_time > 1e300", "trace.timestamp = -1e300", "metadata.a = 'b'", "request_metadata.`a` != 'x'",
    "trace.text LIKE '%x%'", "text ILIKE '" + "%x" * 3000 + "'", "run_id = 'x' -- ", "1 = 1", "true", "name = 'a'; select 1", "name = 'a' union select 1", "(name = 'a' or name = 'b')",
    "not (name = 'a')", "max(metrics.a) > 1", "attributes.__proto__ = 'a'", "constructor = 'a'", "tags.__proto__ = 'a'", "toString.length > 1", "params.hasOwnProperty = 'a'",
]  # fmt: skip
ORDERS = [
    ["metrics.a"] * 2, ["name"] * 100_000, [f"metrics.m{index}" for index in range(10_000)], ["name; drop table runs"], ["name DESC DESC"], [""], ["-name"], ["__proto__"],
    ["metrics.`a"], ["(select 1)"], ["random()"], ["constructor"], ["metrics.\x00"], ["metrics.\ud800"], ["x" * 100_000], ["start_time ASC, end_time"], ["trace.x"], [[]], [None],
]  # fmt: skip
BODIES = [
    b"", b"[]", b"null", b'"x"', b'"{}"', b'"{"', b'"\\"{}\\""', b"1", b"{", b'{"a', b'{"a":}', b"{'a':1}", b"\xff\xfe", b'{"name":"\xff\xc3"}', b'{"name":"\xed\xa0\x80"}',
    b"\xef\xbb\xbf{}", b"{\"run_id\":NaN}", b"[" * 20_000, b'{"a":' * 20_000, b"[" * 200_000 + b"]" * 200_000, b'"' + b'\\"' * 500_000 + b" NaN", b'"' * 1_000_001 + b" Infinity",
    b'{"a":' + b"NaN," * 300_000, b"NaN" * 300_000, b'{"__proto__":{"x":1}}', b'{"constructor":1}', b'{"a":1}' * 10, b"\x00" * 1000, b'{"a":"\x00"}', b"--x\r\n\r\n", b"a=b&c=d",
    json.dumps({f"unknown_{index}": index for index in range(50_000)}).encode(), b" " * 1_000_000, b'{"k":"' + b"\\u0000" * 100_000 + b'"}',
]  # fmt: skip
TYPES = [
    None, "", "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "application/json; charset=utf-16",
    "application/jsonp", "APPLICATION/JSON", "application/json;", "*/*", "x", "application/json, text/html", "a" * 5000, "application/x-protobuf",
]  # fmt: skip
METHODS = ["HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "POST", "GET", "PROPFIND", "LOCK", "SEARCH", "FOO", "get", "QUERY"]
# Without a body in the answer, or refused before there is a request.
NO_HTTP = ("HEAD", "FOO", "get", "QUERY")
PATHS = [
    "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%252e%252e%252fetc", "..%5c..%5cx", "%2fetc%2fpasswd", "a%2f..%2f..%2fb", "%00", "a%00b", "C:%5cx", "%zz", "%ff", "%",
    "%c0%ae%c0%ae", "....%2f%2fx", "%ed%a0%80", "a" * 1900, "a" * 3000, "%61" * 900, "%F0%9F%98%80", "'%20or%201=1", "<script>", "a;b=c", "__proto__", "constructor", "%0d%0aX-A:1", ".", "..", "*", "a%3fb", "%23",
]  # fmt: skip
IRIS_BODIES = [
    *BODIES, b'{"features":[[[[[[]]]]]]}', b'{"features":{"__proto__":1}}', b'{"features":[1e400,1,1,1]}', b'{"features":', b'{"features":' + b"[" * 5000 + b"]" * 5000 + b"}",
]  # fmt: skip
# What must never be shown to a client.
LEAK = re.compile(r"node_modules|\bat (?:async )?[\w.<>]+ \(|/packages/|\.js:\d+|syntax error at or near|ECONN|relation \"|violates |invalid input syntax|RangeError|TypeError|call stack")


def text_of(value: object) -> str:
    """JSON with the parts that Python would not write, and with lone surrogates as escapes."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(key))}:{text_of(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text_of, value)) + "]"
    return json.dumps(value)


def query_of(body: dict) -> str:
    pairs = []
    for key, value in body.items():
        for one in value if isinstance(value, list) else [value]:
            shown = one if isinstance(one, str) else "true" if one is True else json.dumps(one)
            pairs.append(f"{key}={urllib.parse.quote(shown[:12_000].encode('utf-8', 'surrogatepass'), safe='')}")
    # Above what a server takes as its headers, which is another check.
    return "&".join(pairs)[:14_000]


def places(value: object, path: tuple = ()) -> list[tuple]:
    """Where a value can be replaced: every member and the first item of every list."""
    if isinstance(value, dict):
        return [place for key, one in value.items() for place in [(*path, key), *places(one, (*path, key))]]
    if isinstance(value, list) and value:
        return [(*path, 0), *places(value[0], (*path, 0))]
    return []


def replaced(body: dict, path: tuple, value: object) -> dict:
    changed = copy.deepcopy(body)
    inside = changed
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return changed


class Reply:
    def __init__(self, status: int, headers: dict, body: bytes, seconds: float) -> None:
        self.status, self.headers, self.body, self.seconds = status, headers, body, seconds


class Fuzzer:
    def __init__(self, url: str, seed: int, slow_seconds: float) -> None:
        self.host, self.port = urllib.parse.urlsplit(url).hostname, urllib.parse.urlsplit(url).port
        self.random = random.Random(seed)
        self.slow_seconds = slow_seconds
        self.names: dict[str, str] = {}
        self.routes: set[str] = set()
        self.sent = 0
        self.statuses: collections.Counter[int] = collections.Counter()
        self.slow: list[tuple[float, str]] = []
        self.offences: collections.Counter[str] = collections.Counter()
        self.shown: set[tuple[str, str]] = set()
        self.connection: http.client.HTTPConnection | None = None

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict | None = None) -> Reply:
        """One request on a connection that is kept; a kept one that the server closed meanwhile is made anew."""
        self.sent += 1
        started = time.monotonic()
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
            try:
                self.connection.request(method, path, body, headers or {})
                answer = self.connection.getresponse()
                reply = Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read(), time.monotonic() - started)
                if answer.will_close:
                    self.connection.close()
                    self.connection = None
                self.statuses[reply.status] += 1
                return reply
            except (http.client.HTTPException, OSError):
                self.connection.close()
                self.connection = None
                if attempt == 2:
                    raise
        raise AssertionError

    def filled(self, value: object) -> object:
        """With the names of real things in the place of @names."""
        if isinstance(value, Raw):
            return value
        if isinstance(value, str):
            if "@new" in value:
                return value.replace("@new", f"fuzz-{self.random.getrandbits(64):x}")
            return re.sub(r"@([a-z_]+)", lambda match: self.names.get(match[1], match[0]), value) if "@" in value else value
        if isinstance(value, dict):
            return {key: self.filled(one) for key, one in value.items()}
        return [self.filled(one) for one in value] if isinstance(value, list) and len(value) < 1000 else value

    def offend(self, route: str, what: str, sent: object) -> None:
        self.offences[route] += 1
        kind = re.sub(r"\d+", "0", what)[:40]
        if (route, kind) in self.shown:
            return
        self.shown.add((route, kind))
        print(f"  FAIL  {route}: {what[:400]}\n        sent {str(sent)[:200].encode('ascii', 'backslashreplace').decode()}", flush=True)

    def check(self, route: str, reply: Reply, sent: object, protocol: bool = True) -> None:
        """An answer that is a success, or a refusal in the form of the protocol."""
        if reply.seconds > self.slow_seconds:
            self.slow.append((reply.seconds, route))
            self.offend(route, f"took {reply.seconds:.1f} s", sent)
        if "x-injected" in reply.headers or "x-a" in reply.headers:
            self.offend(route, "a header was injected", sent)
        if reply.status >= 500 and not (reply.status == 501):
            self.offend(route, f"{reply.status} {reply.body[:300]!r}", sent)
        if reply.status < 400 or not protocol:
            return
        try:
            problem = json.loads(reply.body)
            assert isinstance(problem["error_code"], str) and isinstance(problem["message"], str) and problem["message"]
        except (ValueError, KeyError, TypeError, AssertionError):
            self.offend(route, f"{reply.status} is not an error of the protocol: {reply.body[:200]!r}", sent)
            return
        if len(reply.body) > 20_000:
            self.offend(route, f"the message has {len(reply.body)} bytes", sent)
        if LEAK.search(problem["message"]):
            self.offend(route, f"the message shows too much: {problem['message'][:300]}", sent)

    def attempt(self, route: str, method: str, path: str, body: dict | bytes | None, headers: dict | None = None, protocol: bool = True) -> Reply | None:
        self.routes.add(route)
        shown = body
        if isinstance(body, dict):
            if method == "GET":
                path, body = f"{path}?{query_of(body)}", None
            else:
                body = text_of(body).encode("utf-8", "surrogatepass")
        sent_headers = {"content-type": "application/json", **(headers or {})} if body is not None else headers or {}
        sent_headers = {key: value for key, value in sent_headers.items() if value is not None}
        if path.split("?")[0] == "/v1/traces":
            sent_headers["x-mlflow-experiment-id"] = self.names["experiment"]
        try:
            reply = self.send(method, path, body, sent_headers)
        except (http.client.HTTPException, OSError) as error:
            self.offend(route, f"the connection broke: {type(error).__name__} {error}", (method, path[:100], shown))
            return None
        self.check(route, reply, (method, path[:200], headers, shown), protocol)
        return reply

    def call(self, method: str, path: str, body: dict) -> dict:
        reply = self.send(method, path, json.dumps(body).encode(), {"content-type": "application/json"})
        if reply.status != 200:
            raise SystemExit(f"{method} {path}: {reply.status} {reply.body[:500]!r}\n0 passed, 1 failed")
        return json.loads(reply.body)

    def prepare(self) -> None:
        """Makes the things that requests name."""
        api, mark = "/api/2.0/mlflow", f"{self.random.getrandbits(32):x}-{int(time.time())}"
        for name in ("experiment", "spare_experiment"):
            self.names[name] = self.call("POST", f"{api}/experiments/create", {"name": f"{name} {mark}"})["experiment_id"]
        experiment = self.names["experiment"]
        for name in ("run", "spare_run"):
            self.names[name] = self.call("POST", f"{api}/runs/create", {"experiment_id": experiment})["run"]["info"]["run_id"]
        run = self.names["run"]
        for name in ("model_id", "spare_model_id"):
            model = self.call("POST", f"{api}/logged-models", {"experiment_id": experiment, "name": "m"})["model"]
            self.names[name] = model["info"]["model_id"]
        for name in ("model", "spare_model"):
            self.names[name] = f"{name}-{mark}"
            self.call("POST", f"{api}/registered-models/create", {"name": self.names[name]})
        self.send("PUT", f"{FILES}/artifacts/{experiment}/{run}/artifacts/folder/a.txt", b"text")
        self.call("POST", f"{api}/model-versions/create", {"name": self.names["model"], "source": f"runs:/{run}/folder", "run_id": run})
        trace = copy.deepcopy(TRACE)
        trace["trace_info"]["trace_id"] = self.names["trace"] = f"tr-{self.random.getrandbits(128):032x}"
        trace["trace_info"]["trace_location"]["mlflow_experiment"]["experiment_id"] = experiment
        self.call("POST", "/api/3.0/mlflow/traces", {"trace": trace})
        assessment = {**ASSESSMENT, "trace_id": self.names["trace"]}
        made = self.call("POST", f"/api/3.0/mlflow/traces/{self.names['trace']}/assessments", {"assessment": assessment})
        self.names["assessment"] = made["assessment"]["assessment_id"]
        self.names["dataset"] = self.call("POST", "/api/3.0/mlflow/datasets/create", {"name": f"set {mark}"})["dataset"]["dataset_id"]

    def table_is_served(self) -> None:
        for method, path, body in TABLE:
            route = f"{method} {path}"
            reply = self.attempt(route, method, self.filled(path), self.filled(body))
            if reply is not None and (b"ENDPOINT_NOT_FOUND" in reply.body or reply.status == 405):
                self.offend(route, "the server does not know this route", body)

    def mutations(self, entry: tuple[str, str, dict], share: float) -> None:
        method, path, template = entry
        route = f"{method} {path}"
        body, address = self.filled(template), self.filled(path)
        spots = places(body)
        for spot in spots:
            without = copy.deepcopy(body)
            inside: object = without
            for key in spot[:-1]:
                inside = inside[key]
            del inside[spot[-1]]
            self.attempt(route, method, address, without)
            for value in VALUES:
                if self.random.random() < share:
                    self.attempt(route, method, address, replaced(body, spot, self.filled(value)))
            if spot[-1] in ("filter", "filter_string", "filter_string1", "base_filter") or spot[-2:-1] == ("filters",):
                for text in FILTERS:
                    if self.random.random() < max(share, 0.5):
                        self.attempt(route, method, address, replaced(body, spot, text))
            if spot[-1] == "order_by":
                for terms in ORDERS:
                    self.attempt(route, method, address, replaced(body, spot, terms))
        for value in LARGE if method != "GET" else []:
            for spot in self.random.sample(spots, min(len(spots), 2 if share < 1 else 6)):
                self.attempt(route, method, address, replaced(body, spot, value))

    def bodies(self, entry: tuple[str, str, dict], share: float) -> None:
        method, path, template = entry
        route = f"{method} {path}"
        body, address = self.filled(template), self.filled(path)
        # Elsewhere, an address or a method that does not exist is not of the protocol.
        below = re.match(r"/(ajax-)?api/[23]\.0/mlflow", path) is not None
        self.attempt(route, method, address, {**body, "unknown": {"a": [1]}, "__proto__": {"x": 1}, "": 1})
        text = text_of(body).encode()
        if method != "GET":
            for raw in BODIES:
                if self.random.random() < share:
                    self.attempt(route, method, address, raw)
            self.attempt(route, method, address, json.dumps(text.decode()).encode())
            self.attempt(route, method, address, gzip.compress(text), {"content-encoding": "gzip"})
            for content_type in TYPES:
                self.attempt(route, method, address, text, {"content-type": content_type})
        for odd in METHODS:
            if odd != method and self.random.random() < max(share, 0.5):
                self.attempt(route, odd, address, b"{}" if odd != "HEAD" else None, protocol=below and odd not in NO_HTTP)
        names = re.findall(r"@[a-z_]+|none|wh_none|a-x|tags/a$", path.split("?")[0])
        for name in names:
            for bad in PATHS:
                self.attempt(route, method, self.filled(path.replace(name, "tags/" + bad if name == "tags/a" else bad, 1)), body, protocol=below)
        for ending in ("/", "//", "/x", "?a", "?a=%zz", "?" + "a=1&" * 3000, "?a[b]=c&a[b]=d", "?__proto__=1", "#x", "%00", ";x=y"):
            self.attempt(route, method, address + ending, body if method != "GET" else None, protocol=below)

    def artifact_paths(self) -> None:
        for path in [*PATHS, f"0/{self.names['run']}/artifacts/../../../x", "a//b", "/a", "a/./b", "a/../b"]:
            plain = urllib.parse.unquote(path).replace("\\", "/")
            leaves = ".." in plain.split("/") or plain.startswith("/") or "\0" in plain or "//" in plain
            for method in ("GET", "PUT", "DELETE"):
                route = f"{method} artifact {path[:60]}"
                reply = self.attempt(route, method, f"{FILES}/artifacts/{path}", b"x" if method == "PUT" else None)
                if reply is not None and reply.status < 400 and leaves:
                    self.offend(route, f"{reply.status}", path)

    def predict(self, count: int) -> None:
        columns = ["sepal_length", "sepal_width", "petal_length", "petal_width", "other"]
        for _ in range(count):
            path = self.random.choice(["/predict", "/api/v1/models/iris/predict"])
            if self.random.random() < 0.4:
                body = self.random.choice(IRIS_BODIES)
            elif self.random.random() < 0.5:
                body = text_of({"features": self.random.choice([*VALUES, *LARGE])}).encode()
            else:
                body = text_of({name: self.random.choice(VALUES) for name in self.random.sample(columns, 4)}).encode()
            content_type = self.random.choice(["application/json"] * 4 + ["text/plain", "application/xml"])
            self.attempt(f"POST {path}", "POST", path, body, {"content-type": content_type}, protocol=False)

    def raw(self, route: str, sent: bytes, most_seconds: float = 60) -> None:
        """Bytes that are no request, on a connection of their own: an answer or a closed connection, and soon."""
        self.routes.add(route)
        self.sent += 1
        try:
            with socket.create_connection((self.host, self.port), timeout=most_seconds) as connection:
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                start = connection.recv(200)
        except TimeoutError:
            self.offend(route, "no answer", sent[:100])
            return
        except OSError:
            return
        if start.startswith(b"HTTP/1.1 5"):
            self.offend(route, repr(start), sent[:100])

    def broken_requests(self) -> None:
        host = f"Host: {self.host}:{self.port}\r\n".encode()
        post = b"POST /api/2.0/mlflow/runs/search HTTP/1.1\r\n" + host + b"Content-Type: application/json\r\n"
        for name, sent in {
            "no http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
            "no host": b"GET /api/2.0/mlflow/experiments/get HTTP/1.1\r\n\r\n",
            "two lengths": post + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
            "length and chunks": post + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "bad chunk": post + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
            "short body": post + b"Content-Length: 2000\r\n\r\n{}",
            "negative length": post + b"Content-Length: -1\r\n\r\n{}",
            "huge header": post + b"X-A: " + b"a" * 100_000 + b"\r\n\r\n",
            "many headers": post + b"".join(b"X-%d: a\r\n" % index for index in range(5000)) + b"\r\n",
            "huge path": b"GET /api/2.0/mlflow/" + b"a" * 100_000 + b" HTTP/1.1\r\n" + host + b"\r\n",
            "absolute form": b"GET http://evil.example/api/2.0/mlflow/experiments/search HTTP/1.1\r\n" + host + b"\r\n",
            "bytes in path": b"GET /api/2.0/mlflow/\xff\xfe HTTP/1.1\r\n" + host + b"\r\n",
        }.items():
            self.raw(f"broken request: {name}", sent)

    def origins(self) -> None:
        """A page of another site must not change anything, and the server answers to its own names only."""
        for method, path, body in TABLE:
            route, address = f"{method} {path} from elsewhere", self.filled(path)
            if method != "GET":
                for origin in ("https://evil.example", "null", f"http://evil.example:{self.port}", f"http://{self.host}.evil.example"):
                    reply = self.attempt(route, method, address, self.filled(body), {"origin": origin})
                    if reply is not None and reply.status != 403:
                        self.offend(route, f"{reply.status} instead of 403", origin)
            reply = self.attempt(route, method, address, self.filled(body), {"host": "evil.example"})
            if reply is not None and reply.status != 403:
                self.offend(route, f"{reply.status} instead of 403", "Host: evil.example")

    def memory(self) -> float | None:
        """Resident memory of the server in MB, as it tells it."""
        try:
            text = self.send("GET", "/metrics").body.decode()
        except (http.client.HTTPException, OSError):
            return None
        found = re.search(r"^process_resident_memory_bytes(?:\{[^}]*\})? ([\d.e+]+)", text, re.M)
        return None if found is None else float(found[1]) / 1e6


def pss_of(pid: int) -> float:
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("Pss:"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=0.2, help="of the wrong values tried at each place; 1 tries all")
    parser.add_argument("--only", default="", help="only routes that hold this text")
    parser.add_argument("--slow", type=float, default=60.0, help="seconds that no answer may take")
    parser.add_argument("--memory-growth", type=float, default=1200, help="MB that the server may grow by")
    parser.add_argument("--pid", type=int, help="process of the server, to read its memory from the system")
    options = parser.parse_args()
    fuzzer = Fuzzer(options.url, options.seed, options.slow)
    memory = (lambda: pss_of(options.pid)) if options.pid else fuzzer.memory
    before, started = memory(), time.monotonic()
    peak = [before or 0.0]
    done = threading.Event()

    def watch() -> None:
        while options.pid and not done.wait(0.5):
            peak[0] = max(peak[0], pss_of(options.pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    fuzzer.prepare()
    chosen = [entry for entry in TABLE if options.only in f"{entry[0]} {entry[1]}"]
    if options.only == "":
        fuzzer.table_is_served()
    for entry in chosen:
        # What was sent for another route may have deleted or renamed things.
        fuzzer.prepare()
        fuzzer.mutations(entry, options.share)
        fuzzer.bodies(entry, options.share)
    if options.only == "":
        fuzzer.artifact_paths()
        fuzzer.predict(400)
        fuzzer.broken_requests()
        fuzzer.origins()
    done.set()
    after = memory()
    if before is not None and after is not None:
        fuzzer.routes.add("memory")
        print(f"memory: {before:.0f} MB before, {after:.0f} MB after, {max(peak[0], after):.0f} MB at most seen")
        if max(peak[0], after) - before > options.memory_growth:
            fuzzer.offend("memory", f"grew by {max(peak[0], after) - before:.0f} MB", "")
    seconds = time.monotonic() - started
    print(f"{fuzzer.sent} requests in {seconds:.0f} s, answers by status: {dict(sorted(fuzzer.statuses.items()))}")
    for route, count in fuzzer.offences.most_common():
        print(f"  {count:5} offences: {route}")
    failed = len(fuzzer.offences)
    print(f"{len(fuzzer.routes) - failed} passed, {failed} failed")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
