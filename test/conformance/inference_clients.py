"""Checks that the clients of other servers get the right answers of models: tritonclient, kserve and mlflow.

usage: python inference_clients.py triton|kserve|mlflow --data iris.csv --url http://127.0.0.1:8000 [--grpc 127.0.0.1:8001]
       python inference_clients.py triton|kserve|mlflow --data iris.csv --program NODE PROGRAM

With `--url` the model `iris` of a running server is asked. With `--program` models are written to files and `fabrique serve` is started on
them. What is right is what `/predict` answers, or Python itself. The last line is `N passed, N failed`.
"""

import argparse
import asyncio
import csv
import io
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import traceback
import urllib.request

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import numpy

FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
CLASSES = ["setosa", "versicolor", "virginica"]
WAIT_S = 180
# The file computes with 32 bits.
TOLERANCE = 1e-6
# Models that give what they are given, by the type of the protocol: the type of NumPy, and values.
ECHOES = {
    "BOOL": (numpy.bool_, [True, False]),
    "UINT8": (numpy.uint8, [0, 255]),
    "UINT16": (numpy.uint16, [0, 65535]),
    "UINT32": (numpy.uint32, [0, 2**32 - 1]),
    "UINT64": (numpy.uint64, [0, 2**64 - 1]),
    "INT8": (numpy.int8, [-128, 127]),
    "INT16": (numpy.int16, [-(2**15), 2**15 - 1]),
    "INT32": (numpy.int32, [-(2**31), 2**31 - 1]),
    "INT64": (numpy.int64, [-(2**63), 2**63 - 1]),
    "FP16": (numpy.float16, [0.5, -65504]),
    "FP32": (numpy.float32, [1.5, -0.0]),
    "FP64": (numpy.float64, [1e-300, 0.1]),
    "BYTES": (numpy.object_, ["né 😀", ""]),
}


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def refused(call, *parts):
    """The message of a refusal, which must hold these parts."""
    try:
        call()
    except Exception as error:
        for part in parts:
            expect(part in str(error), f"{part!r} is not in {error}")
        return
    raise AssertionError("It was answered")


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=WAIT_S) as reply:
        return json.load(reply)


class Truth:
    """The rows of a file, and what the server itself answers to them."""

    def __init__(self, url, data):
        with open(data, newline="") as file:
            rows = list(csv.DictReader(file))
        self.columns = {name: numpy.array([float(row[name]) for row in rows], dtype=numpy.float32) for name in FEATURES}
        values = [[float(row[name]) for name in FEATURES] for row in rows]
        self.answers = post(f"{url}/api/v1/models/iris/predict", {"features": values})["predictions"]
        self.labels = [answer["prediction"] for answer in self.answers]
        expect(len(self.labels) == 150 and set(self.labels) == set(CLASSES), "the server answers rows of Iris")

    def compare(self, label, probabilities):
        """`probabilities` gives those of a class."""
        found = [each.decode() if isinstance(each, bytes) else str(each) for each in numpy.asarray(label).reshape(-1)]
        expect(found == self.labels, f"labels differ: {found[:5]} instead of {self.labels[:5]}")
        for name in CLASSES:
            right = numpy.array([answer["probabilities"][name] for answer in self.answers])
            far = numpy.abs(numpy.asarray(probabilities(name), dtype=float).reshape(-1) - right).max()
            expect(far <= TOLERANCE, f"probabilities of {name} are {far} off")


