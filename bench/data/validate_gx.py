"""Writes the table of the benchmark, or checks it with Great Expectations on pandas.

Usage: validate_gx.py make ROWS FILE; validate_gx.py check FILE SUITE. The last line is JSON.
"""

import json
import logging
import os
import resource
import sys
import time
import warnings

os.environ["GX_ANALYTICS_ENABLED"] = "false"
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402


def make(rows, path):
    rng = np.random.default_rng(20261121)
    price = np.round(rng.exponential(50, rows).clip(0, 990), 2)
    quantity = rng.integers(1, 100, rows)
    score = rng.normal(0, 1, rows)
    score[rng.random(rows) < 0.05] = np.nan
    user = rng.integers(0, 50_000, rows)
    frame = pd.DataFrame(
        {
            "id": np.arange(rows),
            "user": user,
            "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 300, rows), unit="D"),
            "price": price,
            "quantity": quantity,
            "country": rng.choice(["FR", "DE", "IT", "ES", "BE"], rows),
            "status": rng.choice(["new", "paid", "sent", "lost"], rows),
            "email": np.char.add(np.char.add("user", user.astype(str)), "@mail.fr"),
            "score": score,
            "total": np.round(price * quantity, 2),
        }
    )
    if path.endswith(".csv"):
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)


def check(path, suite_path):
    import great_expectations as gx
    import great_expectations.expectations.core as core

    began = time.perf_counter()
    frame = pd.read_csv(path, parse_dates=["day"]) if path.endswith(".csv") else pd.read_parquet(path)
    read = time.perf_counter() - began
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("data").add_dataframe_asset("table")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    classes = {name.lower(): getattr(core, name) for name in dir(core)}
    with open(suite_path, encoding="utf-8") as file:
        items = json.load(file)["expectations"]
    suite = gx.ExpectationSuite(name="bench")
    for item in items:
        suite.add_expectation(classes[item["type"].replace("_", "")](**item["kwargs"]))
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_SELF)
        began = time.perf_counter()
        found = batch.validate(suite, result_format="SUMMARY")
        used = resource.getrusage(resource.RUSAGE_SELF)
        cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
        times.append((time.perf_counter() - began, cpu))
    seconds, cpu = sorted(times[1:])[0]
    return {
        "read": read,
        "first": times[0][0],
        "seconds": seconds,
        "cpuSeconds": cpu,
        "success": [[one.expectation_config.type, bool(one.success)] for one in found.results],
        "rssMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(int(sys.argv[2]), sys.argv[3])
        print("{}")
    else:
        print(json.dumps(check(sys.argv[2], sys.argv[3])))
