"""Makes the files of reports.mjs, and runs the preset of Evidently on them.

Usage: drift_evidently.py make ROWS COLUMNS REFERENCE CURRENT | report REFERENCE CURRENT; the last line of `report` is one JSON document.
"""

import json
import resource
import sys
import time


def make(rows, columns, reference, current):
    """Three quarters of the columns are numbers, the others labels; the first moves. Written in pieces, so that rows may be many."""
    import numpy
    import pyarrow
    import pyarrow.parquet

    for path, seed, shift in ((reference, 1, 0.0), (current, 2, 0.3)):
        random = numpy.random.default_rng(seed)
        writer = None
        for start in range(0, rows, 500_000):
            count = min(500_000, rows - start)
            table = {}
            for index in range(columns):
                if index % 4 < 3:
                    values = random.gamma(2, 1, count) if index % 4 == 2 else random.normal(0, 1, count)
                    table[f"number_{index}"] = values + (shift if index == 0 else 0)
                else:
                    names = numpy.array([f"label {k}" for k in range([2, 4, 8, 20, 50][index // 4 % 5])])
                    table[f"label_{index}"] = names[random.integers(0, len(names), count)]
            batch = pyarrow.table(table)
            writer = writer or pyarrow.parquet.ParquetWriter(path, batch.schema)
            writer.write_table(batch)
        writer.close()


def report(reference, current):
    began = time.perf_counter()
    import evidently
    import pandas
    from evidently import Report
    from evidently.presets import DataDriftPreset

    imported = time.perf_counter()
    data = [pandas.read_parquet(path) for path in (current, reference)]
    read = time.perf_counter()
    result = json.loads(Report([DataDriftPreset()]).run(*data).json())
    ended = time.perf_counter()
    scores = {metric["config"]["column"]: metric["value"] for metric in result["metrics"] if "column" in metric.get("config", {})}
    usage = resource.getrusage(resource.RUSAGE_SELF)
    told = {
        "version": evidently.__version__,
        "scores": scores,
        "importSeconds": imported - began,
        "readSeconds": read - imported,
        "runSeconds": ended - read,
        "cpuSeconds": usage.ru_utime + usage.ru_stime,
        "rssMb": usage.ru_maxrss / 1024,
    }
    print(json.dumps(told))


if sys.argv[1] == "make":
    make(int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
else:
    report(*sys.argv[2:])
