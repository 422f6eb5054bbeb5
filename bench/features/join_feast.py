"""Makes the tables of the point-in-time join, joins them with Feast, or compares two results. The last line is JSON.

Usage: join_feast.py make FEATURE_ROWS LABELS KEYS FEATURES_FILE LABELS_FILE
       join_feast.py join FEATURES_FILE LABELS_FILE OUT
       join_feast.py compare OURS THEIRS
"""

import json
import os
import resource
import shutil
import sys
import tempfile
import time
import warnings

os.environ["FEAST_USAGE"] = "False"
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

YEAR_SECONDS = 365 * 86_400
START = 1_704_067_200
FEATURES = [f"f{index}" for index in range(10)]
ROWS_AT_ONCE = 1_000_000


def moments(seconds):
    return pa.array(seconds * 1_000_000, type=pa.timestamp("us", tz="UTC"))


def make(rows, labels, keys, features_path, labels_path):
    rng = np.random.default_rng(20261121)
    writer = None
    for start in range(0, rows, ROWS_AT_ONCE):
        count = min(ROWS_AT_ONCE, rows - start)
        event = START + rng.integers(0, YEAR_SECONDS, count)
        columns = {
            "user_id": rng.integers(0, keys, count),
            "event_timestamp": moments(event),
            "created": moments(event + rng.integers(0, 10 * 86_400, count)),
        }
        columns.update({name: rng.normal(0, 1, count) for name in FEATURES})
        table = pa.table(columns)
        if writer is None:
            writer = pq.ParquetWriter(features_path, table.schema, compression="zstd")
        writer.write_table(table, row_group_size=122_880)
    writer.close()
    table = pa.table(
        {
            "label_id": np.arange(labels),
            "user_id": rng.integers(0, keys, labels),
            "event_timestamp": moments(START + rng.integers(0, YEAR_SECONDS, labels)),
            "label": rng.integers(0, 2, labels),
        }
    )
    pq.write_table(table, labels_path, compression="zstd", row_group_size=122_880)


def join(features_path, labels_path, out):
    import feast
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
    from feast.types import Float64

    folder = tempfile.mkdtemp(prefix="fabrique-bench-feast-")
    try:
        config = RepoConfig(
            project="bench",
            provider="local",
            registry=os.path.join(folder, "registry.db"),
            online_store={"type": "sqlite", "path": os.path.join(folder, "online.db")},
            offline_store={"type": "file"},
            entity_key_serialization_version=3,
        )
        store = FeatureStore(config=config)
        user = Entity(name="user", join_keys=["user_id"], value_type=ValueType.INT64)
        source = FileSource(
            path=features_path, timestamp_field="event_timestamp", created_timestamp_column="created"
        )
        schema = [Field(name=name, dtype=Float64) for name in FEATURES]
        view = FeatureView(name="usage", entities=[user], ttl=None, schema=schema, source=source)
        store.apply([user, view])
        usage = resource.getrusage(resource.RUSAGE_SELF)
        began = time.perf_counter()
        labels = pd.read_parquet(labels_path)
        features = [f"usage:{name}" for name in FEATURES]
        frame = store.get_historical_features(entity_df=labels, features=features).to_df()
        seconds = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_SELF)
        frame.to_parquet(out)
        cpu = after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime
        return {
            "version": feast.__version__,
            "seconds": seconds,
            "cpuSeconds": cpu,
            "rows": len(frame),
            "rssMb": after.ru_maxrss / 1024,
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compare(ours_path, theirs_path):
    ours = pd.read_parquet(ours_path).set_index("label_id")
    theirs = pd.read_parquet(theirs_path).drop_duplicates("label_id").set_index("label_id")
    shared = ours.loc[theirs.index, FEATURES].to_numpy()
    equal = (shared == theirs[FEATURES].to_numpy()) | (np.isnan(shared) & np.isnan(theirs[FEATURES].to_numpy()))
    missing = ours.drop(theirs.index)
    return {
        "compared": len(theirs),
        "equal": int(equal.all(axis=1).sum()),
        "dropped": len(missing),
        "droppedWithFeatures": int(missing[FEATURES].notna().any(axis=1).sum()),
    }


verb, *args = sys.argv[1:]
if verb == "make":
    rows, labels, keys = (int(value) for value in args[:3])
    result = make(rows, labels, keys, *args[3:]) or {}
elif verb == "join":
    result = join(*args)
else:
    result = compare(*args)
print(json.dumps(result))
