"""What scikit-learn makes of the sets that boosting.mjs wrote: prints one JSON document per line.

Usage: boosting_peer.py FOLDER ITERATIONS; FOLDER has train.f32 and test.f32 (column after column), train.i32 and test.i32 (classes).
Trains once for every line of its input.
"""

import json
import resource
import sys
import time

import numpy
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss


def load(folder, name):
    codes = numpy.fromfile(f"{folder}/{name}.i32", dtype=numpy.int32)
    columns = numpy.fromfile(f"{folder}/{name}.f32", dtype=numpy.float32).reshape(-1, len(codes))
    return numpy.ascontiguousarray(columns.T), codes


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main(folder, iterations):
    train, codes = load(folder, "train")
    test, expected = load(folder, "test")
    # The threads of OpenMP start with the first use.
    HistGradientBoostingClassifier(max_iter=1).fit(train[:1000], codes[:1000])
    print(json.dumps({"scikit-learn": sklearn.__version__, "numpy": numpy.__version__}), flush=True)
    for _ in sys.stdin:
        model = HistGradientBoostingClassifier(max_iter=iterations, early_stopping=False)
        start, cpu = time.perf_counter(), cpu_seconds()
        model.fit(train, codes)
        row = {"fit_s": time.perf_counter() - start, "fit_cpu_s": cpu_seconds() - cpu}
        probabilities = model.predict_proba(test)
        row["accuracy"] = float((probabilities.argmax(axis=1) == expected).mean())
        row["log_loss"] = float(log_loss(expected, probabilities))
        print(json.dumps(row), flush=True)


main(sys.argv[1], int(sys.argv[2]))
