"""Writes model folders with the real `mlflow`, and what Python itself answers: `mlflow_models.py FOLDER`."""

import inspect
import json
import os
import sys
import warnings

warnings.filterwarnings("ignore")

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature, infer_signature
from mlflow.types.schema import ColSpec, Schema
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression

folder = sys.argv[1]
# MLflow 3 writes another format where it is not told to write pickles.
takes_format = "serialization_format" in inspect.signature(mlflow.sklearn.save_model).parameters
# The packages are named, so that MLflow does not start a second Python for each model to find them.
packages = {"pip_requirements": ["mlflow"]}
pickled = {**packages, "serialization_format": "cloudpickle"} if takes_format else packages

table, labels = load_iris(return_X_y=True, as_frame=True)
forest = RandomForestClassifier(20, random_state=0).fit(table, labels)
mlflow.sklearn.save_model(
    forest,
    f"{folder}/iris",
    signature=infer_signature(table, forest.predict(table)),
    input_example=table.head(2),
    **pickled,
)

rows = table.to_numpy()
plain = RandomForestClassifier(5, random_state=0).fit(rows, labels)
mlflow.sklearn.save_model(
    plain,
    f"{folder}/tensor",
    signature=infer_signature(rows, plain.predict_proba(rows)),
    pyfunc_predict_fn="predict_proba",
    **pickled,
)
mlflow.sklearn.save_model(plain, f"{folder}/bare", **pickled)

line = LinearRegression().fit(table.iloc[:, :3], table.iloc[:, 3])
mlflow.sklearn.save_model(
    line, f"{folder}/line", signature=infer_signature(table.iloc[:, :3], line.predict(table.iloc[:, :3])), **pickled
)


class Echo(mlflow.pyfunc.PythonModel):
    """Tells the type of each column that it gets, and gives the columns back."""

    def predict(self, context, model_input, params=None):
        told = {f"type_{name}": [type(model_input[name].iloc[0]).__name__] * len(model_input) for name in model_input}
        return pd.DataFrame({**told, **{name: list(model_input[name]) for name in model_input}})


columns = pd.DataFrame(
    {
        "text": ["x"],
        "moment": pd.to_datetime(["2024-01-01"]),
        "flag": [True],
        "small": np.array([1], "int32"),
        "big": np.array([1], "int64"),
        "single": np.array([1], "float32"),
        "bytes": [b"ab"],
        "list": [[1, 2]],
    }
)
mlflow.pyfunc.save_model(f"{folder}/echo", python_model=Echo(), signature=infer_signature(columns), **packages)


class Shapes(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        sums = model_input["grid"].sum(axis=1)
        return {"sums": sums, "texts": np.char.upper(model_input["texts"])}


grid = {"grid": np.zeros((2, 3), "float32"), "texts": np.array(["x", "y"])}
mlflow.pyfunc.save_model(
    f"{folder}/shapes",
    python_model=Shapes(),
    signature=infer_signature(grid, {"sums": np.zeros(2, "float32"), "texts": np.array(["X", "Y"])}),
    **packages,
)


class Moody(mlflow.pyfunc.PythonModel):
    """Does what it is asked to: a model as bad as can be."""

    def predict(self, context, model_input, params=None):
        import os
        import subprocess
        import sys
        import time

        wish = model_input["wish"].iloc[0]
        if wish == "value":
            raise ValueError("could not convert string to float: 'abc'\nsecond line")
        if wish == "runtime":
            raise RuntimeError("the secret is 1234")
        if wish == "sleep":
            time.sleep(600)
        if wish == "spin":
            # Holds what lets other threads run.
            return len(str(7 ** 50_000_000))
        if wish == "die":
            os._exit(3)
        if wish == "eat":
            held = []
            while True:
                held.append(bytearray(b"x" * 50_000_000))
        if wish == "talk":
            for line in range(100_000):
                print(f"line {line}", file=sys.stderr if line % 2 else sys.stdout)
        if wish == "child":
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)", f"child of {os.environ['MOODY']}"])
        if wish == "huge":
            return ["x" * 1_000_000] * 3
        if wish == "ragged":
            return [[1], [2, 3]]
        if wish == "records":
            return [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
        if wish == "moments":
            return pd.Series(pd.to_datetime(["2024-01-01", None]))
        if wish == "missing":
            return pd.DataFrame({"n": [1.5, np.nan], "i": pd.array([1, None], "Int64"), "b": pd.array([True, False], "boolean")})
        if wish == "halves":
            return np.array([1.5, 2], "float16")
        if wish == "scalar":
            return 7
        if wish == "generator":
            return (one for one in [1, 2])
        if wish == "big":
            return np.array([2**63 - 1, -(2**63)])
        return [str(os.getpid())]


mlflow.pyfunc.save_model(
    f"{folder}/moody",
    python_model=Moody(),
    signature=ModelSignature(inputs=Schema([ColSpec("string", "wish")])),
    **packages,
)

os.makedirs(f"{folder}/broken")
with open(f"{folder}/moody/MLmodel", encoding="utf-8") as file:
    described = file.read()
with open(f"{folder}/broken/MLmodel", "w", encoding="utf-8") as file:
    file.write(described)

with open(f"{folder}/answers.json", "w", encoding="utf-8") as file:
    json.dump({"iris": forest.predict(table).tolist(), "tensor": plain.predict_proba(rows).tolist(), "rows": rows.tolist()}, file)
