"""Makes the tables of the online rows, or a Feast repository on them, or brings its values online. The last line is JSON.

Usage: online_feast.py make FOLDER KEYS WIDE_KEYS
       online_feast.py apply FOLDER STORE
       online_feast.py materialize FOLDER VIEW

STORE is sqlite, or the address of a Redis as Feast writes it: localhost:6379.
"""

import datetime
import json
import os
import resource
import sys
import time
import warnings

os.environ["FEAST_USAGE"] = "False"
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

VIEWS = {"narrow": 10, "wide": 50}


def path_of(folder, view):
    return os.path.join(folder, f"{view}.parquet")


def make(folder, keys, wide_keys):
    rng = np.random.default_rng(20261122)
    # Within the last days, as a store that is kept up to date has it.
    end = int(time.time()) - 3_600
    for view, count in (("narrow", int(keys)), ("wide", int(wide_keys))):
        event = end - rng.integers(0, 10 * 86_400, count)
        columns = {
            "user_id": np.arange(count),
            "event_timestamp": pa.array(event * 1_000_000, type=pa.timestamp("us", tz="UTC")),
        }
        columns.update({f"f{index}": rng.normal(0, 1, count) for index in range(VIEWS[view])})
        pq.write_table(pa.table(columns), path_of(folder, view), compression="zstd", row_group_size=122_880)
    return {}


def apply(folder, store):
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType
    from feast.types import Float64

    online = (
        f"  type: sqlite\n  path: {os.path.join(folder, 'online.db')}"
        if store == "sqlite"
        else f"  type: redis\n  connection_string: {store}"
    )
    with open(os.path.join(folder, "feature_store.yaml"), "w", encoding="utf8") as file:
        file.write(
            "project: bench\nprovider: local\n"
            f"registry: {os.path.join(folder, 'registry.db')}\n"
            f"online_store:\n{online}\noffline_store:\n  type: file\nentity_key_serialization_version: 3\n"
        )
    user = Entity(name="user", join_keys=["user_id"], value_type=ValueType.INT64)
    views = [
        FeatureView(
            name=view,
            entities=[user],
            ttl=datetime.timedelta(days=30),
            schema=[Field(name=f"f{index}", dtype=Float64) for index in range(features)],
            source=FileSource(path=path_of(folder, view), timestamp_field="event_timestamp"),
        )
        for view, features in VIEWS.items()
    ]
    FeatureStore(repo_path=folder).apply([user, *views])
    return {}


def materialize(folder, view):
    import feast
    from feast import FeatureStore

    store = FeatureStore(repo_path=folder)
    end = datetime.datetime.now(datetime.timezone.utc)
    began = time.perf_counter()
    store.materialize(end - datetime.timedelta(days=30), end, feature_views=[view])
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"version": feast.__version__, "seconds": seconds, "rssMb": peak}


verb, *args = sys.argv[1:]
print(json.dumps({"make": make, "apply": apply, "materialize": materialize}[verb](*args)))
