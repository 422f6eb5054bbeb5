"""Serves one MLflow model folder to the process that started it: `serve_model.py FOLDER MEMORY_BYTES_MAX`.

File descriptor 3 is a socket of frames, standard input a line that is open as long as that process lives. Two processes: this one watches, and
has loaded nothing that could block it; its child loads the model and answers. All of the group ends with the line, with the child, and where the
child takes more memory than it may.

A frame is the length of its head and of its body (each 4 bytes, big-endian), the head in JSON, and the body. Requests are answered in order.
"""

import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import traceback

MEMORY_MARK = "fabrique: the memory limit is reached"
MEMORY_EVERY_S = 0.2
FRAME = struct.Struct(">II")
REASON_CHARS_MAX = 300


def main():
    folder, memory_bytes_max = sys.argv[1], int(sys.argv[2])
    # The folder of this file is no place for modules.
    sys.path.pop(0)
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.set_inheritable(3, False)
        Server(socket.socket(fileno=3), folder).run()
        os._exit(0)
    os.close(3)
    watch(child, memory_bytes_max)


def watch(child, memory_bytes_max):
    """Ends the group with the line, the child, or the memory."""
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended != 0:
            code = os.waitstatus_to_exitcode(status) if hasattr(os, "waitstatus_to_exitcode") else status >> 8 or -(status & 127)
            # What it has started ends with it; the code is told by this process, which is of the same group.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.killpg(0, signal.SIGTERM)
            os._exit(code if code >= 0 else 128 - code)
        readable, _, _ = select.select([0, woken], [], [], MEMORY_EVERY_S)
        if 0 in readable and os.read(0, 1) == b"":
            os.killpg(0, signal.SIGKILL)
        if woken in readable:
            os.read(woken, 512)
        if memory_bytes_of(child) > memory_bytes_max:
            os.write(2, f"{MEMORY_MARK}\n".encode())
            os.killpg(0, signal.SIGKILL)


def memory_bytes_of(pid):
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        # It is gone, or the system is one without such files.
        if os.path.exists("/proc/self/statm"):
            return 0
        told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=False).stdout
        return int(told or 0) * 1024


class Refused(Exception):
    """An input that the model cannot take."""

    def __init__(self, name, reason):
        super().__init__(reason)
        self.name = name


# What Python raises where an argument is wrong; scikit-learn, XGBoost and pandas do so too.
WRONG_INPUT = (ValueError, TypeError, KeyError, IndexError)


def first_line(error):
    text = str(error).strip() or type(error).__name__
    return text.split("\n", 1)[0][:REASON_CHARS_MAX]


