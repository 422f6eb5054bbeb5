"""The peer by user: FastAPI that asks Feast for the features, and onnxruntime on one thread for the answer of the same file."""

import json
import os

os.environ["FEAST_USAGE"] = "False"

import numpy  # noqa: E402
import onnxruntime  # noqa: E402
from fastapi import FastAPI  # noqa: E402
from feast import FeatureStore  # noqa: E402
from pydantic import BaseModel  # noqa: E402

with open("values.json", encoding="utf8") as file:
    views = json.load(file)["views"]
features = [f"{view}:{name}" for view, names in views.items() for name in names]
store = FeatureStore(repo_path=".")
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession("model.onnx", options)
inputs = [(one.name, one.type == "tensor(string)", len(one.shape)) for one in session.get_inputs()]
outputs = [one.name for one in session.get_outputs() if one.name == "label" or one.name.startswith("probability_")]
app = FastAPI()


class Asked(BaseModel):
    user_id: str


def tensor(value: object, is_text: bool, rank: int) -> numpy.ndarray:
    missing = "" if is_text else numpy.nan
    one = numpy.array([missing if value is None else value], dtype=object if is_text else numpy.float32)
    return one if rank == 1 else one.reshape(1, 1)


@app.post("/predict")
def predict(asked: Asked) -> dict[str, object]:
    found = store.get_online_features(features=features, entity_rows=[{"user_id": asked.user_id}]).to_dict()
    given = {name: tensor(found[name][0], is_text, rank) for name, is_text, rank in inputs}
    answers = dict(zip(outputs, session.run(outputs, given)))
    label = str(answers.pop("label").ravel()[0])
    shares = {name.removeprefix("probability_"): float(value.ravel()[0]) for name, value in answers.items()}
    return {"prediction": label, "probabilities": shares}
