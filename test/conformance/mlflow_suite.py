"""Scenarios of real MLflow clients (2.14 or later, and 3.x) against a running server.

usage: python mlflow_suite.py --url http://127.0.0.1:8000 [--genuine] [--groups runs,search] [--only NAME] [--smoke]

With `--genuine` the server is MLflow's own: it shows that the scenarios are true, and each scenario that notes a difference
must fail. Each scenario makes an experiment of its own, so the suite can run many times against one server. The last line is
`N passed, N failed`.
"""

import argparse
import contextlib
import importlib
import io
import logging
import os
import sys
import time
import traceback
import urllib.request
import warnings

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
# The packages of a logged model are found by its flavour, not by a second Python that tries it.
os.environ.setdefault("MLFLOW_REQUIREMENTS_INFERENCE_RAISE_ERRORS", "false")
warnings.filterwarnings("ignore")

import mlflow

GROUPS = [
    "experiments",
    "runs",
    "values",
    "search",
    "artifacts",
    "uploads",
    "inputs",
    "registry",
    "prompts",
    "logged_models",
    "sklearn_models",
    "traces",
    "old_traces",
    "assessments",
    "evaluation_datasets",
    "webhooks",
    "probes",
]


def end_runs():
    while mlflow.active_run() is not None:
        mlflow.end_run()


def told():
    """The exception that is being handled, with the lines of ours that led to it."""
    kind, error, trace = sys.exc_info()
    here = os.path.dirname(os.path.abspath(__file__))
    frames = [frame for frame in traceback.extract_tb(trace) if frame.filename.startswith(os.path.join(here, "scenarios"))]
    cause = f"caused by {type(error.__cause__).__name__}: {error.__cause__}\n" if error.__cause__ is not None else ""
    text = "".join(traceback.format_list(frames)) + f"{kind.__name__}: {error}\n{cause}"
    return text if len(text) <= 3000 else f"{text[:1500]}\n[...]\n{text[-1500:]}\n"


def undocumented(scenarios):
    """The notes on differences that the page about compatibility does not have."""
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "..", "..", "docs", "mlflow-compatibility.md"), encoding="utf-8") as file:
        page = file.read()
    return sorted({one.differs for one in scenarios if one.differs is not None and f"| {one.differs} |" not in page})


def run_one(one, url, genuine):
    """The reason why the scenario failed, or nothing."""
    expected_to_fail = genuine and one.differs is not None
    try:
        # What clients print about their runs is not part of the report.
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            one.check(one.case(url))
    except Exception:
        return None if expected_to_fail else told()
    finally:
        end_runs()
    return f"A genuine server does the same: {one.differs}\n" if expected_to_fail else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--genuine", action="store_true", help="the server is MLflow's own")
    parser.add_argument("--groups", default=",".join(GROUPS))
    parser.add_argument("--only", default="", help="run the scenarios with this in their name")
    parser.add_argument("--smoke", action="store_true", help="run only the scenarios that every client version must pass")
    parser.add_argument("--times", action="store_true", help="print the slow scenarios")
    options = parser.parse_args()
    url = options.url.rstrip("/")
    mlflow.set_tracking_uri(url)
    logging.getLogger("mlflow").setLevel(logging.ERROR)

    from scenarios.support import SCENARIOS

    with urllib.request.urlopen(f"{url}/health", timeout=30) as reply:
        reply.read()
    for group in options.groups.split(","):
        importlib.import_module(f"scenarios.{group}")
    print(f"mlflow client {mlflow.__version__} against {'a genuine server at ' if options.genuine else ''}{url}", flush=True)
    passed = failed = 0
    for note in undocumented(SCENARIOS):
        failed += 1
        print(f"FAILED  docs/mlflow-compatibility.md has no line: {note}")
    for group in options.groups.split(","):
        chosen = [one for one in SCENARIOS if one.group == group and options.only in one.name and (one.smoke or not options.smoke)]
        fitting = [one for one in chosen if one.fits()]
        counts = {True: 0, False: 0}
        began = time.monotonic()
        for one in fitting:
            one_began = time.monotonic()
            reason = run_one(one, url, options.genuine)
            counts[reason is None] += 1
            if options.times and time.monotonic() - one_began > 1:
                print(f"        {time.monotonic() - one_began:.1f} s {one.name}")
            if reason is not None:
                print(f"FAILED  {group}: {one.name}\n{reason}", flush=True)
        passed += counts[True]
        failed += counts[False]
        skipped = f", {len(chosen) - len(fitting)} not for this client" if len(fitting) < len(chosen) else ""
        seconds = time.monotonic() - began
        if fitting:
            print(f"{group}: {counts[True]} passed, {counts[False]} failed{skipped} ({seconds:.1f} s)", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.stdout.flush()
    # Not `exit`: threads of the client that still wait for something must not hold the suite.
    os._exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
