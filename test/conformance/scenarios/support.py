"""What scenarios are written with.

A scenario is a function that gets a `Case`. `@scenario` makes one of a function, `@table(rows)` one of each row. Both take

- `since`, `before`: the client versions that have the call, as (3, 4);
- `differs`: what a genuine MLflow server does otherwise, and why. Such a scenario must fail against a genuine server; one
  that passes there fails the run, so that the notes stay true.
"""

import os
import uuid

import mlflow
import requests
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

CLIENT = tuple(int(part) for part in mlflow.__version__.split(".")[:2])


class Scenario:
    def __init__(self, group, name, check, since=None, before=None, differs=None, smoke=False, shared=None):
        self.group, self.name, self.check = group, name, check
        self.since, self.before, self.differs, self.smoke = since, before, differs, smoke
        self.shared = shared

    def case(self, url):
        """A case of its own, or the one that the rows of a table share."""
        return Case(url, self.name) if self.shared is None else self.shared(url)

    def fits(self):
        """Whether this client has the calls of the scenario."""
        return (self.since is None or CLIENT >= self.since) and (self.before is None or CLIENT < self.before)


class SharedCase:
    """A case that is prepared when the first row needs it. What fails then fails every row."""

    def __init__(self, name, prepare):
        self.name, self.prepare, self.made, self.error = name, prepare, None, None

    def __call__(self, url):
        if self.made is None and self.error is None:
            try:
                made = Case(url, self.name)
                self.prepare(made)
                self.made = made
            except Exception as error:
                self.error = error
        if self.error is not None:
            raise AssertionError("The rows could not be prepared") from self.error
        mlflow.set_experiment(experiment_id=self.made.experiment)
        return self.made


SCENARIOS = []


def group_of(function):
    return function.__module__.rsplit(".", 1)[-1]


def scenario(function=None, **options):
    """A function of a case, as one scenario."""
    if function is None:
        return lambda inner: scenario(inner, **options)
    SCENARIOS.append(Scenario(group_of(function), function.__name__, function, **options))
    return function


def table(rows, differs=None, prepare=None, **options):
    """A function of a case and the cells of a row, as one scenario for each row. `differs` is by the first cell.

    With `prepare`, a function of a case, the rows share one case that it has prepared."""

    def add(function):
        shared = None if prepare is None else SharedCase(function.__name__, prepare)
        titles = [str(row[0]) for row in rows]
        if len(set(titles)) != len(titles):
            raise AssertionError(f"Two rows of {function.__name__} have the same first cell")
        unknown = set(differs or {}) - set(titles)
        if unknown:
            raise AssertionError(f"No row of {function.__name__} is called {unknown}")
        for row in rows:
            note = (differs or {}).get(str(row[0]))
            check = lambda case, row=row: function(case, *row)  # noqa: E731
            name = f"{function.__name__}: {row[0]}"
            SCENARIOS.append(Scenario(group_of(function), name, check, differs=note, shared=shared, **options))
        return function

    return add


class Case:
    """What a scenario works with: a client, and an experiment of its own that is also the one of the fluent calls."""

    def __init__(self, url, name):
        self.url = url
        self.client = MlflowClient(tracking_uri=url)
        self.name = f"{name[:60].replace(' ', '-').replace('/', '-').replace(':', '')}-{uuid.uuid4().hex[:8]}"
        self.experiment = mlflow.set_experiment(self.name).experiment_id

    def run(self, **options):
        return self.client.create_run(self.experiment, **options).info.run_id

    def search(self, text="", **options):
        """The names of the runs found."""
        found = self.client.search_runs([self.experiment], text, **options)
        return [run.data.tags.get("mlflow.runName") for run in found]

    def call(self, method, path, body=None, query=None, data=None, headers=None):
        """A request as it stands. A path without a leading `/` is below `/api/2.0/mlflow/`."""
        url = f"{self.url}{path}" if path.startswith("/") else f"{self.url}/api/2.0/mlflow/{path}"
        if body is not None:
            headers = {"content-type": "application/json", **(headers or {})}
        return requests.request(method, url, params=query, json=body, data=data, headers=headers, timeout=60)

    def post(self, path, body=None):
        return self.call("POST", path, body={} if body is None else body)

    def get(self, path, /, **query):
        return self.call("GET", path, query=query)


def refuses(code, part, action):
    """The action fails with the error code and with the text somewhere in its message, whatever the case."""
    try:
        action()
    except MlflowException as error:
        assert error.error_code == code, f"{error.error_code} instead of {code}: {error}"
        assert part.lower() in str(error).lower(), f"no {part!r} in {error}"
        return
    raise AssertionError(f"not refused with {code}")


def answers(reply, status, code=None, part=""):
    """The reply has this status and, for an error, this code and this text in its message."""
    assert reply.status_code == status, f"{reply.status_code} instead of {status}: {reply.text[:500]}"
    if code is not None:
        body = reply.json()
        assert body.get("error_code") == code, f"not {code}: {reply.text[:500]}"
        assert part.lower() in body["message"].lower(), f"no {part!r} in {body['message']}"
    return reply


def equal(actual, expected, what=""):
    assert actual == expected, f"{what}: {actual!r} instead of {expected!r}"


def eventually(check, timeout_s=120):
    """Waits until the check returns something true, and returns it."""
    import time

    deadline = time.monotonic() + timeout_s
    while True:
        found = check()
        if found or time.monotonic() > deadline:
            assert found, f"nothing within {timeout_s} s"
            return found
        time.sleep(0.05)


class settings:
    """Environment variables for the time of a `with`."""

    def __init__(self, **values):
        self.values = values

    def __enter__(self):
        self.before = {name: os.environ.get(name) for name in self.values}
        os.environ.update(self.values)

    def __exit__(self, *_):
        for name, value in self.before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
