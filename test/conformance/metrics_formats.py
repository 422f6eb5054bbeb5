"""Checks `/metrics` with the parsers of the Python client of Prometheus, in both formats, as `promtool check metrics` would.

usage: python metrics_formats.py --url http://127.0.0.1:8000

The last line is `N passed, N failed`.
"""

import argparse
import math
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
TEXT = "text/plain; version=0.0.4; charset=utf-8"

# Names, kinds, labels and buckets of prometheus-fastapi-instrumentator, which its dashboards ask for.
EXPECTED = {
    "http_requests": ("counter", {"handler", "method", "status"}),
    "http_request_size_bytes": ("summary", {"handler"}),
    "http_response_size_bytes": ("summary", {"handler"}),
    "http_request_duration_highr_seconds": ("histogram", set()),
    "http_request_duration_seconds": ("histogram", {"handler", "method"}),
}
FINE_BUCKETS = [0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60, math.inf]
FEW_BUCKETS = [0.1, 0.5, 1, math.inf]


def fetch(url, accept=None):
    request = urllib.request.Request(f"{url}/metrics", headers={} if accept is None else {"accept": accept})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return reply.headers["content-type"], reply.read().decode("utf-8")


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def families_of(text, parse):
    families = list(parse(text))
    names = [family.name for family in families]
    twice = {name for name in names if names.count(name) > 1}
    expect(not twice, f"declared twice: {sorted(twice)}")
    return {family.name: family for family in families}


def text_is_the_default(url):
    kind, text = fetch(url)
    expect(kind == TEXT, f"content type is {kind}")
    expect(text.endswith("\n"), "the last line has no end")
    families_of(text, parse_text)


def a_browser_gets_text(url):
    kind, _ = fetch(url, "text/html,*/*;q=0.8")
    expect(kind == TEXT, f"content type is {kind}")


def openmetrics_is_given_when_asked(url):
    kind, text = fetch(url, "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")
    expect(kind == OPENMETRICS, f"content type is {kind}")
    expect(text.endswith("# EOF\n"), "it does not end with # EOF")
    families_of(text, parse_openmetrics)


def both_formats_have_the_same_families(url):
    text = families_of(fetch(url)[1], parse_text)
    openmetrics = families_of(fetch(url, OPENMETRICS)[1], parse_openmetrics)
    expect(set(text) == set(openmetrics), f"only in one: {sorted(set(text) ^ set(openmetrics))}")
    changed = {name: (text[name].type, openmetrics[name].type) for name in text if text[name].type != openmetrics[name].type}
    expect(not changed, f"other kinds: {changed}")


def names_and_labels_are_those_of_the_instrumentator(url):
    families = families_of(fetch(url)[1], parse_text)
    for name, (kind, labels) in EXPECTED.items():
        expect(name in families, f"{name} is missing")
        family = families[name]
        expect(family.type == kind, f"{name} is a {family.type}")
        found = {label for sample in family.samples for label in sample.labels} - {"le", "quantile"}
        expect(found == labels, f"{name} has the labels {sorted(found)}")
    statuses = {sample.labels["status"] for sample in families["http_requests"].samples}
    expect(all(len(status) == 3 and status.endswith("xx") for status in statuses), f"status is not grouped: {statuses}")


def buckets_are_those_of_the_instrumentator(url):
    families = families_of(fetch(url)[1], parse_text)
    for name, buckets in (("http_request_duration_highr_seconds", FINE_BUCKETS), ("http_request_duration_seconds", FEW_BUCKETS)):
        found = sorted({float(sample.labels["le"]) for sample in families[name].samples if "le" in sample.labels})
        expect(found == buckets, f"{name} has the buckets {found}")


def histograms_add_up(url):
    families = families_of(fetch(url)[1], parse_text)
    for family in families.values():
        if family.type != "histogram":
            continue
        series = {}
        for sample in family.samples:
            key = tuple(sorted((label, value) for label, value in sample.labels.items() if label != "le"))
            series.setdefault(key, []).append(sample)
        for key, samples in series.items():
            buckets = [sample.value for sample in samples if sample.name.endswith("_bucket")]
            count = next(sample.value for sample in samples if sample.name.endswith("_count"))
            expect(buckets == sorted(buckets), f"{family.name}{key}: the buckets go down")
            expect(buckets[-1] == count, f"{family.name}{key}: +Inf is {buckets[-1]} and the count {count}")


def names_follow_the_rules(url):
    """The rules of `promtool check metrics` that need no history."""
    wrong = []
    for name, family in families_of(fetch(url)[1], parse_text).items():
        if not family.documentation:
            wrong.append(f"{name} has no help")
        if family.type == "unknown":
            wrong.append(f"{name} has no kind")
        # Names of the kernel, which node_exporter keeps; its dashboards ask for them.
        if any(letter.isupper() for letter in name) and not name.startswith("node_"):
            wrong.append(f"{name} is not snake_case")
        if family.type != "counter" and name.endswith("_total"):
            # The Node.js metrics of prom-client have such names; its dashboards ask for them.
            if not name.startswith("nodejs_"):
                wrong.append(f"{name} is a {family.type} and ends in _total")
        if name.endswith(("_count", "_sum", "_bucket", "_ms", "_milliseconds", "_kilobytes")):
            wrong.append(f"{name} ends in a reserved word or another unit than the base unit")
    expect(not wrong, "; ".join(wrong))


def trainings_are_gauges(url):
    families = families_of(fetch(url)[1], parse_text)
    labels = {"project", "dataset", "target", "estimator", "model"}
    for name, more in (("fabrique_training_metric", {"metric"}), ("fabrique_training_last_finished_timestamp_seconds", set())):
        expect(name in families, f"{name} is missing")
        expect(families[name].type == "gauge", f"{name} is a {families[name].type}")
        expect(families[name].samples, f"{name} has no sample, although a model was trained")
        for sample in families[name].samples:
            # A label without a value is the same as none.
            expect(set(sample.labels) == labels | more, f"{name} has the labels {sorted(sample.labels)}")


def the_process_is_measured(url):
    families = families_of(fetch(url)[1], parse_text)
    for name in ("process_cpu_seconds", "process_resident_memory_bytes", "process_start_time_seconds"):
        expect(name in families, f"{name} is missing")


CHECKS = [
    text_is_the_default,
    a_browser_gets_text,
    openmetrics_is_given_when_asked,
    both_formats_have_the_same_families,
    names_and_labels_are_those_of_the_instrumentator,
    buckets_are_those_of_the_instrumentator,
    histograms_add_up,
    names_follow_the_rules,
    trainings_are_gauges,
    the_process_is_measured,
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    url = parser.parse_args().url.rstrip("/")
    # One request that is measured, so that every family has samples.
    urllib.request.urlopen(f"{url}/status", timeout=30).read()
    failed = 0
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        try:
            check(url)
            print(f"ok      {name}")
        except Exception as error:
            failed += 1
            print(f"FAILED  {name}: {type(error).__name__}: {error}")
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
