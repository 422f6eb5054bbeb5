"""Compares the contributions that files of Fabrique are explained by with those of shap's TreeExplainer, from the files alone.

Usage: explanations.py NODE SCRIPT; runs `NODE SCRIPT FOLDER` (explanations.mjs). The trees, with the covers of their nodes, are read from
`nodes_*` and `target_*` of the TreeEnsembleRegressor of each file, and what follows it as constants. Needs shap, onnx and numpy; prints the
greatest difference of each model. With shap 0.51.0, onnx 1.23.2 and numpy 2.4.6 none is above 4e-15.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import shap

TOLERANCE = 1e-9


def scale_of(graph, node, outputs):
    """What the sums over the trees are divided by, and what is added."""
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    divisor, base, value = 1.0, numpy.zeros(outputs), node.output[0]
    while True:
        readers = [other for other in graph.node if other.input[0] == value]
        if len(readers) != 1 or len(readers[0].input) < 2 or readers[0].input[1] not in constants:
            return divisor, base
        constant = constants[readers[0].input[1]]
        if readers[0].op_type == "Div":
            divisor *= float(constant.ravel()[0])
        elif readers[0].op_type == "Add" and constant.size in (1, outputs):
            base = base + constant.ravel()
        else:
            return divisor, base
        value = readers[0].output[0]


def trees_of(attributes, divisor):
    numbers = numpy.array(attributes["nodes_treeids"])
    trees = []
    for tree in numpy.unique(numbers):
        nodes = numpy.where(numbers == tree)[0]
        leaf = numpy.array([attributes["nodes_modes"][node] == b"LEAF" for node in nodes])
        of = lambda name: numpy.array([attributes[name][node] for node in nodes])  # noqa: E731
        values = numpy.zeros((len(nodes), attributes["n_targets"]))
        targets = zip(*(attributes[f"target_{name}"] for name in ("treeids", "nodeids", "ids", "weights")), strict=True)
        for own, node, output, weight in targets:
            if own == tree:
                values[node, output] += weight / divisor
        right = numpy.where(leaf, -1, of("nodes_falsenodeids"))
        trees.append(
            {
                "children_left": numpy.where(leaf, -1, of("nodes_truenodeids")),
                "children_right": right,
                "children_default": right.copy(),
                "features": numpy.where(leaf, -2, of("nodes_featureids")),
                "thresholds": of("nodes_values").astype(float),
                "values": values,
                "node_sample_weight": of("nodes_hitrates").astype(float),
            }
        )
    return trees


def greatest_difference(path, case):
    graph = onnx.load(path).graph
    node = next(node for node in graph.node if node.op_type == "TreeEnsembleRegressor")
    attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
    divisor, base = scale_of(graph, node, attributes["n_targets"])
    trees = trees_of(attributes, divisor)
    rows = numpy.array(case["columns"]).T
    worst = 0.0
    for output, contributions in enumerate(case["contributions"]):
        own = [tree | {"values": tree["values"][:, output : output + 1]} for tree in trees]
        explainer = shap.TreeExplainer({"trees": own}, feature_perturbation="tree_path_dependent")
        values = numpy.array(explainer.shap_values(rows, check_additivity=False)).reshape(rows.shape)
        expected = float(numpy.ravel(explainer.expected_value)[0]) + base[output]
        worst = max(worst, numpy.abs(values - numpy.array(contributions).T).max(), abs(expected - case["expected"][output]))
    return worst


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([*sys.argv[1:], name], check=True)
        cases = json.loads((folder / "cases.json").read_text())
        for case in cases:
            worst = greatest_difference(folder / f"{case['kind']}.onnx", case)
            failed += worst > TOLERANCE
            print(f"{case['kind']}: {worst:.1e}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
