"""Artifacts: files, folders, tables, images, odd names, and paths that lead outside."""

import json
import os
import tempfile

import mlflow
import requests

from scenarios.support import CLIENT, answers, equal, scenario, table


@scenario
def files_of_all_kinds(case):
    with mlflow.start_run() as active, tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file.bin")
        with open(path, "wb") as file:
            file.write(bytes(range(256)) * 1000)
        os.makedirs(os.path.join(folder, "tree", "deep"))
        for name in ("tree/one.txt", "tree/deep/two.txt"):
            with open(os.path.join(folder, name), "w") as file:
                file.write(name)
        mlflow.log_text("hello é", "texts/hello.txt")
        mlflow.log_dict({"a": [1, 2]}, "dict.json")
        mlflow.log_dict({"a": 1}, "dict.yaml")
        mlflow.log_artifact(path)
        mlflow.log_artifact(path, "sub/folder")
        mlflow.log_artifacts(os.path.join(folder, "tree"), "tree")
        mlflow.log_text("", "empty.txt")
        mlflow.log_text("odd", "odd names/a+b 50% c=d&e.txt")
    run = active.info.run_id
    names = sorted((one.path, one.is_dir, one.file_size or 0) for one in case.client.list_artifacts(run))
    expected = [
        ("dict.json", False, len(json.dumps({"a": [1, 2]}, indent=2))),
        ("dict.yaml", False, 5),
        ("empty.txt", False, 0),
        ("file.bin", False, 256000),
        ("odd names", True, 0),
        ("sub", True, 0),
        ("texts", True, 0),
        ("tree", True, 0),
    ]
    equal(names, expected)
    assert [one.path for one in case.client.list_artifacts(run, "sub")] == ["sub/folder"]
    assert [one.path for one in case.client.list_artifacts(run, "sub/folder")] == ["sub/folder/file.bin"]
    assert case.client.list_artifacts(run, "dict.json") == []
    assert case.client.list_artifacts(run, "none") == []
    uri = f"runs:/{run}"
    assert mlflow.artifacts.load_text(f"{uri}/texts/hello.txt") == "hello é"
    assert mlflow.artifacts.load_dict(f"{uri}/dict.json") == {"a": [1, 2]}
    assert mlflow.artifacts.load_text(f"{uri}/empty.txt") == ""
    with tempfile.TemporaryDirectory() as folder:
        local = mlflow.artifacts.download_artifacts(f"{uri}/sub/folder/file.bin", dst_path=folder)
        with open(local, "rb") as file:
            assert file.read() == bytes(range(256)) * 1000
        local = case.client.download_artifacts(run, "", folder)
        found = sorted(os.path.relpath(os.path.join(at, name), local) for at, _, files in os.walk(local) for name in files)
        assert "tree/deep/two.txt" in found and "odd names/a+b 50% c=d&e.txt" in found, found


@scenario
def a_file_is_replaced(case):
    run = case.run()
    for text in ("one", "two two"):
        case.client.log_text(run, text, "a.txt")
    assert mlflow.artifacts.load_text(f"runs:/{run}/a.txt") == "two two"
    assert case.client.list_artifacts(run)[0].file_size == 7


@scenario(smoke=True)
def downloads_over_http(case):
    run = case.run()
    case.client.log_text(run, "0123456789", "d/a.txt")
    reply = case.call("GET", "/get-artifact", query={"run_id": run, "path": "d/a.txt"})
    assert reply.text == "0123456789" and reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-disposition"].startswith("attachment")
    assert reply.headers["content-type"].startswith("text/plain")
    listed = case.get("artifacts/list", run_id=run, path="d").json()
    equal(listed["files"], [{"path": "d/a.txt", "is_dir": False, "file_size": 10}])
    assert listed["root_uri"].endswith(f"/{run}/artifacts")
    for path in ("none.txt", "d/a.txt/b"):
        answers(case.call("GET", "/get-artifact", query={"run_id": run, "path": path}), 404, "RESOURCE_DOES_NOT_EXIST")
    folder = case.call("GET", "/get-artifact", query={"run_id": run, "path": "d"})
    assert folder.status_code in (400, 404) and "error_code" in folder.json(), folder.text
    path = f"/api/2.0/mlflow-artifacts/artifacts/{case.experiment}/{run}/artifacts/d/a.txt"
    for _ in range(2):
        equal(case.call("DELETE", path).json(), {})
    equal(case.client.list_artifacts(run, "d"), [])


@scenario
def parts_of_a_file(case):
    run = case.run()
    case.client.log_text(run, "0123456789", "d/a.txt")
    path = f"/api/2.0/mlflow-artifacts/artifacts/{case.experiment}/{run}/artifacts/d/a.txt"
    part = case.call("GET", path, headers={"range": "bytes=2-4"})
    assert part.status_code == 206 and part.text == "234" and part.headers["content-range"] == "bytes 2-4/10"
    equal(case.call("GET", path, headers={"range": "bytes=-3"}).text, "789")


OUTSIDE = [
    "%2e%2e/x",
    "a/%2e%2e/%2e%2e/x",
    "a/..%2fx",
    "%252e%252e/x",
    "%25252e%25252e/x",
    "a%2523b",
    "a%23b",
    "%2fetc/passwd",
    "%252fetc/passwd",
    "C:/x",
]
STRICTER = ["..%5cx", "a%5cb", "a%00b", "a//b"]


