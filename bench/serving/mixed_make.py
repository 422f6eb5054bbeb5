"""Writes a model of a picture and a text, FOLDER/mixed/1/model.onnx, and a JPEG of about 100 KB, FOLDER/picture.jpg."""

import io
import os
import sys

import numpy
from onnx import TensorProto, helper, numpy_helper, save
from PIL import Image, ImageFilter

SIDE = 184
WORDS = ["shoes", "book", "lamp", "chair", "phone", "cup", "toy", "garden table", "game", "coat"]

target = os.path.join(sys.argv[1], "mixed", "1")
os.makedirs(target, exist_ok=True)
rng = numpy.random.default_rng(11)
words = {"mode": "TF", "min_gram_length": 1, "max_gram_length": 1, "max_skip_count": 0, "ngram_counts": [0]}
graph = helper.make_graph(
    [
        helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("AveragePool", ["pixels"], ["tiles"], kernel_shape=[23, 23], strides=[23, 23]),
        helper.make_node("Flatten", ["tiles"], ["seen"]),
        helper.make_node("TfIdfVectorizer", ["text"], ["read"], ngram_indexes=list(range(10)), pool_strings=WORDS, **words),
        helper.make_node("Concat", ["seen", "read"], ["both"], axis=1),
        helper.make_node("Gemm", ["both", "w", "b"], ["z"]),
        helper.make_node("Softmax", ["z"], ["scores"]),
    ],
    "mixed",
    [
        helper.make_tensor_value_info("text", TensorProto.STRING, ["rows", 1]),
        helper.make_tensor_value_info("image", TensorProto.UINT8, ["rows", 3, SIDE, SIDE]),
    ],
    [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["rows", 27])],
    [
        numpy_helper.from_array(rng.normal(0, 0.01, (3 * 64 + 10, 27)).astype(numpy.float32), "w"),
        numpy_helper.from_array(rng.normal(0, 0.01, 27).astype(numpy.float32), "b"),
    ],
)
save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), os.path.join(target, "model.onnx"))

# As a photograph of a product: large shapes with some grain.
shapes = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=numpy.uint8)).resize((800, 600), Image.BICUBIC)
grain = Image.fromarray(rng.integers(0, 256, (600, 800, 3), dtype=numpy.uint8)).filter(ImageFilter.GaussianBlur(1))
picture = Image.blend(shapes, grain, 0.15)
for quality in range(95, 20, -1):
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    if file.tell() <= 100_000:
        break
with open(os.path.join(sys.argv[1], "picture.jpg"), "wb") as out:
    out.write(file.getvalue())
