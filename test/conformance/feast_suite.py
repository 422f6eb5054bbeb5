"""Reads and writes features with the clients of Feast: its Python SDK with a remote online store, and plain requests in the shapes of its
feature server.

usage: python feast_suite.py --url http://127.0.0.1:8000 --project iris

The same rows go to a genuine feature server of Feast, on its default online store, and to ours; the same requests go to both, and their
answers are compared. Where they differ it is one of DIFFERENCES, and each of those must be one. The last line is `N passed, N failed`.
"""

import argparse
import contextlib
import csv
import datetime
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import warnings

os.environ.update(FEAST_USAGE="False", NO_COLOR="1", NO_PROXY="127.0.0.1,localhost")
warnings.filterwarnings("ignore")

import pandas as pd  # noqa: E402
import requests  # noqa: E402
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, PushSource, ValueType, __version__  # noqa: E402
from feast.data_source import PushMode  # noqa: E402
from feast.types import Bool, Float64, Int64, String  # noqa: E402

WAIT_S = 180
DAY = datetime.timedelta(days=1)
# Whole seconds: clients of Feast write no finer ones.
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
START = NOW - 3 * 365 * DAY
NO_TIME = "1970-01-01T00:00:00Z"

# What ours answers and Feast does not, by what the reference says of it.
DIFFERENCES = {
    "null": ("NULL_VALUE", "PRESENT"),
    "too old": ("OUTSIDE_MAX_AGE", "PRESENT"),
}

USAGE = {"hours": Float64, "sessions": Int64, "plan": String, "member": Bool, "score": Float64}
SHOPS = {"revenue": Float64, "visits": Int64}
COUNTRIES = ["fr", "a,b", 'a"b', "a\\b", "né 😀", "[1,2]", " ", "1"]


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def same(left, right, what=""):
    expect(left == right, f"{what}\n  ours:  {json.dumps(left, default=str)[:700]}\n  Feast: {json.dumps(right, default=str)[:700]}")


def usage_rows():
    """Users 1 to 20 with an older and a newer row; 5 has no score, 9 was not seen for a year."""
    rows = []
    for user in range(1, 21):
        for age in (9, 2):
            event = NOW - (400 * DAY if user == 9 else age * DAY) - datetime.timedelta(minutes=user)
            rows.append({
                "user_id": user,
                "event_timestamp": event,
                "created": event + datetime.timedelta(hours=1),
                "hours": user * 1.5 + age / 7,
                "sessions": user * 100 + age,
                "plan": ["basic", "né, «or» 😀", 'with "quotes"'][user % 3],
                "member": user % 2 == 0,
                "score": None if user == 5 else 1 / user,
            })
    return rows


def shop_rows():
    """Composite keys that become one where they are only put together: (1, 23) and (12, 3)."""
    keys = [(country, shop) for country in COUNTRIES for shop in (1, 23)] + [("1", 2), ("12", 3)]
    return [{
        "country": country,
        "shop": shop,
        "event_timestamp": NOW - datetime.timedelta(hours=place),
        "created": NOW - datetime.timedelta(hours=place),
        "revenue": place + 0.25,
        "visits": place,
    } for place, (country, shop) in enumerate(keys)]


def frame_of(rows):
    frame = pd.DataFrame(rows)
    for name in {"event_timestamp", "created", "seen_at"}.intersection(frame):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


def to_csv(rows):
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([value.isoformat() if isinstance(value, datetime.datetime) else str(value).lower()
                         if isinstance(value, bool) else value for value in row.values()])
    return text.getvalue().encode()


def visit_rows():
    """A view whose moments have other names than those of Feast's client."""
    return [{"user_id": user, "seen_at": NOW - DAY, "pages": user * 3} for user in (1, 2)]