def triton(server, truth, check):
    import tritonclient.grpc
    import tritonclient.http

    def both(name, module, address):
        client = module.InferenceServerClient(address)
        is_http = module is tritonclient.http

        def tensor(name, values, datatype, **options):
            given = module.InferInput(name, list(values.shape), datatype)
            given.set_data_from_numpy(values, **options)
            return given

        def columns(**options):
            return [tensor(each, values, "FP32", **options) for each, values in truth.columns.items()]

        def rows(inputs, outputs=None, **options):
            result = client.infer("iris", inputs, request_id="seven", outputs=outputs, **options)
            truth.compare(result.as_numpy("label"), lambda each: result.as_numpy(f"probability_{each}"))
            response = result.get_response()
            found = (response["id"], response["model_name"]) if is_http else (response.id, response.model_name)
            expect(found == ("seven", "iris"), found)

        def only_one():
            result = client.infer("iris", columns(), outputs=[module.InferRequestedOutput("label")])
            expect(result.as_numpy("probability_setosa") is None, "only what was asked for")
            expect(len(result.as_numpy("label")) == 150, "a label for each row")

        def about():
            expect(client.is_server_live() and client.is_server_ready() and client.is_model_ready("iris"), "ready")
            expect(not client.is_model_ready("nowhere"), "an unknown model is not ready")
            metadata = client.get_server_metadata() if is_http else client.get_server_metadata(as_json=True)
            expect(metadata["name"] == "fabrique" and "model_repository" in metadata["extensions"], metadata)
            model = client.get_model_metadata("iris", "champion", **({} if is_http else {"as_json": True}))
            expect([each["name"] for each in model["inputs"]] == FEATURES, model)
            expect(model["platform"] == "onnxruntime_onnx", model)
            index = client.get_model_repository_index(**({} if is_http else {"as_json": True}))
            models = index if is_http else index["models"]
            expect(any(each["name"] == "iris" and each["state"] == "READY" for each in models), index)
            counted = client.get_inference_statistics("iris", **({} if is_http else {"as_json": True}))
            expect(int(counted["model_stats"][0]["inference_count"]) > 0, counted)

        def wrong():
            refused(lambda: client.infer("nowhere", columns()), "model_not_served" if is_http else "StatusCode.NOT_FOUND")
            refused(lambda: client.infer("iris", columns()[:3]), "tensor_wrong" if is_http else "INVALID_ARGUMENT")
            double = tensor(FEATURES[0], truth.columns[FEATURES[0]].astype(numpy.float64), "FP64")
            refused(lambda: client.infer("iris", [double, *columns()[1:]]), FEATURES[0], "FP32")
            refused(lambda: client.get_model_metadata("nowhere"))

        def echo(datatype):
            dtype, values = ECHOES[datatype]
            sent = numpy.array([values], dtype=dtype)
            forms = [{"binary_data": True}] if is_http else [{}]
            if is_http and datatype != "FP16":
                forms.append({"binary_data": False})
            for options in forms:
                result = client.infer(f"echo_{datatype}", [tensor("x", sent, datatype, **options)])
                found = result.as_numpy("y")
                if datatype == "BYTES":
                    found = numpy.array([[each.decode() if isinstance(each, bytes) else each for each in found[0]]])
                expect(found.shape == sent.shape and (found == sent).all(), f"{found} instead of {sent}")

        def repository():
            client.unload_model("echo_BOOL")
            expect(not client.is_model_ready("echo_BOOL"), "unloaded")
            refused(lambda: echo("BOOL"))
            client.load_model("echo_BOOL")
            echo("BOOL")

        check(f"triton over {name}: rows as binary tensors", lambda: rows(columns()))
        if is_http:
            wanted = ["label", *[f"probability_{each}" for each in CLASSES]]
            plain = [module.InferRequestedOutput(each, binary_data=False) for each in wanted]
            check("triton over http: rows as JSON", lambda: rows(columns(binary_data=False), plain))
            check("triton over http: rows as JSON, answered in binary", lambda: rows(columns(binary_data=False)))
        else:
            check("triton over grpc: rows compressed", lambda: rows(columns(), compression_algorithm="gzip"))
        check(f"triton over {name}: one output", only_one)
        check(f"triton over {name}: what it says of itself", about)
        check(f"triton over {name}: what is wrong", wrong)
        if server.has_echoes:
            for datatype in ECHOES:
                check(f"triton over {name}: {datatype}", lambda datatype=datatype: echo(datatype))
            check(f"triton over {name}: load and unload", repository)
        client.close()

    both("http", tritonclient.http, server.url.removeprefix("http://"))
    both("grpc", tritonclient.grpc, server.grpc)


