"""Sends thousands of wrong requests, seeded, to the MLflow routes, the predictions and the artifact paths.

No answer may be a 5xx, and no artifact path that leaves the tree may be served. Needs Python only.
Prints every offence and, as the last line, `N passed, N failed` by route.
"""

import argparse
import collections
import json
import random
import urllib.error
import urllib.parse
import urllib.request

MLFLOW_ROUTES = [
    *(("POST", f"experiments/{verb}") for verb in ("create", "delete", "restore", "update", "set-experiment-tag", "search")),
    *(("GET", f"experiments/{verb}") for verb in ("get", "get-by-name", "search")),
    *(
        ("POST", f"runs/{verb}")
        for verb in (
            "create", "update", "delete", "restore", "search", "log-metric", "log-parameter", "log-batch", "log-inputs",
            "log-model", "set-tag", "delete-tag",
        )
    ),
    ("GET", "runs/get"),
    ("GET", "metrics/get-history"),
    ("GET", "artifacts/list"),
    ("GET", "registered-models/get"),
    ("GET", "registered-models/alias"),
    ("GET", "model-versions/get"),
    ("GET", "model-versions/get-download-uri"),
]
FIELDS = (
    "experiment_id experiment_ids run_id run_uuid name new_name key value timestamp step metrics params tags datasets filter "
    "order_by max_results page_token view_type run_view_type status end_time start_time run_name artifact_location metric_key "
    "path experiment_name alias version model_json lifecycle_stage"
).split()
POINT = {"key": "k", "value": 1, "timestamp": 1, "step": 0}
VALUES = [
    None, True, 0, -1, 1, 1e308, -1e308, 2**63, 2**64, 1.5, "", "0", "1", "abc", "\x00", "a\x00b", "\U0001f600", "x" * 10_000,
    "NaN", "Infinity", [], {}, [[]], [{}], [None], {"key": "a", "value": "b"}, [POINT],
    [{**POINT, "value": "NaN", "timestamp": "9999999999999999999", "step": -5}], [{"key": "../x", "value": "y"}],
    "metrics.a > 1", "params.`x` = 'y' and", "((((", "tags.a ILIKE '%'", "'; drop table runs; --", ["0"], ["abc"], [1],
    ["metrics.a DESC", "metrics.a"], "ACTIVE_ONLY", "../..", "%2e%2e", "a//b",
]  # fmt: skip
BODIES = [
    b"", b"[]", b"null", b'"x"', b"{", b'{"features":', b"\xff\xfe", b'{"features":[[[[[[]]]]]]}', b"[" * 20_000, b'{"a":' * 20_000,
    b'{"__proto__":{"x":1}}', b'{"constructor":1}', b'{"features":{"__proto__":1}}', b'{"features":[1e400,1,1,1]}',
]  # fmt: skip
PATHS = [
    "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%252e%252e%252fetc", "..%5c..%5cx", "/etc/passwd", "a/../../b", "%00", "a%00b",
    "C:%5cx", "%zz", "%ff", "....//x",
]  # fmt: skip


class Fuzzer:
    def __init__(self, url: str, seed: int) -> None:
        self.url = url
        self.random = random.Random(seed)
        self.routes: set[str] = set()
        self.offences: collections.Counter[str] = collections.Counter()

    def send(self, method: str, path: str, body: bytes | None = None, content_type: str = "application/json") -> int:
        headers = {} if body is None else {"content-type": content_type}
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                reply.read()
                return reply.status
        except urllib.error.HTTPError as error:
            error.read()
            return error.code

    def judge(self, route: str, fine: bool, sent: object) -> None:
        self.routes.add(route)
        if fine:
            return
        self.offences[route] += 1
        if self.offences[route] == 1:
            print(f"  FAIL  {route}: {str(sent)[:300]}")

    def fields(self, names: list[str], most: int) -> dict:
        chosen = self.random.sample(names, self.random.randint(0, most))
        return {name: self.random.choice(VALUES) for name in chosen}

    def mlflow(self, run_id: str) -> None:
        method, route = self.random.choice(MLFLOW_ROUTES)
        body = self.fields(FIELDS, 9)
        if self.random.random() < 0.6:
            body["run_id"] = run_id
        if self.random.random() < 0.4:
            body["experiment_id"] = "0"
        address = f"/api/2.0/mlflow/{route}"
        if method == "GET":
            query = urllib.parse.urlencode({name: str(value)[:500] for name, value in body.items()})
            status = self.send("GET", f"{address}?{query}")
        else:
            status = self.send(method, address, json.dumps(body).encode())
        self.judge(f"{method} {address}", status < 500, body)

    def predict(self) -> None:
        path = self.random.choice(["/predict", "/api/v1/models/iris/predict"])
        columns = ["sepal_length", "sepal_width", "petal_length", "petal_width", "other"]
        if self.random.random() < 0.4:
            body = self.random.choice(BODIES)
        elif self.random.random() < 0.5:
            body = json.dumps({"features": self.random.choice(VALUES)}).encode()
        else:
            body = json.dumps(self.fields(columns, 5)).encode()
        content_type = self.random.choice(["application/json"] * 4 + ["text/plain", "application/xml"])
        self.judge(f"POST {path}", self.send("POST", path, body, content_type) < 500, body[:200])

    def artifact_paths(self, run_id: str) -> None:
        for path in [*PATHS, f"0/{run_id}/artifacts/../../../x"]:
            for method in ("GET", "PUT"):
                status = self.send(method, f"/api/2.0/mlflow-artifacts/artifacts/{path}", b"x" if method == "PUT" else None)
                self.judge(f"{method} artifact {path}", 400 <= status < 500, status)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with urllib.request.urlopen(f"{options.url}/api/v1/projects/iris/runs", timeout=30) as reply:
        run_id = json.load(reply)["items"][0]["id"]
    fuzzer = Fuzzer(options.url, options.seed)
    for number in range(options.requests):
        fuzzer.predict() if number % 3 == 0 else fuzzer.mlflow(run_id)
    fuzzer.artifact_paths(run_id)
    failed = len(fuzzer.offences)
    print(f"{len(fuzzer.routes) - failed} passed, {failed} failed")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