class Ours:
    """Our server with the tables and their views."""

    def __init__(self, url, project):
        self.url = url
        self.project = f"{url}/api/v1/projects/{project}"
        for name, rows in (("feast_usage", usage_rows()), ("feast_shops", shop_rows()), ("feast_visits", visit_rows())):
            upload = f"{self.project}/datasets/{name}/upload?file_name={name}.csv"
            self.wait(self.ask(requests.post(upload, data=to_csv(rows), headers={"content-type": "application/octet-stream"})))
        view = {"time": "event_timestamp", "created": "created", "on_snapshot": False}
        self.ask(requests.post(f"{self.project}/features/apply", json={"declarations": {
            "entities": [
                {"name": "user", "keys": [{"name": "user_id", "type": "integer"}]},
                {"name": "country", "keys": [{"name": "country", "type": "text"}]},
                {"name": "shop", "keys": [{"name": "shop", "type": "integer"}]},
            ],
            "feature_views": [
                {**view, "name": "usage", "entities": ["user"], "source": {"kind": "dataset", "dataset": "feast_usage"},
                 "ttl_seconds": 30 * 86_400, "features": [{"name": name} for name in USAGE]},
                {**view, "name": "shops", "entities": ["country", "shop"], "features": [{"name": name} for name in SHOPS],
                 "source": {"kind": "dataset", "dataset": "feast_shops"}},
                {"name": "visits", "entities": ["user"], "time": "seen_at", "on_snapshot": False,
                 "features": [{"name": "pages"}], "source": {"kind": "dataset", "dataset": "feast_visits"}},
            ],
            "feature_services": [
                {"name": "churn", "views": [{"view": "usage", "features": ["plan", "hours"]}]},
                {"name": "everything", "views": [{"view": "usage"}, {"view": "shops"}]},
            ],
        }}))

    @staticmethod
    def ask(reply):
        expect(reply.ok, f"{reply.status_code} of {reply.url}: {reply.text[:1000]}")
        return reply.json()

    def wait(self, job):
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            found = self.ask(requests.get(f"{self.url}/api/v1/jobs/{job['id']}"))
            if found["state"] in ("succeeded", "failed", "cancelled"):
                expect(found["state"] == "succeeded", f"job {found['kind']}: {found}")
                return
            time.sleep(0.1)
        raise AssertionError(f"job {job['id']} did not end within {WAIT_S} s")


def declare(folder, online):
    """A repository of Feast with the same declarations; `online` is its online store."""
    os.makedirs(folder)
    with open(os.path.join(folder, "feature_store.yaml"), "w", encoding="utf8") as file:
        file.write(f"project: suite\nprovider: local\nregistry: {folder}/registry.db\nonline_store:\n{online}\n"
                   "offline_store:\n  type: file\nentity_key_serialization_version: 3\n")
    times = {"timestamp_field": "event_timestamp", "created_timestamp_column": "created"}
    sources = []
    for name, rows in (("usage", usage_rows()), ("shops", shop_rows())):
        path = os.path.join(folder, f"{name}.parquet")
        frame_of(rows).to_parquet(path)
        # The source of a push has the name of its view, as with us.
        sources.append(PushSource(name=name, batch_source=FileSource(name=f"{name}_file", path=path, **times)))
    path = os.path.join(folder, "visits.parquet")
    frame_of(visit_rows()).to_parquet(path)
    seen = PushSource(name="visits", batch_source=FileSource(name="visits_file", path=path, timestamp_field="seen_at"))
    user = Entity(name="user", join_keys=["user_id"], value_type=ValueType.INT64)
    country = Entity(name="country", join_keys=["country"], value_type=ValueType.STRING)
    shop = Entity(name="shop", join_keys=["shop"], value_type=ValueType.INT64)
    fields = lambda types: [Field(name=name, dtype=dtype) for name, dtype in types.items()]
    usage = FeatureView(name="usage", entities=[user], ttl=30 * DAY, schema=fields(USAGE), source=sources[0])
    shops = FeatureView(name="shops", entities=[country, shop], ttl=datetime.timedelta(0), schema=fields(SHOPS), source=sources[1])
    visits = FeatureView(name="visits", entities=[user], ttl=datetime.timedelta(0), schema=fields({"pages": Int64}), source=seen)
    store = FeatureStore(repo_path=folder)
    store.apply([user, country, shop, *sources, seen, usage, shops, visits, FeatureService(name="churn", features=[usage[["plan", "hours"]]]),
                 FeatureService(name="everything", features=[usage, shops])])
    return store