def kserve(server, truth, check):
    from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest
    from kserve.inference_client import RESTConfig

    def request(binary):
        inputs = []
        for name, values in truth.columns.items():
            given = InferInput(name, list(values.shape), "FP32")
            given.set_data_from_numpy(values, binary_data=binary)
            inputs.append(given)
        return InferRequest("iris", inputs, request_id="seven")

    def compare(response):
        found = {each.name: each.as_numpy() for each in response.outputs}
        truth.compare(found["label"], lambda name: found[f"probability_{name}"])
        expect((response.id, response.model_name) == ("seven", "iris"), f"{response.id}, {response.model_name}")

    async def over_http(binary):
        client = InferenceRESTClient(RESTConfig(protocol="v2"))
        expect(await client.is_server_live(server.url) and await client.is_server_ready(server.url), "ready")
        expect(await client.is_model_ready(server.url, "iris"), "the model is ready")
        compare(await client.infer(server.url, request(binary), model_name="iris"))
        await client.close()

    async def over_v1():
        client = InferenceRESTClient(RESTConfig(protocol="v1"))
        rows = zip(*[values.tolist() for values in truth.columns.values()])
        instances = [dict(zip(truth.columns, row)) for row in rows]
        answer = await client.infer(server.url, {"instances": instances}, model_name="iris")
        found = answer["predictions"]
        truth.compare([each["label"] for each in found], lambda name: [each[f"probability_{name}"] for each in found])
        expect(await client.is_model_ready(server.url, "iris"), "the model is ready")
        await client.close()

    async def over_grpc(binary):
        client = InferenceGRPCClient(server.grpc)
        expect(await client.is_server_live() and await client.is_server_ready(), "ready")
        expect(await client.is_model_ready("iris"), "the model is ready")
        compare(await client.infer(request(binary)))
        await client.close()

    check("kserve over REST v2: rows as JSON", lambda: asyncio.run(over_http(False)))
    check("kserve over REST v2: rows as binary tensors", lambda: asyncio.run(over_http(True)))
    check("kserve over REST v1", lambda: asyncio.run(over_v1()))
    check("kserve over gRPC: contents", lambda: asyncio.run(over_grpc(False)))
    check("kserve over gRPC: raw blocks", lambda: asyncio.run(over_grpc(True)))


def mlflow_client(server, truth, check):
    import mlflow
    import pandas
    from mlflow.pyfunc.scoring_server.client import ScoringServerClient

    frame = pandas.DataFrame({name: values.astype(float) for name, values in truth.columns.items()})
    host, port = server.url.removeprefix("http://").split(":")

    def compare(found):
        truth.compare(found["label"], lambda name: found[f"probability_{name}"])

    def client():
        scoring = ScoringServerClient(host, port)
        scoring.ping()
        expect(scoring.get_version().split(".")[0] in ("2", "3"), scoring.get_version())
        compare(scoring.invoke(frame).get_predictions())

    def body(example, content):
        made = json.loads(mlflow.models.convert_input_example_to_serving_input(example))
        expect(content in made, f"{list(made)} instead of {content}")
        compare(pandas.DataFrame(post(f"{server.url}/api/v1/models/iris/invocations", made)["predictions"]))

    check("mlflow: its client of the scoring protocol", client)
    check("mlflow: the body of a frame", lambda: body(frame, "dataframe_split"))
    check("mlflow: the body of columns", lambda: body({name: frame[name].to_numpy() for name in FEATURES}, "inputs"))
    for name, folder in server.folders.items():
        rows = frame.to_numpy(dtype=numpy.float32)
        check(f"mlflow: {name} answers as in Python", lambda name=name, folder=folder: logged(server, name, folder, rows))


def logged(server, name, folder, rows):
    """A model folder that mlflow wrote answers its own serving example, and every row, as a genuine scoring server writes answers."""
    import mlflow
    from mlflow.pyfunc.scoring_server import predictions_to_json

    model = mlflow.pyfunc.load_model(folder)
    address = f"{server.url}/api/v1/models/{name}/invocations"
    example = json.loads(pathlib.Path(folder, "serving_input_example.json").read_text())
    sent = json.loads(mlflow.models.convert_input_example_to_serving_input(rows))
    for body, given in ((example, model.input_example), (sent, rows)):
        text = io.StringIO()
        predictions_to_json(model.predict(given), text)
        expect(near(post(address, body), json.loads(text.getvalue())), f"{str(post(address, body))[:300]} instead of {text.getvalue()[:300]}")


def near(found, right):
    """Whether two documents are the same, but for the last digits of numbers."""
    if isinstance(right, dict):
        return isinstance(found, dict) and sorted(found) == sorted(right) and all(near(found[each], right[each]) for each in right)
    if isinstance(right, list):
        return isinstance(found, list) and len(found) == len(right) and all(map(near, found, right))
    return abs(found - right) <= TOLERANCE if isinstance(right, float) else found == right


class Server:
    """One that runs already."""

    has_echoes = False
    folders = {}

    def __init__(self, url, grpc):
        self.url, self.grpc = url.rstrip("/"), grpc

    def stop(self):
        pass