class Server:
    def __init__(self, connection, folder):
        self.connection = connection
        self.folder = folder

    def run(self):
        try:
            self.load()
        except BaseException as error:
            traceback.print_exc()
            self.send({"kind": "broken", "reason": f"{type(error).__name__}: {first_line(error)}"})
            os._exit(1)
        self.send({"kind": "ready", "mlflow": self.mlflow_version})
        while True:
            head, body = self.receive()
            if head["kind"] == "invoke":
                self.send(*self.invoke(head["content_type"], body))
            else:
                self.send(*self.infer(head["inputs"], body))

    def load(self):
        import mlflow
        import numpy
        import pandas
        from mlflow.exceptions import MlflowException
        from mlflow.pyfunc import load_model, scoring_server

        self.numpy, self.pandas = numpy, pandas
        self.scoring_server, self.MlflowException = scoring_server, MlflowException
        self.mlflow_version = mlflow.__version__
        self.model = load_model(self.folder)
        self.schema = self.model.metadata.get_input_schema()
        # As MLflow's own server says it.
        os.environ["_MLFLOW_IS_IN_SERVING_ENVIRONMENT"] = "true"

    def receive(self):
        head_length, body_length = FRAME.unpack(self.read(FRAME.size))
        return json.loads(bytes(self.read(head_length))), self.read(body_length)

    def read(self, length):
        block = bytearray(length)
        view, done = memoryview(block), 0
        while done < length:
            count = self.connection.recv_into(view[done:])
            if count == 0:
                # Nobody is left to answer.
                os.killpg(0, signal.SIGKILL)
            done += count
        return block

    def send(self, head, body=b""):
        text = json.dumps({**head, "memory_bytes": memory_bytes_of(os.getpid())}).encode()
        self.connection.sendall(FRAME.pack(len(text), len(body)) + text + body)

    def invoke(self, content_type, body):
        """A request of MLflow's scoring protocol, answered by MLflow."""
        try:
            data = bytes(body) if "parquet" in content_type else bytes(body).decode("utf-8")
            reply = self.scoring_server.invocations(data, content_type, self.model, self.schema)
            status, mimetype, text = reply.status, reply.mimetype, reply.response
        except UnicodeDecodeError:
            status, mimetype = 400, "application/json"
            text = json.dumps({"error_code": "BAD_REQUEST", "message": "The body is not UTF-8 text"})
        except self.MlflowException as error:
            status, mimetype = error.get_http_status_code(), "application/json"
            told = json.loads(error.serialize_as_json())
            trace = told.pop("stack_trace", None)
            if trace is not None or status >= 500:
                print(trace or traceback.format_exc(), file=sys.stderr, flush=True)
            text = json.dumps(told)
        except Exception as error:
            traceback.print_exc()
            return {"kind": "failed", "reason": type(error).__name__}, b""
        return {"kind": "scored", "status": status, "content_type": mimetype}, text.encode()

    def infer(self, inputs, body):
        """A request of tensors: the outputs of the model as tensors."""
        try:
            given = self.given(self.read_tensors(inputs, body))
            outputs = self.outputs_of(self.model.predict(given))
        except Refused as error:
            return {"kind": "refused", "input": error.name, "reason": first_line(error)}, b""
        except self.MlflowException as error:
            if error.get_http_status_code() < 500:
                return {"kind": "refused", "input": None, "reason": first_line(error.message)}, b""
            traceback.print_exc()
            return {"kind": "failed", "reason": type(error).__name__}, b""
        except WRONG_INPUT as error:
            traceback.print_exc()
            return {"kind": "refused", "input": None, "reason": first_line(error)}, b""
        except Exception as error:
            traceback.print_exc()
            return {"kind": "failed", "reason": type(error).__name__}, b""
        heads, blocks = [], []
        for name, datatype, shape, block in outputs:
            heads.append({"name": name, "datatype": datatype, "shape": shape, "bytes": len(block)})
            blocks.append(block)
        return {"kind": "outputs", "outputs": heads}, b"".join(blocks)

    def read_tensors(self, heads, body):
        tensors, at = {}, 0
        for head in heads:
            block = memoryview(body)[at : at + head["bytes"]]
            at += head["bytes"]
            if head["datatype"] == "BYTES":
                values = self.numpy.empty(texts_count(head["shape"]), dtype=object)
                values[:] = read_texts(block)
            else:
                values = self.numpy.frombuffer(block, dtype=DTYPES[head["datatype"]])
            tensors[head["name"]] = values.reshape(head["shape"])
        return tensors

    def given(self, tensors):
        """What `predict` gets: as the signature says, or what the tensors look like."""
        if self.schema is None:
            values = list(tensors.values())
            if len(values) == 1 and values[0].ndim > 1:
                return values[0]
            is_table = all(one.ndim == 1 or (one.ndim == 2 and one.shape[1] == 1) for one in values)
            return self.pandas.DataFrame({name: one.reshape(-1) for name, one in tensors.items()}) if is_table else tensors
        named = [(spec.name if spec.name is not None else f"input-{at}", spec) for at, spec in enumerate(self.schema.inputs)]
        if self.schema.is_tensor_spec():
            arrays = {name: self.cast(name, tensors[name], spec.type) for name, spec in named}
            return arrays if self.schema.has_input_names() else next(iter(arrays.values()))
        columns = {name: self.column(name, tensors[name].reshape(-1), spec) for name, spec in named if name in tensors}
        table = self.pandas.DataFrame(columns)
        if not self.schema.has_input_names():
            table.columns = range(len(columns))
        return table

    def column(self, name, values, spec):
        kind = getattr(spec.type, "name", None)
        try:
            if kind == "datetime":
                return self.pandas.to_datetime(values)
            if kind == "binary":
                import base64

                return [base64.b64decode(text, validate=True) for text in values]
            if kind == "string":
                return values
            if kind in ("boolean", "integer", "long", "float", "double"):
                return self.cast(name, values, spec.type.to_numpy())
            # Lists, objects and maps are written in JSON.
            return [json.loads(text) for text in values]
        except WRONG_INPUT as error:
            raise Refused(name, first_line(error)) from error

    def cast(self, name, values, dtype):
        dtype = self.numpy.dtype(dtype)
        if values.dtype == dtype or dtype.kind == "O":
            return values
        if (values.dtype.kind == "O") != (dtype.kind in "USM"):
            raise Refused(name, f"it is of type {dtype}")
        if dtype.kind not in "USM" and not self.numpy.can_cast(values.dtype, dtype, "safe"):
            raise Refused(name, f"{values.dtype} does not fit into {dtype}")
        return values.astype(dtype)

    def outputs_of(self, result):
        numpy, pandas = self.numpy, self.pandas
        if isinstance(result, (list, tuple)) and len(result) > 0 and all(isinstance(one, dict) for one in result):
            result = pandas.DataFrame(list(result))
        if isinstance(result, pandas.DataFrame):
            # By place: names may come twice.
            named = [(str(name), result.iloc[:, at]) for at, name in enumerate(result.columns)]
        elif isinstance(result, dict):
            named = [(str(name), value) for name, value in result.items()]
        else:
            named = [(None, result)]
        return [(name, *self.tensor_of(value)) for name, value in named]

    def tensor_of(self, value):
        """The datatype, shape and little-endian bytes of what a model gave."""
        numpy, pandas = self.numpy, self.pandas
        if hasattr(value, "toarray"):
            value = value.toarray()
        if isinstance(value, (pandas.Series, pandas.Index)):
            value = column_array(numpy, pandas, value)
        if not isinstance(value, (numpy.ndarray, numpy.generic, bool, int, float, str, bytes, list, tuple)) and not hasattr(value, "__array__"):
            raise RuntimeError(f"The model gave a {type(value).__name__}")
        try:
            array = numpy.asarray(value)
        except ValueError:
            # Lists of different lengths.
            array = numpy.empty(len(value), dtype=object)
            array[:] = list(value)
        if array.ndim == 0:
            array = array.reshape(1)
        shape = list(array.shape)
        datatype = datatype_of(array.dtype)
        if datatype is None and array.dtype.kind in "iuf":
            array = array.astype("float64")
            datatype = "FP64"
        if datatype is not None:
            ordered = numpy.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            return datatype, shape, ordered.tobytes()
        if array.dtype.kind == "M":
            flat = [stamp.isoformat() if stamp is not pandas.NaT else "" for stamp in pandas.DatetimeIndex(array.reshape(-1))]
        else:
            flat = [text_of(one) for one in array.reshape(-1).tolist()]
        texts = [text.encode() for text in flat]
        return "BYTES", shape, b"".join(struct.pack("<I", len(text)) + text for text in texts)


