"""What scikit-learn makes of the sets that logistic.mjs wrote: prints one JSON document per line.

Usage: logistic_peer.py FOLDER; FOLDER has train.f32 and test.f32 (column after column), train.i32 and test.i32 (classes).
Trains once for every line of its input.
"""

import json
import resource
import sys
import time

import numpy
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss


def load(folder, name):
    codes = numpy.fromfile(f"{folder}/{name}.i32", dtype=numpy.int32)
    columns = numpy.fromfile(f"{folder}/{name}.f32", dtype=numpy.float32).reshape(-1, len(codes))
    return numpy.ascontiguousarray(columns.T), codes


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main(folder):
    train, codes = load(folder, "train")
    test, expected = load(folder, "test")
    # The threads of the linear algebra start with the first use.
    LogisticRegression().fit(train[:1000], codes[:1000])
    print(json.dumps({"scikit-learn": sklearn.__version__, "numpy": numpy.__version__}), flush=True)
    for _ in sys.stdin:
        model = LogisticRegression()
        start, cpu = time.perf_counter(), cpu_seconds()
        model.fit(train, codes)
        row = {"fit_s": time.perf_counter() - start, "fit_cpu_s": cpu_seconds() - cpu}
        probabilities = model.predict_proba(test).astype(numpy.float64)
        row["accuracy"] = float((probabilities.argmax(axis=1) == expected).mean())
        row["log_loss"] = float(log_loss(expected, probabilities / probabilities.sum(axis=1, keepdims=True)))
        row["iterations"] = int(model.n_iter_.max())
        print(json.dumps(row), flush=True)


main(sys.argv[1])
