"""TF-IDF and logistic regression of scikit-learn on the texts that text.mjs wrote: prints one JSON document.

Usage: text_peer.py FOLDER ROUNDS; FOLDER has train.json and test.json, each {"texts": [...], "kinds": [...]}.
"""

import json
import resource
import sys
import time

import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression


def load(folder, name):
    with open(f"{folder}/{name}.json", encoding="utf-8") as file:
        return json.load(file)


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main(folder, rounds):
    train, test = load(folder, "train"), load(folder, "test")
    results = []
    for _ in range(rounds):
        start, cpu = time.perf_counter(), cpu_seconds()
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        matrix = vectorizer.fit_transform(train["texts"])
        vectorised = time.perf_counter() - start
        model = LogisticRegression(max_iter=200).fit(matrix, train["kinds"])
        fitted = time.perf_counter() - start
        used = cpu_seconds() - cpu
        start = time.perf_counter()
        predicted = model.predict(vectorizer.transform(test["texts"]))
        results.append({
            "vectorise_s": vectorised,
            "fit_s": fitted,
            "fit_cpu_s": used,
            "predict_s": time.perf_counter() - start,
            "accuracy": float((predicted == test["kinds"]).mean()),
            "features": matrix.shape[1],
            "iterations": int(model.n_iter_.max()),
        })
    print(json.dumps({"scikit-learn": sklearn.__version__, "results": results}))


main(sys.argv[1], int(sys.argv[2]))
