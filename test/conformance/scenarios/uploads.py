"""Uploads in parts and presigned addresses, where a server has them, and what is said where it has not."""

import os
import tempfile

import requests

from scenarios.support import answers, equal, scenario, settings

PARTS = {"MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "true", "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": "1024"}
ROOT = "/api/2.0/mlflow-artifacts"


def a_file(folder, size):
    path = os.path.join(folder, "big.bin")
    with open(path, "wb") as file:
        file.write(bytes(range(256)) * (size // 256))
    return path


@scenario(smoke=True)
def a_client_that_uploads_in_parts(case):
    """A client that is told to use parts succeeds, whether the server takes them or says that it does not."""
    run = case.run()
    with tempfile.TemporaryDirectory() as folder, settings(**PARTS, MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE=str(5 * 1024 * 1024)):
        path = a_file(folder, 12 * 1024 * 1024)
        case.client.log_artifact(run, path, "in parts")
        with open(case.client.download_artifacts(run, "in parts/big.bin", folder + "/.."), "rb") as one, open(path, "rb") as two:
            assert one.read() == two.read()
        os.remove(one.name)
    equal(case.client.list_artifacts(run, "in parts")[0].file_size, 12 * 1024 * 1024)


@scenario(differs="Files in a folder of the server cannot be uploaded in parts")
def parts_by_hand(case):
    path = f"{case.experiment}/{case.run()}/artifacts/by-hand"
    made = answers(case.call("POST", f"{ROOT}/mpu/create/{path}", body={"path": "/tmp/x/big.bin", "num_parts": 3}), 200).json()
    numbers = [one["part_number"] for one in made["credentials"]]
    equal(numbers, [1, 2, 3])
    parts = []
    for credential, data in zip(made["credentials"], (b"a" * 100, b"b" * 200, b"c" * 50)):
        reply = requests.put(credential["url"], data=data, headers=credential.get("headers"), timeout=30)
        assert reply.status_code == 200 and reply.headers["ETag"], (reply.status_code, reply.text)
        parts.append({"part_number": credential["part_number"], "etag": reply.headers["ETag"], "url": credential["url"]})
    body = {"path": "/tmp/x/big.bin", "upload_id": made["upload_id"], "parts": parts}
    answers(case.call("POST", f"{ROOT}/mpu/complete/{path}", body=body), 200)
    found = case.call("GET", f"{ROOT}/artifacts/{path}/big.bin")
    equal(found.text, "a" * 100 + "b" * 200 + "c" * 50)


@scenario(differs="Files in a folder of the server cannot be uploaded in parts")
def an_upload_is_given_up(case):
    path = f"{case.experiment}/{case.run()}/artifacts/given-up"
    made = answers(case.call("POST", f"{ROOT}/mpu/create/{path}", body={"path": "/tmp/x", "num_parts": 1}), 200).json()
    requests.put(made["credentials"][0]["url"], data=b"x", timeout=30)
    body = {"path": "/tmp/x", "upload_id": made["upload_id"]}
    answers(case.call("POST", f"{ROOT}/mpu/abort/{path}", body=body), 200)
    answers(case.call("GET", f"{ROOT}/artifacts/{path}/x"), 404, "RESOURCE_DOES_NOT_EXIST")
    complete = {**body, "parts": [{"part_number": 1, "etag": "x", "url": "x"}]}
    assert case.call("POST", f"{ROOT}/mpu/complete/{path}", body=complete).status_code in (400, 404)


@scenario(differs="The reply to a presigned address that cannot be had is the same, but as an unfit request", since=(3, 0))
def presigned_addresses(case):
    run = case.run()
    reply = case.call("GET", f"{ROOT}/presigned/{case.experiment}/{run}/artifacts/x")
    assert reply.status_code in (200, 404, 501), reply.text
    reply = case.post("artifacts/presigned-upload-url", {"run_id": run, "path": "x"})
    assert reply.status_code in (200, 404, 501), reply.text
