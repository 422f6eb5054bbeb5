"""Writes a model folder whose model doubles a number, and does not survive some of them: `mlflow_batch_model.py FOLDER`."""

import os
import sys
import warnings

warnings.filterwarnings("ignore")

import mlflow
import numpy as np
from mlflow.models import ModelSignature
from mlflow.types.schema import ColSpec, Schema


class Doubler(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        if (model_input["x"] == 13).any():
            raise ValueError("13 is no number to ask for")
        if (model_input["x"] == 17).any() or (model_input["word"] == "deadly").any():
            os._exit(3)
        return np.where(model_input["word"] == "none", np.nan, model_input["x"].to_numpy(float) * 2)


mlflow.pyfunc.save_model(
    f"{sys.argv[1]}/doubler",
    python_model=Doubler(),
    signature=ModelSignature(
        Schema([ColSpec("long", "x"), ColSpec("string", "word"), ColSpec("double", "extra", required=False)]),
        Schema([ColSpec("double", None)]),
    ),
    # Named, so that MLflow does not start a second Python to find them.
    pip_requirements=["mlflow"],
)