class FileServer:
    """`fabrique serve` on models of files, in a folder of its own."""

    has_echoes = True

    def __init__(self, client, node, program, data):
        self.root = tempfile.TemporaryDirectory()
        self.folders = {}
        files = self.write(client, node, program, data)
        flags = ["--port", "0", "--grpc-port", "0", "--json", "--log-level", "error", "--python", sys.executable]
        env = {name: value for name, value in os.environ.items() if not name.startswith("FABRIQUE_")}
        self.process = subprocess.Popen([node, program, "serve", *files, *flags], stdout=subprocess.PIPE, env=env)
        told = self.read_document()
        self.url, self.grpc = told["url"], told["grpc"]

    def read_document(self):
        text = ""
        for line in self.process.stdout:
            text += line.decode()
            if line == b"}\n":
                return json.loads(text)
        raise RuntimeError(f"fabrique serve ended with {self.process.wait()}: {text}")

    def write(self, client, node, program, data):
        root = pathlib.Path(self.root.name)
        iris = str(root / "iris.onnx")
        train = [node, program, "train", data, "--target", "species", "--estimator", "random_forest_classifier"]
        subprocess.run([*train, "--features", ",".join(FEATURES), "--out", iris], check=True, capture_output=True)
        if client == "triton":
            write_echoes(root / "echoes")
            return [iris, str(root / "echoes")]
        if client == "mlflow":
            self.folders = log_models(root, data)
        return [iris, *self.folders.values()]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(WAIT_S)
        self.root.cleanup()
        expect(status == 0, f"fabrique serve ended with {status}")


def write_echoes(folder):
    import onnx

    for datatype, (dtype, _) in ECHOES.items():
        kind = onnx.TensorProto.STRING if datatype == "BYTES" else onnx.helper.np_dtype_to_tensor_dtype(numpy.dtype(dtype))
        ports = [onnx.helper.make_tensor_value_info(name, kind, ["N", 2]) for name in ("x", "y")]
        node = onnx.helper.make_node("Identity", ["x"], ["y"])
        graph = onnx.helper.make_graph([node], "echo", ports[:1], ports[1:])
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
        path = folder / f"echo_{datatype}" / "1" / "model.onnx"
        path.parent.mkdir(parents=True)
        onnx.save(model, path)


def log_models(root, data):
    """Model folders as mlflow writes them: one in ONNX form, one that only Python loads."""
    import mlflow
    import pandas
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    frame = pandas.read_csv(data)
    model = LogisticRegression(max_iter=1000).fit(frame[FEATURES].to_numpy(), frame["species"])
    onnx_model = to_onnx(model, frame[FEATURES].to_numpy(dtype=numpy.float32)[:1], options={"zipmap": False})
    matrix = frame[FEATURES].to_numpy(dtype=numpy.float32)[:2]
    folders = {"logged_onnx": str(root / "logged_onnx"), "logged_pickle": str(root / "logged_pickle")}
    mlflow.onnx.save_model(onnx_model, folders["logged_onnx"], input_example=matrix, pip_requirements=["onnx"])
    mlflow.sklearn.save_model(model, folders["logged_pickle"], input_example=matrix, pip_requirements=["scikit-learn"])
    return folders


CLIENTS = {"triton": triton, "kserve": kserve, "mlflow": mlflow_client}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("client", choices=CLIENTS)
    parser.add_argument("--data", required=True)
    parser.add_argument("--url")
    parser.add_argument("--grpc")
    parser.add_argument("--program", nargs=2)
    options = parser.parse_args()
    # kserve reads the command line too, as it is imported.
    del sys.argv[1:]
    counts = {"passed": 0, "failed": 0}

    def check(name, action):
        try:
            action()
            counts["passed"] += 1
            print(f"ok {name}", flush=True)
        except Exception:
            counts["failed"] += 1
            print(f"FAILED {name}\n{traceback.format_exc()}", flush=True)

    if options.program is None:
        server = Server(options.url, options.grpc)
    else:
        server = FileServer(options.client, *options.program, options.data)
    try:
        CLIENTS[options.client](server, Truth(server.url, options.data), check)
    finally:
        server.stop()
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    raise SystemExit(1 if counts["failed"] or not counts["passed"] else 0)


if __name__ == "__main__":
    main()
