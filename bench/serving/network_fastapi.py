"""The peer of the network: FastAPI with onnxruntime on one thread, as its documents show it."""

import numpy
import onnxruntime
from fastapi import FastAPI
from pydantic import BaseModel

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession("network/1/model.onnx", options)
app = FastAPI()


class Row(BaseModel):
    features: list[float]


class Scores(BaseModel):
    scores: list[float]


@app.post("/predict")
def predict(row: Row) -> Scores:
    (scores,) = session.run(None, {"x": numpy.array([row.features], dtype=numpy.float32)})
    return Scores(scores=scores[0].tolist())
