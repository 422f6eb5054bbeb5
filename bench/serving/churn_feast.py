"""Brings values to Feast's default online store (SQLite): churn_feast.py FOLDER, where FOLDER/values.json has the views and the rows."""

import datetime
import json
import os
import sys
import warnings

os.environ["FEAST_USAGE"] = "False"
warnings.filterwarnings("ignore")

import pandas  # noqa: E402
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType  # noqa: E402
from feast.types import Float64, String  # noqa: E402

folder = sys.argv[1]
with open(os.path.join(folder, "values.json"), encoding="utf8") as file:
    given = json.load(file)
with open(os.path.join(folder, "feature_store.yaml"), "w", encoding="utf8") as file:
    file.write(
        "project: bench\nprovider: local\n"
        f"registry: {os.path.join(folder, 'registry.db')}\n"
        f"online_store:\n  type: sqlite\n  path: {os.path.join(folder, 'online.db')}\n"
        "offline_store:\n  type: file\nentity_key_serialization_version: 3\n"
    )
now = datetime.datetime.now(datetime.timezone.utc)
user = Entity(name="user", join_keys=["user_id"], value_type=ValueType.STRING)
views = []
for view, features in given["views"].items():
    table = pandas.DataFrame({"user_id": given["users"], "event_timestamp": now - datetime.timedelta(hours=1)})
    for name, kind in features.items():
        table[name] = pandas.Series(given["values"][name], dtype="string" if kind == "text" else "float64")
    path = os.path.join(folder, f"{view}.parquet")
    table.to_parquet(path)
    fields = [Field(name=name, dtype=String if kind == "text" else Float64) for name, kind in features.items()]
    source = FileSource(path=path, timestamp_field="event_timestamp")
    views.append(FeatureView(name=view, entities=[user], ttl=datetime.timedelta(days=30), schema=fields, source=source))
store = FeatureStore(repo_path=folder)
store.apply([user, *views])
store.materialize(now - datetime.timedelta(days=1), now)
