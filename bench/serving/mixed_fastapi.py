"""The peer of pictures and texts: FastAPI with a form, Pillow and onnxruntime on one thread."""

from typing import Annotated

import numpy
import onnxruntime
from fastapi import FastAPI, Form, UploadFile
from PIL import Image
from pydantic import BaseModel

SIDE = 184
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession("mixed/1/model.onnx", options)
app = FastAPI()


class Scores(BaseModel):
    scores: list[float]


def scores_of(text: str, pixels: numpy.ndarray) -> Scores:
    (scores,) = session.run(None, {"text": numpy.array([[text]], dtype=object), "image": pixels})
    return Scores(scores=scores[0].tolist())


@app.post("/predict")
def predict(text: Annotated[str, Form()], image: UploadFile) -> Scores:
    picture = Image.open(image.file).convert("RGB").resize((SIDE, SIDE))
    return scores_of(text, numpy.ascontiguousarray(numpy.asarray(picture).transpose(2, 0, 1)[None]))


@app.post("/block")
def predict_block(text: Annotated[str, Form()], image: UploadFile) -> Scores:
    return scores_of(text, numpy.frombuffer(image.file.read(), dtype=numpy.uint8).reshape(1, 3, SIDE, SIDE))
