"""Webhooks: their life cycle, and what arrives at a receiver of ours, signed."""

import base64
import hashlib
import hmac
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import mlflow

from scenarios.support import answers, equal, eventually, refuses, scenario, table

SINCE = (3, 3)
BAD = "INVALID_PARAMETER_VALUE"
SECRET = "a secret of the suite"


class Receiver:
    """Takes requests on a free port of loopback; answers the first ones with the given statuses."""

    def __init__(self, statuses=()):
        self.received, self.statuses = [], list(statuses)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.received.append((self.headers, body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def bodies(self):
        return [json.loads(body) for _, body in self.received]


def signature_of(headers, body):
    signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()


def name_of():
    return f"hook-{uuid.uuid4().hex[:10]}"


class hook:
    """A webhook for the time of a `with`, so that no scenario hears the events of another for long."""

    def __init__(self, case, url, events, **options):
        self.client = case.client
        self.made = case.client.create_webhook(name_of(), url, events, **options)

    def __enter__(self):
        return self.made

    def __exit__(self, *_):
        self.client.delete_webhook(self.made.webhook_id)


@scenario(since=SINCE)
def a_webhook_from_start_to_end(case):
    name = name_of()
    with Receiver() as receiver:
        made = case.client.create_webhook(name, receiver.url, ["registered_model.created"], description="text", secret=SECRET)
        equal((made.name, made.url, made.status.value, made.description), (name, receiver.url, "ACTIVE", "text"))
        equal([str(event) for event in made.events], ["registered_model.created"])
        found = case.client.get_webhook(made.webhook_id)
        equal((found.name, found.url), (name, receiver.url))
        assert found.creation_timestamp > 1.6e12
        assert SECRET not in case.get(f"webhooks/{made.webhook_id}").text
        changed = case.client.update_webhook(
            made.webhook_id, description="new", status="DISABLED", events=["model_version.created", "model_version_tag.set"]
        )
        equal((changed.description, changed.status.value, changed.name), ("new", "DISABLED", name))
        equal({str(event) for event in changed.events}, {"model_version.created", "model_version_tag.set"})
        assert made.webhook_id in {one.webhook_id for one in case.client.list_webhooks(max_results=100)}
        case.client.delete_webhook(made.webhook_id)
        refuses("RESOURCE_DOES_NOT_EXIST", made.webhook_id, lambda: case.client.get_webhook(made.webhook_id))


def body_of(**fields):
    event = {"entity": "REGISTERED_MODEL", "action": "CREATED"}
    return {"name": name_of(), "url": "https://example.com/x", "events": [event], **fields}


@table(
    [
        ("no name", {"name": ""}),
        ("long name", {"name": "x" * 64}),
        ("name with a space", {"name": "a b"}),
        ("no url", {"url": ""}),
        ("url that is no address", {"url": "nonsense"}),
        ("file", {"url": "file:///etc/passwd"}),
        ("no events", {"events": []}),
        ("event that cannot be", {"events": [{"entity": "REGISTERED_MODEL", "action": "DELETED"}]}),
    ],
    since=SINCE,
)
def refused_webhooks(case, _, fields):
    answers(case.post("webhooks", body_of(**fields)), 400, BAD)


@scenario(since=SINCE)
def an_event_arrives_signed(case):
    with Receiver() as receiver, hook(case, receiver.url, ["registered_model.created"], secret=SECRET):
        name = f"hooked-{uuid.uuid4().hex[:8]}"
        case.client.create_registered_model(name, tags={"a": "b"}, description="text")
        eventually(lambda: receiver.received)
        headers, body = receiver.received[0]
        equal(headers["X-MLflow-Signature"], signature_of(headers, body))
        assert abs(int(headers["X-MLflow-Timestamp"]) - time.time()) < 300
        sent = json.loads(body)
        equal((sent["entity"], sent["action"]), ("registered_model", "created"))
        equal(sent["data"], {"name": name, "tags": {"a": "b"}, "description": "text"})
        assert headers["content-type"].startswith("application/json") and sent["timestamp"]


@scenario(since=SINCE)
def an_event_without_a_secret_has_no_signature(case):
    with Receiver() as receiver, hook(case, receiver.url, ["registered_model.created"]):
        case.client.create_registered_model(f"hooked-{uuid.uuid4().hex[:8]}")
        eventually(lambda: receiver.received)
        assert receiver.received[0][0].get("X-MLflow-Signature") is None


EVENTS = [
    "model_version.created",
    "model_version_tag.set",
    "model_version_tag.deleted",
    "model_version_alias.created",
    "model_version_alias.deleted",
]


@scenario(since=SINCE)
def events_of_versions(case):
    name = f"hooked-{uuid.uuid4().hex[:8]}"
    case.client.create_registered_model(name)
    run = case.run()
    with Receiver() as receiver, hook(case, receiver.url, EVENTS, secret=SECRET):
        source = f"mlflow-artifacts:/{case.experiment}/{run}/artifacts/m"
        case.client.create_model_version(name, source, run, tags={"t": "1"}, description="text")
        case.client.set_model_version_tag(name, "1", "k", "v")
        case.client.delete_model_version_tag(name, "1", "k")
        case.client.set_registered_model_alias(name, "champion", "1")
        case.client.delete_registered_model_alias(name, "champion")
        eventually(lambda: len(receiver.received) >= 5)
    sent = {f"{one['entity']}.{one['action']}": one["data"] for one in receiver.bodies()}
    equal(set(sent), set(EVENTS))
    created = sent["model_version.created"]
    equal((created["name"], created["version"], created["source"], created["run_id"]), (name, "1", source, run))
    equal((created["tags"], created["description"]), ({"t": "1"}, "text"))
    equal(sent["model_version_tag.set"], {"name": name, "version": "1", "key": "k", "value": "v"})
    equal(sent["model_version_tag.deleted"], {"name": name, "version": "1", "key": "k"})
    equal(sent["model_version_alias.created"], {"name": name, "alias": "champion", "version": "1"})
    equal(sent["model_version_alias.deleted"], {"name": name, "alias": "champion"})
    assert len({headers["X-MLflow-Delivery-Id"] for headers, _ in receiver.received}) == 5


@scenario(since=SINCE)
def events_of_prompts(case):
    events = ["prompt.created", "prompt_version.created", "prompt_alias.created", "registered_model.created", "model_version.created"]
    with Receiver() as receiver, hook(case, receiver.url, events):
        name = f"hooked-{uuid.uuid4().hex[:8]}"
        mlflow.genai.register_prompt(name, "Say {{what}}", commit_message="first")
        mlflow.genai.set_prompt_alias(name, alias="live", version=1)
        eventually(lambda: len(receiver.received) >= 3)
    sent = {f"{one['entity']}.{one['action']}": one["data"] for one in receiver.bodies()}
    equal(set(sent), {"prompt.created", "prompt_version.created", "prompt_alias.created"})
    equal((sent["prompt_version.created"]["name"], sent["prompt_version.created"]["template"]), (name, "Say {{what}}"))
    equal(sent["prompt_alias.created"], {"name": name, "alias": "live", "version": "1"})


@scenario(since=SINCE)
def a_disabled_webhook_is_silent(case):
    with Receiver() as receiver, Receiver() as loud, hook(case, receiver.url, ["registered_model.created"], status="DISABLED"):
        with hook(case, loud.url, ["registered_model.created"]):
            case.client.create_registered_model(f"hooked-{uuid.uuid4().hex[:8]}")
            eventually(lambda: loud.received)
        equal(receiver.received, [])


@scenario(since=SINCE)
def a_failed_delivery_is_tried_again(case):
    with Receiver(statuses=[503]) as receiver, hook(case, receiver.url, ["registered_model.created"], secret=SECRET):
        case.client.create_registered_model(f"hooked-{uuid.uuid4().hex[:8]}")
        eventually(lambda: len(receiver.received) >= 2)
        equal(len({body for _, body in receiver.received}), 1)
        for headers, body in receiver.received:
            equal(headers["X-MLflow-Signature"], signature_of(headers, body))


@scenario(since=SINCE)
def a_webhook_is_tried_out(case):
    with Receiver(statuses=[200, 418]) as receiver, hook(case, receiver.url, ["model_version.created"], secret=SECRET) as made:
        result = case.client.test_webhook(made.webhook_id)
        equal((result.success, result.response_status), (True, 200))
        headers, body = receiver.received[0]
        equal(headers["X-MLflow-Signature"], signature_of(headers, body))
        equal(json.loads(body)["entity"], "model_version")
        result = case.client.test_webhook(made.webhook_id)
        equal((result.success, result.response_status), (False, 418))
