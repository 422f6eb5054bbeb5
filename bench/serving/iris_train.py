"""Trains the peers' forest on the same file with the same parameters: with joblib, and as a model of MLflow where it is installed."""

import csv
import os
import sys

import joblib
import numpy
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

source, folder = sys.argv[1:3]
with open(source, newline="") as file:
    header, *rows = csv.reader(file)
x = numpy.array([[float(value) for value in row[:4]] for row in rows])
y = numpy.array([row[4] for row in rows])
x_train, _, y_train, _ = train_test_split(x, y, test_size=0.3, stratify=y, random_state=1)
forest = RandomForestClassifier(n_estimators=100, random_state=1).fit(x_train, y_train)
joblib.dump(forest, os.path.join(folder, "model.joblib"))
try:
    import mlflow
except ImportError:
    sys.exit()
target = os.path.join(folder, "mlflow-model")
if not os.path.exists(target):
    signature = mlflow.models.infer_signature(x_train, forest.predict(x_train))
    # Its format refuses the trees of a forest otherwise.
    trusted = ["sklearn.tree._tree.Tree"]
    mlflow.sklearn.save_model(forest, target, signature=signature, skops_trusted_types=trusted)