@contextlib.contextmanager
def genuine(folder):
    """A feature server of Feast on SQLite, until it is no longer needed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    declare(folder, f"  type: sqlite\n  path: {folder}/online.db")
    program = os.path.join(os.path.dirname(sys.executable), "feast")
    command = [program, "-c", folder, "serve", "--host", "127.0.0.1", "--port", str(port), "--no-access-log"]
    with open(os.path.join(folder, "server.log"), "w", encoding="utf8") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            end = time.monotonic() + WAIT_S
            while True:
                with contextlib.suppress(requests.RequestException):
                    if requests.get(f"{url}/health", timeout=10).ok:
                        break
                expect(server.poll() is None, "the feature server of Feast ended")
                expect(time.monotonic() < end, f"the feature server of Feast did not start within {WAIT_S} s")
                time.sleep(0.2)
            yield url
        finally:
            server.terminate()
            server.wait()


class Suite:
    def __init__(self, ours, theirs, folder):
        self.servers = (ours, theirs)
        self.stores = [declare(os.path.join(folder, name), f"  type: remote\n  path: {url}")
                       for name, url in (("ours", ours), ("theirs", theirs))]

    def post(self, path, body, params=None):
        return [requests.post(server + path, json=body, params=params, timeout=WAIT_S) for server in self.servers]

    def both(self, path, body):
        """The answers of both, each of status 200."""
        for reply in (replies := self.post(path, body)):
            expect(reply.status_code == 200, f"{reply.status_code} of {reply.url}: {reply.text[:1000]}")
        return replies

    def read(self, body):
        """Both answers to a read."""
        replies = self.both("/get-online-features", body)
        for reply in replies:
            expect(reply.headers["content-type"].split(";")[0] == "application/json", reply.headers["content-type"])
        return [reply.json() for reply in replies]

    def compare(self, body):
        """Ours, which has the same columns by name; those of Feast are in no order."""
        ours, theirs = self.read(body)
        same(by_name(ours), by_name(theirs), json.dumps(body, ensure_ascii=False)[:300])
        same([sorted(reply) for reply in (ours, ours["metadata"])], [["metadata", "results"], ["feature_names"]])
        return ours

    def refused(self, body, code, status, path="/get-online-features"):
        """Ours says what is wrong by a code, and neither answers as if nothing were."""
        ours, theirs = self.post(path, body)
        expect(ours.status_code == status and ours.json()["code"] == code, f"{ours.status_code} {ours.text[:500]}, not {code}")
        expect(400 <= ours.status_code < 500, f"a mistake of the client is {ours.status_code}")
        expect(theirs.status_code >= 400, f"Feast answers {theirs.status_code} {theirs.text[:500]}")


def by_name(reply):
    return {name: reply["results"][place] for place, name in enumerate(reply["metadata"]["feature_names"])}


ALL = [f"usage:{name}" for name in USAGE]


def materialize_fills_both(suite):
    for reply in suite.both("/materialize", {
        "start_ts": START.isoformat(), "end_ts": NOW.isoformat(), "feature_views": ["usage"],
    }):
        expect(reply.json() is None, reply.text)


def materialize_incremental_fills_both(suite):
    suite.both("/materialize-incremental", {"end_ts": NOW.replace(tzinfo=None).isoformat(), "feature_views": ["shops"]})


def health_is_ok(suite):
    for server in suite.servers:
        same(requests.get(server + "/health", timeout=30).status_code, 200)


def columns_come_key_first(suite):
    reply = suite.compare({"features": ["usage:hours", "usage:plan"], "entities": {"user_id": [3, 1, 2]}})
    same(reply["metadata"]["feature_names"], ["user_id", "hours", "plan"])
    same(reply["results"][0], {"values": [3, 1, 2], "statuses": ["PRESENT"] * 3, "event_timestamps": [NO_TIME] * 3})


def every_type_is_the_same(suite):
    found = by_name(suite.compare({"features": ALL, "entities": {"user_id": [1, 2, 3, 4, 20]}}))
    same([type(column["values"][1]).__name__ for column in found.values()], ["int", "float", "int", "str", "bool", "float"])


def whole_numbers_of_a_float_keep_their_fraction(suite):
    answers = suite.read({"features": ["usage:score"], "entities": {"user_id": [1]}})
    values = [by_name(answer)["score"]["values"][0] for answer in answers]
    same([type(value).__name__ for value in values], ["float", "float"])
    same(*values)


def the_newest_row_is_read(suite):
    found = by_name(suite.compare({"features": ["usage:sessions"], "entities": {"user_id": list(range(1, 5))}}))
    same(found["sessions"]["values"], [102, 202, 302, 402])


def unknown_keys_are_not_found(suite):
    found = by_name(suite.compare({"features": ["usage:hours"], "entities": {"user_id": [1, 999, -5, 2]}}))
    same(found["hours"]["statuses"], ["PRESENT", "NOT_FOUND", "NOT_FOUND", "PRESENT"])


def a_repeated_key_is_answered_twice(suite):
    suite.compare({"features": ["usage:hours"], "entities": {"user_id": [1, 1, 2, 1]}})


def whole_numbers_may_be_texts(suite):
    replies = suite.read({"features": ["usage:hours"], "entities": {"user_id": ["1", "2"]}})
    same(by_name(replies[0])["hours"], by_name(replies[1])["hours"])


def a_service_is_read_by_name(suite):
    reply = suite.compare({"feature_service": "churn", "entities": {"user_id": [1, 2, 999]}})
    same(reply["metadata"]["feature_names"], ["user_id", "plan", "hours"])


def a_service_of_two_views(suite):
    entities = {"user_id": [1, 2], "country": ["fr", "a,b"], "shop": [1, 23]}
    suite.compare({"feature_service": "everything", "entities": entities})


def views_of_other_keys_together(suite):
    entities = {"user_id": [1, 999], "country": ["fr", "nowhere"], "shop": [1, 1]}
    suite.compare({"features": ["shops:visits", "usage:plan", "shops:revenue"], "entities": entities})


def full_names_have_the_view(suite):
    reply = suite.compare({"features": ["usage:hours"], "entities": {"user_id": [1]}, "full_feature_names": True})
    same(reply["metadata"]["feature_names"], ["user_id", "usage__hours"])


def full_names_of_a_service(suite):
    suite.compare({"feature_service": "churn", "entities": {"user_id": [1]}, "full_feature_names": True})


def versions_of_views_where_asked_for(suite):
    body = {"features": ["usage:hours"], "entities": {"user_id": [1]}, "include_feature_view_version_metadata": True}
    ours, theirs = suite.read(body)
    # A version 0 is left out by Feast; ours begin with 1.
    same([list(one) for one in ours["metadata"].pop("feature_view_metadata")], [["name", "version"]])
    same(theirs["metadata"].pop("feature_view_metadata"), [{"name": "usage"}])
    same(by_name(ours), by_name(theirs))


def composite_keys_do_not_collide(suite):
    rows = shop_rows()
    entities = {"country": [row["country"] for row in rows], "shop": [row["shop"] for row in rows]}
    features = ["shops:visits", "shops:revenue"]
    found = by_name(suite.compare({"features": features, "entities": entities}))
    same(found["visits"]["values"], list(range(len(rows))))


def keys_in_any_order(suite):
    suite.compare({"features": ["shops:visits"], "entities": {"shop": [23, 3], "country": ["1", "12"]}})


def keys_that_are_not_needed_are_left_alone(suite):
    ours, theirs = suite.read({"features": ["usage:hours"], "entities": {"user_id": [1], "other": ["x"]}})
    same(by_name(ours)["hours"], by_name(theirs)["hours"])


def a_thousand_keys(suite):
    suite.compare({"features": ALL[:4], "entities": {"user_id": [key % 8 + 10 for key in range(1000)]}})


def what_is_null_says_so(suite):
    body = {"features": ["usage:score", "usage:hours"], "entities": {"user_id": [5]}}
    ours, theirs = (by_name(reply) for reply in suite.read(body))
    same((ours["score"].pop("statuses")[0], theirs["score"].pop("statuses")[0]), DIFFERENCES["null"])
    same(ours, theirs)


def what_is_too_old_says_so(suite):
    ours, theirs = (by_name(reply) for reply in suite.read({"features": ["usage:hours"], "entities": {"user_id": [9]}}))
    same((ours["hours"]["statuses"][0], theirs["hours"]["statuses"][0]), DIFFERENCES["too old"])
    same(ours["hours"]["values"], [None])
    same(ours["hours"]["event_timestamps"], theirs["hours"]["event_timestamps"])


def columns_of(rows):
    return {name: [row[name] for row in rows] for name in rows[0]}


def a_row(user, event, **values):
    made = {"user_id": user, "event_timestamp": event.isoformat(), "created": event.isoformat(), "hours": 1.25, "sessions": 7,
            "plan": "pushed", "member": True, "score": 0.5}
    return {**made, **values}


def pushed_rows_are_read(suite):
    rows = [a_row(31, NOW), a_row(32, NOW, plan="a, \"b\" 😀", hours=-0.0001)]
    for reply in suite.both("/push", {"push_source_name": "usage", "df": columns_of(rows), "to": "online"}):
        same(reply.text, "")
    suite.compare({"features": ALL, "entities": {"user_id": [31, 32]}})


def pushes_are_to_the_online_store_by_default(suite):
    suite.both("/push", {"push_source_name": "usage", "df": columns_of([a_row(33, NOW)])})
    suite.compare({"features": ALL, "entities": {"user_id": [33]}})


def rows_are_written_by_the_name_of_the_view(suite):
    rows = [a_row(34, NOW, sessions=2**40)]
    for reply in suite.both("/write-to-online-store", {"feature_view_name": "usage", "df": columns_of(rows)}):
        expect(reply.json() is None, reply.text)
    suite.compare({"features": ALL, "entities": {"user_id": [34]}})


def an_older_row_never_takes_the_place(suite):
    """Feast on SQLite overwrites blindly."""
    for age, plan in ((1, "newer"), (5, "older")):
        suite.both("/push", {"push_source_name": "usage", "df": columns_of([a_row(35, NOW - age * DAY, plan=plan)])})
    replies = suite.read({"features": ["usage:plan"], "entities": {"user_id": [35]}})
    same([by_name(reply)["plan"]["values"][0] for reply in replies], ["newer", "older"])


def the_client_reads(suite):
    rows = [{"user_id": user} for user in (1, 2, 3, 999)]
    ours, theirs = (store.get_online_features(features=ALL, entity_rows=rows).to_dict() for store in suite.stores)
    same(ours, theirs)
    same(ours["sessions"], [102, 202, 302, None])


def the_client_reads_a_service(suite):
    entities = {"user_id": [1, 2], "country": ["né 😀", "a,b"], "shop": [23, 1]}
    answers = [store.get_online_features(features=store.get_feature_service("everything"), entity_rows=entities).to_dict()
               for store in suite.stores]
    same(*answers)
    expect(None not in answers[0]["visits"], answers[0])


def the_client_reads_full_names(suite):
    rows = [{"country": "a\"b", "shop": 1}]
    answers = [store.get_online_features(features=["shops:visits"], entity_rows=rows, full_feature_names=True).to_dict()
               for store in suite.stores]
    same(*answers)
    expect("shops__visits" in answers[0], answers[0])


def the_client_gets_a_frame(suite):
    rows = [{"user_id": user} for user in range(10, 18)]
    ours, theirs = (store.get_online_features(features=ALL, entity_rows=rows).to_df() for store in suite.stores)
    pd.testing.assert_frame_equal(ours[sorted(ours)], theirs[sorted(theirs)])


def the_client_reads_row_by_row(suite):
    """The older way of the remote store, by serialised keys."""
    from feast.infra.key_encoding_utils import serialize_entity_key  # noqa: F401
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey
    from feast.protos.feast.types.Value_pb2 import Value

    answers = []
    for store in suite.stores:
        keys = [EntityKey(join_keys=["user_id"], entity_values=[Value(int64_val=user)]) for user in (1, 5, 999)]
        online = store._get_provider().online_store
        rows = online.online_read(store.config, store.get_feature_view("usage"), keys, ["hours", "plan"])
        answers.append([{name: str(value) for name, value in values.items()} for _, values in rows])
    same(*answers)


def the_client_writes(suite):
    for store in suite.stores:
        store.write_to_online_store("usage", df=frame_of([
            {**row, "event_timestamp": NOW, "created": NOW} for row in (a_row(41, NOW), a_row(42, NOW, score=None, plan="né"))
        ]))
    ours, theirs = (store.get_online_features(features=ALL, entity_rows=[{"user_id": 41}, {"user_id": 42}]).to_dict()
                    for store in suite.stores)
    same(ours, theirs)
    same(ours["plan"], ["pushed", "né"])


def the_client_pushes(suite):
    for store in suite.stores:
        store.push("usage", frame_of([{**a_row(43, NOW), "event_timestamp": NOW, "created": NOW}]), to=PushMode.ONLINE)
    ours, theirs = (store.get_online_features(features=ALL, entity_rows=[{"user_id": 43}]).to_dict() for store in suite.stores)
    same(ours, theirs)
    same(ours["sessions"], [7])


def the_client_pushes_composite_keys(suite):
    row = {"country": "[\"x\",1]", "shop": 9, "event_timestamp": NOW, "created": NOW, "revenue": 3.5, "visits": 4}
    for store in suite.stores:
        store.push("shops", frame_of([row]), to=PushMode.ONLINE)
    ours, theirs = (store.get_online_features(features=["shops:revenue", "shops:visits"],
                                              entity_rows=[{"country": row["country"], "shop": 9}]).to_dict() for store in suite.stores)
    same(ours, theirs)
    same(ours["visits"], [4])


def the_client_writes_other_names_of_moments(suite):
    """It calls them event_timestamp and created on the way, whatever they are; a server of Feast then finds no column of its own."""
    store = suite.stores[0]
    store.push("visits", frame_of([{"user_id": 51, "seen_at": NOW, "pages": 8}]), to=PushMode.ONLINE)
    read = {"features": ["visits:pages"], "entities": {"user_id": [51]}}
    reply = requests.post(suite.servers[0] + "/get-online-features", json=read, timeout=30).json()
    found = by_name(reply)["pages"]
    same((found["values"], found["event_timestamps"]), ([8], [NOW.strftime("%Y-%m-%dT%H:%M:%SZ")]))
    try:
        suite.stores[1].push("visits", frame_of([{"user_id": 51, "seen_at": NOW, "pages": 8}]), to=PushMode.ONLINE)
    except Exception:
        return
    raise AssertionError("a server of Feast takes it as well")


def the_client_materializes(suite):
    for store in suite.stores:
        store.materialize(START, NOW, feature_views=["usage"])
        store.materialize_incremental(NOW, feature_views=["shops"])


def the_client_is_told_of_what_is_unknown(suite):
    for store in suite.stores:
        try:
            store.get_online_features(features=["nothing:hours"], entity_rows=[{"user_id": 1}])
        except Exception as error:
            expect("nothing" in str(error), error)
        else:
            raise AssertionError("nothing was said")


def moment_of_a_value(suite):
    reply = suite.compare({"features": ["usage:hours"], "entities": {"user_id": [7]}})
    expected = NOW - 2 * DAY - datetime.timedelta(minutes=7)
    same(by_name(reply)["hours"]["event_timestamps"], [expected.strftime("%Y-%m-%dT%H:%M:%SZ")])


def unknown_views_are_refused(suite):
    suite.refused({"features": ["nope:hours"], "entities": {"user_id": [1]}}, "feature_view_not_found", 404)


def unknown_services_are_refused(suite):
    suite.refused({"feature_service": "nope", "entities": {"user_id": [1]}}, "feature_service_not_found", 404)


def unknown_features_are_refused(suite):
    suite.refused({"features": ["usage:nope"], "entities": {"user_id": [1]}}, "feature_not_found", 404)


def missing_keys_are_refused(suite):
    suite.refused({"features": ["usage:hours"], "entities": {"other": [1]}}, "feature_key_missing", 422)


def keys_of_a_wrong_type_are_refused(suite):
    suite.refused({"features": ["usage:hours"], "entities": {"user_id": ["a"]}}, "feature_key_type", 422)


def two_features_of_one_name_need_full_names(suite):
    """Feast refuses it as well."""
    body = {"features": ["usage:hours", "usage:hours"], "entities": {"user_id": [1]}}
    suite.refused(body, "feature_name_clash", 422)


def wrong_bodies_are_refused(suite):
    for body in (
        {"features": ["usage:hours"]},
        {"features": ["usage:hours"], "entities": {"user_id": []}},
        {"features": ["usage:hours"], "entities": []},
        {"features": [], "entities": {"user_id": [1]}},
        {"entities": {"user_id": [1]}},
        {"features": "usage:hours", "entities": {"user_id": [1]}},
        {"features": ["usage:hours"], "entities": {"user_id": 1}},
        [],
    ):
        suite.refused(body, "invalid_request", 400)


def lists_of_other_lengths_are_refused(suite):
    """Feast answers some of them as if the shorter list were all."""
    reply = suite.post("/get-online-features", {"features": ["shops:visits"], "entities": {"country": ["fr", "fr"], "shop": [1]}})[0]
    same((reply.status_code, reply.json()["code"]), (400, "invalid_request"))


def a_body_that_is_no_json_is_refused(suite):
    for server, statuses in zip(suite.servers, ((400,), (400, 422)), strict=True):
        reply = requests.post(server + "/get-online-features", data=b"{", headers={"content-type": "application/json"}, timeout=30)
        expect(reply.status_code in statuses, f"{reply.status_code} {reply.text}")


def pushes_to_nothing_are_refused(suite):
    body = {"push_source_name": "nope", "df": columns_of([a_row(1, NOW)])}
    suite.refused(body, "feature_view_not_found", 404, "/push")
    body = {"feature_view_name": "nope", "df": columns_of([a_row(1, NOW)])}
    suite.refused(body, "feature_view_not_found", 404, "/write-to-online-store")


def pushes_of_uneven_columns_are_refused(suite):
    body = {"push_source_name": "usage", "df": {**columns_of([a_row(1, NOW)]), "hours": [1.5, 2.5]}}
    suite.refused(body, "invalid_request", 400, "/push")


def pushes_to_an_unknown_place_are_refused(suite):
    body = {"push_source_name": "usage", "df": columns_of([a_row(1, NOW)]), "to": "nowhere"}
    suite.refused(body, "invalid_request", 400, "/push")


def materializing_nothing_is_refused(suite):
    body = {"feature_views": ["nope"], "start_ts": START.isoformat(), "end_ts": NOW.isoformat()}
    suite.refused(body, "feature_view_not_found", 404, "/materialize")


def materializing_without_waiting(suite):
    body = {"feature_views": ["usage"], "start_ts": START.isoformat(), "end_ts": NOW.isoformat()}
    for reply in suite.post("/materialize", body, {"async": "true"}):
        same((reply.status_code, reply.json()["status"]), (202, "accepted"))
        same(reply.json()["feature_views"], ["usage"])


CHECKS = [
    health_is_ok,
    materialize_fills_both,
    materialize_incremental_fills_both,
    columns_come_key_first,
    every_type_is_the_same,
    whole_numbers_of_a_float_keep_their_fraction,
    the_newest_row_is_read,
    moment_of_a_value,
    unknown_keys_are_not_found,
    a_repeated_key_is_answered_twice,
    whole_numbers_may_be_texts,
    a_service_is_read_by_name,
    a_service_of_two_views,
    views_of_other_keys_together,
    full_names_have_the_view,
    full_names_of_a_service,
    versions_of_views_where_asked_for,
    composite_keys_do_not_collide,
    keys_in_any_order,
    keys_that_are_not_needed_are_left_alone,
    a_thousand_keys,
    what_is_null_says_so,
    what_is_too_old_says_so,
    pushed_rows_are_read,
    pushes_are_to_the_online_store_by_default,
    rows_are_written_by_the_name_of_the_view,
    an_older_row_never_takes_the_place,
    the_client_reads,
    the_client_reads_a_service,
    the_client_reads_full_names,
    the_client_gets_a_frame,
    the_client_reads_row_by_row,
    the_client_writes,
    the_client_pushes,
    the_client_pushes_composite_keys,
    the_client_writes_other_names_of_moments,
    the_client_materializes,
    the_client_is_told_of_what_is_unknown,
    unknown_views_are_refused,
    unknown_services_are_refused,
    unknown_features_are_refused,
    missing_keys_are_refused,
    keys_of_a_wrong_type_are_refused,
    two_features_of_one_name_need_full_names,
    wrong_bodies_are_refused,
    lists_of_other_lengths_are_refused,
    a_body_that_is_no_json_is_refused,
    pushes_to_nothing_are_refused,
    pushes_of_uneven_columns_are_refused,
    pushes_to_an_unknown_place_are_refused,
    materializing_nothing_is_refused,
    # What it begins may still run afterwards.
    materializing_without_waiting,
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--project", required=True)
    options = parser.parse_args()
    print(f"feast {__version__}, pandas {pd.__version__}", flush=True)
    ours = Ours(options.url.rstrip("/"), options.project)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder, genuine(os.path.join(folder, "server")) as theirs:
        suite = Suite(ours.url, theirs, folder)
        for check in CHECKS:
            name = check.__name__.replace("_", " ")
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    check(suite)
                passed += 1
                print(f"ok      {name}")
            except Exception as error:
                failed += 1
                print(f"FAILED  {name}: {type(error).__name__}: {str(error)[:3000]}")
                if not isinstance(error, (AssertionError, RuntimeError)):
                    traceback.print_exc()
    print(f"{passed} passed, {failed} failed")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
