"""Writes a network of 512 inputs, 1024 hidden units and 84 outputs with fixed weights: FOLDER/network/1/model.onnx."""

import os
import sys

import numpy
from onnx import TensorProto, helper, numpy_helper, save

folder = os.path.join(sys.argv[1], "network", "1")
os.makedirs(folder, exist_ok=True)
rng = numpy.random.default_rng(7)
weights = [
    ("w1", rng.normal(0, 0.05, (512, 1024))),
    ("b1", rng.normal(0, 0.05, 1024)),
    ("w2", rng.normal(0, 0.05, (1024, 84))),
    ("b2", rng.normal(0, 0.05, 84)),
]
graph = helper.make_graph(
    [
        helper.make_node("Gemm", ["x", "w1", "b1"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "w2", "b2"], ["z"]),
        helper.make_node("Softmax", ["z"], ["scores"]),
    ],
    "network",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 512])],
    [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["rows", 84])],
    [numpy_helper.from_array(value.astype(numpy.float32), name) for name, value in weights],
)
save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), os.path.join(folder, "model.onnx"))