@table(
    [(f"{method} {path}", method, path) for path in OUTSIDE + STRICTER for method in ("GET", "PUT", "DELETE")],
    differs={
        f"{method} {path}": "A back-slash, a zero byte or an empty name in a path is let through"
        for path in STRICTER
        for method in ("GET", "PUT", "DELETE")
    }
    | {"DELETE %2fetc/passwd": "An absolute path is taken as one below the root when it is to be deleted"},
    prepare=lambda case: None,
)
def paths_stay_inside(case, _, method, path):
    root = f"{case.url}/api/2.0/mlflow-artifacts/artifacts"
    request = requests.Request(method, root, data=b"x" if method == "PUT" else None).prepare()
    request.url = f"{root}/{path}"
    answers(requests.Session().send(request, timeout=30), 400, "INVALID_PARAMETER_VALUE", "Invalid path")


def a_run_with_a_file(case):
    case.names = {"RUN": case.run()}
    case.client.log_text(case.names["RUN"], "x", "a.txt")


@table(
    [
        (f"{url} {path}", url, path)
        for path in ("../x", "/etc/passwd", "a/../../x", "%2e%2e/x", "..%2f..%2fx")
        for url in ("/get-artifact", "artifacts/list", "/api/2.0/mlflow-artifacts/artifacts")
    ],
    prepare=a_run_with_a_file,
)
def queried_paths_stay_inside(case, _, url, path):
    reply = case.call("GET", url, query={"run_id": case.names["RUN"], "path": path})
    answers(reply, 400, "INVALID_PARAMETER_VALUE", "Invalid path")


@scenario(differs="A file below a file, or in the place of a folder, is answered with 500")
def a_file_is_not_a_folder(case):
    root = f"/api/2.0/mlflow-artifacts/artifacts/{case.experiment}/{case.run()}/artifacts"
    for path, status in (("a", 200), ("a/b", 400), ("c/d", 200), ("c", 400)):
        equal(case.call("PUT", f"{root}/{path}", data=b"x").status_code, status, path)


ODD_NAMES = [
    "a+b.txt",
    "50%.txt",
    "a b.txt",
    "c=d&e.txt",
    "été.txt",
    "日本.txt",
    "quote'.txt",
    "semi;colon.txt",
    "comma,.txt",
    "at@.txt",
    "dollar$.txt",
    "(brackets)[].txt",
    "{braces}.txt",
    "tilde~.txt",
    ".hidden",
    "x" * 200 + ".txt",
]


@table([(name,) for name in ODD_NAMES])
def odd_names(case, name):
    run = case.run()
    case.client.log_text(run, name, f"folder/{name}")
    equal([one.path for one in case.client.list_artifacts(run, "folder")], [f"folder/{name}"])
    with tempfile.TemporaryDirectory() as folder:
        with open(case.client.download_artifacts(run, f"folder/{name}", folder), encoding="utf-8") as file:
            equal(file.read(), name)


@scenario
def many_files(case):
    run = case.run()
    with tempfile.TemporaryDirectory() as folder:
        for index in range(60):
            os.makedirs(os.path.join(folder, f"f{index % 6}"), exist_ok=True)
            with open(os.path.join(folder, f"f{index % 6}", f"{index:03}.txt"), "w") as file:
                file.write(str(index) * 100)
        case.client.log_artifacts(run, folder, "all")
    equal([one.path for one in case.client.list_artifacts(run, "all")], [f"all/f{index}" for index in range(6)])
    equal(len(case.client.list_artifacts(run, "all/f3")), 10)


@scenario
def a_large_file(case):
    run = case.run()
    data = bytes(range(256)) * 4 * 1024 * 24
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "large.bin")
        with open(path, "wb") as file:
            file.write(data)
        case.client.log_artifact(run, path)
        os.remove(path)
        with open(case.client.download_artifacts(run, "large.bin", folder), "rb") as file:
            assert file.read() == data
    equal(case.client.list_artifacts(run)[0].file_size, len(data))


@scenario
def an_image_is_logged(case):
    import numpy

    with mlflow.start_run() as active:
        mlflow.log_image(numpy.zeros((4, 4, 3), dtype=numpy.uint8), "image.png")
    equal(mlflow.artifacts.load_image(f"runs:/{active.info.run_id}/image.png").size, (4, 4))


@scenario(since=(2, 15))
def images_over_time(case):
    import numpy

    # Clients of MLflow 2 write a slash of the key as `#`, which is where an address ends.
    key = "dogs/big" if CLIENT >= (3, 0) else "dogs"
    with mlflow.start_run() as active:
        for step in range(2):
            mlflow.log_image(numpy.full((4, 4, 3), step, dtype=numpy.uint8), key=key, step=step)
        # Within the run: after its end the client would open another run and wait for that one's images.
        mlflow.flush_artifact_async_logging()
    run = active.info.run_id
    with tempfile.TemporaryDirectory() as folder:
        case.client.download_artifacts(run, "images", folder)
        files = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]
        equal(len(files), 4, files)
        assert min(os.path.getsize(path) for path in files) > 0


@scenario
def a_figure_is_logged(case):
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    axes.plot([0, 1], [1, 0])
    with mlflow.start_run() as active:
        mlflow.log_figure(figure, "plots/line.png")
        mlflow.log_figure(figure, "plots/line.svg")
    pyplot.close(figure)
    sizes = {one.path: one.file_size for one in case.client.list_artifacts(active.info.run_id, "plots")}
    assert set(sizes) == {"plots/line.png", "plots/line.svg"} and min(sizes.values()) > 1000


@scenario
def a_table_is_logged_and_extended(case):
    with mlflow.start_run() as active:
        for index in range(2):
            mlflow.log_table({"q": [f"question {index}"], "a": [index]}, "eval/table.json")
    frame = mlflow.load_table("eval/table.json", run_ids=[active.info.run_id])
    assert list(frame["a"]) == [0, 1]
