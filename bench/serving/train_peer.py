"""Trains the peer's forest on the same file with the same parameters, and prints the versions."""

import csv
import sys

import fastapi
import joblib
import sklearn
import uvicorn
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

with open(sys.argv[1], newline="") as file:
    header, *rows = csv.reader(file)
x = [[float(value) for value in row[:4]] for row in rows]
y = [row[4] for row in rows]
x_train, _, y_train, _ = train_test_split(x, y, test_size=0.3, stratify=y, random_state=1)
joblib.dump(RandomForestClassifier(n_estimators=100, random_state=1).fit(x_train, y_train), sys.argv[2])
print(f"FastAPI {fastapi.__version__}, uvicorn {uvicorn.__version__}, scikit-learn {sklearn.__version__}", end="")