DTYPES = {
    "BOOL": "?",
    "UINT8": "<u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
    "INT8": "<i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}
NAMES = {"b": "BOOL", "u": "UINT", "i": "INT", "f": "FP"}


def datatype_of(dtype):
    kind = NAMES.get(dtype.kind)
    if kind is None:
        return None
    name = kind if kind == "BOOL" else f"{kind}{dtype.itemsize * 8}"
    return name if name in DTYPES else None


def column_array(numpy, pandas, column):
    """A column of a table; those of the types of pandas as those of NumPy, a missing number as NaN."""
    dtype = column.dtype
    if isinstance(dtype, numpy.dtype):
        return column.to_numpy()
    if isinstance(dtype, pandas.CategoricalDtype):
        return numpy.asarray(column)
    if pandas.api.types.is_bool_dtype(dtype) and not column.isna().any():
        return column.to_numpy(dtype=bool)
    if pandas.api.types.is_numeric_dtype(dtype):
        is_whole = hasattr(dtype, "numpy_dtype") and not column.isna().any()
        return column.to_numpy(dtype=dtype.numpy_dtype) if is_whole else column.to_numpy(dtype="float64", na_value=numpy.nan)
    return column.to_numpy(dtype=object)


def text_of(value):
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode()
    if value is None or value != value:
        return ""
    try:
        return json.dumps(value, default=plain)
    except TypeError:
        return str(value)


def plain(value):
    """What JSON has no form for: arrays and numbers of NumPy, and all else as text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def texts_count(shape):
    count = 1
    for size in shape:
        count *= size
    return count


def read_texts(block):
    texts, at = [], 0
    while at < len(block):
        (length,) = struct.unpack_from("<I", block, at)
        at += 4
        texts.append(bytes(block[at : at + length]).decode())
        at += length
    return texts


main()
