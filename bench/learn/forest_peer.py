"""What scikit-learn makes of the sets that forest.mjs wrote: prints one JSON document per line.

Usage: forest_peer.py FOLDER TREES JOBS; FOLDER has train.f32 and test.f32 (column after column), train.i32 and test.i32 (classes).
"""

import json
import resource
import sys
import time

import numpy
import sklearn
from sklearn.ensemble import ExtraTreesClassifier, IsolationForest, RandomForestClassifier


def load(folder, name):
    codes = numpy.fromfile(f"{folder}/{name}.i32", dtype=numpy.int32)
    columns = numpy.fromfile(f"{folder}/{name}.f32", dtype=numpy.float32).reshape(-1, len(codes))
    return numpy.ascontiguousarray(columns.T), codes


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main(folder, trees, jobs):
    train, codes = load(folder, "train")
    test, expected = load(folder, "test")
    models = {
        "random_forest_classifier": RandomForestClassifier(n_estimators=trees, n_jobs=jobs, random_state=1),
        "extra_trees_classifier": ExtraTreesClassifier(n_estimators=trees, n_jobs=jobs, random_state=1),
        "isolation_forest": IsolationForest(n_estimators=trees, n_jobs=jobs, random_state=1),
    }
    print(json.dumps({"scikit-learn": sklearn.__version__, "numpy": numpy.__version__}), flush=True)
    for name in sys.argv[4].split(","):
        model = models[name]
        start, cpu = time.perf_counter(), cpu_seconds()
        model.fit(train, codes)
        row = {"name": name, "fit_s": time.perf_counter() - start, "fit_cpu_s": cpu_seconds() - cpu}
        if name != "isolation_forest":
            start = time.perf_counter()
            row["accuracy"] = float((model.predict(test) == expected).mean())
            row["predict_s"] = time.perf_counter() - start
        model.set_params(n_jobs=1)
        times = []
        for index in range(30):
            one = test[index : index + 1]
            start = time.perf_counter()
            model.predict(one)
            times.append(time.perf_counter() - start)
        row["one_row_s"] = sorted(times)[len(times) // 2]
        print(json.dumps(row), flush=True)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
